"""What servers say about versions and bytes of files."""

import base64
import hashlib
from pathlib import Path

import pytest

from tidegate.sources.http.validators import Validators, file_digest, parsed_date, stated_digests

MORNING, NOON = "Tue, 01 Jan 2013 09:00:00 GMT", "Tue, 01 Jan 2013 12:00:00 GMT"
SHA256, MD5 = hashlib.sha256(b"abc"), hashlib.md5(b"abc", usedforsecurity=False)
SHA256_64, MD5_64 = base64.b64encode(SHA256.digest()).decode(), base64.b64encode(MD5.digest()).decode()


@pytest.mark.parametrize(
    ("headers", "conditions", "for_range"),
    [
        ({}, {}, None),
        ({"etag": '"a"'}, {"If-None-Match": '"a"'}, '"a"'),
        ({"etag": 'W/"a"'}, {"If-None-Match": 'W/"a"'}, None),
        ({"last-modified": MORNING, "date": NOON}, {"If-Modified-Since": MORNING}, MORNING),
        ({"last-modified": MORNING}, {}, None),
        ({"last-modified": NOON, "date": NOON}, {}, None),
        ({"last-modified": "yesterday", "date": NOON}, {}, None),
        (
            {"etag": 'W/"a"', "last-modified": MORNING, "date": NOON},
            {"If-None-Match": 'W/"a"', "If-Modified-Since": MORNING},
            None,
        ),
        ({"etag": '"ä"'}, {}, None),
    ],
)
def test_validators_are_sent_back_only_for_what_they_prove(
    headers: dict[str, str], conditions: dict[str, str], for_range: str | None
) -> None:
    found = Validators.of(headers)
    assert found.conditions() == conditions
    assert found.for_range == for_range


@pytest.mark.parametrize(
    ("first", "second", "contradict"),
    [
        (Validators('"a"', MORNING), Validators('"b"', MORNING), True),
        (Validators('"a"', MORNING), Validators('"a"', NOON), False),
        (Validators(None, MORNING), Validators('"b"', NOON), True),
        (Validators('"a"'), Validators(None, NOON), False),
    ],
)
def test_validators_contradict(first: Validators, second: Validators, contradict: bool) -> None:
    assert first.contradicts(second) is contradict


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Repr-Digest": f"sha-512=:x:, sha-256=:{SHA256_64}:"}, [("Repr-Digest", "sha256", SHA256.hexdigest())]),
        ({"Digest": f"SHA-256={SHA256_64},unixsum=1"}, [("Digest", "sha256", SHA256.hexdigest())]),
        ({"Digest": f"sha-256={SHA256.hexdigest()}"}, [("Digest", "sha256", SHA256.hexdigest())]),
        ({"Content-MD5": MD5_64}, [("Content-MD5", "md5", MD5.hexdigest())]),
        ({"Content-MD5": MD5.hexdigest()}, [("Content-MD5", "md5", MD5.hexdigest())]),
        ({"Content-Digest": f"sha-256=:{SHA256_64}:"}, [("Content-Digest", "sha256", SHA256.hexdigest())]),
        ({"Digest": "sha-256=", "Content-MD5": "é"}, []),
        ({}, []),
    ],
)
def test_stated_digests_reads_all_ways_in_which_servers_write_them(
    headers: dict[str, str], expected: list[tuple[str, str, str]]
) -> None:
    found = stated_digests(headers, whole=True)
    assert [(each.said_by, each.algorithm, each.value) for each in found] == expected


def test_stated_digests_of_a_part_leave_out_those_of_its_body() -> None:
    headers = {"Content-MD5": MD5_64, "Content-Digest": f"sha-256=:{SHA256_64}:", "Digest": f"sha-256={SHA256_64}"}
    assert [each.said_by for each in stated_digests(headers, whole=False)] == ["Digest"]


@pytest.mark.parametrize(("algorithm", "expected"), [("sha256", SHA256.hexdigest()), ("md5", MD5.hexdigest())])
def test_file_digest(tmp_path: Path, algorithm: str, expected: str) -> None:
    (tmp_path / "file").write_bytes(b"abc")
    assert file_digest(tmp_path / "file", algorithm) == expected


@pytest.mark.parametrize("text", [None, "", "soon", "Tue, 99 Jan 2013 12:00:00 GMT", "0"])
def test_parsed_date_of_what_is_no_date(text: str | None) -> None:
    assert parsed_date(text) is None
