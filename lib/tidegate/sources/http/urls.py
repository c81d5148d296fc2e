"""Show, compare and redirect urls; passwords and the values of a query are secrets."""

from hashlib import sha256
from urllib.parse import urlsplit, urlunsplit

import httpx

HIDDEN = "***"
SCHEMES = ("http", "https")
DEFAULT_PORTS = {"http": 80, "https": 443}


def shown_url(url: str) -> str:
    """Return the url without user, password, values of the query and fragment; the names of parameters stay."""
    try:
        parts = urlsplit(url)
        # What follows the host's colon may be a password that was not quoted; a port is a number.
        _ = parts.port
    except ValueError:
        return "(a url that can't be read)"
    host = parts.netloc.rpartition("@")[2]
    path = parts.path if parts.netloc else parts.path.rpartition("@")[2]
    query = "&".join(_without_value(pair) for pair in parts.query.split("&")) if parts.query else ""
    return urlunsplit((parts.scheme, host, path, query, ""))


def _without_value(pair: str) -> str:
    name, equals, _ = pair.partition("=")
    return f"{name}={HIDDEN}" if equals else HIDDEN


def resource_id(url: str) -> str:
    """Return a name for what the url stands for, without its secrets: a hash of the url without user and fragment."""
    parts = urlsplit(url)
    plain = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, parts.query, ""))
    return sha256(plain.encode("utf-8")).hexdigest()


def redirect_target(current: httpx.URL, location: str | None) -> httpx.URL:
    """Return where a redirect leads.

    Raises:
        ValueError: The redirect names no place, or one that is not allowed; the message has no secrets.
    """
    if not location:
        raise ValueError("the redirect names no place to go")
    try:
        target = current.join(location)
    except (httpx.InvalidURL, ValueError):
        # Its own message would quote the place with all its secrets.
        raise ValueError("the place where the redirect leads can't be read") from None
    shown = shown_url(str(target))
    if target.scheme not in SCHEMES or not target.host:
        raise ValueError(f"it redirects to {shown}; only {' and '.join(SCHEMES)} are followed")
    if current.scheme == "https" and target.scheme == "http":
        raise ValueError(f"it redirects from https to {shown}, where anyone on the way could change the file")
    return target


def is_same_server(first: httpx.URL, second: httpx.URL) -> bool:
    """Tell whether both urls are on one server, so that the second may get the same secrets; https after http counts as one."""
    # httpx gives None for the scheme's own port, so two equal ports of different schemes have to be None.
    same_scheme = first.scheme == second.scheme or (first.scheme, second.scheme, second.port) == ("http", "https", None)
    return same_scheme and (first.host, first.port) == (second.host, second.port)
