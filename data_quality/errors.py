"""What this room refuses."""


class QualityError(Exception):
    """A gate is closed; the message lists rule ids, titles and counts, never a value."""
