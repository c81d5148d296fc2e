"""Break the code of a contract once for each line of it, and see a test fail."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.evidence.reporting import CHECKOUT, write_report


@dataclass(frozen=True)
class Edit:
    """One place of the code, changed.

    Attributes:
        line: The line of the contract that it breaks.
        file: The file, below the folder of the contract's code.
        old: The text to replace. The file has it exactly once.
        new: The text instead.
        tests: The tests to run, if they are not the same for all edits.
    """

    line: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...] = ()


def failing_test(folder: Path, tests: Sequence[str]) -> str | None:
    """Run the tests of a copied checkout until one fails; return its name."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    environment = {**os.environ, "PYTHONPATH": str(folder / "lib")}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    found = re.search(r"^(?:FAILED|ERROR) (\S+)", done.stdout, flags=re.MULTILINE)
    assert done.returncode in (0, 1), done.stdout[-2000:] + done.stderr[-2000:]
    return found[1].rpartition("::")[2] if found else None


def edits_that_no_test_sees(
    edits: Sequence[Edit], code: Path, tests: Sequence[str], folder: Path, report: tuple[str, str]
) -> list[str]:
    """Make each edit alone in a copy of the checkout, run the tests, and write a report. Return the lines that no test guards.

    Args:
        edits: The edits.
        code: The folder of the code, relative to the checkout.
        tests: The tests to run for edits that name none.
        folder: An empty folder for the copy.
        report: Name and title of the report.
    """
    for name in ("lib", "tests", "conf", "docs", "pyproject.toml"):
        source = CHECKOUT / name
        (shutil.copytree if source.is_dir() else shutil.copy2)(source, folder / name)
    lines, unseen = ["| line of the contract | edit | failing test |", "|---|---|---|"], []
    for edit in edits:
        file = folder / code / edit.file
        whole = file.read_text()
        assert whole.count(edit.old) == 1, (edit, whole.count(edit.old))
        file.write_text(whole.replace(edit.old, edit.new))
        failed = failing_test(folder, edit.tests or tests)
        file.write_text(whole)
        unseen += [] if failed else [edit.line]
        change = f"`{in_a_line(edit.old)}` → `{in_a_line(edit.new)}`"
        lines.append(f"| {edit.line} | `{edit.file}`: {change} | {failed or '**none**'} |")
        print(lines[-1], flush=True)
    write_report(*report, lines)
    return unseen


def in_a_line(text: str) -> str:
    return " ".join(text.split())
