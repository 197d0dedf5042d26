"""Is the data fit to use? Rules with ids, severities and sentences, checked by Great Expectations at two gates."""
