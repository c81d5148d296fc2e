"""Fetch files from HTTP servers into a local cache. Start reading at `fetch.py`.

`file.py` and `options.py` hold what a user declares. For each file, `fetch.py` locks its place in the cache (`cache.py`), and
`retry.py` repeats one attempt (`transfer.py`) until it succeeds. In an attempt, `connection.py` sends the request through the
proxy that the environment names (`environment.py`) and follows redirects (`urls.py`), `answers.py` decides by status and
headers (`validators.py`) what the server sent, and `pace.py` ends a transfer that is too slow.

httpx does the HTTP: connections, TLS, chunks, time limits, and the error when a body is shorter than its Content-Length.
Libraries for the rest were tried against the server of the tests (`tests/http_server.py`). None of them makes this package
smaller:

- hishel 2.0 sends conditional requests. But it serves an old file without asking while the file's headers, or a guess from its
  age, call it fresh. It never resumes a broken transfer, lets a login page, or a body without a length that was cut short,
  replace the stored file, writes query values and headers into its database, and holds every byte a second time there (105 MB
  for a file of 105 MB).
- pooch 1.9 checks a declared checksum, and a file appears only when it is whole. But it never asks whether a file has changed,
  doesn't resume, ignores Retry-After, repeats a 404, ignores a wrong Content-MD5, accepts a body without a length that was cut
  short, unpacks a `.gz` that the server calls encoded, and transfers a file twice when two callers want it at once.
- urllib3 2.8 (`Retry`) and httpx-retries 0.6 obey Retry-After and cap it. But they don't repeat a body that broke off, they
  compare a date in Retry-After with the local clock instead of the server's own, and a caller who stops can't end their pauses.
- stamina 26.1 has no cap for a pause that the server asks for, and a caller who stops can't end its pauses.
- tenacity 9.2 passes every test of `retry.py`. But the pause, the log line and the stop are still functions of ours, so it
  needs 29 lines where the loop and its pause have 18.
- filelock 4.2 would save about nine lines of `cache.py`, without the log line for a process that waits. By default it uses a
  lock that a killed process leaves behind where the file system has no locks.
- aiohttp 3.14, requests 2.34 and pycurl 7.49 (libcurl 8.23) send a user's own headers to whatever server a redirect names, as
  httpx does. pycurl does end slow transfers, but it ignores SSL_CERT_FILE and a port in NO_PROXY.

httpx by itself follows a redirect from https to http, reads a redirect's body into memory however long it is, logs passwords
and query values, ignores REQUESTS_CA_BUNDLE, and fails without naming the variable where NO_PROXY holds an IPv6 network. These
are the reasons for `connection.py` and `environment.py`.
"""
