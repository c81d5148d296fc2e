"""What kind of place a path names."""

import re

_OTHER_SYSTEM = re.compile(r"(?!file:)[A-Za-z][A-Za-z0-9+.-]+:/")


def is_local(path: str) -> bool:
    """Tell whether a path lies in the file system of this machine."""
    return not _OTHER_SYSTEM.match(path)
