"""Urls as they may be shown, told apart and redirected."""

import httpx
import pytest

from tidegate.sources.http.urls import is_same_server, redirect_target, resource_id, shown_url


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://host:8443/a/b.csv", "https://host:8443/a/b.csv"),
        ("https://u:p@host/a?sig=s&b=#f", "https://host/a?sig=***&b=***"),
        ("https://host/a?s3cret", "https://host/a?***"),
        ("https://host/a?a=1;b=2", "https://host/a?a=***"),
        ("https://[::1]:80/a", "https://[::1]:80/a"),
        ("https://u:p/w@host/a", "(a url that can't be read)"),
        ("p4ss@host/a", "host/a"),
    ],
)
def test_shown_url_hides_user_password_values_and_fragment(url: str, shown: str) -> None:
    assert shown_url(url) == shown


def test_resource_id_tells_queries_apart_and_not_users() -> None:
    first = resource_id("https://host/a?year=2013")
    assert first != resource_id("https://host/a?year=2014")
    assert first == resource_id("https://u:p@host/a?year=2013#top")
    assert "2013" not in first


@pytest.mark.parametrize(
    ("current", "location", "target"),
    [
        ("https://host/a/b", "c", "https://host/a/c"),
        ("http://host/a", "https://other/b?x=1", "https://other/b?x=1"),
        ("https://host/a", "//other/b", "https://other/b"),
    ],
)
def test_redirect_target_joins(current: str, location: str, target: str) -> None:
    assert str(redirect_target(httpx.URL(current), location)) == target


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("http://host/a?s=s3cret", r"from https to http://host/a\?s=\*\*\*"),
        ("ftp://u:s3cret@host/a", "redirects to ftp://host/a; only http and https"),
        ("file:///etc/passwd", "only http and https"),
        (None, "no target"),
        ("https://host:s3cret/a", "can't be read"),
    ],
)
def test_redirect_target_refuses_what_is_not_followed(location: str | None, reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as caught:
        redirect_target(httpx.URL("https://host/a"), location)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("https://host/a", "https://host:443/b", True),
        ("http://host/a", "https://host/b", True),
        ("https://host/a", "http://host/a", False),
        ("https://host/a", "https://host:8443/a", False),
        ("http://host:8080/a", "https://host/a", False),
        ("https://host/a", "https://host.evil/a", False),
    ],
)
def test_is_same_server(first: str, second: str, same: bool) -> None:
    assert is_same_server(httpx.URL(first), httpx.URL(second)) is same
