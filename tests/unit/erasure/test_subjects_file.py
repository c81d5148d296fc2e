"""Lists of people in files, without Spark."""

import pytest

from tidegate.erasure.line_numbers import numbered
from tidegate.erasure.subject_list import MOST_CHARACTERS
from tidegate.erasure.subjects_file import subject_lines
from tidegate.errors import SubjectsFileError


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"ann\nben\n", [(1, "ann"), (2, "ben")]),
        (b"ann\r\n\r\n  ben\t\r\n", [(1, "ann"), (3, "ben")]),
        (b"ann\rben", [(1, "ann"), (2, "ben")]),
        (b"\xef\xbb\xbfann\n\n\nann", [(1, "ann"), (4, "ann")]),
        ("\u00a0Zoë\u2003\n# of May\n".encode(), [(1, "Zoë"), (2, "# of May")]),
        # A separator of lines that only Python knows does not end a line of a file.
        ("a\u2028b\x0cc\n".encode(), [(1, "a\u2028b\x0cc")]),
    ],
)
def test_subject_lines_gives_each_line_its_number(content: bytes, expected: list[tuple[int, str]]) -> None:
    assert subject_lines(content, "list.txt") == expected


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it holds no identifier"),
        (b"\n \r\n\xef\xbb\xbf", "it holds no identifier"),
        (b"ann\nM\xfcller\nben\n\xff\n", "lines 2 and 4: not encoded as UTF-8"),
        (b"ann\n" + b"x" * (MOST_CHARACTERS + 1), "line 2: more than 10,000 characters"),
        (b"a\nb\0c\nM\xfcller", "line 2: a NUL character, so the file is not a text file; line 3: not encoded as UTF-8"),
        ("ann\n".encode("utf-16"), "it is encoded as UTF-16; save it as UTF-8"),
    ],
)
def test_subject_lines_refuses_by_number_and_shows_no_line(content: bytes, reason: str) -> None:
    with pytest.raises(SubjectsFileError) as caught:
        subject_lines(content, "list.txt")
    assert f"'list.txt': {reason}. Give a text file" in str(caught.value)
    assert "ller" not in str(caught.value)
    assert "xxx" not in str(caught.value)


def test_numbered_lists_at_most_twenty_lines() -> None:
    assert numbered([3]) == "line 3"
    assert numbered([3, 1200]) == "lines 3 and 1200"
    assert numbered([1, 2, 9]) == "lines 1, 2 and 9"
    assert numbered(range(1, 52)) == f"lines {', '.join(map(str, range(1, 21)))} and 31 more"
    assert numbered([4], 1) == "line 4"
    assert numbered([1, 2], 5) == "lines 1, 2 and 3 more"
