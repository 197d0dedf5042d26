"""The files of the tool by itself: SPEC, microdata, tabulated counts, CELLS, peers' patterns. Text in, text out.

Each reader takes the text of a file and its name, and refuses with the place: file, key or row, column, code. No
message holds more of a record than its row number and one code.
"""
