"""What this room refuses."""


class QualityError(Exception):
    """A gate cannot be checked as asked; the message names the known gates or the missing limits, never a value."""
