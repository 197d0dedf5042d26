"""placeholder"""


def write_page():
    return "not yet"
