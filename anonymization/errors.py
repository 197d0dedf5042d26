"""What this room refuses."""


class PolicyError(Exception):
    """The policy is incomplete or contradicts itself; the message names the key."""


class SnapshotError(Exception):
    """A snapshot cannot be made safely; the message holds rule ids, our own field names and counts only."""


class DisclosureError(Exception):
    """Tables cannot be shown to be safe, so they are not shown."""
