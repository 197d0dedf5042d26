"""What this room refuses."""


class PublicationError(Exception):
    """A publication cannot be written or approved as asked; the message says why and the way out."""
