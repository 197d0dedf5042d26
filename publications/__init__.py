"""From protected cells to the files the public opens: a YAML per table, a writer per format, a register of releases."""
