"""Show urls, compare them and follow redirects. Passwords and the values of a query are secrets and are never shown."""

from hashlib import sha256
from urllib.parse import urlsplit, urlunsplit

import httpx

HIDDEN = "***"
SCHEMES = ("http", "https")
DEFAULT_PORTS = {"http": 80, "https": 443}


def shown_url(url: str) -> str:
    """Return the url for a message: without user, password, fragment and the values of query parameters."""
    try:
        parts = urlsplit(url)
        # Reading the port raises ValueError if it is not a number. Then it may be part of a password that was not quoted.
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
    """Return a hash that identifies what the url stands for. It leaves out the user, the password and the fragment."""
    parts = urlsplit(url)
    plain = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, parts.query, ""))
    return sha256(plain.encode("utf-8")).hexdigest()


def redirect_target(current: httpx.URL, location: str | None) -> httpx.URL:
    """Return the url that a redirect leads to.

    Args:
        current: The url that was asked for.
        location: The value of the answer's header `Location`.

    Raises:
        ValueError: There is no location, or a redirect to it is not allowed. The message contains no secrets.
    """
    if not location:
        raise ValueError("the redirect has no target (header Location)")
    try:
        target = current.join(location)
    except (httpx.InvalidURL, ValueError):
        # The message of the original error would quote the target with all its secrets.
        raise ValueError("the target of the redirect can't be read") from None
    shown = shown_url(str(target))
    if target.scheme not in SCHEMES or not target.host:
        raise ValueError(f"it redirects to {shown}; only {' and '.join(SCHEMES)} are followed")
    if current.scheme == "https" and target.scheme == "http":
        raise ValueError(f"it redirects from https to {shown}; without encryption, anyone on the way could change the file")
    return target


def is_same_server(first: httpx.URL, second: httpx.URL) -> bool:
    """Return whether both urls are on one server, so that the second one may get the same secrets.

    A redirect from http to https on the same host counts as the same server.
    """
    # httpx returns None for the default port of a scheme. So a change from http to https on one server has None on both sides.
    same_scheme = first.scheme == second.scheme or (first.scheme, second.scheme, second.port) == ("http", "https", None)
    return same_scheme and (first.host, first.port) == (second.host, second.port)
