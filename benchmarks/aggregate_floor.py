"""The lower bound of the benchmark of aggregates: what the arrays of a join must at least be sorted and searched for."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from os import cpu_count

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from aggregate_sql import DAY
from join_shapes import FIRST_MICROSECOND, Made
from numpy import typing as npt

Longs = npt.NDArray[np.int64]
PARTS = 16
# Microseconds. More than any time since the start of the year, so a key and a time fit into one number.
SPAN = 1 << 46


@dataclass(frozen=True)
class Part:
    """The arrays of some keys: rows in the order in which they became known, and labels in the order of time.

    Attributes:
        keys: The start of each row's key on the line of keys and times.
        events: The event_time of each row.
        label_keys: The start of each label's key.
        labels: The place of each label on the line.
    """

    keys: Longs
    events: Longs
    label_keys: Longs
    labels: Longs

    def sort_and_search(self, windows: list[int]) -> None:
        """Sort the ends of each window once, and search them twice for every label."""
        for window in windows:
            ends = self.keys + self.events + window
            ends = ends[np.argsort(ends, kind="stable")]
            np.searchsorted(ends, self.label_keys)
            np.searchsorted(ends, self.labels, side="right")


@lru_cache(maxsize=1)
def load_parts(made: Made) -> list[Part]:
    """Read the arrays, which a join holds already. This is not part of the lower bound, so its time is not counted."""
    rows = pq.ParquetDataset(list(made.stored_files), partitioning=None).read(columns=["id", "event_time", "available_at"])
    labels = pq.read_table(made.labels, columns=["id", "event_time"])
    key, event, known = (_longs(rows, name) for name in rows.column_names)
    asked, at = (_longs(labels, name) for name in labels.column_names)
    order, asked_order = np.lexsort((known, key)), np.lexsort((at, asked))
    key, event, asked, at = key[order], event[order], asked[asked_order], at[asked_order]
    edges = np.linspace(0, made.shape.keys, PARTS + 1).astype(np.int64)
    parts = []
    for low, high in pairwise(edges):
        held, wanted = (slice(*np.searchsorted(each, [low, high])) for each in (key, asked))
        label_keys = (asked[wanted] - low) * SPAN
        parts.append(Part((key[held] - low) * SPAN, event[held], label_keys, label_keys + at[wanted]))
    return parts


def sort_and_search(parts: list[Part], days: tuple[int, ...]) -> None:
    """Do the least that the aggregates need on all cores."""
    windows = [each * DAY for each in days]
    with ThreadPoolExecutor(cpu_count()) as pool:
        list(pool.map(lambda part: part.sort_and_search(windows), parts))


def _longs(table: pa.Table, name: str) -> Longs:
    column = table.column(name).combine_chunks()
    if name == "id":
        return np.asarray(column)
    return np.asarray(pc.cast(column.cast(pa.timestamp("us", "UTC")), "int64")) - FIRST_MICROSECOND
