"""Marts -> serving files and pictures -> the current build, and the dashboard over it."""
