"""Tasks run as soon as those that they need have ended, and never more at once than allowed."""

import threading
from collections.abc import Callable

import pytest

from tidegate.pipelines.tasks import Task, run_tasks


class Log:
    """What started and ended, in order."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def task(self, name: str, *needs: str, action: Callable[[], object] = lambda: None) -> Task[str]:
        def run() -> str:
            self.seen.append(f"{name} starts")
            action()
            self.seen.append(f"{name} ends")
            return name

        return Task(name, run, frozenset(needs))


def test_a_task_starts_when_all_that_it_needs_has_ended() -> None:
    log, both = Log(), threading.Barrier(2, timeout=10)
    tasks = [
        log.task("last", "left", "right"),
        log.task("left", "first", action=both.wait),
        log.task("first", "not among them"),
        log.task("right", action=both.wait),
    ]
    assert run_tasks(tasks, at_once=2) == ["last", "left", "first", "right"]
    assert log.seen[-2:] == ["last starts", "last ends"]
    assert log.seen.index("first ends") < log.seen.index("left starts")


def test_one_thread_runs_one_task_at_a_time() -> None:
    log = Log()
    run_tasks([log.task("a"), log.task("b"), log.task("c", "b")], at_once=1)
    assert log.seen == [f"{name} {what}" for name in "abc" for what in ("starts", "ends")]


def test_after_a_failure_nothing_starts_and_the_first_error_is_raised() -> None:
    log, both = Log(), threading.Barrier(2, timeout=10)

    def fail(message: str) -> Callable[[], None]:
        def action() -> None:
            both.wait()
            raise ValueError(message)

        return action

    tasks = [log.task("a", action=fail("of a")), log.task("b", action=fail("of b")), log.task("c"), log.task("d", "a")]
    with pytest.raises(ValueError, match="of a"):
        run_tasks(tasks, at_once=2)
    assert sorted(log.seen) == ["a starts", "b starts"]
