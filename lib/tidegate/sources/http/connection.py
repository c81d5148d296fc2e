"""Get one answer from a server: follow safe redirects, tell temporary failures from permanent ones, keep secrets out of logs."""

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
    """Removes the secrets in urls from the log lines of httpx."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(shown_url(str(each)) if isinstance(each, httpx.URL) else each for each in record.args)
        return True


def open_client(options: HttpOptions) -> httpx.Client:
    """Return a client that uses the proxies and certificates that variables of the environment name (`environment.py`).

    The client asks for files without content-encoding, so bytes, lengths and digests are those of the file.
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
    """Ask for the file, follow redirects, and yield the answer. The caller reads its body inside the `with` block.

    Args:
        client: The client that `open_client` returned.
        file: The file to ask for.
        options: Time limits, and the user's headers for the file's own server.
        asked: The headers of this request, such as conditions and ranges.

    Raises:
        PassingFailureError: The network failed, either here or while the caller read the body.
        RefusedAnswerError: The server is not trusted, the proxy refused the request, a variable of the environment can't be used,
            or a redirect is not allowed.
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
        step = "If you trust the place where the file is, give its url directly."
        raise RefusedAnswerError(str(file), f"answered {response.status_code}: {error}", step) from None


@contextmanager
def _network(file: HttpFile, target: httpx.URL, options: HttpOptions) -> Iterator[None]:
    """Turn the errors of httpx into ours. Most of their messages are left out, because they may quote headers."""
    try:
        yield
    except BadVariableError as error:
        raise RefusedAnswerError(str(file), error.reason, error.step) from None
    except httpx.ProxyError as error:
        raise _refused_by_proxy(file, target, str(error)) from None
    except httpx.ConnectError as error:
        if _is_distrusted(error):
            step = (
                f"Check the name of the host. The trusted certificates come from {certificates_named(os.environ)}. To trust your "
                "own certificate authority, set the variable SSL_CERT_FILE to its certificates."
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
    """Return the error for a proxy that refused the request. After a status of 5xx, another attempt may succeed."""
    reason = f"no connection{_through(target)}, which answered {answer!r}"
    if answer.startswith("5"):
        return PassingFailureError(reason)
    step = "Give the proxy's user and password in its variable. If no proxy is needed, add the server's host to NO_PROXY."
    return RefusedAnswerError(str(file), reason, step)


def _is_distrusted(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False
