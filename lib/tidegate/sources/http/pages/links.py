"""Make the urls of pages. A stored link has none of the values that the declared url has, because these may be secrets."""

from collections.abc import Mapping
from urllib.parse import quote, unquote_plus, urlsplit, urlunsplit

import httpx

from tidegate.sources.http.urls import is_same_server, redirect_target, shown_url


def with_parameters(url: str, values: Mapping[str, str]) -> str:
    """Return the url with parameters in its query; those that it has under these names are replaced."""
    parts = urlsplit(url)
    kept = [pair for pair in _pairs(parts.query) if _name(pair) not in values]
    pairs = [*kept, *(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in values.items())]
    return urlunsplit(parts._replace(query="&".join(pairs), fragment=""))


def stored_link(declared: str, current: str, link: str) -> str:
    """Return a link as the path and query on the server of the declared url, without the parameters that this url has.

    Args:
        declared: The url that the user gave. A parameter of the link with the same name and value is left out.
        current: The url of the page that has the link, which may be relative to it.
        link: The link.

    Raises:
        ValueError: The link leads to another server, or can't be read.
    """
    here = httpx.URL(current)
    target = redirect_target(here, link)
    if not is_same_server(here, target):
        # That server would get the headers, which may have a password.
        raise ValueError(f"the link to the next page leads to another server: {shown_url(str(target))}")
    known = {unquote_plus(pair) for pair in _pairs(urlsplit(declared).query)}
    parts = urlsplit(str(target))
    query = "&".join(pair for pair in _pairs(parts.query) if unquote_plus(pair) not in known)
    return urlunsplit(("", "", parts.path or "/", query, ""))


def url_of_link(declared: str, stored: str) -> str:
    """Return the url of a stored link: with the server, the password and the missing parameters of the declared url."""
    parts, link = urlsplit(declared), urlsplit(stored)
    there = {_name(pair) for pair in _pairs(link.query)}
    pairs = [*_pairs(link.query), *(pair for pair in _pairs(parts.query) if _name(pair) not in there)]
    return urlunsplit((parts.scheme, parts.netloc, link.path, "&".join(pairs), ""))


def _pairs(query: str) -> list[str]:
    return [pair for pair in query.split("&") if pair]


def _name(pair: str) -> str:
    return unquote_plus(pair.partition("=")[0])
