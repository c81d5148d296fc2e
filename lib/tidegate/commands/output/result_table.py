"""Results on the terminal: a table if the terminal is wide enough for it, otherwise a list."""

from collections.abc import Iterator

from rich.console import Console, ConsoleOptions, RenderableType
from rich.padding import Padding
from rich.table import Column, Table
from rich.text import Text

# Characters of borders and blanks for each column; one more for the whole table.
_BESIDE_A_COLUMN = 3
# A longer word (JSON, a path) may be broken into several lines.
_LONGEST_WORD = 32


class ResultTable:
    """A table with a title that fits the width of the console. No cell is cut, and no cell is read as markup.

    Args:
        title: What the table shows.
        columns: The heads of the columns; the first column names the row.
    """

    def __init__(self, title: str, *columns: str) -> None:
        self._title = title
        self._columns = columns
        self._rows: list[tuple[tuple[str, ...], str]] = []

    def add_row(self, *cells: str, style: str = "") -> None:
        """Add a row with one cell per column; `style` is a style of rich, such as `red`."""
        self._rows.append((cells, style))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        """Yield the table, or the list if the console is too narrow."""
        cells = [self._columns, *(row for row, _ in self._rows)]
        by_column = [[Text(cell) for cell in column] for column in zip(*cells, strict=True)]
        least = [max(min(_LONGEST_WORD, _longest_word(cell)) for cell in column) for column in by_column]
        wanted = [max(max(map(len, cell.plain.split("\n"))) for cell in column) for column in by_column]
        room = options.max_width - 1 - _BESIDE_A_COLUMN * len(self._columns)
        if sum(least) <= room:
            yield self._table(_shared_out(least, wanted, room))
        else:
            yield from self._list()

    def _table(self, widths: list[int]) -> Table:
        heads = [Column(Text(head), width=width) for head, width in zip(self._columns, widths, strict=True)]
        table = Table(*heads, title=Text(self._title, style="table.title"), title_justify="left")
        for cells, style in self._rows:
            table.add_row(*[Text(cell, style, overflow="fold") for cell in cells])
        return table

    def _list(self) -> Iterator[RenderableType]:
        yield Text(self._title, style="table.title", overflow="fold")
        for cells, style in self._rows:
            for place, (head, cell) in enumerate(zip(self._columns, cells, strict=True)):
                if cell:
                    text = Text(f"{head}: {cell}", style or ("" if place else "bold"), overflow="fold")
                    yield Padding(text, (0, 0, 0, 2 if place else 0))


def _longest_word(text: Text) -> int:
    return max(map(len, text.plain.split()), default=0)


def _shared_out(least: list[int], wanted: list[int], room: int) -> list[int]:
    """Return the width of each column: at least what it needs; the rest is shared evenly by the columns that want more."""
    widths = list(least)
    while (wanting := [place for place, width in enumerate(widths) if width < wanted[place]]) and sum(widths) < room:
        for place in wanting[: room - sum(widths)]:
            widths[place] += 1
    return widths
