"""One process on one core that scores without Spark: for each line that it reads, it scores once and prints its seconds.

python inference_alone.py NAME MEMORY      (benchmarks/inference.py starts it; the arguments are not used)
"""

import json
import os
import sys
import time
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from inference_data import NAMES
from made_rows import KEY

from tidegate.scorers import PortableScorer, load
from tidegate.scorers.feature_matrix import feature_matrix

ARRAYS, FILES = "arrays", "files"
# As many as Spark passes to a Python worker at once (`conf/spark/local.conf`).
BATCH = 50_000
SCORED = "alone.parquet"


def batches(rows: Path) -> Iterator[pa.Table]:
    """Return the rows of a folder of Parquet files in batches, file by file."""
    for file in sorted(rows.glob("*.parquet")):
        with pq.ParquetFile(file) as source:
            for batch in source.iter_batches(batch_size=BATCH, use_threads=False):
                yield pa.Table.from_batches([batch])


def on_files(scorer: PortableScorer, rows: Path, target: Path) -> float:
    """Read, score and write all rows, and return the seconds."""
    schema = pa.schema([(KEY, pa.int64()), *((name, pa.float64()) for name in scorer.outputs)])
    began = time.perf_counter()
    with pq.ParquetWriter(target, schema) as writer:
        for batch in batches(rows):
            writer.write_table(scorer.score(batch).add_column(0, schema.field(0), batch[KEY]))
    return time.perf_counter() - began


@lru_cache(maxsize=1)
def matrices(rows: Path) -> list[np.ndarray]:
    """Return all rows as arrays of features in the order of `NAMES`, in which nothing is imputed."""
    return [np.column_stack([batch[name].to_numpy() for name in NAMES]).astype(np.float64) for batch in batches(rows)]


def on_arrays(scorer: PortableScorer, rows: Path) -> float:
    """Score all rows as arrays of features with the model alone, and return the seconds."""
    first = next(batches(rows)).slice(0, 10).to_pandas()
    # The first rows make the model build what it scores with. They also show where numbers are imputed.
    scorer.specification.model.scores(feature_matrix(first, scorer.specification))
    fills = np.array([np.nan if item.fill is None else item.fill for item in scorer.specification.inputs])
    filled = [np.where(np.isnan(matrix), fills, matrix) for matrix in matrices(rows)]
    began = time.perf_counter()
    for matrix in filled:
        scorer.specification.model.scores(matrix)
    return time.perf_counter() - began


def main() -> None:
    if len(os.sched_getaffinity(0)) > 1:
        # Libraries count the cores when they are imported, so the process starts again on one core.
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
        os.execv(sys.executable, [sys.executable, *sys.argv])
    for line in sys.stdin:
        asked = json.loads(line)
        folder, (way, kind, rows) = Path(asked["folder"]), asked["chosen"].split("/")
        scorer = load(folder / kind)
        target = folder / kind / SCORED
        taken = on_arrays(scorer, folder / rows) if way == ARRAYS else on_files(scorer, folder / rows, target)
        print(json.dumps({"seconds": taken}), flush=True)


if __name__ == "__main__":
    main()
