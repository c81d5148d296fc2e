"""Ways to fetch one file: rightly, in vain, and in another process that is raced with or killed."""

import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

import tidegate
from tidegate.errors import FilesNotFetchedError, HttpFileError
from tidegate.sources import FetchedFile, HttpFile, HttpOptions, fetch_files

# The packages without what they export: importing Spark takes seconds, and no file is fetched by it.
_PROGRAM = """
import sys
from pathlib import Path
from types import ModuleType
for name in ("tidegate", "tidegate.sources"):
    package = sys.modules[name] = ModuleType(name)
    package.__path__ = [str(Path(sys.argv[3], *name.split(".")))]
from tidegate.sources.http.file import HttpFile
from tidegate.sources.http.fetch import fetch_files
print(fetch_files([HttpFile(sys.argv[1])], Path(sys.argv[2]))[0].state)
"""


def started_fetch(url: str, cache: Path) -> subprocess.Popen[str]:
    """Start a process that fetches one file and prints its state."""
    library = str(Path(tidegate.__file__).parents[1])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", _PROGRAM, url, str(cache), library]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def fetch_one(url: str, cache: Path, options: HttpOptions, **declared: str) -> FetchedFile:
    """Fetch a file; what is told of it is true."""
    (fetched,) = fetch_files([HttpFile(url, **declared)], cache, options)
    content = fetched.path.read_bytes()
    assert (fetched.bytes, fetched.sha256) == (len(content), sha256(content).hexdigest())
    return fetched


def failure(url: str, cache: Path, options: HttpOptions, **declared: str) -> HttpFileError:
    """Fetch what can't be fetched; what is in the cache already stays as it is."""
    (cache / "a.csv").write_bytes(b"earlier")
    with pytest.raises(FilesNotFetchedError) as caught:
        fetch_one(url, cache, options, **declared)
    assert (cache / "a.csv").read_bytes() == b"earlier"
    (error,) = caught.value.failures.values()
    assert str(error) in str(caught.value)
    return error
