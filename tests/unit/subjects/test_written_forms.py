"""Written identifiers and the forms that a column may have of them, without Spark."""

import random
import struct
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest

from tidegate.subjects.written_forms import forms_of, forms_of_cast


@pytest.mark.parametrize(
    "written", ["1001", "0001001", " 1001 ", "+1001", "1001.0", "1001.", "1001.000", "\ufeff1001\r", "1.001E3"]
)
def test_forms_of_a_number_are_the_same_however_it_is_written(written: str) -> None:
    assert {"number:1001", "double:1001", "float:1001"} < set(forms_of(written))
    assert f"text:{written.strip(chr(0xFEFF) + ' ' + chr(13))}" in forms_of(written)


def test_forms_of_numbers_are_those_of_their_value() -> None:
    """The exact value for whole numbers and decimals, and what a DOUBLE and a FLOAT would store: against struct and Fraction."""
    rng = random.Random(24)
    for _ in range(2_000):
        number = Decimal(rng.randrange(10 ** rng.randrange(1, 25))).scaleb(-rng.choice([0, 0, 0, 1, 2, 9])) * rng.choice(
            [1, 1, -1]
        )
        plain = format(number, "f")
        sign, digits = ("-", plain[1:]) if number < 0 else (rng.choice(["", "+"]), plain.lstrip("-"))
        written = f"{sign}{'0' * rng.choice([0, 0, 3])}{digits}{rng.choice(['0', '00', '']) if '.' in digits else ''}"
        forms = dict(form.split(":", 1) for form in forms_of(written) if not form.startswith(("text", "bytes")))
        assert Decimal(forms["number"]) == number, written
        assert struct.pack("d", float(forms["double"])) == struct.pack("d", float(number) + 0.0), written
        assert np.float32(forms["float"]) == np.float32(float(number)), written
        for text in forms.values():
            assert "e" not in text.lower()
            assert not text.lstrip("-").startswith("00")
            assert "." not in text or not text.endswith(("0", "."))
            assert text != "-0"


@pytest.mark.parametrize("written", ["12E5", "1_001", "١٠٠١", "nan", "Infinity", "0x10", "1,001", "1e99", "", " \t\ufeff", "--1"])
def test_forms_of_what_is_no_number_have_no_number(written: str) -> None:
    assert not [form for form in forms_of(written) if form.startswith(("number", "double", "float"))]
    assert bool(forms_of(written)) == bool(written.strip(" \t\ufeff"))


def test_forms_of_a_number_round_as_columns_do() -> None:
    assert {"number:16777217", "double:16777217", "float:16777216"} < set(forms_of("16777217"))
    assert {"number:9007199254740993", "double:9007199254740992"} < set(forms_of("9007199254740993"))
    assert f"number:{'1234567890' * 3}12345678" in forms_of(f"{'1234567890' * 3}12345678.0")
    assert {"number:0", "double:0", "float:0"} < set(forms_of("-0.0"))


def test_a_number_that_a_double_cannot_hold_has_no_form_of_one() -> None:
    assert {form.split(":")[0] for form in forms_of("9" * 400)} == {"text", "number", "bytes"}
    assert not [form for form in forms_of("9" * 2_000) if form.startswith("number")]


def test_forms_of_moments_are_those_of_the_instant() -> None:
    """Each instant written with any offset: the same microseconds; a date only at midnight UTC."""
    rng = random.Random(24)
    for _ in range(1_000):
        moment = datetime(rng.randrange(2, 9999), 1, 1, tzinfo=UTC) + timedelta(days=rng.randrange(360))
        moment += rng.choice([timedelta(0), timedelta(seconds=rng.randrange(86_400), microseconds=rng.choice([0, 120_000, 1]))])
        minutes = rng.choice([0, 0, 60, 330, -720])
        local = (moment + timedelta(minutes=minutes)).replace(tzinfo=None)
        zone = f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
        written = f"{local.isoformat(rng.choice('T '))}{zone if minutes else rng.choice(['Z', '', ' UTC', '+00', '+0000'])}"
        forms = set(forms_of(written))
        since = moment - datetime(1970, 1, 1, tzinfo=UTC)
        assert f"time:{since // timedelta(microseconds=1)}" in forms, written
        is_date = not minutes and local.time() == datetime.min.time()
        assert (f"date:{local.date().isoformat()}" in forms) == is_date, written
        assert bool([form for form in forms if form.startswith("local time:")]) == (not minutes), written


@pytest.mark.parametrize("written", ["2024-02-30", "2024-01-01T25:00", "0000-01-01", "0001-01-01T00:00:00+05:00", "2024-01"])
def test_forms_of_what_is_no_moment_have_no_moment(written: str) -> None:
    assert not [form for form in forms_of(written) if form.startswith(("time", "date", "local"))]


def test_forms_of_a_text_have_both_normal_forms_and_keep_its_case() -> None:
    assert set(forms_of("Zoe\u0308")) == set(forms_of("Zo\u00eb")) - {"bytes:5a6fc3ab"} | {"bytes:5a6f65cc88"}
    assert "text:ann@example.com" not in forms_of("Ann@Example.com")
    assert {"text:true", "boolean:true"} < set(forms_of("true"))


def test_forms_of_bytes_are_its_own_and_those_it_shows() -> None:
    assert {"bytes:0aff", "bytes:307830614646"} < set(forms_of("0x0aFF"))
    assert "bytes:550e8400e29b41d4a716446655440000" in forms_of("550E8400-e29b-41d4-a716-446655440000")


def test_forms_of_a_cast_value_keep_neighbours_apart() -> None:
    """Two large numbers share a rounded form as lines of a list; a BIGINT that was cast to text is one of them alone."""
    rng = random.Random(24)
    for _ in range(500):
        number = rng.randrange(2**24, 2**62)
        listed = set(forms_of(str(number + 1)))
        assert not listed & set(forms_of_cast(str(number)))
        assert f"number:{number}" in forms_of_cast(str(number))
        assert f"number:{number}" in forms_of_cast(f"{number}.000")
    assert set(forms_of_cast("1.0E16")) >= {"double:10000000000000000", "number:10000000000000000"}
    assert not set(forms_of("0x1001")) & set(forms_of_cast("1001"))
