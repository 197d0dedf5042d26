"""What this room refuses."""


class RunError(Exception):
    """A run cannot start or go on; the message says why and the way out, never a record's content."""
