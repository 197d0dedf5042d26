"""What this room refuses."""


class DashboardError(Exception):
    """The dashboard cannot start or serve as asked; the message says why and the way out."""
