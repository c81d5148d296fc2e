"""Adapt MLflow's database to a root that was moved or copied, since it stores the full path of every artifact."""

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

# Every column in which MLflow stores the location of artifacts. A database of another version may lack some of them.
_COLUMNS = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
    ("logged_models", "artifact_location"),
)
_BELOW_ROOT = "/mlflow/artifacts"
_PATIENCE_SECONDS = 60.0


def follow_root(database: Path, artifacts: str) -> list[str]:
    """Change the artifact locations in a root's own MLflow database to the present location of the root.

    Without this, the models of a moved root can't be found, and training in a copy would write into the original.

    Args:
        database: MLflow's database, `mlflow/mlflow.db` below the root.
        artifacts: The present URI of the folder `mlflow/artifacts` below the root.

    Returns:
        The former artifact folders that were replaced; empty if the root had not moved.

    Raises:
        sqlite3.Error: The database can't be read or written.
    """
    if not database.is_file():
        return []
    with closing(_opened(database)) as connection, connection:
        found = [_folder_of(name, location) for name, location in _experiments(connection)]
        former = sorted({folder for folder in found if folder is not None and not _is_same(folder, artifacts)})
        if former:
            held = [(table, column) for table, column in _COLUMNS if _has(connection, table, column)]
            for folder in former:
                for table, column in held:
                    _replace(connection, table, column, (folder, artifacts))
    return former


def _opened(database: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(database))}?mode=rw", uri=True, timeout=_PATIENCE_SECONDS)


def _experiments(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    if not _has(connection, "experiments", "artifact_location"):
        return []
    return connection.execute("SELECT name, artifact_location FROM experiments WHERE artifact_location IS NOT NULL").fetchall()


def _folder_of(experiment: str, location: str) -> str | None:
    """Return the artifact folder of the root that contains an experiment's location; None if it is not inside of a root."""
    folder = location.removesuffix(f"/{experiment}")
    return folder if folder != location and folder.endswith(_BELOW_ROOT) else None


def _is_same(folder: str, artifacts: str) -> bool:
    """Return whether both are the same folder, even if the root is reached by two different paths."""
    if folder == artifacts:
        return True
    former, now = (Path(unquote(urlsplit(each).path)) for each in (folder, artifacts))
    return former.exists() and now.exists() and former.samefile(now)


def _has(connection: sqlite3.Connection, table: str, column: str) -> bool:
    return any(row[1] == column for row in connection.execute(f"PRAGMA table_info({table})"))


def _replace(connection: sqlite3.Connection, table: str, column: str, moved: tuple[str, str]) -> None:
    former, now = (f"{folder}/" for folder in moved)
    # Both names come from the list above, so they are safe in the statement.
    connection.execute(
        f"UPDATE {table} SET {column} = ? || substr({column}, ?) WHERE substr({column}, 1, ?) = ?",  # noqa: S608
        (now, len(former) + 1, len(former), former),
    )
