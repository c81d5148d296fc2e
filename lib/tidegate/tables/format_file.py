"""The file that says in which format the tables under a root are; `maintenance/root_format.py` says what each number means."""

from tidegate.errors import RootFormatError
from tidegate.tables.store import Store
from tidegate.text_files import read_text, write_text

CURRENT_FORMAT = 3


def written_format(store: Store) -> int | None:
    """Return the number in the file; None where there is no file.

    Raises:
        RootFormatError: The file holds something else than a number.
    """
    text = read_text(store.spark, store.layout.format)
    if text is None:
        return None
    if not text.strip().isdigit():
        raise RootFormatError(store.layout.root, f"{text.strip()[:20]!r}", CURRENT_FORMAT)
    return int(text)


def write_format(store: Store, number: int = CURRENT_FORMAT) -> None:
    """Say in the root of which format it is."""
    write_text(store.spark, store.layout.format, f"{number}\n")
