"""What this room refuses."""


class CaseStoreError(Exception):
    """The case store cannot be used as asked; the message says why and the way out, never a record's content."""
