"""Run independent Spark jobs concurrently, so that one is planned while another computes."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")


def run_together(tasks: Sequence[Callable[[], Result]], at_once: int) -> list[Result]:
    """Run the tasks in threads, and return their results in the order of the tasks.

    This helps small jobs, which spend most of their time in one thread of the driver. If a task fails, tasks that have not
    started are cancelled, and its error is raised when the running tasks have ended. If several fail, the error of the first task
    in order is raised.

    Args:
        tasks: Functions that do not use each other's tables.
        at_once: Number of threads.
    """
    with ThreadPoolExecutor(at_once, thread_name_prefix="tidegate") as pool:
        futures = [pool.submit(task) for task in tasks]
        try:
            return [future.result() for future in futures]
        except BaseException:
            for future in futures:
                future.cancel()
            raise
