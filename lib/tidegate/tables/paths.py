"""What kind of place a path names."""


def is_local(path: str) -> bool:
    """Tell whether a path lies in the file system of this machine."""
    return path.startswith("file:") or "://" not in path
