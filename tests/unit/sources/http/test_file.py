"""What is declared of files on HTTP servers, before any request."""

import pickle

import pytest

from tidegate.errors import DefinitionError
from tidegate.sources import HttpFile

SECRETS = ("pa55", "t0ken", "us3r")


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://host/a/flights.csv", "flights.csv"),
        ("http://host/flights%202013.csv?year=2013#top", "flights 2013.csv"),
        ("https://host/späť.csv", "späť.csv"),
    ],
)
def test_http_file_is_named_by_the_last_part_of_its_path(url: str, name: str) -> None:
    assert HttpFile(url).file_name == name


def test_http_file_takes_a_name_of_its_own() -> None:
    assert HttpFile("https://host/export?kind=csv", name="flights.csv").file_name == "flights.csv"


@pytest.mark.parametrize(
    "name", ["", "..", ".hidden", "_SUCCESS", "a/b", "a\\b", "a:b", "a\nb", "ä" * 101, "/etc/passwd", "../up.csv"]
)
def test_http_file_refuses_a_name_that_is_no_plain_file_name(name: str) -> None:
    with pytest.raises(DefinitionError, match=r"name='flights\.csv'"):
        HttpFile("https://host/flights.csv", name=name)


@pytest.mark.parametrize("url", ["https://host/", "https://host", "https://host/a%2Fb.csv", "https://host/..%2f..%2fup"])
def test_http_file_refuses_a_url_whose_path_gives_no_plain_name(url: str) -> None:
    with pytest.raises(DefinitionError, match="plain name"):
        HttpFile(url)


@pytest.mark.parametrize("url", ["ftp://host/a.csv", "file:///etc/passwd", "host/a.csv", "us3r:pa55@host/a.csv", ""])
def test_http_file_refuses_other_schemes(url: str) -> None:
    with pytest.raises(DefinitionError, match="only http and https are fetched") as caught:
        HttpFile(url)
    assert "pa55" not in str(caught.value)


@pytest.mark.parametrize("url", ["https://", "https:///a.csv", "https://us3r:pa55/t0ken@host/a.csv", "https://[pa55/a.csv"])
def test_http_file_refuses_a_url_that_can_not_be_read_without_showing_it(url: str) -> None:
    with pytest.raises(DefinitionError, match="can't be read") as caught:
        HttpFile(url)
    assert not [secret for secret in SECRETS if secret in str(caught.value)]


@pytest.mark.parametrize("sha256", ["", "abc", "g" * 64, "a" * 63, "sha256:" + "a" * 64])
def test_http_file_refuses_what_is_no_sha256(sha256: str) -> None:
    with pytest.raises(DefinitionError, match="64 hexadecimal digits"):
        HttpFile("https://host/a.csv", sha256=sha256)


def test_http_file_shows_no_secret() -> None:
    file = HttpFile("https://us3r:pa55@host/a.csv?key=t0ken&format=csv")
    assert str(file) == "a.csv from https://host/a.csv?key=***&format=***"
    assert repr(file) == "HttpFile('a.csv from https://host/a.csv?key=***&format=***')"
    assert pickle.loads(pickle.dumps(file)) == file
