"""Another process that fetches a file, to be raced with or killed."""

import os
import subprocess
import sys
from pathlib import Path

import tidegate

# The packages without what they export: importing Spark takes seconds, and no file is fetched by it.
_PROGRAM = """
import sys
from pathlib import Path
from types import ModuleType
for name in ("tidegate", "tidegate.sources"):
    package = sys.modules[name] = ModuleType(name)
    package.__path__ = [str(Path(sys.argv[3], *name.split(".")))]
from tidegate.sources.http import HttpFile
from tidegate.sources.http_fetch import fetch_files
print(fetch_files([HttpFile(sys.argv[1])], Path(sys.argv[2]))[0].state)
"""


def started_fetch(url: str, cache: Path) -> subprocess.Popen[str]:
    """Start a process that fetches one file and prints its state."""
    library = str(Path(tidegate.__file__).parents[1])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", _PROGRAM, url, str(cache), library]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
