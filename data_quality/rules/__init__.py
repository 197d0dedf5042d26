"""The rules, one small file per area; `data_quality.registry` puts them in order."""
