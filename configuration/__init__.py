"""Files that somebody writes by hand, read one way: a mistake is told by file, place and known names."""
