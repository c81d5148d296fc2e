"""Get the pages of an API that were not landed yet, and write each one into a folder that a source can load."""

import logging
import time
from collections.abc import Sequence
from functools import partial
from threading import Event

import httpx
from pyspark.sql import SparkSession

from tidegate.errors import PageNotLandedError, RefusedAnswerError
from tidegate.sources.http.answers import require_data, too_long, without_use
from tidegate.sources.http.connection import answer_to, open_client
from tidegate.sources.http.file import HttpFile
from tidegate.sources.http.options import HttpOptions
from tidegate.sources.http.pace import Pace
from tidegate.sources.http.pages.json_pages import JsonPages, LandedPages, require_pages
from tidegate.sources.http.pages.page_folder import PageFolder, PageNote, file_name
from tidegate.sources.http.pages.page_text import NoRowsError, PageText, page_text
from tidegate.sources.http.retry import PassingFailureError, retried_transfer
from tidegate.spark_classic import require_classic

LOG = logging.getLogger("tidegate")
_CHECK_PAGING = "Compare `paging` of the JsonPages with the API's description."


def land_pages(spark: SparkSession, pages: JsonPages, folder_uri: str, options: HttpOptions | None = None) -> LandedPages:
    """Ask for the pages that were not landed yet, and write the rows of each page as a file of JSON lines.

    A call goes on where the last one ended, or where it failed or was killed. The last page may get more rows later. If the list
    has no other position for these, the page is asked for again, and the rows that are new on it get a file of their own. No file
    is changed later, so a source with the format JsonLines loads each row once.

    Only one process at a time may land pages into a folder.

    Args:
        spark: The session.
        pages: The declaration of the list.
        folder_uri: The folder. It is created if it does not exist, and belongs to this list alone.
        options: Limits, attempts and headers; None: the defaults of HttpOptions. If a server answers 429 or 503 with
            `Retry-After`, the pause is as long as it says, up to `longest_pause_seconds`.

    Raises:
        PageNotLandedError: A page could not be got. The pages before it are landed.
        PageNotesError: The folder has files of pages without notes on their positions.
        SparkConnectError: The session is a Spark Connect session.
    """
    require_classic(spark)
    require_pages(pages)
    plan, folder = options or HttpOptions(), PageFolder(spark, folder_uri.rstrip("/"))
    newest = folder.newest()
    position, known = _start(pages, folder, newest)
    files, rows, passed = list[str](), 0, {position}
    with open_client(plan) as client:
        for asked in range(1, pages.most_pages + 1):
            name = file_name(newest + len(files) + 1)
            page, following = _got(client, pages, plan, position, name)
            fresh = [row for row in page.rows if row not in known]
            if fresh:
                folder.land(name, PageNote(position, following), fresh)
                files.append(name)
                rows += len(fresh)
                LOG.info("%s: %s with %d rows", pages, name, len(fresh))
            if following is None:
                return LandedPages(tuple(files), rows, asked, complete=True)
            if following in passed:
                raise PageNotLandedError(str(pages), name, "the page names an earlier page as the next one", _CHECK_PAGING)
            position, known = following, set()
            passed.add(position)
            time.sleep(pages.seconds_between)
    return LandedPages(tuple(files), rows, pages.most_pages, complete=False)


def _start(pages: JsonPages, folder: PageFolder, newest: int) -> tuple[str, set[str]]:
    """Return the position of the first page to ask for, and the rows of it that are landed already."""
    if newest == 0:
        return pages.paging.start, set()
    last = folder.note(file_name(newest))
    if last.next is None or pages.paging.asks_last_again:
        return last.position, folder.rows_at(last.position)
    return last.next, set()


def _got(client: httpx.Client, pages: JsonPages, options: HttpOptions, position: str, name: str) -> tuple[PageText, str | None]:
    """Return a page, and the position of the next one. Failures that may be temporary are repeated."""
    file = HttpFile(pages.paging.url(pages.url, position), name=name)
    try:
        page = retried_transfer(partial(_asked, client, file, options, pages.rows), name, options, Event())
        return page, pages.paging.following(pages.url, position, page)
    except PassingFailureError as failure:
        reason = f"gave up after {options.attempts} attempt(s); the last one failed with: {failure.reason}"
        step = "Run the same again later, or allow more attempts or time in HttpOptions."
    except RefusedAnswerError as error:
        reason, step = error.reason, error.step
    except NoRowsError as error:
        reason, step = str(error), "Open the url in a browser, and correct `rows` of the JsonPages."
    except ValueError as error:
        reason, step = str(error), _CHECK_PAGING
    raise PageNotLandedError(str(pages), name, reason, step)


def _asked(client: httpx.Client, file: HttpFile, options: HttpOptions, rows: str) -> PageText:
    """Ask once for a page."""
    with answer_to(client, file, options, {"Accept": "application/json"}) as response:
        if response.status_code != httpx.codes.OK:
            raise without_use(file, response)
        require_data(file, response, options)
        blocks = _body(file, response, options)
    try:
        return page_text(b"".join(blocks).decode("utf-8-sig"), rows, response.headers)
    except NoRowsError:
        raise
    except (ValueError, RecursionError):
        # A body without a stated length can be cut off, so the next attempt may bring all of it.
        raise PassingFailureError("the answer is not one whole JSON value in UTF-8") from None


def _body(file: HttpFile, response: httpx.Response, options: HttpOptions) -> Sequence[bytes]:
    pace = Pace(file.file_name, None, 0, options.slowest_bytes_per_second, options.slow_seconds)
    blocks = []
    for block in response.iter_raw():
        pace.came(len(block))
        if pace.done > options.longest_bytes:
            raise too_long(file, f"it already has {pace.done} bytes and its end is not reached", options)
        if pace.is_too_slow():
            raise PassingFailureError(f"the transfer was slower than {options.slowest_bytes_per_second:g} bytes per second")
        blocks.append(block)
    return blocks
