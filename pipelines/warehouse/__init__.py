"""Snapshot -> warehouse, built by dbt, and what can be read of a build."""
