"""Telemetry, update checks and auto-install off, before anything that would phone home is imported; fewer collections.

Import this module first. The other half stands in `dagster.yaml` and `dbt_project/dbt_project.yml`.
"""

import gc
import os

SWITCHES = {
    "DO_NOT_TRACK": "1",
    "DAGSTER_DISABLE_TELEMETRY": "1",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "GX_ANALYTICS_ENABLED": "false",
    "DASH_DISABLE_TELEMETRY": "1",
}
os.environ.update(SWITCHES)

# A run imports a million objects that stay; looking through them as often as Python does costs a fifth of a run.
gc.set_threshold(100_000, 50, 100)
