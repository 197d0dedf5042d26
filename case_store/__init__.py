"""The identifiable zone: a PostgreSQL in Primero's shape, the deployment's profile, and the synthetic children.

Only this room (and the snapshot step that reads it) ever sees a name.
"""
