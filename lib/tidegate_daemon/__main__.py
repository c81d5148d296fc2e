"""Import what every Python worker of a query needs, and then fork workers for Spark.

Spark's own daemon imports almost nothing. Each worker then imports pandas, pyarrow and tidegate itself, which takes 1.5 s of
processor time. A query with several functions in Python needs a worker for each of them, in each task.

Spark imports so late because a process should have only one thread when it is forked: a lock that another thread holds at this
moment is never released in the fork. So this daemon looks at its threads. If an import has started one, Spark's own daemon takes
over.

`build_session` and spark-submit.sh name this package in `spark.python.daemon.module` if all tasks run on the driver's machine. On
a cluster Spark would not find it, because it ships the library to the workers only. This is a package of its own, so that Spark's
own daemon can take over before tidegate is imported.
"""

import gc
import os
import sys
from pathlib import Path

SPARKS_OWN = "pyspark.daemon"
# Spark sets it for the workers of a query. Workers of an RDD, which also make the rows of `createDataFrame`, import nothing.
OF_A_QUERY = "SPARK_SIMPLIFIED_TRACEBACK"


def use_sparks_own() -> None:
    """Go on as Spark's own daemon, with the same standard input and output."""
    os.execv(sys.executable, [sys.executable, "-m", SPARKS_OWN, *sys.argv[1:]])


def import_what_workers_need() -> None:
    """Import it, and prepare the process for forks."""
    # libarrow would start a thread for its allocator.
    os.environ.setdefault("JE_ARROW_MALLOC_CONF", "background_thread:false")
    import numpy as np
    import pandas  # noqa: F401
    import pyarrow.compute
    import pyarrow.parquet  # noqa: F401
    import pyspark.worker  # noqa: F401

    import tidegate  # noqa: F401

    # Otherwise all workers would draw the same numbers. Python seeds its own generator in each fork.
    os.register_at_fork(after_in_child=np.random.seed)
    # Workers collect garbage after each task. They need not look at the modules, and do not copy their memory.
    gc.collect()
    gc.freeze()


def has_one_thread() -> bool:
    """Tell whether this process has one thread; threads of libraries in C count."""
    tasks = Path("/proc/self/task")
    return tasks.is_dir() and len(list(tasks.iterdir())) == 1


def main() -> None:
    """Fork workers for Spark until it closes standard input."""
    if sys.argv[1:2] != ["pyspark.worker"] or OF_A_QUERY not in os.environ:
        use_sparks_own()
    try:
        import_what_workers_need()
    except ImportError:
        # The Python of the workers can be another one, without these packages.
        use_sparks_own()
    if not has_one_thread():
        use_sparks_own()
    from pyspark.daemon import manager

    manager()


if __name__ == "__main__":
    main()
