"""Write the library as one zip for --py-files, named after its content, and print the zip's path.

The same content gives the same bytes and the same name, so an unchanged library is not written again, and a running job
keeps the zip it started with.
"""

import os
import py_compile
import sys
from hashlib import sha256
from pathlib import Path
from py_compile import PycInvalidationMode
from tempfile import TemporaryDirectory
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

ZIPS_KEPT = 10


def library_files(lib: Path) -> list[Path]:
    """Return every file of the library but compiled ones, in a fixed order."""
    found = (path for path in lib.rglob("*") if path.is_file())
    return sorted(path for path in found if "__pycache__" not in path.parts and ".egg-info" not in str(path))


def content_digest(lib: Path, files: list[Path]) -> str:
    """Return a short digest of names and contents."""
    digest = sha256()
    for path in files:
        content = path.read_bytes()
        digest.update(f"{path.relative_to(lib).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:16]


def byte_code(path: Path, shown: str) -> bytes:
    """Return a module's byte code: a Python of this version takes it as it is, another one compiles the source beside it.

    Args:
        path: The source.
        shown: Its path in tracebacks.
    """
    with TemporaryDirectory() as folder:
        mode = PycInvalidationMode.UNCHECKED_HASH
        compiled = py_compile.compile(str(path), f"{folder}/code", dfile=shown, doraise=True, invalidation_mode=mode)
        return Path(str(compiled)).read_bytes()


def dated(name: str) -> ZipInfo:
    """Return a compressed entry of a fixed moment: the time of a checkout says nothing about the content."""
    entry = ZipInfo(name, date_time=(2020, 1, 1, 0, 0, 0))
    entry.compress_type = ZIP_DEFLATED
    return entry


def write_zip(lib: Path, files: list[Path], target: Path) -> None:
    """Write the zip beside its place and move it there, so that nobody reads half of it."""
    unfinished = target.with_suffix(f".{os.getpid()}")
    with ZipFile(unfinished, "w", ZIP_DEFLATED) as archive:
        for path in files:
            name = path.relative_to(lib).as_posix()
            archive.writestr(dated(name), path.read_bytes())
            if path.suffix == ".py":
                # Else every start, of the job and of each worker, compiles some hundred modules anew.
                archive.writestr(dated(f"{name}c"), byte_code(path, f"{target}/{name}"))
    unfinished.replace(target)


def remove_old_zips(folder: Path) -> None:
    """Keep the newest zips: running jobs may still read theirs."""
    by_age = sorted(folder.glob("tidegate-*.zip"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in by_age[ZIPS_KEPT:]:
        path.unlink(missing_ok=True)


def main(lib: Path, folder: Path) -> None:
    """Write the zip where it is missing and print its path."""
    files = library_files(lib)
    target = folder / f"tidegate-{content_digest(lib, files)}.zip"
    if not target.exists():
        folder.mkdir(parents=True, exist_ok=True)
        write_zip(lib, files, target)
        remove_old_zips(folder)
    print(target)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
