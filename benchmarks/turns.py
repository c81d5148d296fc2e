"""Time several ways of doing the same in turns, so that each of them meets the same state of the machine."""

from collections.abc import Callable, Mapping

from measuring import QUICK_RUNS, quick_runs, seconds, spread


def in_turns(ways: Mapping[str, Callable[[], object]], runs: int, warm_up: int = 1) -> dict[str, list[float]]:
    """Return the seconds of each way's timed runs, and print them.

    Args:
        ways: The ways by name.
        runs: Number of timed runs of each way. 0 means as many as `--quick` gives it.
        warm_up: Number of runs before the timed ones.
    """
    names, taken = list(ways), {name: list[float]() for name in ways}
    for number in range(warm_up + (runs or QUICK_RUNS)):
        # They take turns in coming first, because the first one also pays for clearing the memory of the last turn.
        first = number % len(names)
        for name in [*names[first:], *names[:first]]:
            if number < warm_up + (runs or quick_runs(taken[name] or [0.0])):
                taken[name].append(seconds(ways[name]))
    counted = {name: values[warm_up:] for name, values in taken.items()}
    for name, values in counted.items():
        print(f"  {name:42} {spread(values)}", flush=True)
    return counted
