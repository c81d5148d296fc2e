"""Share out buckets of different sizes among tasks."""

from collections.abc import Sequence


def shared_out(sizes: Sequence[int], tasks: int) -> list[int]:
    """Return the task of each bucket: the largest first, each to the task that has the fewest rows so far."""
    load = [0] * tasks
    task_of = [0] * len(sizes)
    for bucket in sorted(range(len(sizes)), key=lambda bucket: -sizes[bucket]):
        task = load.index(min(load))
        task_of[bucket] = task
        # One at least: buckets without rows have labels too.
        load[task] += max(1, sizes[bucket])
    return task_of
