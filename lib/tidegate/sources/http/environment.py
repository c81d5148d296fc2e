"""Read the proxies and certificates that environment variables name. Errors name the variable that can't be used."""

import os
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from ipaddress import ip_address, ip_network
from pathlib import Path
from threading import Lock

import httpx

from tidegate.sources.http.urls import DEFAULT_PORTS, SCHEMES, shown_url

_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


class BadVariableError(Exception):
    """An environment variable that a request needs can't be used.

    Attributes:
        reason: What is wrong, with the name of the variable and its value, but without a password.
        step: What the user can do.
    """

    def __init__(self, reason: str, step: str) -> None:
        super().__init__(reason)
        self.reason, self.step = reason, step


@dataclass(frozen=True)
class Proxy:
    """A proxy, and the environment variable that names it. Its text does not show the proxy's password."""

    variable: str
    url: httpx.URL

    def __str__(self) -> str:
        return f"{shown_url(str(self.url))} (variable {self.variable})"


def proxy_for(url: httpx.URL, environment: Mapping[str, str]) -> Proxy | None:
    """Return the proxy that the environment names for a url; None if the request goes directly to the server.

    The rules are those of curl: HTTPS_PROXY or HTTP_PROXY by the url's scheme, otherwise ALL_PROXY, unless NO_PROXY contains the
    host. A name in lower case has precedence over one in upper case. An empty value switches the proxy off.

    Args:
        url: The url of the request.
        environment: The environment variables.

    Raises:
        BadVariableError: The value of the variable is not a proxy that can be used.
    """
    named = _first(environment, f"{url.scheme}_proxy") or _first(environment, "all_proxy")
    excepted = _first(environment, "no_proxy")
    if named is None or not named[1] or (excepted is not None and is_excepted(url, excepted[1])):
        return None
    return _proxy(*named)


def is_excepted(url: httpx.URL, no_proxy: str) -> bool:
    """Return whether a value of NO_PROXY contains the url's host.

    An entry is `*`, a name (which includes its subdomains), an address or a network, with or without a port. Any other entry is
    ignored, as in other programs.
    """
    host, port = url.host.rstrip(".").lower(), url.port or DEFAULT_PORTS.get(url.scheme)
    return any(_has(entry, host, port) for entry in re.split(r"[,\s]+", no_proxy.strip().lower()) if entry)


def _has(entry: str, host: str, port: int | None) -> bool:
    entry = entry.rpartition("://")[2]
    # `::1` has colons but no port; `[::1]:80` has both.
    found = re.fullmatch(r"\[(?P<address>.+)\](?::(?P<port>\d+))?|(?P<name>[^:]*):(?P<name_port>\d+)", entry)
    if found:
        entry = found["address"] or found["name"]
        wanted = found["port"] or found["name_port"]
        if wanted and int(wanted) != port:
            return False
    if entry == "*":
        return True
    try:
        return ip_address(host) in ip_network(entry, strict=False)
    except ValueError:
        domain = entry.removeprefix("*").strip(".")
        return bool(domain) and (host == domain or host.endswith(f".{domain}"))


def _first(environment: Mapping[str, str], name: str) -> tuple[str, str] | None:
    """Return the name and the value of the variable that is set; lower case has precedence over upper case."""
    # Under CGI, HTTP_PROXY is ignored: the web server puts the header "Proxy" of a request, which anybody can send, into it.
    names = (name,) if name == "http_proxy" and "REQUEST_METHOD" in environment else (name, name.upper())
    return next(((each, environment[each].strip()) for each in names if each in environment), None)


def _proxy(variable: str, value: str) -> Proxy:
    scheme, separator, _ = value.partition("://")
    scheme = scheme.lower() if separator else "http"
    if scheme not in SCHEMES:
        raise BadVariableError(
            f"variable {variable} names a proxy with the scheme {scheme!r}; only {' and '.join(SCHEMES)} are supported",
            f"Set {variable} to an http proxy, such as http://proxy.example:3128, or add the server's host to NO_PROXY.",
        )
    try:
        url = httpx.URL(value if separator else f"http://{value}")
    except (httpx.InvalidURL, ValueError):
        url = None
    if url is None or not url.host:
        raise BadVariableError(
            f"variable {variable} is not a valid address of a proxy (its value is not shown, because it may contain a password)",
            "Write it as http://host:port or http://user:password@host:port, with special characters of the password as %40.",
        )
    return Proxy(variable, url)


def certificates(environment: Mapping[str, str]) -> ssl.SSLContext:
    """Return the certificates that connections trust.

    Of the variables SSL_CERT_FILE, SSL_CERT_DIR, REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE, the first one that is set names them. If
    none is set, they are those of the package certifi.

    Raises:
        BadVariableError: The file or folder that the variable names has no certificates that can be read.
    """
    variable = _certificates_variable(environment)
    if variable is None:
        return httpx.create_ssl_context(trust_env=False)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    places = environment[variable].split(os.pathsep) if variable == "SSL_CERT_DIR" else [environment[variable]]
    try:
        for place in filter(None, places):
            _trust(context, Path(place), folder_wanted=variable == "SSL_CERT_DIR")
    except OSError as error:
        # ssl.SSLError is an OSError. It is raised for a file that contains no certificate.
        reason = "it contains no certificate in PEM format" if isinstance(error, ssl.SSLError) else error.strerror or str(error)
        raise BadVariableError(
            f"variable {variable}={environment[variable]}: the trusted certificates that it names can't be read: {reason}",
            f"Set {variable} to a file with certificates in PEM format, or unset it.",
        ) from None
    return context


def certificates_named(environment: Mapping[str, str]) -> str:
    """Return a text for messages that says where the trusted certificates come from."""
    variable = _certificates_variable(environment)
    return "the package certifi" if variable is None else f"{variable}={environment[variable]}"


def _certificates_variable(environment: Mapping[str, str]) -> str | None:
    return next((name for name in _CERTIFICATES if environment.get(name)), None)


def _trust(context: ssl.SSLContext, place: Path, folder_wanted: bool) -> None:
    if folder_wanted or place.is_dir():
        # OpenSSL opens a folder only when it needs a certificate, and ignores a missing folder. This line raises OSError instead.
        os.listdir(place)
        context.load_verify_locations(capath=place)
    else:
        context.load_verify_locations(cafile=place)


class EnvironmentTransport(httpx.BaseTransport):
    """Sends each request through the proxy, and with the certificates, that the environment names for its url.

    httpx itself knows most of these variables. But it reads all of them when a client is made. If it can't read the value of one,
    it fails, even if no request needs that variable, and its error does not name the variable.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment
        self._opened: dict[tuple[str, Proxy | None], httpx.HTTPTransport] = {}
        self._guard = Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request.

        Raises:
            BadVariableError: An environment variable that this request needs can't be used.
        """
        proxy = proxy_for(request.url, self.environment)
        with self._guard:
            key = (request.url.scheme, proxy)
            if key not in self._opened:
                self._opened[key] = self._open(request.url.scheme, proxy)
        return self._opened[key].handle_request(request)

    def close(self) -> None:
        """Close all connections."""
        for transport in self._opened.values():
            transport.close()

    def _open(self, scheme: str, proxy: Proxy | None) -> httpx.HTTPTransport:
        is_encrypted = "https" in (scheme, proxy and proxy.url.scheme)
        # An http request needs no certificates, and loading them takes a while. A context without certificates trusts nobody.
        trusted = self._certificates if is_encrypted else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        through = None
        if proxy is not None:
            through = httpx.Proxy(proxy.url, ssl_context=trusted if proxy.url.scheme == "https" else None)
        return httpx.HTTPTransport(verify=trusted, trust_env=False, proxy=through)

    @cached_property
    def _certificates(self) -> ssl.SSLContext:
        return certificates(self.environment)
