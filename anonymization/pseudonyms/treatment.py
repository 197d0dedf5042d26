"""The policy's treatments as SQL: the one place where a column of an in-memory row becomes a column at rest."""

from collections.abc import Mapping

from anonymization.pseudonyms.policy_treatment import Treatment


def treated_columns(columns: Mapping[str, Treatment]) -> str:
    """The select list that applies the policy to one table's rows; nothing that is not listed passes."""
    return ",\n    ".join(_treated(name, treatment) for name, treatment in columns.items())


def pseudonym_name(column: str) -> str:
    """`case_id` -> `case_pseudonym`: at rest an id is called what it is."""
    return f"{column.removesuffix('_id')}_pseudonym"


def _treated(name: str, treatment: Treatment) -> str:
    if treatment.pseudonymise == "case":
        return "case_key.case_pseudonym"  # the same id in every table: keyed once, then joined
    if treatment.pseudonymise:
        return f"pseudonym('{treatment.pseudonymise}', {name}) as {pseudonym_name(name)}"
    if treatment.generalise == "month":
        stem = name.removesuffix("_date")
        return f"year({name})::smallint as {stem}_year, month({name})::smallint as {stem}_month"
    if treatment.generalise == "month_end":
        return f"{name}_at_month_end as {name}"
    # the two other generalisations are done where the reviewed code lists are joined: raw columns have other names
    return name
