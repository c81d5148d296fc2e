"""The folder of landed pages: one file of JSON lines for each page, and a hidden note with the position of each page.

folder/page-00000001.jsonl            the rows of a page, one in each line
folder/_pages/page-00000001.json      the position of this page, and that of the next one

The note of a page is written before its file, and a page counts as landed when its file is there. So a process can be killed at
any point: the next one finds the last whole page, and asks for the page after it.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from pyspark.sql import SparkSession

from tidegate.errors import PageNotesError
from tidegate.sources.folders import list_folder
from tidegate.text_files import read_text, write_text

_NAME = re.compile(r"page-(\d{8})\.jsonl")


@dataclass(frozen=True)
class PageNote:
    """The place of a landed page in its list.

    Attributes:
        position: The position of the page.
        next: The position of the page after it; None if it was the last one.
    """

    position: str
    next: str | None


@dataclass(frozen=True)
class PageFolder:
    """A folder of landed pages. Only one process at a time may write into it."""

    spark: SparkSession
    uri: str

    def newest(self) -> int:
        """Return the number of the newest page; 0 if there is none."""
        found = (_NAME.fullmatch(name) for name in list_folder(self.spark, self.uri).files)
        return max((int(match.group(1)) for match in found if match), default=0)

    def note(self, name: str) -> PageNote:
        """Return the note of a page, by the name of its file.

        Raises:
            PageNotesError: The note is missing or can't be read.
        """
        try:
            return PageNote(**json.loads(read_text(self.spark, self._note_uri(name)) or ""))
        except (ValueError, TypeError):
            raise PageNotesError(self.uri, name) from None

    def rows_at(self, position: str) -> set[str]:
        """Return the rows of the newest files, as far as these are of the page at this position."""
        rows: set[str] = set()
        for number in range(self.newest(), 0, -1):
            text = read_text(self.spark, f"{self.uri}/{file_name(number)}")
            if text is None or self.note(file_name(number)).position != position:
                break
            rows.update(text.split("\n"))
        return rows

    def land(self, name: str, note: PageNote, rows: Sequence[str]) -> None:
        """Write a page under the name of its file."""
        write_text(self.spark, self._note_uri(name), json.dumps(asdict(note)))
        write_text(self.spark, f"{self.uri}/{name}", "".join(f"{row}\n" for row in rows))

    def _note_uri(self, name: str) -> str:
        return f"{self.uri}/_pages/{name.removesuffix('l')}"


def file_name(number: int) -> str:
    """Return the name of the file of a page."""
    return f"page-{number:08d}.jsonl"
