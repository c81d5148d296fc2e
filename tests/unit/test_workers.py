"""What is told to the garbage collector of Python's workers."""

import os
import subprocess
import sys

SCRIPT = """
import gc
from tidegate.workers import keep_imports
keep_imports()
kept = gc.get_freeze_count()
later = [[]]
keep_imports()
print(kept > 1000, gc.get_freeze_count() == kept)
"""


def test_imports_are_kept_from_the_collector_once() -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", SCRIPT]
    assert subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout == "True True\n"
