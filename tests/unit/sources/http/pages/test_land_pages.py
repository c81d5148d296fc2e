"""Pages of an API are landed once, from a server that is slow, wrong and partial, and after a call was killed anywhere."""

import json
import os
import shutil
import signal
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import types as T
from tests.http_server import Answer, Request, Server

from tidegate.errors import DefinitionError, PageNotesError, PageNotLandedError
from tidegate.schema import Field
from tidegate.sources import Cursor, HttpOptions, JsonLines, JsonPages, NextLink, Offset, PageNumber, Source, land_pages
from tidegate.sources.folders import list_below
from tidegate.sources.read_files import read_files


@dataclass
class Api:
    """A list of numbers that a real server gives three at a time, in all four ways of paging.

    Attributes:
        count: How many numbers there are now.
        wrong: What happens to the next answers; an answer in place of the right one, or a function that changes it.
    """

    server: Server
    count: int = 8
    wrong: list[Answer | Callable[[Answer], Answer]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for path in ("number", "offset", "cursor", "link", "header"):
            self.server.script(f"/{path}", self.answer)

    def answer(self, request: Request) -> Answer:
        parts = urlsplit(request.path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        right = self.page(parts.path, asked)
        wrong = self.wrong.pop(0) if self.wrong else right
        return wrong if isinstance(wrong, Answer) else wrong(right)

    def page(self, path: str, asked: dict[str, str]) -> Answer:
        if "key" not in asked:
            return Answer(401)
        start = 3 * (int(asked.get("page", "1")) - 1) if path == "/number" else int(asked.get("offset", asked.get("after", "0")))
        end = min(start + 3, self.count)
        rows = [{"n": number, "v": f"{number}.10", "more": {"x": 1}} for number in range(start, end)]
        has_next = end < self.count
        link = f"{self.server.url(path)}?after={end}&key={asked['key']}"
        document = {"data": {"items": rows}, "meta": {"next": str(end) if has_next else None}, "next": link if has_next else None}
        headers = {"Link": f'<{link}>; rel="next"'} if has_next else {}
        return Answer(200, {"Content-Type": "application/json", **headers}, json.dumps(document, indent=1).encode())

    @property
    def asked(self) -> list[str]:
        """The queries since the last time, without the key."""
        found = [urlsplit(request.path).query.replace("key=s3cret", "").strip("&") for request in self.server.requests]
        self.server.requests.clear()
        return found


@pytest.fixture
def api(server: Server) -> Api:
    return Api(server)


def by_cursor(api: Api) -> JsonPages:
    return JsonPages(api.server.url("/cursor?key=s3cret"), Cursor("meta.next", "after"), "data.items")


WAYS = {
    "number": (PageNumber(), ["page=1", "page=2", "page=3", "page=4"], ["page=3", "page=4"]),
    "offset": (Offset(limit=3), [f"offset={at}&limit=3" for at in (0, 3, 6, 8)], [f"offset={at}&limit=3" for at in (8, 10)]),
    "cursor": (Cursor("meta.next", "after"), ["", "after=3", "after=6"], ["after=6", "after=9"]),
    "link": (NextLink(), ["", "after=3", "after=6"], ["after=6", "after=9"]),
    "header": (NextLink(None), ["", "after=3", "after=6"], ["after=6", "after=9"]),
}


def numbers(folder: Path) -> list[list[int]]:
    """The numbers in each file."""
    return [[json.loads(line)["n"] for line in path.read_text().splitlines()] for path in sorted(folder.glob("page-*"))]


@pytest.mark.parametrize("way", WAYS)
def test_each_row_is_landed_once_however_the_list_is_paged(
    spark: SparkSession, api: Api, quick: HttpOptions, tmp_path: Path, way: str
) -> None:
    paging, first, later = WAYS[way]
    pages = JsonPages(api.server.url(f"/{way}?key=s3cret"), paging, "data.items")
    found = land_pages(spark, pages, str(tmp_path), quick)
    assert (numbers(tmp_path), api.asked) == ([[0, 1, 2], [3, 4, 5], [6, 7]], first)
    assert (found.files[0], found.rows, found.asked, found.complete) == ("page-00000001.jsonl", 8, len(first), True)
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("page-*")}
    assert land_pages(spark, pages, str(tmp_path), quick).files == ()
    api.server.requests.clear()
    api.count = 10
    assert land_pages(spark, pages, str(tmp_path), quick).rows == 2
    assert [sorted(n for part in numbers(tmp_path) for n in part), api.asked[: len(later)]] == [list(range(10)), later]
    assert before.items() <= {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("page-*")}.items()
    # Neither a file nor its name has the key.
    assert not any("s3cret" in path.read_text() for path in tmp_path.rglob("*.json*"))


def test_a_slow_wrong_and_partial_server_gives_the_same_pages(
    spark: SparkSession, api: Api, quick: HttpOptions, tmp_path: Path
) -> None:
    api.wrong = [
        Answer(500, {}, b"<h1>oops</h1>"),
        Answer(429, {"Retry-After": "0"}),
        lambda right: replace(right, piece=40, pause=0.002),
        lambda right: replace(right, stops_after=50),
        # Cut by a server that doesn't state the length, in chunks that end as if all were well.
        lambda right: replace(right, body=right.body[:-20], chunked=True),
    ]
    land_pages(spark, by_cursor(api), str(tmp_path), quick)
    assert numbers(tmp_path) == [[0, 1, 2], [3, 4, 5], [6, 7]]
    assert api.asked == ["", "", "", "after=3", "after=3", "after=3", "after=6"]


REFUSED = [
    (Answer(200, {"Content-Type": "text/html"}, b"<h1>log in</h1>"), "the server sent a page (text/html), perhaps a login"),
    (Answer(200, {}, b'{"data": {"error": "no s3cret"}}'), "the answer has no list at 'data.items'; it has the keys data"),
    (Answer(200, {}, b'{"data": {"items": [1'), "the last one failed with: the answer is not one whole JSON value"),
    (Answer(401, {}, b"s3cret"), "answered 401 Unauthorized. Send the credentials"),
    (Answer(503, {}, b""), "gave up after 3 attempt(s); the last one failed with: answered 503"),
]


@pytest.mark.parametrize(("answer", "message"), REFUSED)
def test_a_wrong_page_ends_the_call_and_the_next_one_goes_on_there(
    spark: SparkSession, api: Api, quick: HttpOptions, tmp_path: Path, answer: Answer, message: str
) -> None:
    api.wrong = [lambda right: right, *[answer] * 3]
    with pytest.raises(PageNotLandedError) as caught:
        land_pages(spark, by_cursor(api), str(tmp_path), quick)
    assert message in str(caught.value)
    assert "page-00000002.jsonl was not written" in str(caught.value)
    assert "s3cret" not in str(caught.value)
    assert numbers(tmp_path) == [[0, 1, 2]]
    api.wrong = []
    api.server.requests.clear()
    land_pages(spark, by_cursor(api), str(tmp_path), quick)
    assert (numbers(tmp_path), api.asked) == ([[0, 1, 2], [3, 4, 5], [6, 7]], ["after=3", "after=6"])


def test_a_list_without_an_end_is_refused(spark: SparkSession, api: Api, quick: HttpOptions, tmp_path: Path) -> None:
    api.wrong = [lambda right: right, lambda right: replace(right, body=right.body.replace(b'"next": "6"', b'"next": "3"'))]
    with pytest.raises(PageNotLandedError, match="the page names an earlier page as the next one"):
        land_pages(spark, by_cursor(api), str(tmp_path), quick)


def test_a_call_that_was_killed_at_any_write_is_continued(
    spark: SparkSession, api: Api, quick: HttpOptions, tmp_path: Path
) -> None:
    whole = tmp_path / "whole"
    land_pages(spark, by_cursor(api), str(whole), quick)
    written = sorted(whole.rglob("*.json*"), key=lambda path: path.stat().st_mtime_ns)
    assert len(written) == 6
    for killed_after in range(len(written)):
        cut = tmp_path / str(killed_after)
        shutil.copytree(whole, cut)
        for path in written[killed_after:]:
            (cut / path.relative_to(whole)).unlink()
        land_pages(spark, by_cursor(api), str(cut), quick)
        assert numbers(cut) == [[0, 1, 2], [3, 4, 5], [6, 7]]
    (whole / "_pages" / "page-00000003.json").unlink()
    with pytest.raises(PageNotesError, match="the note on the position of page-00000003.jsonl is missing"):
        land_pages(spark, by_cursor(api), str(whole), quick)


@pytest.mark.slow
def test_rows_are_read_once_though_a_call_was_interrupted_between_two_pages(
    spark: SparkSession, api: Api, quick: HttpOptions, tmp_path: Path
) -> None:
    def interrupt(right: Answer) -> Answer:
        os.kill(os.getpid(), signal.SIGINT)
        return replace(right, stalls_after=0)

    api.wrong = [lambda right: right, interrupt]
    with pytest.raises(KeyboardInterrupt):
        land_pages(spark, by_cursor(api), str(tmp_path), quick)
    first = list_below(spark, str(tmp_path))
    assert [file.name for file in first] == ["page-00000001.jsonl"]
    assert land_pages(spark, by_cursor(api), str(tmp_path), quick).rows == 5
    then = list_below(spark, str(tmp_path))
    # A loaded file that changed would stop the load.
    assert then[:1] == first
    fields = (Field("n", T.LongType(), "number"), Field("v", T.StringType(), "value"))
    declared = Source("list", fields, JsonLines(other_keys="ignore"))
    found = read_files(spark, declared, str(tmp_path), then)
    assert found.verdicts["accepted"] == sum(found.files.values()) == 8
    rows = [(row["n"], row["v"], row["_line"]) for row in found.rows.orderBy("n").collect()]
    assert rows == [(number, f"{number}.10", number % 3 + 1) for number in range(8)]


def test_a_declaration_shows_no_secret_and_is_checked() -> None:
    pages = JsonPages("https://us3r:pa55@host/v1?key=s3cret", NextLink())
    assert (str(pages), repr(pages)) == ("pages of https://host/v1?key=***", "JsonPages('pages of https://host/v1?key=***')")
    for wrong, message in (
        (lambda: JsonPages("ftp://host/v1", NextLink()), "only http and https"),
        (lambda: replace(pages, seconds_between=-1.0), r"key=\*\*\*: seconds_between is -1.0"),
        (lambda: replace(pages, most_pages=0), "most_pages is 0"),
        (lambda: Offset(limit=0), "offset: limit is 0"),
    ):
        with pytest.raises(DefinitionError, match=message):
            wrong()
