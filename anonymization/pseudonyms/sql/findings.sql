-- What was found and kept: counts by rule, table and field. No value, no name.
select 'SNP-CODE' as rule_id, 'cases' as table_name, coded.field, 'UNKNOWN_CODE' as reason, coded.records
from ({coded_findings}) as coded
union all
select 'SNP-CODE', 'case_states', field, finding, count(*)
from typed_case_states where finding is not null group by field, finding
union all
select 'SNP-CODE', 'status_events', 'closure_reason', finding, count(*)
from typed_status_events where finding is not null group by finding
union all
select 'SNP-CODE', 'case_concerns', 'concern', 'UNKNOWN_CODE', coalesce(sum(unknown_codes), 0)::bigint
from typed_case_concerns
union all
select 'SNP-CODE', 'care_arrangements', 'care_type', finding, count(*)
from typed_care_arrangements where finding is not null and has_loaded_case group by finding
union all
select 'SNP-CODE', 'caregivers', 'relation', finding, count(*)
from typed_caregivers where finding is not null and has_loaded_case and is_caregiver group by finding
union all
select 'SNP-CODE', 'referrals', 'service', finding, count(*)
from typed_referrals where finding is not null and has_loaded_case and is_referral group by finding
union all
select 'SNP-CODE', 'referrals', 'status', 'UNKNOWN_CODE', count(*) filter (where has_unknown_status)
from typed_referrals where has_loaded_case and is_referral
union all
-- entries of the history that say nothing usable: set aside, so that the value they changed has no such change
select 'SNP-TIME', 'record_histories', 'datetime', case when datetime is null then 'BROKEN_TYPE' else 'IMPLAUSIBLE_YEAR' end,
    count(*)
from source_histories where not is_usable_moment(datetime) group by datetime is null
union all
select 'SNP-VALUE', 'record_histories', 'record_changes', 'BROKEN_TYPE', count(*)
from source_histories where is_usable_moment(datetime) and {malformed}
union all
select 'SNP-TIME', 'referrals', 'responded_at', 'IMPLAUSIBLE_YEAR', count(*)
from typed_referrals where has_odd_answer_time and has_loaded_case and is_referral
union all
select 'SNP-CODE', 'cases', 'status', 'UNKNOWN_CODE', count(*)
from received_case
where
    quarantine_reason is null and status_meaning is null
    and (exclusion_reason is null or exclusion_reason = 'UNKNOWN_STATUS')
union all
select 'SNP-CODE', 'status_events', 'status', 'UNKNOWN_CODE', count(*)
from (
    select
        change.status['to'] as status,
        greatest(loaded_case.registration_date, local_date(change.changed_at)) as entered_on,
    from change
    inner join loaded_case on change.case_id = loaded_case.case_id
    where change.status['to'] is not null and change.changed_at < (select known_until from run)
) as entered
anti join status_meaning
    on
        entered.status = status_meaning.source_code
        and entered.entered_on between status_meaning.valid_from and status_meaning.valid_to
union all
-- values that were lost, while their record counts
select
    case when lost_value.reason = 'UNKNOWN_CODE' then 'SNP-CODE' else 'SNP-VALUE' end,
    lost_value.table_name, lost_value.field, lost_value.reason, count(*)
from lost_value group by lost_value.table_name, lost_value.field, lost_value.reason
union all
select 'SNP-ROW', repeated_row.table_name, repeated_row.field, 'REPEATED_ROW', count(*)
from repeated_row group by repeated_row.table_name, repeated_row.field
union all
select 'SNP-FLAG', 'cases', 'is_flagged_duplicate', 'FLAGGED_DUPLICATE', count(*)
from received_case
where
    is_flagged_duplicate and quarantine_reason is null
    and (exclusion_reason is null or exclusion_reason = 'FLAGGED_DUPLICATE')
union all
select 'SNP-TIME', 'cases', 'created_at', 'CLOCK_AHEAD', count(*) from loaded_case where is_clock_ahead
union all
-- dropped, for nobody said what it is; only a field of the store's own forms is called by its name
select 'SNP-FIELD', 'cases', coalesce(configured_field.name, 'not in the forms'), 'UNKNOWN_FIELD', count(*)
from (select unnest(json_keys(data)) as name from source_cases) as present
anti join known_field on present.name = known_field.name
left join configured_field on present.name = configured_field.name
group by configured_field.name
