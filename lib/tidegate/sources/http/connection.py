"""Get one answer from a server: follow safe redirects, tell passing failures from lasting ones, keep secrets out of the log."""

import logging
import os
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import httpx

from tidegate.errors import RefusedAnswerError
from tidegate.sources.http.environment import BadVariableError, EnvironmentTransport, certificates_named, proxy_for
from tidegate.sources.http.file import HttpFile
from tidegate.sources.http.options import HttpOptions
from tidegate.sources.http.retry import PassingFailureError
from tidegate.sources.http.urls import is_same_server, redirect_target, shown_url

_MOST_REDIRECTS = 10
_REDIRECTS = {301, 302, 303, 307, 308}


class _WithoutSecrets(logging.Filter):
    """Hides the secrets of urls in the log lines of httpx."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(shown_url(str(each)) if isinstance(each, httpx.URL) else each for each in record.args)
        return True


def open_client(options: HttpOptions) -> httpx.Client:
    """Return a client; proxies and certificates are those that the environment names, see `environment`.

    The client asks for no content-encoding, so bytes, lengths and digests are those of the file.
    """
    log = logging.getLogger("httpx")
    if not any(isinstance(each, _WithoutSecrets) for each in log.filters):
        log.addFilter(_WithoutSecrets())
    timeout = httpx.Timeout(options.read_seconds, connect=options.connect_seconds, pool=None)
    headers = {"Accept-Encoding": "identity", "User-Agent": "tidegate"}
    transport = EnvironmentTransport(dict(os.environ))
    return httpx.Client(timeout=timeout, headers=headers, follow_redirects=False, transport=transport, trust_env=False)


@contextmanager
def answer_to(client: httpx.Client, file: HttpFile, options: HttpOptions, asked: Mapping[str, str]) -> Iterator[httpx.Response]:
    """Ask for the file and give the first answer that is no redirect; the caller reads its body inside the `with` block.

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
        own: Mapping[str, str] = {}
        if is_same_server(origin, target):
            own, target = options.headers, target.copy_with(userinfo=origin.userinfo)
        with _network(file, target, options):
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
def _network(file: HttpFile, target: httpx.URL, options: HttpOptions) -> Iterator[None]:
    """Turn httpx's errors into ours. Most of their messages are dropped, because they may quote headers."""
    try:
        yield
    except BadVariableError as error:
        raise RefusedAnswerError(str(file), error.reason, error.step) from None
    except httpx.ProxyError as error:
        raise _refused_by_proxy(file, target, str(error)) from None
    except httpx.ConnectError as error:
        if _is_distrusted(error):
            step = (
                f"Check the host's name. The trusted certificates come from {certificates_named(os.environ)}; name your own "
                "authority's by the variable SSL_CERT_FILE."
            )
            raise RefusedAnswerError(str(file), f"its server is not trusted: {error}", step) from None
        raise PassingFailureError(f"no connection{_through(target)}: {error}") from None
    except httpx.HTTPError as error:
        raise PassingFailureError(_broken_off(error, target, options)) from None


def _broken_off(error: httpx.HTTPError, target: httpx.URL, options: HttpOptions) -> str:
    match error:
        case httpx.ConnectTimeout():
            return f"no connection within {options.connect_seconds:g} s{_through(target)}"
        case httpx.TimeoutException():
            return f"the server sent nothing for {options.read_seconds:g} s"
        case httpx.RemoteProtocolError():
            return f"the connection broke off, or the server did not speak HTTP{_through(target)}"
    return f"the connection failed ({type(error).__name__}){_through(target)}"


def _through(target: httpx.URL) -> str:
    proxy = proxy_for(target, os.environ)
    return "" if proxy is None else f" through the proxy {proxy}"


def _refused_by_proxy(file: HttpFile, target: httpx.URL, answer: str) -> Exception:
    """Return the error for a proxy that refuses the request; with a status of 5xx another attempt may succeed."""
    reason = f"no connection{_through(target)}, which answered {answer!r}"
    if answer.startswith("5"):
        return PassingFailureError(reason)
    step = "Give the proxy's user and password in its variable, or add the server's host to NO_PROXY if no proxy is needed."
    return RefusedAnswerError(str(file), reason, step)


def _is_distrusted(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False
