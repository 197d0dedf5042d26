"""Names, birthdays and telephone numbers of nobody: pools from Faker, combined by arithmetic on a person's number."""

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from faker import Faker

from case_store.errors import CaseStoreError
from case_store.synthetic.answer_keys import Invented
from case_store.synthetic.fragments import concat
from case_store.synthetic.times import Days

FIRST, PATRONYMIC, LAST = 60, 60, 480
_OLDEST, _YOUNGEST = 0, 12_400  # birthdays of adults: 1970 to 2003
_STEP = 11_400_714_833
Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Names:
    """Pools of equal length for women and men."""

    first: tuple[pa.Array, pa.Array]  # girls and women, boys and men
    patronymic: tuple[pa.Array, pa.Array]
    last: pa.Array
    town: pa.Array
    street: pa.Array
    telephone: str  # the beginning of numbers that no operator gives out


@dataclass(frozen=True)
class Adults:
    """One place an adult; two numbers never give the same name and birthday."""

    first: Numbers
    patronymic: Numbers
    last: Numbers
    birth: Days


def make_names(words: Invented, seed: int) -> Names:
    """The pools, drawn from Faker's lists of the languages that synthetic.yml names.

    Where a language has no patronymics, another first name stands in their place.
    """
    fake, local = faker_of(words.names), faker_of(words.staff)
    fake.seed_instance(seed)
    local.seed_instance(seed)
    return Names(
        (_pool(fake.first_name_female, FIRST), _pool(fake.first_name_male, FIRST)),
        (_pool(_patronymic(fake, "female"), PATRONYMIC), _pool(_patronymic(fake, "male"), PATRONYMIC)),
        _pool(fake.last_name, LAST),
        _pool(_list_of(fake, words.names, words.towns), 300),
        _pool(_list_of(local, words.staff, words.streets), 300),
        words.telephone,
    )


def faker_of(language: str) -> Faker:
    """Faker in a language such as ro_RO; `CaseStoreError` for one that it does not speak."""
    try:
        return Faker(language)
    except AttributeError:
        raise CaseStoreError(f"synthetic.yml: invented: Faker has no names in {language}; choose another.") from None


def _list_of(fake: Faker, language: str, name: str) -> Callable[[], str]:
    try:
        return getattr(fake, name)
    except AttributeError:
        raise CaseStoreError(f"synthetic.yml: invented: Faker knows no {name} in {language}; choose another.") from None


def _patronymic(fake: Faker, sex: str) -> Callable[[], str]:
    return getattr(fake, f"middle_name_{sex}", None) or getattr(fake, f"first_name_{sex}")


def _pool(draw: Callable[[], str], size: int) -> pa.Array:
    texts: dict[str, None] = {}
    for _ in range(200 * size):
        texts[draw().replace('"', "").replace("\\", "")] = None
        if len(texts) == size:
            return pa.array(list(texts))
    for pair in itertools.permutations(list(texts), 2):  # few names: the rest are double ones
        texts["-".join(pair)] = None
        if len(texts) == size:
            return pa.array(list(texts))
    raise ValueError(f"Faker knows fewer than {size} different texts of a kind that names are drawn from.")


def adults(number: Numbers) -> Adults:
    """First name, patronymic, last name (as places in the pools) and birthday, one to one from each number."""
    size = FIRST * PATRONYMIC * LAST * (_YOUNGEST - _OLDEST)
    if math.gcd(_STEP, size) != 1:
        raise ValueError("The step must have no factor in common with the number of combinations.")
    mixed = number.astype(np.int64) * _STEP % size
    rest, birth = np.divmod(mixed, _YOUNGEST - _OLDEST)
    rest, last = np.divmod(rest, LAST)
    patronymic, first = np.divmod(rest, FIRST)
    return Adults(first, patronymic, last, (birth + _OLDEST).astype(np.int32))


def by_sex(pools: tuple[pa.Array, pa.Array], place: Numbers, is_male: npt.NDArray[np.bool_]) -> pa.Array:
    """The text at `place` in the women's or the men's pool."""
    both = pa.concat_arrays(list(pools))
    return both.take(pa.array(place + is_male * len(pools[0])))


def telephones(names: Names, rng: np.random.Generator, size: int) -> pa.Array:
    """Numbers in a range that no operator gives out."""
    return concat(names.telephone, pa.array(rng.integers(100_000, 1_000_000, size)).cast(pa.string()))
