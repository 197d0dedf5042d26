"""Case store -> snapshot: taken, checked, kept or removed, and whether the night can be believed."""
