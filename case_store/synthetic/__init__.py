"""Invented children: histories of cases that never were, in the shape, skew and disorder of real ones."""
