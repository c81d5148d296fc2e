"""Fetch files from HTTP servers into a local cache. Start reading at `fetch.py`.

`file.py` and `options.py` define what a user declares. For each file, `fetch.py` locks its entry in the cache (`cache.py`), and
`retry.py` repeats one attempt (`transfer.py`) until it succeeds. In an attempt, `connection.py` sends the request through the
proxy that the environment names (`environment.py`) and follows redirects (`urls.py`), `answers.py` decides by the status and the
headers (`validators.py`) what the server sent, and `pace.py` finds out that a transfer is too slow.

httpx does the HTTP: connections, TLS, chunks, time limits, and the error for a body that is shorter than its Content-Length.
We tried libraries for the rest against the server of the tests (`tests/http_server.py`). None of them makes this package
smaller:

- hishel 2.0 sends conditional requests. But it serves an old file without asking the server while the file's headers, or a guess
  from its age, call it fresh. It never resumes a broken transfer. It replaces the stored file by a login page, or by a body
  without a stated length that was cut short. It writes query values and headers into its database, and it stores every byte
  there a second time (105 MB for a file of 105 MB).
- pooch 1.9 checks a declared checksum, and a file appears only when it is whole. But it never asks whether a file has changed,
  doesn't resume, ignores Retry-After, repeats a 404, ignores a wrong Content-MD5, accepts a body without a stated length that was
  cut short, unpacks a `.gz` that the server calls encoded, and transfers a file twice when two callers want it at once.
- urllib3 2.8 (`Retry`) and httpx-retries 0.6 obey Retry-After and cap it. But they don't repeat a transfer whose body broke off,
  they compare a date in Retry-After with the local clock instead of the server's, and a caller can't interrupt their pauses.
- stamina 26.1 has no cap for a pause that the server asks for, and a caller can't interrupt its pauses.
- tenacity 9.2 passes every test of `retry.py`. But the pause, the log line and the interruption remain functions of ours, so we
  would need 29 lines instead of the 18 of our loop and its pause.
- filelock 4.2 would save about nine lines of `cache.py`, without the log line for a process that waits. On a file system without
  locks, it falls back by default to a lock that a killed process leaves behind.
- aiohttp 3.14, requests 2.34 and pycurl 7.49 (libcurl 8.23) send a user's own headers to every server that a redirect names, as
  httpx does. pycurl ends slow transfers, but it ignores SSL_CERT_FILE and a port in NO_PROXY.

httpx by itself follows a redirect from https to http, reads the body of a redirect into memory however long it is, logs passwords
and query values, ignores REQUESTS_CA_BUNDLE, and fails without naming the variable if NO_PROXY contains an IPv6 network. These
are the reasons for `connection.py` and `environment.py`.
"""
