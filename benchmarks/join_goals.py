"""The goals of the point-in-time benchmark, compared with what was measured."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from contender_processes import Runs
from measuring import Goal, at_least, at_most, growth_exponent

FLOOR, PER_COLUMN, DUCKDB, FRAMES = "floor", "per-column window", "duckdb", "frames"
# The same frames, joined by window functions whatever the planner would choose.
WINDOWS = "frames, union window"
# Added to the name of a contender that reads the files of the feature group, which are sorted by key and time.
ON_STORED = "on the stored files"


class Medians:
    """The median seconds by shape and contender, and their ratios."""

    def __init__(self, measured: Mapping[tuple[str, str], Runs]) -> None:
        self.measured = measured

    def ratio(self, shape: str, name: str, against: str, other: str | None = None) -> float:
        """Return the median of contender `name` divided by that of `against`, on the same shape or on shape `other`."""
        return self.measured[shape, name].median / self.measured[other or shape, against].median

    def has(self, shape: str, name: str) -> bool:
        """Return whether a contender was measured on a shape."""
        return (shape, name) in self.measured


def goals(measured: Mapping[tuple[str, str], Runs], lengths: Sequence[int]) -> list[Goal]:
    """Return all goals with their measurements, in the order of the issue that set them."""
    medians = Medians(measured)
    found = []
    for shape in ("a", "b", "c"):
        found += _of_stored(medians, shape)
        if medians.has(f"{shape}, {ON_STORED}", "stored"):
            found += _of_stored(medians, f"{shape}, {ON_STORED}", f", {ON_STORED}")
    for shape in ("a", "b"):
        found.append(at_most(f"{shape}: frames, of the floor", medians.ratio(shape, FRAMES, FLOOR), 1.25))
    found.append(at_least("a: frames, times faster than a range join", medians.ratio("a", "range join", FRAMES), 1.6))
    found.append(at_least("a: stored, times faster than a range join", medians.ratio("a", "range join", "stored"), 8))
    found.append(at_most("c: stored, of shape a", medians.ratio("c", "stored", "stored", "a"), 1.2))
    found.append(at_most("d: three groups, of one", medians.ratio("d", "stored", "stored", "a"), 2.0))
    found += _of_wide_rows(medians)
    found.append(at_most("f: labels of 1 % of the keys, of shape a", medians.ratio("f", "stored", "stored", "a"), 0.5))
    return [*found, *_of_growth(medians, lengths), *_of_memory(medians)]


def _of_stored(medians: Medians, shape: str, files: str = "") -> list[Goal]:
    """Compare ours with the baselines; with `files`, with baselines that read our files and so profit from their order."""
    floor, per_column, duckdb = (f"{name}{files}" for name in (FLOOR, PER_COLUMN, DUCKDB))
    return [
        at_most(f"{shape}: stored, of the floor", medians.ratio(shape, "stored", floor), 0.3),
        at_least(f"{shape}: stored, times faster than per-column windows", medians.ratio(shape, per_column, "stored"), 5),
        at_most(f"{shape}: stored, of DuckDB", medians.ratio(shape, "stored", duckdb), 2.0),
    ]


def _of_wide_rows(medians: Medians) -> list[Goal]:
    chosen = medians.ratio("e, 10 chosen", "stored", "stored", "e, 10 columns")
    return [
        at_most("e: 10 of 120 columns, of the 10-column table", chosen, 1.3),
        at_least("e: 120 columns stored, times faster than per-column windows", medians.ratio("e", PER_COLUMN, "stored"), 5),
        at_least("e: 120 columns as frames, likewise", medians.ratio("e", PER_COLUMN, FRAMES), 1.8),
        at_most(
            "e: 120 columns as frames, the chosen way, of the faster of it and windows",
            max(1.0, medians.ratio("e", FRAMES, WINDOWS)),
            1.05,
        ),
    ]


def _of_growth(medians: Medians, lengths: Sequence[int]) -> list[Goal]:
    times = {length: medians.measured[f"g {length}", "stored"].median for length in lengths}
    sizes = [size for size in ("small", "a", "large") if medians.has(size, "stored")]
    found = [
        at_most(f"{more}: 10 times the rows of {less}, times the time", medians.ratio(more, "stored", "stored", less), 11)
        for less, more in pairwise(sizes)
    ]
    exponent = 1 + growth_exponent(times)
    return [*found, at_most(f"g: exponent over histories of {lengths[0]:,} to {lengths[-1]:,} rows", exponent, 1.05)]


def _of_memory(medians: Medians) -> list[Goal]:
    largest = "large" if medians.has("large", "stored") else "a"
    names = [name for name in ("stored", FRAMES) if medians.has(largest, name)]
    found = []
    for name in names:
        runs = medians.measured[largest, name]
        found.append(at_most(f"memory, {largest}, {name}: driver's JVM, GiB", runs.driver, 4.0))
        found.append(at_most(f"memory, {largest}, {name}: largest Python worker, GiB", runs.worker, 2.0))
    return found
