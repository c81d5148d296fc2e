"""A table of a page is found by what the source says, and its texts stand in the columns in which a browser shows them."""

import pytest

from tidegate.errors import DefinitionError
from tidegate.sources.formats.html_page import PageError, PageTable, TableChoice, page_table
from tidegate.sources.formats.html_table import HtmlTable

ONE = "<table id=t><caption>Air  quality</caption><tr><th>a<th>b<tr><td>1<td>2</table>"


def read(page: str | bytes, encoding: str | None = None, **choice: object) -> PageTable:
    content = page if isinstance(page, bytes) else page.encode()
    chosen = {"caption": None, "id": None, "position": None, **choice}
    return page_table(content, TableChoice(**chosen, encoding=encoding))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("markup", "columns", "rows"),
    [
        # End tags left out, as HTML allows; blanks of all kinds; entities; a line break.
        ("<tr><th>a<th>b<tr><td> 1\n x<td>2&nbsp;&deg;<br>C", ("a", "b"), [(1, ["1 x", "2 ° C"])]),
        # Without header cells, the first row is the header.
        ("<tr><td>a<td>b<tr><td>1<td>2", ("a", "b"), [(1, ["1", "2"])]),
        # A header of two rows, and a first column of header cells.
        (
            "<thead><tr><th rowspan=2>Team<th colspan=2>Goals<tr><th>Home<th>Away</thead><tr><th>X<td>1<td>2",
            ("Team", "Goals Home", "Goals Away"),
            [(2, ["X", "1", "2"])],
        ),
        # A value over several rows, the last one to the end of the table; a cell over two columns.
        (
            "<tr><th>a<th>b<th>c<tr><td rowspan=2>1<td>2<td rowspan=0>3<tr><td>4<tr><td colspan=2>5",
            ("a", "b", "c"),
            [(1, ["1", "2", "3"]), (2, ["1", "4", "3"]), (3, ["5", "5", "3"])],
        ),
        # The foot sums up; scripts and comments are no text; a table in a cell is a part of its text.
        (
            "<thead><tr><th>a</thead><tfoot><tr><td>9</tfoot><tr><td>1<script>x</script><!-- y --><table><tr><td>in</table></td>",
            ("a",),
            [(1, ["1in"])],
        ),
        (
            "<tr><th>a<th>b<tr><td>1<tr><td>1<td>2<td>3<tr><td><td>",
            ("a", "b"),
            [(1, ["1"]), (2, ["1", "2", "3"]), (3, [None, None])],
        ),
    ],
)
def test_cells_stand_where_a_browser_shows_them(
    markup: str, columns: tuple[str, ...], rows: list[tuple[int, list[str | None]]]
) -> None:
    table = read(f"<!doctype html><title>T</title><table>{markup}</table>", position=1)
    assert (table.columns, list(table.rows)) == (columns, rows)


def test_the_table_is_chosen_by_caption_id_or_position() -> None:
    page = f"<table><tr><th>x</table>{ONE}"
    for choice in ({"caption": "Air quality"}, {"id": "t"}, {"position": 2}):
        assert read(page, **choice).columns == ("a", "b")
    assert read(ONE).columns == ("a", "b")


@pytest.mark.parametrize(
    ("page", "choice", "message"),
    [
        (ONE * 2, {}, r"the page has 2 tables \(captions: 'Air quality', 'Air quality'; ids: 't', 't'\); choose one"),
        (ONE * 2, {"id": "t"}, "2 tables have the id 't'; choose one by its position"),
        (ONE, {"caption": "Air quality 2024"}, r"no table has the caption .*: 'Air quality'. Did you mean 'Air quality'\?"),
        (ONE, {"id": "u"}, "no table has the id 'u'; the page has 1 tables, with the ids: 't'"),
        (ONE, {"position": 2}, "there is no table number 2; the page has 1"),
        ("<title>503 Busy</title><h1>Sorry</h1>", {}, r"no table \(its title is '503 Busy'\); it may be an error or login page"),
        ("", {}, "it is empty"),
        # Cut in the table, between tables of which the first one is asked for, and inside a comment that hides the end.
        (ONE[:-8], {}, "1 tables begin and 0 end on the page: it is cut off"),
        (ONE + "<table><tr>", {"position": 1}, "2 tables begin and 1 end"),
        ("<table><tr><th>a<!-- </table> -->", {}, "1 tables begin and 0 end"),
    ],
)
def test_a_page_without_the_whole_table_is_refused(page: str, choice: dict[str, object], message: str) -> None:
    with pytest.raises(PageError, match=message):
        read(page, **choice)


def test_a_page_is_read_in_its_encoding_or_not_at_all() -> None:
    page = ONE.replace("a<th>", "ä–<th>")
    declared = f"<meta charset='ISO-8859-1'>{page}"
    for content, encoding in (
        (page.encode(), None),
        (b"\xef\xbb\xbf<meta charset=latin1>" + page.encode(), None),
        (declared.encode("cp1252"), None),
        (page.encode("cp1252"), "cp1252"),
    ):
        assert read(content, encoding).columns == ("ä–", "b")
    with pytest.raises(PageError, match=r"it is not written in utf-8; declare its encoding: HtmlTable\(encoding="):
        read(page.encode("cp1252"))
    with pytest.raises(PageError, match="names the encoding 'klingon', which doesn't exist"):
        read(f"<meta charset=klingon>{page}")


def test_a_choice_that_contradicts_itself_is_refused_when_declared() -> None:
    with pytest.raises(DefinitionError, match="html table: caption and id are given; choose the table by one of them"):
        HtmlTable(caption="Air quality", id="t")
    with pytest.raises(DefinitionError, match="html table: position 0; the first table of a page is number 1"):
        HtmlTable(position=0)
