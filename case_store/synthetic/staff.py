"""Some 400 case workers and coordinators, by group; their names are invented."""

from dataclasses import dataclass

import numpy as np

from case_store.synthetic.identities import faker_of
from case_store.synthetic.living_places import Numbers, Places
from case_store.synthetic.shape import Shape

WORKERS = 355
ROLES = (
    ("role-cp-case-worker", "User", "self", False),
    ("role-county-coordinator", "County coordinator", "group", True),
    ("role-country-coordinator", "Country coordinator", "all", True),
)


@dataclass(frozen=True)
class Staff:
    """Users by number, in order of their groups; case workers come first, then coordinators."""

    user_names: tuple[str, ...]
    full_names: tuple[str, ...]
    user_group: Numbers  # group number; -1 the country's
    role: Numbers  # place in ROLES
    workers_a_group: Numbers

    def draw_user(self, rng: np.random.Generator, group: Numbers) -> Numbers:
        """A case worker of each group."""
        first = np.cumsum(self.workers_a_group) - self.workers_a_group
        step = np.floor(rng.random(len(group)) * self.workers_a_group[group])
        return (first[group] + step).astype(np.int32)


def make_staff(shape: Shape, places: Places, seed: int) -> Staff:
    """Between five and a dozen workers a group, a coordinator each, and four for the country."""
    rng = np.random.default_rng([seed, 1])
    groups = len(places.groups)
    workers = rng.multinomial(WORKERS - 5 * groups, np.ones(groups) / groups) + 5
    group = np.concatenate([np.repeat(np.arange(groups), workers), np.arange(groups), np.full(4, -1)]).astype(np.int32)
    role = np.repeat(np.arange(3), [workers.sum(), groups, 4]).astype(np.int32)
    short = [name.removeprefix("usergroup-").replace("-", "_") for name in places.groups]
    country = shape.profile.country.lower()
    number = (
        np.concatenate([np.concatenate([np.arange(count) for count in workers]), np.zeros(groups), np.arange(4)]) + 1
    )
    prefix = ("user", "coordinator", "country")
    names = [
        f"{prefix[r]}_{short[g] if g >= 0 else country}_{int(n):02d}"
        for r, g, n in zip(role, group, number, strict=True)
    ]
    return Staff(tuple(names), _full_names(shape, len(names), seed), group, role, workers.astype(np.int32))


def _full_names(shape: Shape, count: int, seed: int) -> tuple[str, ...]:
    fake = faker_of(shape.keys.invented.staff)
    fake.seed_instance(seed)
    return tuple(f"{fake.first_name()} {fake.last_name()}" for _ in range(count))
