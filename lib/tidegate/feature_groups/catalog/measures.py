"""The SQL aggregates that measure one column in one pass, by its type.

None of them holds more for more rows: quantiles come from a KLL sketch (Karnin, Lang and Liberty, "Optimal quantile
approximation in streams", FOCS 2016), numbers of distinct values from a HyperLogLog sketch, and frequent values from one
that counts so many values at most. Spark's `percentile_approx` costs three times as much as KLL for the same accuracy.

They are SQL text, because built as columns, call by call through the gateway, those of 300 features take seconds. For a small
batch the aggregates cost more than its rows, so there are few: a sketch keeps count and extremes too.
"""

from dataclasses import dataclass

from pyspark.sql import types as T

PROBABILITIES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
MOST_TOP_VALUES = 10
# Longer texts are cut to so many characters, the last of them being `…`; texts that begin alike then count as one.
LONGEST_VALUE = 80
# Numbers that a sketch is made for: up to so many rows quantiles are exact; beyond that the rank of one is wrong by less than
# 0.15 % of the rows, 99 times of 100 (`kll_sketch` of Apache DataSketches). A sketch takes 50 kB a feature and task.
_SKETCH_SIZE = 2_000
# Texts that are counted at once: up to so many different ones every count is exact. Beyond that a count may be too high by 0.2 %
# of the rows, and values that make up less than about 0.4 % of them are left out: the top of a unique key is empty.
_TRACKED_VALUES = 1_000
_SECONDS_OF_DAY = "86400D"
_TIMES = (T.DateType, T.TimestampType, T.TimestampNTZType)

Measures = dict[str, str]


@dataclass(frozen=True)
class Counted:
    """SQL of a column and of the rows of it that count.

    Attributes:
        column: Quoted name.
        condition: Where it is false or NULL a row does not count.
    """

    column: str
    condition: str

    @property
    def value(self) -> str:
        """The value, NULL for rows that don't count."""
        return f"if({self.condition}, {self.column}, NULL)"

    @property
    def finite(self) -> str:
        """The value of a float or double, NULL where it is not finite too; NaN is greater than every number in Spark."""
        return f"if({self.condition} AND abs({self.column}) < double('inf'), double({self.column}), NULL)"


def is_sketched(measure: str) -> bool:
    """Tell whether this SQL keeps a sketch for each task rather than some numbers."""
    return "_sketch_" in measure or "approx_top_k" in measure


def measures_of_rows(counted: Counted) -> Measures:
    """Return what is measured of every column."""
    return {"rows": f"count_if({counted.condition})", "nulls": f"count_if({counted.condition} AND {counted.column} IS NULL)"}


def measures_of_key(counted: Counted, kind: T.DataType) -> Measures:
    """Return what is measured of a part of an entity key: how many there are, and which are frequent; SQL by name."""
    if isinstance(kind, T.IntegralType):
        number = f"bigint({counted.value})"
        return _distinct(number) | _top(number)
    has_text = _is_text(kind) or isinstance(kind, (T.NumericType, T.BooleanType, *_TIMES))
    return _frequencies(counted.value) if has_text else {}


def measures_of_feature(counted: Counted, kind: T.DataType) -> Measures:
    """Return what is measured of a feature of this type, SQL by name; nothing of arrays, maps, structs, binaries and so on."""
    value = counted.value
    if isinstance(kind, T.NumericType):
        return _measures_of_number(counted, kind)
    if isinstance(kind, T.BooleanType):
        return {"true_share": f"avg(double({value}))"}
    if _is_text(kind):
        return {"shortest": f"min(length({value}))", "longest": f"max(length({value}))"} | _frequencies(value)
    if isinstance(kind, T.DateType):
        return _ends(value, f"unix_date({{}}) * {_SECONDS_OF_DAY}")
    return _ends(value, "unix_micros(timestamp({})) / 1e6D") if isinstance(kind, _TIMES) else {}


def _measures_of_number(counted: Counted, kind: T.NumericType) -> Measures:
    if isinstance(kind, (T.FloatType, T.DoubleType)):
        ranks = (0.0, *PROBABILITIES, 1.0)
        return _moments(counted.finite) | _quantiles(counted.finite, ranks) | {"finite": _size(counted.finite)}
    # As doubles: a sum of decimals can overflow, and that would fail the write.
    number = f"double({counted.value})"
    exact = _ends(counted.value, "double({})") | _moments(number) | _quantiles(number, PROBABILITIES)
    return exact | (_distinct(f"bigint({counted.value})") if isinstance(kind, T.IntegralType) else {})


def _ends(value: str, as_number: str) -> Measures:
    ends = {"minimum": f"min({value})", "maximum": f"max({value})"}
    texts = {f"{name}_text": f"string({end})" for name, end in ends.items()}
    return {name: as_number.format(end) for name, end in ends.items()} | texts


def _moments(number: str) -> Measures:
    return {"mean": f"avg({number})", "deviation": f"stddev_samp({number})"}


def _quantiles(number: str, probabilities: tuple[float, ...]) -> Measures:
    ranks = ", ".join(f"{probability}D" for probability in probabilities)
    # An empty sketch has no quantile: Spark fails.
    found = f"kll_sketch_get_quantile_double({_kll(number)}, array({ranks}))"
    return {"quantiles": f"if({_size(number)} > 0, {found}, NULL)"}


def _size(number: str) -> str:
    return f"kll_sketch_get_n_double({_kll(number)})"


def _kll(number: str) -> str:
    return f"kll_sketch_agg_double({number}, {_SKETCH_SIZE})"


def _frequencies(value: str) -> Measures:
    text = f"string({value})"
    shown = f"if(length({text}) > {LONGEST_VALUE}, concat(left({text}, {LONGEST_VALUE - 1}), '…'), {text})"
    # The sketch of different values leaves out empty texts, so there are none.
    return _distinct(f"concat('=', {text})") | _top(shown)


def _top(value: str) -> Measures:
    # One more, because NULL counts as a value there.
    return {"top": f"approx_top_k({value}, {MOST_TOP_VALUES + 1}, {_TRACKED_VALUES})"}


def _distinct(value: str) -> Measures:
    # Not approx_count_distinct: its 52 columns of buffer have code generated for each of them, for every task.
    return {"distinct": f"hll_sketch_estimate(hll_sketch_agg({value}))"}


def _is_text(kind: T.DataType) -> bool:
    return isinstance(kind, (T.StringType, T.CharType, T.VarcharType))
