"""Find a table in the bytes of an HTML page, and read its texts. This runs in Spark's tasks, one page at a time."""

import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lxml import etree, html

from tidegate.errors import did_you_mean

_META = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
# Browsers read these names as Windows-1252, so publishers' pages are written for that.
_AS_WINDOWS = {"ascii", "iso8859-1"}
_NO_MARKUP = re.compile(r"<!--.*?-->|<(script|style)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_BEGINS, _ENDS = re.compile(r"<table\b", re.IGNORECASE), re.compile(r"</table\s*>", re.IGNORECASE)
_MOST_COLUMNS, _MOST_ROWS = 1_000, 65_534
_SHOWN = 30


class PageError(ValueError):
    """A page from which the declared table can't be read. The text says why, for a message about the file."""


@dataclass(frozen=True)
class TableChoice:
    """Which table of a page to read; with three times None, the page must have one table only.

    Attributes:
        caption: The text of the table's `<caption>`.
        id: The table's `id`.
        position: The number of the table on the page, from 1.
        encoding: The encoding of the page; None: the one that the page names, or UTF-8.
    """

    caption: str | None
    id: str | None
    position: int | None
    encoding: str | None


@dataclass(frozen=True)
class PageTable:
    """The texts of a table.

    Attributes:
        columns: The names of the columns, from the header.
        is_marked: Whether the page marks the header as one. If not, the first row counts as the header.
        rows: The rows after the header, each with its number among all rows of the table, from 0. A text is None if its cell is
            empty. A cell that spans several rows or columns stands in each of them.
    """

    columns: tuple[str, ...]
    is_marked: bool
    rows: tuple[tuple[int, list[str | None]], ...]


def page_table(content: bytes, choice: TableChoice) -> PageTable:
    """Return the chosen table of a page.

    Raises:
        PageError: The page is cut off or has another encoding than it says, or the table is not there.
    """
    text = _decoded(content, choice.encoding)
    page = _parsed(text)
    markup = _NO_MARKUP.sub("", text)
    begun, ended = len(_BEGINS.findall(markup)), len(_ENDS.findall(markup))
    if begun > ended:
        raise PageError(f"{begun} tables begin and {ended} end on the page: it is cut off")
    return _read(_chosen(page, choice))


def _decoded(content: bytes, declared: str | None) -> str:
    found = _META.search(content[:4096])
    name = declared or (found.group(1).decode("ascii", "replace") if found else "utf-8")
    if content.startswith(codecs.BOM_UTF8):
        name = "utf-8-sig"
    try:
        known = codecs.lookup(name).name
        return content.decode("cp1252" if known in _AS_WINDOWS else known)
    except LookupError:
        raise PageError(f"the page names the encoding {name!r}, which doesn't exist; declare HtmlTable(encoding=...)") from None
    except UnicodeDecodeError:
        raise PageError(f"it is not written in {name}; declare its encoding: HtmlTable(encoding=...)") from None


def _parsed(text: str) -> Any:  # noqa: ANN401  # lxml has no types
    # Without `huge_tree`, the parser would leave out the rest of a long or deeply nested page.
    parser = html.HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True)
    try:
        page = html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError):
        raise PageError("it is empty") from None
    etree.strip_elements(page, "script", "style", "template", with_tail=False)
    for each in page.iter("br"):
        each.tail = f" {each.tail or ''}"
    return page


def _chosen(page: Any, choice: TableChoice) -> Any:  # noqa: ANN401
    tables = list(page.iter("table"))
    if not tables:
        raise PageError(
            f"the page has no table (its title is {_text(page.find('.//title'))!r}); it may be an error or login page"
        )
    captions, ids = [_text(each.find("caption")) for each in tables], [each.get("id") for each in tables]
    if choice.caption is not None:
        return _only(tables, captions, " ".join(choice.caption.split()), "caption")
    if choice.id is not None:
        return _only(tables, ids, choice.id, "id")
    if choice.position is None and len(tables) > 1:
        named = f"captions: {_listed(captions)}; ids: {_listed(ids)}"
        raise PageError(f"the page has {len(tables)} tables ({named}); choose one with HtmlTable(caption=, id= or position=)")
    position = choice.position or 1
    if position > len(tables):
        raise PageError(f"there is no table number {position}; the page has {len(tables)}")
    return tables[position - 1]


def _only(tables: Sequence[Any], names: Sequence[str | None], wanted: str, what: str) -> Any:  # noqa: ANN401
    found = [table for table, name in zip(tables, names, strict=True) if name == wanted]
    if len(found) == 1:
        return found[0]
    if found:
        raise PageError(f"{len(found)} tables have the {what} {wanted!r}; choose one by its position: HtmlTable(position=...)")
    there = [name for name in names if name]
    hint = did_you_mean(wanted, there)
    raise PageError(
        f"no table has the {what} {wanted!r}; the page has {len(tables)} tables, with the {what}s: {_listed(there)}.{hint}"
    )


def _listed(names: Sequence[str | None]) -> str:
    there = [repr(name) for name in names if name]
    return f"{', '.join(there[:_SHOWN])}{', ...' if len(there) > _SHOWN else ''}" or "none"


def _read(table: Any) -> PageTable:  # noqa: ANN401
    # Rows of a <tfoot> sum up the others.
    rows = table.xpath("./thead/tr | ./tbody/tr | ./tr")
    texts, hanging = [], dict[int, tuple[str | None, int]]()
    for row in rows:
        cells, hanging = _cells(row, hanging)
        texts.append(cells)
    marked = sum(1 for row in rows if row.getparent().tag == "thead") or _of_headers_only(rows)
    header = texts[: marked or 1]
    width = max(map(len, header), default=0)
    columns = tuple(_joined([row[place] if place < len(row) else None for row in header]) for place in range(width))
    return PageTable(columns, marked > 0, tuple(list(enumerate(texts))[marked or 1 :]))


def _of_headers_only(rows: Sequence[Any]) -> int:
    """Count the first rows that consist of header cells (`th`)."""
    count = 0
    for row in rows:
        if row.find("th") is None or row.find("td") is not None:
            break
        count += 1
    return count


def _cells(
    row: Any,  # noqa: ANN401
    hanging: dict[int, tuple[str | None, int]],
) -> tuple[list[str | None], dict[int, tuple[str | None, int]]]:
    """Return the texts of a row, and the cells that reach into the next row: by column, the text and how many rows are left."""
    found = {column: text for column, (text, _) in hanging.items()}
    left = {column: (text, rows - 1) for column, (text, rows) in hanging.items() if rows > 1}
    column = 0
    for cell in row.iterchildren("td", "th"):
        while column in found:
            column += 1
        text, high = _text(cell), _span(cell, "rowspan", _MOST_ROWS)
        for each in range(column, column + _span(cell, "colspan", _MOST_COLUMNS)):
            found[each] = text
            if high > 1:
                left[each] = (text, high - 1)
    return [found.get(place) for place in range(max(found, default=-1) + 1)], left


def _span(cell: Any, name: str, most: int) -> int:  # noqa: ANN401
    text = (cell.get(name) or "1").strip()
    count = int(text) if text.isascii() and text.isdigit() else 1
    # A rowspan of 0 reaches to the end of the table.
    return min(count, most) or (most if name == "rowspan" else 1)


def _joined(texts: Sequence[str | None]) -> str:
    """Return the name of a column from its texts in several header rows."""
    there = [text for text in texts if text]
    return " ".join(text for place, text in enumerate(there) if place == 0 or text != there[place - 1])


def _text(element: Any) -> str | None:  # noqa: ANN401
    """Return the text of an element with single blanks; None if there is none."""
    return None if element is None else " ".join(element.text_content().split()) or None
