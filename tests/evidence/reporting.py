"""Where evidence tests keep what they have so far, and how they write their reports."""

import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
REPORTS = Path(__file__).resolve().parent / "reports"


def tested_commit() -> str:
    """Return the commit of the checkout, with a word where files differ from it."""

    def git(*arguments: str) -> str:
        return subprocess.run(["git", *arguments], cwd=CHECKOUT, check=True, capture_output=True, text=True).stdout.strip()

    changed = git("status", "--porcelain", "--", "lib", "tests", f":!{REPORTS.relative_to(CHECKOUT)}")
    return git("rev-parse", "HEAD") + (" with local changes" if changed else "")


def kept_state(name: str) -> Path:
    """Return the folder where a long test goes on after an interruption; one for each commit tested."""
    folder = CHECKOUT / "build" / "evidence" / name / tested_commit().replace(" ", "_")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def write_report(name: str, title: str, lines: Sequence[str]) -> None:
    """Write `reports/<name>.md`: what was done and seen, with the commit and the day."""
    head = [f"# {title}", "", f"Commit tested: {tested_commit()}  ", f"Written: {datetime.now(UTC):%Y-%m-%d %H:%M} UTC", ""]
    REPORTS.mkdir(exist_ok=True)
    (REPORTS / f"{name}.md").write_text("\n".join([*head, *lines]) + "\n", encoding="utf-8")
