"""Run one command as a program: log lines to stderr, a clear error instead of a stack trace, an exit code."""

import logging
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import typer
from rich.console import Console

from tidegate.commands.output.next_command import filled_in
from tidegate.edge import described, shows_everything
from tidegate.errors import TidegateError, UnexpectedError

# What is printed holds names and paths of users: `[b]` and `:car:` in them stay what they are.
OUT = Console(markup=False, emoji=False)
ERR = Console(stderr=True, markup=False, emoji=False)
BROKEN, REFUSED = 1, 2


def run_command(command: Callable[..., Any], arguments: Sequence[str] | None = None) -> int:
    """Parse the arguments, run one command, and return the exit code: 0 done, 1 broken, 2 refused.

    Args:
        command: A function with typer options.
        arguments: The arguments; None takes the program's.
    """
    application = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    application.command()(command)
    return run_application(application, sys.argv[1:] if arguments is None else arguments, command.__name__)


def run_application(application: typer.Typer, arguments: Sequence[str], name: str) -> int:
    """Run a typer application.

    An error that a user can act on becomes one message and the exit code 2, any other one line and the exit code 1: its stack
    trace goes to a file. With TIDEGATE_DEBUG=1 in the environment the other errors are shown as they are.
    """
    show_log()
    try:
        typer.main.get_command(application).main(args=list(arguments), prog_name=name)
    except TidegateError as error:
        _print_error(filled_in(str(error), arguments))
        return BROKEN if isinstance(error, UnexpectedError) else REFUSED
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else 0
    except Exception as error:
        if shows_everything():
            raise
        _print_error(str(described(name, error)))
        return BROKEN
    return 0


def _print_error(text: str) -> None:
    ERR.print(f"error: {text}", style="red", highlight=False, soft_wrap=True)


class _StandardErrorHandler(logging.Handler):
    """Writes to what is standard error now: tests and notebooks put another stream there later."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        print(self.format(record), file=sys.stderr, flush=True)


def show_log() -> None:
    """Send tidegate's own log lines to stderr, once a process."""
    logger = logging.getLogger("tidegate")
    if not logger.handlers:
        handler = _StandardErrorHandler()
        # In UTC, as every time that tidegate shows.
        formatter = logging.Formatter("%(asctime)s %(message)s", "%H:%M:%SZ")
        formatter.converter = time.gmtime
        handler.setFormatter(formatter)
        logger.addHandler(handler)
        logger.propagate = False
