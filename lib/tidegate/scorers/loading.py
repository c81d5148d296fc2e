"""Load a portable scorer from a file or a folder."""

from pathlib import Path

from tidegate.errors import CorruptScorerError
from tidegate.scorers.portable_scorer import PortableScorer

SCORER_FILE = "scorer.zip"


def load(path: str | Path) -> PortableScorer:
    """Return the portable scorer in a file, or in a folder that has it as `scorer.zip`, as MLflow's artifacts do.

    It needs neither Spark nor a JVM: `tidegate.scorers.load("model/scorer").score(table)` scores an Arrow table.

    Args:
        path: A file, or a folder with `scorer.zip`.

    Raises:
        FileNotFoundError: There is no such file.
        CorruptScorerError: The file is no portable scorer.
    """
    place = Path(path)
    file = place / SCORER_FILE if place.is_dir() else place
    try:
        return PortableScorer.from_bytes(file.read_bytes())
    except CorruptScorerError as error:
        raise CorruptScorerError(f"{file}: {error.__cause__ or error}") from error
