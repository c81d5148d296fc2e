"""Settings of the Python workers on Spark's executors."""

import gc


def keep_imports() -> None:
    """Exclude everything that this worker has imported so far from garbage collection.

    Spark collects garbage in a worker after each task. With the modules that our workers import, a collection takes 0.06 s,
    which is longer than many tasks. Call this first in a function that runs in workers.
    """
    if gc.get_freeze_count() == 0:
        gc.collect()
        gc.freeze()
