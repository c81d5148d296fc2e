"""SQL aggregates that compute the statistics of one column in one pass. The type of the column decides which ones.

The memory of the aggregates does not grow with the number of rows. Quantiles come from a KLL sketch (Karnin, Lang and Liberty,
"Optimal quantile approximation in streams", FOCS 2016), the numbers of distinct values from a HyperLogLog sketch, and frequent
values from a sketch that counts a limited number of values. Spark's `percentile_approx` takes three times as long as KLL for the
same accuracy.

The aggregates are SQL text. As Column objects, each made by calls through the py4j gateway, the aggregates of 300 features would
take seconds to build. For a small batch the aggregates take longer than its rows, so there are few of them: the KLL sketch also
gives the count and the extremes.
"""

from dataclasses import dataclass

from pyspark.sql import types as T

PROBABILITIES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
MOST_TOP_VALUES = 10
# Longer texts are cut to this many characters, and the last one becomes `…`. Texts with the same beginning then count as one.
LONGEST_VALUE = 80
# The size of a KLL sketch. Up to this many rows its quantiles are exact. With more rows, the rank of a quantile is wrong by less
# than 0.15 % of the rows in 99 of 100 cases (`kll_sketch` of Apache DataSketches). A sketch takes 50 kB for each feature and
# task.
_SKETCH_SIZE = 2_000
# The number of values that are counted at the same time. Up to this many different values every count is exact. With more values,
# a count may be too high by 0.2 % of the rows, and values in less than about 0.4 % of the rows are left out. So a column of
# unique values has no frequent values.
_TRACKED_VALUES = 1_000
_SECONDS_OF_DAY = "86400D"
_TIMES = (T.DateType, T.TimestampType, T.TimestampNTZType)

Measures = dict[str, str]


@dataclass(frozen=True)
class Counted:
    """SQL of a column, and of a condition for the rows that are counted.

    Attributes:
        column: The quoted name of the column.
        condition: SQL of a condition. A row for which it is false or NULL is not counted.
    """

    column: str
    condition: str

    @property
    def value(self) -> str:
        """SQL of the value; NULL for rows that are not counted."""
        return f"if({self.condition}, {self.column}, NULL)"

    @property
    def finite(self) -> str:
        """SQL of the value of a float or double; NULL also for NaN and infinities. In Spark NaN is greater than every number."""
        return f"if({self.condition} AND abs({self.column}) < double('inf'), double({self.column}), NULL)"


def is_sketched(measure: str) -> bool:
    """Return whether this SQL uses a sketch, which each task keeps in memory; other aggregates keep only a few numbers."""
    return "_sketch_" in measure or "approx_top_k" in measure


def measures_of_rows(counted: Counted) -> Measures:
    """Return the aggregates of every column, whatever its type: SQL by name."""
    return {"rows": f"count_if({counted.condition})", "nulls": f"count_if({counted.condition} AND {counted.column} IS NULL)"}


def measures_of_key(counted: Counted, kind: T.DataType) -> Measures:
    """Return the aggregates of a column of the entity key: the number of distinct values and the frequent values; SQL by name."""
    if isinstance(kind, T.IntegralType):
        number = f"bigint({counted.value})"
        return _distinct(number) | _top(number)
    has_text = _is_text(kind) or isinstance(kind, (T.NumericType, T.BooleanType, *_TIMES))
    return _frequencies(counted.value) if has_text else {}


def measures_of_feature(counted: Counted, kind: T.DataType) -> Measures:
    """Return the aggregates of a feature of this type, SQL by name. There are none for arrays, maps, structs and binaries."""
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
    # The numbers are converted to doubles, because a sum of decimals can overflow. Then the write would fail.
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
    # Spark fails if it is asked for a quantile of an empty sketch.
    found = f"kll_sketch_get_quantile_double({_kll(number)}, array({ranks}))"
    return {"quantiles": f"if({_size(number)} > 0, {found}, NULL)"}


def _size(number: str) -> str:
    return f"kll_sketch_get_n_double({_kll(number)})"


def _kll(number: str) -> str:
    return f"kll_sketch_agg_double({number}, {_SKETCH_SIZE})"


def _frequencies(value: str) -> Measures:
    text = f"string({value})"
    shown = f"if(length({text}) > {LONGEST_VALUE}, concat(left({text}, {LONGEST_VALUE - 1}), '…'), {text})"
    # The sketch of distinct values ignores empty texts. So every text gets a `=` in front.
    return _distinct(f"concat('=', {text})") | _top(shown)


def _top(value: str) -> Measures:
    # One value more, because this function counts NULL as a value.
    return {"top": f"approx_top_k({value}, {MOST_TOP_VALUES + 1}, {_TRACKED_VALUES})"}


def _distinct(value: str) -> Measures:
    # `approx_count_distinct` is not used: it has 52 buffer columns, and Spark generates code for each of them.
    return {"distinct": f"hll_sketch_estimate(hll_sketch_agg({value}))"}


def _is_text(kind: T.DataType) -> bool:
    return isinstance(kind, (T.StringType, T.CharType, T.VarcharType))
