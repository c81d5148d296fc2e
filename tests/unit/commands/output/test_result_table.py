"""A result fits the width of the terminal, and no word of it is cut."""

import io
import random

import pytest
from rich.console import Console

from tidegate.commands.output.result_table import ResultTable

WORDS = (
    "origin_weather_v1",
    "0.5123",
    "12",
    "superseded",
    "26,115",
    "[red]",
    "größe",
    "2013-01-05",
    "mean_departure_delay_last_day",
    "-",
)


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_every_word_is_shown_whole_and_no_line_is_too_long(width: int) -> None:
    chance = random.Random(width)
    for _ in range(40):
        heads = [f"{chance.choice(WORDS)} {place}" for place in range(chance.randint(1, 11))]
        table = ResultTable("Results of [bold]", *heads)
        rows = [[" ".join(chance.choices(WORDS, k=chance.randint(1, 6))) for _ in heads] for _ in range(3)]
        for row in rows:
            table.add_row(*row)
        out = io.StringIO()
        Console(file=out, width=width).print(table)
        lines = out.getvalue().splitlines()
        assert max(map(len, lines)) <= width
        shown = set(out.getvalue().replace(":", " ").split())
        assert {word for text in (*heads, *(cell for row in rows for cell in row)) for word in text.split()} <= shown
        assert "…" not in out.getvalue()


def test_a_word_longer_than_a_line_goes_on_in_the_next_one() -> None:
    table, out = ResultTable("Paths", "path", "size"), io.StringIO()
    table.add_row("x" * 100, "12")
    Console(file=out, width=40).print(table)
    assert out.getvalue().count("x") == 100
    assert max(map(len, out.getvalue().splitlines())) <= 40
