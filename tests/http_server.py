"""A real HTTP server on this machine that answers as a test tells it: rightly, slowly, wrongly or partly."""

import datetime
import ipaddress
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Lock, Thread

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

DATE = "Tue, 01 Jan 2013 12:00:00 GMT"


@dataclass(frozen=True)
class Request:
    path: str
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Answer:
    """What is sent: exactly the given headers, and the body in pieces.

    Attributes:
        status: Of the first line.
        headers: A `Date` and a fitting `Content-Length` are added where they are not given; None leaves one out.
        body: The whole of it.
        stops_after: So many bytes of the body are sent, then the connection is closed; None: all of it.
        stalls_after: So many bytes of the body are sent, then nothing more.
        piece: Bytes sent at once.
        pause: Seconds between pieces.
        chunked: Whether the body goes in chunks, of a length not told before.
    """

    status: int = 200
    headers: Mapping[str, str | None] = field(default_factory=dict)
    body: bytes = b""
    stops_after: int | None = None
    stalls_after: int | None = None
    piece: int = 1 << 16
    pause: float = 0.0
    chunked: bool = False

    def __call__(self, request: Request) -> "Answer":
        return self

    def with_headers(self, **headers: str | None) -> "Answer":
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return replace(self, headers={**self.headers, **given})


Script = Callable[[Request], Answer]


@dataclass(frozen=True)
class Resource:
    """A file that a well-behaved server has: it knows conditions and ranges."""

    body: bytes
    etag: str | None = None
    last_modified: str | None = None
    headers: Mapping[str, str | None] = field(default_factory=dict)

    def __call__(self, request: Request) -> Answer:
        names = {"ETag": self.etag, "Last-Modified": self.last_modified}
        named = {**{name: value for name, value in names.items() if value}, **self.headers}
        asked = request.headers
        if self._is_known(asked):
            return Answer(304, {**named, "Content-Length": None})
        valid = asked.get("If-Range") in (None, self.etag, self.last_modified)
        if "Range" not in asked or not valid:
            return Answer(200, named, self.body)
        start = int(asked["Range"].removeprefix("bytes=").rstrip("-"))
        if start >= len(self.body):
            return Answer(416, {**named, "Content-Range": f"bytes */{len(self.body)}"})
        named["Content-Range"] = f"bytes {start}-{len(self.body) - 1}/{len(self.body)}"
        return Answer(206, named, self.body[start:])

    def _is_known(self, asked: Mapping[str, str]) -> bool:
        if "If-None-Match" in asked:
            return asked["If-None-Match"] == self.etag
        return self.last_modified is not None and asked.get("If-Modified-Since") == self.last_modified

    def but(self, **changes: object) -> Script:
        """The same, with something wrong about each answer, such as `stops_after=10`."""
        return lambda request: replace(self(request), **changes)  # type: ignore[arg-type]


class Server(ThreadingHTTPServer):
    """Gives each path's answers one after another, the last one for ever, and remembers what it was asked."""

    daemon_threads = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: list[Request] = []
        self.closing = Event()
        self.scheme = "http"
        self._scripts: dict[str, list[Script]] = {}
        self._lock = Lock()

    def script(self, path: str, *answers: Script) -> str:
        """Set what a path answers; return its url."""
        with self._lock:
            self._scripts[path] = list(answers)
        return self.url(path)

    def url(self, path: str) -> str:
        return f"{self.scheme}://127.0.0.1:{self.server_port}{path}"

    def answer(self, request: Request) -> Answer:
        with self._lock:
            self.requests.append(request)
            waiting = self._scripts.get(request.path.partition("?")[0]) or [Answer(404)]
            script = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        return script(request)

    def asked(self, header: str) -> list[str | None]:
        """The values of one header of each request, in their order."""
        return [request.headers.get(header) for request in self.requests]

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients here hang up."""


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    timeout = 10.0

    def do_GET(self) -> None:  # the name that the base looks for
        answer = self.server.answer(Request(self.path, self.headers))
        headers = {"Date": DATE, "Content-Length": None if answer.chunked else str(len(answer.body)), **answer.headers}
        if answer.chunked:
            headers["Transfer-Encoding"] = "chunked"
        self.send_response_only(answer.status)
        for name, value in headers.items():
            if value is not None:
                self.send_header(name, value)
        self.end_headers()
        self._send(answer)
        # What has no length ends with the connection.
        self.close_connection = headers["Content-Length"] is None or headers["Content-Length"] != str(len(answer.body))

    def _send(self, answer: Answer) -> None:
        ends = [end for end in (answer.stops_after, answer.stalls_after) if end is not None]
        body = answer.body[: min(ends, default=None)]
        for start in range(0, len(body), answer.piece):
            if start and answer.pause and self.server.closing.wait(answer.pause):
                return
            piece = body[start : start + answer.piece]
            self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n" if answer.chunked else piece)
        if answer.stalls_after is not None:
            self.server.closing.wait()
        if ends:
            # What the connection is closed for.
            raise ConnectionAbortedError
        if answer.chunked:
            self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@contextmanager
def running(server: Server) -> Iterator[Server]:
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()


def with_tls(server: Server, folder: Path) -> Path:
    """Make the server speak https; return the file of the certificate that nobody trusts unless told to."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / "certificate.pem", folder / "key.pem"
    public.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    no_password = serialization.NoEncryption()
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, no_password))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    # The handshake in the handler's thread, not where all connections are accepted.
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.scheme = "https"
    return public
