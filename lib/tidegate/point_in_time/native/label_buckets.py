"""Collect the labels of a task by the bucket whose files they are joined with."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa

LABEL_BUCKET = "_bucket_of_label"
# How many labels a worker holds in memory at a time, over all its buckets.
LABELS_AT_ONCE = 1_000_000


def labels_by_bucket(batches: Iterable[pa.RecordBatch], at_once: int = LABELS_AT_ONCE) -> Iterator[tuple[int, pa.Table]]:
    """Collect the labels of each bucket into large tables, because the bucket's files are read once for each table.

    Args:
        batches: Labels of several buckets. Labels without the bucket's column all belong to bucket 0.
        at_once: How many labels to hold in memory at a time, over all buckets.
    """
    held: dict[int, list[pa.RecordBatch]] = defaultdict(list)
    counts = Counter[int]()
    for batch in batches:
        for bucket, rows in _divided(batch):
            held[bucket].append(rows)
            counts[bucket] += len(rows)
        while counts.total() >= at_once:
            [(fullest, _)] = counts.most_common(1)
            del counts[fullest]
            yield fullest, pa.Table.from_batches(held.pop(fullest))
    for bucket, parts in held.items():
        yield bucket, pa.Table.from_batches(parts)


def _divided(batch: pa.RecordBatch) -> Iterator[tuple[int, pa.RecordBatch]]:
    if LABEL_BUCKET not in batch.schema.names:
        yield 0, batch
        return
    numbers = np.asarray(batch.column(LABEL_BUCKET))
    order = np.argsort(numbers, kind="stable")
    edges = np.flatnonzero(np.diff(numbers[order])) + 1
    for places in np.split(order, edges) if len(order) else ():
        yield int(numbers[places[0]]), batch.take(pa.array(places))
