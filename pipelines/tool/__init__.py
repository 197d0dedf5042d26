"""`caselight protect` and `caselight audit`: disclosure control of anybody's files."""
