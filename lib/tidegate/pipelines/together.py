"""Run independent pieces of Spark work side by side: planning one while another computes."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")


def run_together(tasks: Sequence[Callable[[], Result]], at_once: int) -> list[Result]:
    """Run the tasks in threads and return their results in the tasks' order.

    Small jobs spend most of their time in the driver, one thread each. The first error is raised once the tasks under way
    have ended; tasks that had not started then are left out.

    Args:
        tasks: Functions that don't touch each other's tables.
        at_once: Threads.
    """
    with ThreadPoolExecutor(at_once, thread_name_prefix="tidegate") as pool:
        futures = [pool.submit(task) for task in tasks]
        try:
            return [future.result() for future in futures]
        except BaseException:
            for future in futures:
                future.cancel()
            raise
