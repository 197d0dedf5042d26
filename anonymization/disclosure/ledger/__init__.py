"""The release ledger: everything ever published, chained by hashes, and a new release seen together with it.

Pure functions over bytes and frames; `pipelines` keeps the files.
"""
