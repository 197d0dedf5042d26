"""From protected cells to the files the public opens: one YAML per table, a writer per format, a register of releases."""
