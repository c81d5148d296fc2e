"""The declaration of a list that an API gives page by page."""

from dataclasses import dataclass
from typing import Any

from tidegate.declared_types import require_declared_types
from tidegate.errors import DefinitionError
from tidegate.sources.http.file import HttpFile
from tidegate.sources.http.pages.paging import Paging
from tidegate.sources.http.urls import shown_url


@dataclass(frozen=True, repr=False)
class JsonPages:
    """A list that an API gives page by page, as JSON. `land_pages` gets it. Its text form has no values of the url's query.

    Attributes:
        url: The url of the first page, without the parameter of the page. Its query may have a key, which is never shown or
            stored. Give passwords in headers with HttpOptions(headers=...).
        paging: How to get from one page to the next: PageNumber, Offset, Cursor or NextLink.
        rows: Where an answer has the list of rows, such as `data.items`; "" if the answer itself is the list.
        seconds_between: The pause before each page after the first one, in seconds.
        most_pages: How many pages one call asks for at most. The next call goes on after them.

    Raises:
        DefinitionError: The url is not a readable http or https url, or a number is outside its range.
    """

    url: str
    paging: Paging
    rows: str = ""
    seconds_between: float = 0.0
    most_pages: int = 100_000

    def __post_init__(self) -> None:
        require_declared_types(self)
        HttpFile(self.url, name="page")
        if not self.seconds_between >= 0:
            raise DefinitionError(f"{self}: seconds_between is {self.seconds_between}; give 0 or a value above it.")
        if self.most_pages < 1:
            raise DefinitionError(f"{self}: most_pages is {self.most_pages}; give at least 1.")

    def __str__(self) -> str:
        return f"pages of {shown_url(self.url)}"

    def __repr__(self) -> str:
        return f"JsonPages({str(self)!r})"


@dataclass(frozen=True)
class LandedPages:
    """The result of one call of `land_pages`.

    Attributes:
        files: The names of the files that were written, in the order of the list.
        rows: The number of rows in them.
        asked: The number of pages that were asked for.
        complete: Whether the end of the list was reached. It is not if `most_pages` was.
    """

    files: tuple[str, ...]
    rows: int
    asked: int
    complete: bool

    @property
    def summary(self) -> str:
        """One line for a log."""
        end = "" if self.complete else "; the list goes on"
        return f"{self.asked} pages asked for, {len(self.files)} files with {self.rows} rows landed{end}"


def require_pages(value: Any) -> None:  # noqa: ANN401
    """Raise DefinitionError unless a value is a JsonPages."""
    if not isinstance(value, JsonPages):
        raise DefinitionError(f"land_pages gets a JsonPages, and not a {type(value).__name__}.")
