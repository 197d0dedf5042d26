"""What must hold before a run goes on: its configuration, and the quality rules of both gates."""
