"""What becomes of columns that nest: refused with the right lines, unless the SPEC says why they are independent."""

from collections.abc import Sequence
from itertools import combinations

from anonymization.disclosure.tool_files.nested_spec import right_lines
from anonymization.disclosure.tool_files.nesting import Nesting
from anonymization.disclosure.tool_files.spec_file import Spec
from anonymization.errors import DisclosureError

WHY = (
    "A reader who knows the one knows the other and can compute more than an audit sees that takes them for two facts."
)


def refuse_nesting(spec: Spec, nestings: Sequence[Nesting], file: str, has_records: bool = False) -> list[str]:
    """Raises DisclosureError with the lines that would be right, for each pair that `independent` does not name.

    has_records: the file of microdata has both columns. Gives a sentence for each pair that it names, and for each that
    may nest but does so too rarely to be refused.
    """
    reasons = _reasons(spec)
    wrong = [nesting for nesting in nestings if nesting.certain and nesting.pair not in reasons]
    if wrong:
        raise DisclosureError(_refusal(spec, wrong, file, has_records))
    stated = [
        f"{n.words} {file} says that they are independent: {reasons[n.pair]}" for n in nestings if n.pair in reasons
    ]
    rest = [nesting for nesting in nestings if nesting.pair not in reasons]
    return stated + [
        f"Look at {n.fine} and {n.coarse}: most records of a code of {n.fine} have one code of {n.coarse}. If "
        f"{n.coarse} groups {n.fine}, make it a level of {n.fine} in {file}, or the audit does not know what a reader "
        "knows."
        for n in rest
    ]


def unseen_pairs(spec: Spec, pairs: Sequence[tuple[str, str]]) -> list[str]:
    """What cannot be tried of pairs of dimensions that no table crosses, in words."""
    unsaid = [" and ".join(pair) for pair in pairs if frozenset(pair) not in _reasons(spec)]
    if not unsaid:
        return []
    return [
        f"whether one of {'; or one of '.join(unsaid)} groups the other: no table crosses them, so they are taken for "
        "two facts (give microdata, or say in `independent` why they are)"
    ]


def _reasons(spec: Spec) -> dict[frozenset[str], str]:
    """Each pair that the SPEC calls independent, and why."""
    return {frozenset(pair): entry.because for entry in spec.independent for pair in combinations(entry.dimensions, 2)}


def _refusal(spec: Spec, wrong: Sequence[Nesting], file: str, has_records: bool) -> str:
    found = " ".join(nesting.words for nesting in wrong)
    mended = right_lines(spec, wrong, has_records)
    parts = [f"{file}: {found} {WHY}"]
    if mended:
        parts += [f"Make them one dimension with levels. In {file} these lines would be right:\n\n{mended}\n"]
    parts += _further(spec, wrong)
    first = wrong[0]
    reason = f"independent:\n  - {{dimensions: [{first.fine}, {first.coarse}], because: ...}}"
    return "\n".join([*parts, f"If knowing the one tells nothing about the other, say so with a reason:\n\n{reason}"])


def _further(spec: Spec, wrong: Sequence[Nesting]) -> list[str]:
    said = [
        f"{n.coarse} groups {n.fine} at its level {n.level} only: give the file one column that tells the codes of "
        f"both apart, make it a dimension, and give it {n.fine} and the levels of {n.coarse} as levels."
        for n in wrong
        if not n.is_finest
    ]
    loose = [nesting for nesting in wrong if nesting.exceptions]
    said += [
        f"{n.exceptions} records do not fit (the lines put each code of {n.fine} where most of its records are): "
        f"correct them in the file first, and give records without a known code the one that the other column tells."
        for n in loose
    ]
    for n in wrong:
        unseen = [code for code in spec.dimensions[n.fine].finest if code not in n.groups]
        if unseen and n.is_finest:
            said.append(f"Not in the data, so put each into its group of {n.coarse}: {', '.join(unseen)}.")
    return said + _other_keys(spec, wrong)


def _other_keys(spec: Spec, wrong: Sequence[Nesting]) -> list[str]:
    """Keys that name a dimension which would become a level."""
    named = {
        "group": set(spec.group),
        "contiguous": set(spec.contiguous),
        "audiences": {name for one in spec.audiences for name in one.codes},
        "stricter": {name for one in spec.stricter for name in (*one.levels, *one.codes)},
    }
    coarse = {nesting.coarse for nesting in wrong}
    keys = [key for key, names in named.items() if names & coarse]
    return [f"Name the finer dimension in {', '.join(keys)} as well."] if keys else []
