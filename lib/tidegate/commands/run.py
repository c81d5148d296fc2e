"""Run one command as a program: log lines go to stderr, an error becomes one message, and the exit code says how it ended."""

import logging
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import typer
from rich.console import Console

from tidegate.clear_errors import described, shows_everything
from tidegate.commands.output.next_command import filled_in
from tidegate.errors import TidegateError, UnexpectedError

# Printed lines contain names and paths of users: markup=False and emoji=False print `[b]` and `:car:` in them unchanged.
OUT = Console(markup=False, emoji=False)
ERR = Console(stderr=True, markup=False, emoji=False)
BROKEN, REFUSED = 1, 2


def run_command(command: Callable[..., Any], arguments: Sequence[str] | None = None) -> int:
    """Parse the arguments, run one command, and return its exit code.

    The code is 0 after success, 1 after an unexpected error, and 2 after an error that the user can act on.

    Args:
        command: A function with typer options.
        arguments: The arguments; None takes those of the program.
    """
    application = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    application.command()(command)
    return run_application(application, sys.argv[1:] if arguments is None else arguments, command.__name__)


def run_application(application: typer.Typer, arguments: Sequence[str], name: str) -> int:
    """Run a typer application and return its exit code.

    An error that a user can act on is printed as one message; the exit code is 2. Any other error is printed in one line, its
    stack trace goes to a file, and the exit code is 1. With TIDEGATE_DEBUG=1 in the environment such an error is raised.
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
    """Write to the current sys.stderr, which tests and notebooks replace after this handler was made."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one log record as one line."""
        print(self.format(record), file=sys.stderr, flush=True)


def show_log() -> None:
    """Send tidegate's log lines to stderr; a second call in the same process does nothing."""
    logger = logging.getLogger("tidegate")
    if not logger.handlers:
        handler = _StandardErrorHandler()
        # The times of log lines are in UTC, like all times that tidegate shows.
        formatter = logging.Formatter("%(asctime)s %(message)s", "%H:%M:%SZ")
        formatter.converter = time.gmtime
        handler.setFormatter(formatter)
        logger.addHandler(handler)
        logger.propagate = False
