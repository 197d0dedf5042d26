"""The way in: records become pseudonymised tables in memory, before anything is written."""
