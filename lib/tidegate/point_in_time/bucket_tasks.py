"""Distribute buckets of different sizes over tasks."""

from collections.abc import Sequence


def shared_out(sizes: Sequence[int], tasks: int) -> list[int]:
    """Return the task number of each bucket. The largest bucket is placed first; each goes to the task with the fewest rows.

    Args:
        sizes: Number of rows in each bucket.
        tasks: Number of tasks.
    """
    load = [0] * tasks
    task_of = [0] * len(sizes)
    for bucket in sorted(range(len(sizes)), key=lambda bucket: -sizes[bucket]):
        task = load.index(min(load))
        task_of[bucket] = task
        # Count at least one row, because buckets without feature rows may have labels.
        load[task] += max(1, sizes[bucket])
    return task_of
