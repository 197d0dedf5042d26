"""The way out: what is published is protected together with everything published before, and audited."""
