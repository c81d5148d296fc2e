"""How files are asked for: what is refused before any request."""

import pytest

from tidegate.errors import DefinitionError
from tidegate.sources import HttpOptions


def test_http_options_do_not_show_headers() -> None:
    options = HttpOptions(headers={"Authorization": "Bearer t0ken"})
    assert "t0ken" not in f"{options} {options!r}"
    assert hash(options) == hash(HttpOptions())
    assert options != HttpOptions()


@pytest.mark.parametrize(
    "wrong",
    [
        {"attempts": 0},
        {"at_once": 0},
        {"at_once": 5},
        {"read_seconds": 0},
        {"connect_seconds": -1},
        {"first_pause_seconds": -1},
        {"longest_pause_seconds": float("nan")},
        {"longest_bytes": 0},
    ],
)
def test_http_options_refuse_what_makes_no_sense(wrong: dict[str, float]) -> None:
    with pytest.raises(DefinitionError, match=next(iter(wrong))):
        HttpOptions(**wrong)


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Key": "t0ken\r\nX-Other: 1"},
        {"X-Key": "t0ken é"},
        {"X Key": "t0ken"},
        {"range": "t0ken"},
        {"Accept-Encoding": "t0ken"},
    ],
)
def test_http_options_refuse_headers_that_can_not_be_sent_without_showing_them(headers: dict[str, str]) -> None:
    with pytest.raises(DefinitionError) as caught:
        HttpOptions(headers=headers)
    assert "t0ken" not in str(caught.value)
