"""The policy in force, on the command line: `caselight policy`."""

import typer
import yaml

from pipelines.commands.console import console, say_refusals
from pipelines.run.settings import Settings


def add_policy(app: typer.Typer) -> None:
    """Adds `caselight policy` to the command line."""

    @app.command()
    @say_refusals
    def policy() -> None:
        """Prints the policy in force, for review: the shared file with what the profile replaces, roles resolved."""
        from anonymization.policy import POLICY_FILE, merged_policy, replaced_keys
        from anonymization.policy_roles import resolved
        from case_store.profile import load_profile
        from configuration.file import ConfigurationFile
        from pipelines.run.policy_in_force import own_policy, policy_of, roles_of

        profile = load_profile(Settings.from_environment().profile)
        policy_of(profile)  # refused as a run would refuse it
        own, roles = own_policy(profile), roles_of(profile)
        said = [*replaced_keys(own)] if own else []
        lines = [f"# {key}: {value} here, and {before} in {POLICY_FILE.name}" for key, value, before in said]
        replaced = f"{POLICY_FILE.name}, with {len(said)} keys replaced"
        lines.insert(0, f"# The policy of the profile '{profile.name}': {replaced}.")
        content = resolved(merged_policy(own), roles, ConfigurationFile(POLICY_FILE, ValueError))
        text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=120)
        console.print("\n".join([*lines, text]), markup=False, highlight=False, soft_wrap=True)
