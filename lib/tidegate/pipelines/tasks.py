"""Run Spark jobs that need each other's results in order, and the others concurrently."""

from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Generic, TypeVar

Result = TypeVar("Result")


@dataclass(frozen=True)
class Task(Generic[Result]):
    """A task of a run.

    Attributes:
        name: A name that no other task has.
        run: What to do.
        needs: Names of the tasks that must have ended before. Names of no task are left out.
    """

    name: str
    run: Callable[[], Result]
    needs: frozenset[str] = frozenset()


def run_tasks(tasks: Iterable[Task[Result]], at_once: int) -> list[Result]:
    """Run tasks in threads, each as soon as those that it needs have ended, and return their results in the order of the tasks.

    This helps small jobs, which spend most of their time in one thread of the driver. If a task fails, no other task starts, and
    its error is raised when the running tasks have ended. If several fail, the error of the first task in order is raised.

    Args:
        tasks: The tasks. If several can start, the first in order does. None may need itself through others.
        at_once: Number of threads.
    """
    waiting = {task.name: task for task in tasks}
    names, running, done = list(waiting), dict[Future[Result], str](), dict[str, Future[Result]]()
    with ThreadPoolExecutor(at_once, thread_name_prefix="tidegate") as pool:
        while waiting or running:
            failed = any(each.exception() for each in done.values())
            ready = [task for task in waiting.values() if not task.needs & (waiting.keys() | set(running.values()))]
            for task in [] if failed else ready[: at_once - len(running)]:
                running[pool.submit(waiting.pop(task.name).run)] = task.name
            if not running:
                break
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                done[running.pop(future)] = future
    return [done[name].result() for name in names if name in done]
