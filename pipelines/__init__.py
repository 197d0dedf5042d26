"""The wiring: Dagster assets, jobs and schedules, and the command line. The only room that imports the others."""
