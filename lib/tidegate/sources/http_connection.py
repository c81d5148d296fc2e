"""One answer of a server: redirects followed with care, failures of the network sorted, secrets out of log lines."""

import logging
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import httpx

from tidegate.errors import RefusedAnswerError
from tidegate.sources.http import HttpFile, HttpOptions
from tidegate.sources.http_retry import PassingFailureError
from tidegate.sources.http_urls import is_same_server, redirect_target, shown_url

_MOST_REDIRECTS = 10
_REDIRECTS = {301, 302, 303, 307, 308}


class _WithoutSecrets(logging.Filter):
    """httpx logs each url as it is, with the values of its query."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(shown_url(str(each)) if isinstance(each, httpx.URL) else each for each in record.args)
        return True


def open_client(options: HttpOptions) -> httpx.Client:
    """Return a client; proxies and certificates are those that the environment names (HTTPS_PROXY, SSL_CERT_FILE).

    Content-encodings are not asked for: bytes, lengths and digests shall be those of the file.
    """
    log = logging.getLogger("httpx")
    if not any(isinstance(each, _WithoutSecrets) for each in log.filters):
        log.addFilter(_WithoutSecrets())
    timeout = httpx.Timeout(options.read_seconds, connect=options.connect_seconds, pool=None)
    headers = {"Accept-Encoding": "identity", "User-Agent": "tidegate"}
    return httpx.Client(timeout=timeout, headers=headers, follow_redirects=False)


@contextmanager
def answer_to(client: httpx.Client, file: HttpFile, options: HttpOptions, asked: Mapping[str, str]) -> Iterator[httpx.Response]:
    """Ask for the file and give the answer that no redirect leads on from; its body is read by the caller, inside.

    Args:
        client: What `open_client` returned.
        file: What is asked for.
        options: Limits, and headers for the file's own server.
        asked: Headers of this request, such as conditions and ranges.

    Raises:
        PassingFailureError: The network failed, here or while the body was read.
        RefusedAnswerError: No trusted connection, or a redirect that is not followed.
    """
    origin = target = httpx.URL(file.url)
    for _ in range(_MOST_REDIRECTS + 1):
        own = options.headers if is_same_server(origin, target) else {}
        with _network(file, options):
            response = client.send(client.build_request("GET", target, headers={**own, **asked}), stream=True)
            try:
                if response.status_code not in _REDIRECTS:
                    yield response
                    return
            finally:
                response.close()
        target = _next(file, target, response)
    raise RefusedAnswerError(
        str(file),
        f"more than {_MOST_REDIRECTS} redirects, the last one to {shown_url(str(target))}",
        "Check the url in a browser.",
    )


def _next(file: HttpFile, current: httpx.URL, response: httpx.Response) -> httpx.URL:
    try:
        return redirect_target(current, response.headers.get("location"))
    except ValueError as error:
        step = "Give the url where the file is, if you trust it."
        raise RefusedAnswerError(str(file), f"answered {response.status_code}: {error}", step) from None


@contextmanager
def _network(file: HttpFile, options: HttpOptions) -> Iterator[None]:
    """Turn httpx's errors into ours; most of their messages are left behind: they may quote headers."""
    try:
        yield
    except httpx.ConnectTimeout:
        raise PassingFailureError(f"no connection within {options.connect_seconds:g} s") from None
    except httpx.TimeoutException:
        raise PassingFailureError(f"the server sent nothing for {options.read_seconds:g} s") from None
    except httpx.ConnectError as error:
        if _is_distrusted(error):
            step = "Check the host's name; name your own authority's certificates by the variable SSL_CERT_FILE."
            raise RefusedAnswerError(str(file), f"its server is not trusted: {error}", step) from None
        raise PassingFailureError(f"no connection: {error}") from None
    except httpx.RemoteProtocolError:
        raise PassingFailureError("the connection broke off, or the server did not speak HTTP") from None
    except httpx.HTTPError as error:
        raise PassingFailureError(f"the connection failed ({type(error).__name__})") from None


def _is_distrusted(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False
