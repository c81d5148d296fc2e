"""The goals of the benchmark of aggregates, compared with what was measured."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from contender_processes import Runs
from measuring import Goal, at_least, at_most

OURS, FLOOR, DUCKDB, RANGE_JOIN, UNION, TILES = "ours", "floor", "duckdb", "range join", "union window", "tiles"
# These can't see when a row became known or where exactly a window begins. What they get wrong is counted.
INEXACT = (UNION, TILES)
# By shape, set of aggregates and contender.
Measured = Mapping[tuple[str, str, str], Runs]


@dataclass(frozen=True)
class Sets:
    """The names of the sets of aggregates that the goals compare."""

    all: str
    sums: str
    shortest: str
    longest: str


@dataclass(frozen=True)
class Compared:
    """The shapes that the goals compare.

    Attributes:
        against: For shapes a and b, the shape on which the range joins were measured, which may be smaller.
        lengths: The shapes whose histories have different lengths, with the same number of rows in all.
        small: A shape, and
        large: the shape with ten times its data, whose memory is compared.
    """

    against: Mapping[str, str]
    lengths: Sequence[str]
    small: str
    large: str


def goals(measured: Measured, sets: Sets, compared: Compared) -> list[Goal]:
    """Return all goals with their measurements, in the order of the issue that set them."""

    def seconds(shape: str, chosen: str = sets.all, name: str = OURS) -> float:
        return measured[shape, chosen, name].median

    found = []
    for chosen, limit in ((sets.sums, 1.5), (sets.all, 3)):
        for shape in ("a", "b"):
            ratio = seconds(shape, chosen) / seconds(shape, name=FLOOR)
            found.append(at_most(f"{shape}: {chosen}, of the floor", ratio, limit))
    for shape, name, times in (("b", RANGE_JOIN, 20), ("a", RANGE_JOIN, 3), ("b", DUCKDB, 5)):
        on = compared.against[shape]
        engine = "Spark's" if name == RANGE_JOIN else "DuckDB's"
        ratio = seconds(on, name=name) / seconds(on)
        found.append(at_least(f"{on}: times faster than {engine} range join", ratio, times))
    ratio = seconds("b", sets.longest) / seconds("b", sets.shortest)
    found.append(at_most(f"b: a window of {sets.longest}, of one of {sets.shortest}", ratio, 1.3))
    lengths = [seconds(shape) for shape in compared.lengths]
    names = f"{compared.lengths[0]} to {compared.lengths[-1]}"
    found.append(at_most(f"histories of {names}: the slowest, of the fastest", max(lengths) / min(lengths), 1.5))
    found.append(at_most("c: of shape a", seconds("c") / seconds("a"), 1.3))
    return [*found, *_of_memory(measured, sets, compared)]


def _of_memory(measured: Measured, sets: Sets, compared: Compared) -> list[Goal]:
    """Compare memory with the limits of the point-in-time join, and with that of a tenth of the data."""
    small, large = (measured[shape, sets.all, OURS] for shape in (compared.small, compared.large))
    label = f"memory, {compared.large}"
    return [
        at_most(f"{label}: driver's JVM, GiB", large.driver, 4.0),
        at_most(f"{label}: largest Python worker, GiB", large.worker, 2.0),
        at_most(f"{label}: largest Python worker, of that on {compared.small}", large.worker / small.worker, 1.5),
    ]


def errors(measured: Measured) -> list[str]:
    """Return what the inexact contenders get wrong: the share of labels with a wrong value, feature by feature."""
    lines = []
    for (shape, _, name), runs in measured.items():
        if name in INEXACT and runs.result:
            wrong: Mapping[str, float] = runs.result[1]  # type: ignore[assignment]
            lines.append(f"{shape}, {name}: " + ", ".join(f"{feature} {share:.2%}" for feature, share in wrong.items()))
    return lines


class Results:
    """The results of exact contenders, which must be equal."""

    def __init__(self) -> None:
        """Begin without a result."""
        self._totals: dict[tuple[Path, str], tuple[str, object]] = {}

    def require_exact(self, folder: Path, chosen: str, name: str, runs: Runs) -> None:
        """Compare the result of the last run with the oracle and with the results of the contenders before.

        Args:
            folder: The folder of the shape's data.
            chosen: The name of the set of aggregates.
            name: The contender. The floor and the inexact contenders may have any values.
            runs: Its runs.

        Raises:
            RuntimeError: The contender has to be exact and is not.
        """
        if name in (FLOOR, *INEXACT) or not runs.result:
            return
        _, wrong, totals = runs.result
        if any(wrong.values()):  # type: ignore[attr-defined]
            raise RuntimeError(f"{folder.name}: {name} has wrong values; share of the labels by feature: {wrong}")
        other, expected = self._totals.setdefault((folder, chosen), (name, totals))
        if totals != expected:
            raise RuntimeError(f"{folder.name}: the totals of {name}, {totals}, are not those of {other}, {expected}")
