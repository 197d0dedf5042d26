"""Rounding and noise instead of hiding: every cell is shown, none as it is when it is small."""
