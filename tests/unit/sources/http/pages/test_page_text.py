"""The rows of a page keep their texts."""

import json

import pytest

from tidegate.sources.http.pages.page_text import NoRowsError, field_of, page_text

ROWS = ('{"v": 1.10}', '{"v": 123456789012345678901234567890}', '{"k": "],}", "n": [1, {"x": "\\n"}]}', "1e400", "null")


@pytest.mark.parametrize("space", ["", " ", "\n\t "])
@pytest.mark.parametrize("path", ["", "items", "data.items"])
def test_rows_keep_every_digit_wherever_the_list_is(path: str, space: str) -> None:
    text = f"[{space}{f'{space},{space}'.join(ROWS)}{space}]"
    for name in reversed(path.split(".") if path else []):
        text = f'{{"a":{space}[1,"}}"],{space}"{name}"{space}:{space}{text}{space},"z":{{"items":[0]}}}}{space}'
    assert page_text(text, path, {}).rows == ROWS


def test_a_row_over_several_lines_becomes_one_line_of_the_same_value() -> None:
    text = json.dumps([{"a": 1, "b": ["x", {"c": "d\ne"}]}], indent=2)
    (row,) = page_text(text, "", {}).rows
    assert "\n" not in row
    assert json.loads(row) == json.loads(text)[0]
    assert page_text('{"rows": [1], "rows": [2]}', "rows", {}).rows == ("2",)
    assert page_text('{"rows": []}', "rows", {}).rows == ()


@pytest.mark.parametrize(
    ("text", "path", "message"),
    [
        ('{"error": "key s3cret is wrong", "code": 7}', "data.items", "no list at 'data.items'; it has the keys error, code"),
        ('{"data": {"items": {"1": 2}}}', "data.items", "no list at 'data.items'; it has the keys data"),
        ("[1]", "items", "no list at 'items'; it is a JSON list"),
        ('"s3cret"', "", "no list as its value; it is a JSON value"),
    ],
)
def test_an_answer_without_the_list_is_refused_without_its_values(text: str, path: str, message: str) -> None:
    with pytest.raises(NoRowsError, match=message) as caught:
        page_text(text, path, {})
    assert "s3cret" not in str(caught.value)


def test_a_field_is_found_by_its_path() -> None:
    assert field_of({"meta": {"next": "c2"}}, "meta.next") == "c2"
    assert field_of({"meta": None}, "meta.next") is None
    assert field_of([], "meta.next") is None
