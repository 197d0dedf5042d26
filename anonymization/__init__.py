"""Everything that protects a person: pseudonymise on the way in, protect on the way out.

Every number and rule stands in `policy.yml`; every other file here is the method.
"""
