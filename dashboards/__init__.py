"""Pages for coordinators. A session opens only its audience's serving file: it cannot leak what it cannot read."""
