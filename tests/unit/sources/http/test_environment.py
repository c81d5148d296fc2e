"""What the variables for proxies and certificates may hold: a fetch works, or names the variable."""

import itertools
from pathlib import Path

import httpx
import pytest
from tests.http_fetching import failure, fetch_one
from tests.http_server import Answer, Resource, Server, running, with_tls

from tidegate.errors import RefusedAnswerError
from tidegate.sources import HttpOptions
from tidegate.sources.http.environment import is_excepted, proxy_for

FILE = Resource(b"day\n2013-01-01\n", etag='"1"')


@pytest.mark.parametrize(
    ("entry", "excepted", "proxied"),
    [
        ("*", "http://any.example/a", None),
        ("data.example", "https://data.example/a", "https://mydata.example/a"),
        ("data.example", "https://west.data.example/a", "https://data.example.org/a"),
        (".data.example", "https://west.data.example/a", "https://otherdata.example/a"),
        ("*.data.example", "https://west.data.example/a", "https://otherdata.example/a"),
        ("DATA.example.", "https://data.Example/a", "https://example/a"),
        ("data.example:8443", "https://data.example:8443/a", "https://data.example/a"),
        ("data.example:443", "https://data.example/a", "http://data.example/a"),
        ("https://data.example", "https://data.example/a", "https://example/a"),
        ("10.0.0.0/8", "http://10.200.3.4/a", "http://11.0.0.1/a"),
        ("10.1.2.3/8", "http://10.200.3.4/a", "http://data.example/a"),
        ("127.0.0.1", "http://127.0.0.1:9000/a", "http://127.0.0.2/a"),
        ("fd07:b51a:cc66:f0::/64", "http://[fd07:b51a:cc66:f0::7]/a", "http://[fd07:b51a:cc66:f1::7]/a"),
        ("::1", "http://[::1]:8080/a", "http://[::2]/a"),
        ("[::1]", "http://[::1]/a", "http://127.0.0.1/a"),
        ("[::1]:8080", "http://[::1]:8080/a", "http://[::1]/a"),
        ("[::", None, "http://[::1]/a"),
        ("10.0.0.0/99", None, "http://10.0.0.1/a"),
        ("höst:x:y, ,|;", None, "http://10.0.0.1/a"),
        ("", None, "http://10.0.0.1/a"),
    ],
)
def test_an_entry_of_no_proxy_has_its_hosts_and_no_other(entry: str, excepted: str | None, proxied: str | None) -> None:
    for value in (entry, f"localhost, {entry} other.example", f"[::,{entry}"):
        assert excepted is None or is_excepted(httpx.URL(excepted), value), (excepted, value)
        assert proxied is None or not is_excepted(httpx.URL(proxied), value), (proxied, value)


@pytest.mark.parametrize(
    ("environment", "chosen"),
    [
        ({}, None),
        ({"HTTPS_PROXY": "http://proxy:1", "HTTP_PROXY": "http://other:2"}, "http://proxy:1"),
        ({"HTTPS_PROXY": "http://proxy:1", "https_proxy": "https://lower:2"}, "https://lower:2"),
        ({"HTTPS_PROXY": "http://proxy:1", "https_proxy": ""}, None),
        ({"HTTPS_PROXY": "proxy.example:3128"}, "http://proxy.example:3128"),
        ({"HTTPS_PROXY": "[fd00::1]:3128"}, "http://[fd00::1]:3128"),
        ({"ALL_PROXY": "http://all:1", "HTTPS_PROXY": "http://proxy:1"}, "http://proxy:1"),
        ({"all_proxy": "HTTP://all:1"}, "http://all:1"),
        ({"HTTP_PROXY": "http://proxy:1"}, None),
        ({"HTTPS_PROXY": "http://proxy:1", "NO_PROXY": "data.example"}, None),
        ({"HTTPS_PROXY": "http://proxy:1", "NO_PROXY": "data.example", "no_proxy": ""}, "http://proxy:1"),
        ({"HTTPS_PROXY": "http://proxy:1", "ALL_PROXY": "socks5://proxy:1080"}, "http://proxy:1"),
    ],
)
def test_the_proxy_is_the_one_that_curl_would_use(environment: dict[str, str], chosen: str | None) -> None:
    proxy = proxy_for(httpx.URL("https://data.example/a.csv"), environment)
    assert (None if proxy is None else str(proxy.url)) == chosen


def test_a_request_header_that_a_web_server_hands_on_is_no_proxy() -> None:
    environment = {"REQUEST_METHOD": "GET", "HTTP_PROXY": "http://attacker:1"}
    assert proxy_for(httpx.URL("http://data.example/a"), environment) is None


BAD_PROXIES = (
    "socks://s:1080",
    "socks5://us3r:pa55word@s:1080",
    "socks5h://s",
    "ftp://s:1",
    "http://s:port",
    "http://",
    "://",
    "http://us3r:pa55word#@s",
)
CERTIFICATE_PLACES = ("/nonexistent/ca.pem", "{folder}/empty.pem", "{folder}/no.pem", "{folder}/nonexistent")


def _bad_settings(folder: Path) -> list[tuple[str, str]]:
    names = [name for proxy in ("HTTPS_PROXY", "ALL_PROXY") for name in (proxy, proxy.lower())]
    places = [place.format(folder=folder) for place in CERTIFICATE_PLACES]
    certificates = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
    return [*itertools.product(names, BAD_PROXIES), *itertools.product(certificates, places)]


def test_every_value_that_can_not_be_used_is_refused_by_the_name_of_its_variable(
    server: Server, tmp_path: Path, quick: HttpOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty.pem").touch()
    (tmp_path / "no.pem").write_text("no certificate\n")
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    plain = server.script("/a.csv", FILE)
    for variable, value in _bad_settings(tmp_path):
        with monkeypatch.context() as environment:
            environment.setenv(variable, value)
            error = failure("https://127.0.0.1:9/a.csv", tmp_path, quick)
            assert isinstance(error, RefusedAnswerError), (variable, value)
            assert f"variable {variable}" in str(error)
            assert "pa55word" not in str(error)
            # What a request doesn't need does not stop it.
            if not variable.lower().startswith("all"):
                assert fetch_one(plain, tmp_path, quick).bytes == len(FILE.body)


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_every_variable_for_a_file_of_certificates_is_trusted(
    server: Server, tmp_path: Path, quick: HttpOptions, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    secure = Server()
    monkeypatch.setenv(variable, str(with_tls(secure, tmp_path)))
    with running(secure):
        assert fetch_one(secure.script("/a.csv", FILE), tmp_path, quick).bytes == len(FILE.body)


def test_a_proxy_gets_the_request_and_is_named_where_it_refuses(
    server: Server, tmp_path: Path, quick: HttpOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = "http://data.example/a.csv"
    server.script(there, FILE, Answer(407))
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    for variable in ("HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(variable, server.url("").replace("//", "//us3r:pa55word@"))
    assert fetch_one(there, tmp_path, quick).bytes == len(FILE.body)
    assert server.asked("Proxy-Authorization") != [None]
    assert "password in its variable" in str(failure(there, tmp_path, quick))
    tunnelled = str(failure("https://data.example/a.csv", tmp_path, quick))
    assert "(variable HTTPS_PROXY), which answered" in tunnelled
    assert "pa55word" not in tunnelled
