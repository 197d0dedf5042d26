"""The policy's treatments as SQL: the one place where a column of an in-memory row becomes a column at rest."""

from collections.abc import Mapping, Sequence

from anonymization.pseudonyms.policy_treatment import Treatment

CODES = "codes"  # of the table of cases: each coded field of the profile that has one value for good


def treated_columns(columns: Mapping[str, Treatment], coded: Sequence[str]) -> str:
    """The select list that applies the policy to one table's rows; nothing that is not listed passes.

    `coded`: the columns that the policy's `codes` stands for.
    """
    named = [(one, treatment) for name, treatment in columns.items() for one in (coded if name == CODES else [name])]
    return ",\n    ".join(_treated(name, treatment) for name, treatment in named)


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
