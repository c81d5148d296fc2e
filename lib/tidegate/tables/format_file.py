"""The file with the format of a root. `maintenance/root_format.py` explains what each number means."""

from tidegate.errors import RootFormatError
from tidegate.tables.store import Store
from tidegate.text_files import read_text, write_text

CURRENT_FORMAT = 6


def written_format(store: Store) -> int | None:
    """Return the number in the file; None if there is no file.

    Raises:
        RootFormatError: The content of the file is not a number.
    """
    text = read_text(store.spark, store.layout.format)
    if text is None:
        return None
    if not text.strip().isdigit():
        raise RootFormatError(store.layout.root, f"{text.strip()[:20]!r}", CURRENT_FORMAT)
    return int(text)


def write_format(store: Store, number: int = CURRENT_FORMAT) -> None:
    """Write the number of a format into the file."""
    write_text(store.spark, store.layout.format, f"{number}\n")
