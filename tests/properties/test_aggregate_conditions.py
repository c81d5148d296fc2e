"""Conditions of aggregates: what tasks evaluate gives exactly Spark's result for each row, and only safe parts are translated."""

import pickle
from datetime import date
from decimal import Decimal
from itertools import product
from random import Random

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.point_in_time.aggregates.conditions.condition import condition

NAN, INF = float("nan"), float("inf")
KINDS: dict[str, T.DataType] = {
    "small": T.ByteType(),
    "whole": T.IntegerType(),
    "long": T.LongType(),
    "single": T.FloatType(),
    "double": T.DoubleType(),
    "exact": T.DecimalType(10, 2),
    "text": T.StringType(),
    "flag": T.BooleanType(),
    "day": T.DateType(),
}
VALUES: dict[str, list[object]] = {
    "small": [None, -128, -1, 0, 1, 127],
    "whole": [None, -(2**31), -1, 0, 1, 16777217, 2**31 - 1],
    "long": [None, -(2**63), -1, 0, 1, 2**53 + 1, 2**63 - 1],
    "single": [None, NAN, -INF, -0.0, 0.0, 0.1, 1.0, 16777216.0, INF],
    "double": [None, NAN, -INF, -1.5, -0.0, 0.0, 0.1, 0.30000000000000004, 1.0, 2.0**53, INF],
    "exact": [None, Decimal("-99999999.99"), Decimal("-0.01"), Decimal("0.00"), Decimal("0.10"), Decimal("1.00")],
    "text": [None, "", "A", "a", "ab", "b", "\u00e9", "e\u0301", "\uffff", "\U0001f600", "O'Hare"],
    "flag": [None, True, False],
    "day": [None, date(1, 1, 1), date(1969, 12, 31), date(2024, 2, 29), date(9999, 12, 31)],
}
LITERALS: dict[str, list[str]] = {
    "small": ["0", "1", "-1", "127", "128", "-129", "300000000000"],
    "whole": ["0", "1", "-1", "16777217", "2147483648", "1.5", "'1'"],
    "long": ["0", "1", "-1", "9007199254740993", "9223372036854775807", "1e3"],
    "single": ["0", "-0.0", "0.1", "1", "16777216", "16777217", "1.5"],
    "double": ["0", "-0.0", "0.1", "0.3", "1", "9007199254740993", "1e0", "-1.5"],
    "exact": ["0", "1", "-0.01", "0.1", "0.100", "0.001", "99999999999", "-99999999.99"],
    "text": ["''", "'a'", "'A'", "'ab'", "'\u00e9'", "'\U0001f600'", '"b"', "'O''Hare'", "'O\\'Hare'"],
    "flag": ["TRUE", "false"],
    "day": ["'2024-02-29'", "DATE '1969-12-31'", "date'0001-01-01'", "'2024-2-9'"],
}
ROWS, CONDITIONS = 250, 240


def simple(random: Random) -> str:
    name = random.choice(list(KINDS))
    literals = LITERALS[name]
    shape = random.randrange(9)
    if shape == 0:
        return f"{name} IS {random.choice(['', 'NOT '])}NULL"
    if shape == 1 and name != "flag":
        return f"{name} {random.choice(['', 'NOT '])}BETWEEN {random.choice(literals)} AND {random.choice(literals)}"
    if shape == 2:
        return f"{name} {random.choice(['', 'not '])}in ({', '.join(random.sample(literals, random.randint(1, len(literals))))})"
    if shape == 3:
        return random.choice(["flag", "FLAG", "`flag`"])
    if shape == 4:
        return f"{random.choice(literals)} {random.choice(['=', '<', '>='])} {name}"
    return f"{name} {random.choice(['=', '==', '<>', '!=', '<', '<=', '>', '>=', '<=>'])} {random.choice(literals)}"


def combined(random: Random, depth: int) -> str:
    if depth == 0 or random.random() < 0.25:
        return simple(random)
    left, right = combined(random, depth - 1), combined(random, depth - 1)
    shape = random.randrange(5)
    if shape == 0:
        return f"NOT {left}"
    if shape == 1:
        return f"not ({left} OR {right})"
    # Without parentheses, the precedence of the parser is compared with that of Spark too.
    return f"({left}) {random.choice(['AND', 'or'])} {right}" if shape == 2 else f"{left} {random.choice(['and', 'OR'])} {right}"


def test_tasks_evaluate_conditions_as_spark_does(spark: SparkSession) -> None:
    random = Random(26)
    schema = T.StructType([T.StructField(name, kind) for name, kind in KINDS.items()])
    rows = [tuple(random.choice(VALUES[name]) for name in KINDS) for _ in range(ROWS)]
    texts = list(dict.fromkeys(combined(random, random.randint(0, 3)) for _ in range(CONDITIONS)))
    # Every operator with every literal, alone.
    texts += [f"{name} {operator} {text}" for name in KINDS for text, operator in product(LITERALS[name], ("=", "<>", "<", ">="))]
    parsed = {text: condition(text, KINDS, "test") for text in dict.fromkeys(texts)}
    native = {text: each.test for text, each in parsed.items() if each.test is not None}
    assert len(native) > 0.6 * len(parsed)
    frame = spark.createDataFrame(rows, schema)
    # As one array of them: a column each would be one huge row for Spark's code generation.
    results = frame.select("*", F.array(*[F.expr(f"(\n{text}\n)") for text in native]).alias("_results")).toArrow()
    expected = results.column("_results").to_pylist()
    table = pa.table({name: results.column(name) for name in KINDS})
    found = {text: test.of(table).to_pylist() for text, test in native.items()}
    for place, text in enumerate(native):
        assert found[text] == [row[place] for row in expected], text


@pytest.mark.parametrize(
    "text",
    [
        "whole = '1'",
        "whole > 1.5",
        "single = 16777217",
        "double = 9007199254740993",
        "text = 'it\\'s'",
        'text = "it\'s"',
        "day = '2024-2-9'",
        "day > text",
        "text like 'a%'",
        "whole in (1, null)",
        "double in (0.1)",
        "long + 1 > 2",
        "whole <=> 1",
    ],
)
def test_what_spark_may_convert_is_left_to_spark(text: str) -> None:
    found = condition(text, KINDS, "test")
    assert (found.test, found.why_not is None) == (None, False)


def test_a_long_chain_of_conditions_reaches_the_tasks() -> None:
    found = condition(" OR ".join(f"(whole = {number} AND flag)" for number in range(2_000)), KINDS, "test")
    rows = pa.table({"whole": pa.array([1_999, 2_000, None, 0], pa.int32()), "flag": [True, True, True, False]})
    assert pickle.loads(pickle.dumps(found.test)).of(rows).to_pylist() == [True, False, None, False]
