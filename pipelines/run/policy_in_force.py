"""The policy of one deployment: the shared one, what its profile replaces of it, and its concepts by role."""

from importlib.resources.abc import Traversable

from anonymization.disclosure.disclosure_policy import DisclosurePolicy
from anonymization.disclosure.ledger.editions import PUBLIC
from anonymization.policy import Policy, load_policy
from anonymization.policy_roles import Roles
from case_store.profile import Profile, load_profile
from case_store.roles import ASKED_BY
from pipelines.run.settings import Settings

FILE = "policy.yml"  # in the folder of a profile


def policy_of(profile: Profile) -> Policy:
    """The policy in force for a profile. Raises PolicyError naming file and key."""
    return load_policy(roles_of(profile), own_policy(profile))


def public_policy(settings: Settings) -> DisclosurePolicy:
    """What the public may learn, in the deployment of these settings; otherwise as `policy_of`."""
    return policy_of(load_profile(settings.profile)).disclosure[PUBLIC]


def own_policy(profile: Profile) -> Traversable | None:
    """The file in which a profile replaces keys of the policy, if it has one."""
    file = profile.folder / FILE
    return file if file.is_file() else None


def roles_of(profile: Profile) -> Roles:
    """The concepts of a profile by role."""
    not_asked = {name for name, column in ASKED_BY.items() if column in profile.absent_columns}
    return Roles(profile.roles, frozenset(not_asked))
