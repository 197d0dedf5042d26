"""Marts -> protected cells -> draft -> publication, with the ledger of everything published."""
