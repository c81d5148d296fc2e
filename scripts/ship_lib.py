"""Write the library as one zip for --py-files, named after its content, and print the zip's path.

The same content always gives the same bytes and the same name. So an unchanged library is not written again, and a running job
keeps the zip with which it started.
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
    """Return every file of the library except compiled files, in a fixed order."""
    found = (path for path in lib.rglob("*") if path.is_file())
    return sorted(path for path in found if "__pycache__" not in path.parts and ".egg-info" not in str(path))


def content_digest(lib: Path, files: list[Path]) -> str:
    """Return a short digest of the names and contents of files."""
    digest = sha256()
    for path in files:
        content = path.read_bytes()
        digest.update(f"{path.relative_to(lib).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:16]


def byte_code(path: Path, shown: str) -> bytes:
    """Return the byte code of a module. Python of the same version uses it; any other version compiles the source file.

    Args:
        path: The source file.
        shown: The path of the module in tracebacks.
    """
    with TemporaryDirectory() as folder:
        mode = PycInvalidationMode.UNCHECKED_HASH
        compiled = py_compile.compile(str(path), f"{folder}/code", dfile=shown, doraise=True, invalidation_mode=mode)
        return Path(str(compiled)).read_bytes()


def dated(name: str) -> ZipInfo:
    """Return a compressed zip entry with a fixed time, so that the same content gives the same bytes after every checkout."""
    entry = ZipInfo(name, date_time=(2020, 1, 1, 0, 0, 0))
    entry.compress_type = ZIP_DEFLATED
    return entry


def write_zip(lib: Path, files: list[Path], target: Path) -> None:
    """Write the zip to a temporary file and rename it, so that nobody reads an unfinished zip."""
    unfinished = target.with_suffix(f".{os.getpid()}")
    with ZipFile(unfinished, "w", ZIP_DEFLATED) as archive:
        for path in files:
            name = path.relative_to(lib).as_posix()
            archive.writestr(dated(name), path.read_bytes())
            if path.suffix == ".py":
                # Without the byte code, the job and each of its workers would compile some hundred modules at every start.
                archive.writestr(dated(f"{name}c"), byte_code(path, f"{target}/{name}"))
    unfinished.replace(target)


def remove_old_zips(folder: Path) -> None:
    """Delete all zips except the newest ones, which running jobs may still read."""
    by_age = sorted(folder.glob("tidegate-*.zip"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in by_age[ZIPS_KEPT:]:
        path.unlink(missing_ok=True)


def main(lib: Path, folder: Path) -> None:
    """Write the zip if it does not exist yet, and print its path."""
    files = library_files(lib)
    target = folder / f"tidegate-{content_digest(lib, files)}.zip"
    if not target.exists():
        folder.mkdir(parents=True, exist_ok=True)
        write_zip(lib, files, target)
        remove_old_zips(folder)
    print(target)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
