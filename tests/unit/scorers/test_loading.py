import os
import subprocess
import sys

import pyarrow as pa
import pytest

from tidegate import scorers
from tidegate.errors import CorruptScorerError
from tidegate.scorers.inputs import NumericInput
from tidegate.scorers.models import LogisticRegression
from tidegate.scorers.portable_scorer import PortableScorer
from tidegate.scorers.specification import Specification

SCORER = PortableScorer(
    Specification(inputs=(NumericInput(column="wind", fill=0.0),), model=LogisticRegression(coefficients=(1.0,), intercept=0.0))
)


def test_load_reads_a_file_and_a_folder_of_artifacts(tmp_path):
    (tmp_path / "scorer.zip").write_bytes(SCORER.to_bytes())

    for place in (tmp_path, str(tmp_path / "scorer.zip")):
        assert scorers.load(place).specification == SCORER.specification


def test_load_names_the_file_that_is_no_scorer(tmp_path):
    (tmp_path / "scorer.zip").write_bytes(b"nothing")

    with pytest.raises(CorruptScorerError, match=r"scorer\.zip: .*not a zip file.* Train and register the model again"):
        scorers.load(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"other\.zip"):
        scorers.load(tmp_path / "other.zip")


def test_load_and_score_need_no_jvm_and_no_mllib(tmp_path):
    (tmp_path / "scorer.zip").write_bytes(SCORER.to_bytes())
    code = (
        "import sys, pyarrow, tidegate.scorers\n"
        f"scores = tidegate.scorers.load({str(tmp_path)!r}).score(pyarrow.table({{'wind': [0.0, None]}}))\n"
        "from pyspark import SparkContext\n"
        "print(scores.column('probability').to_pylist(), 'pyspark.ml' in sys.modules, SparkContext._gateway)"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}

    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[0.5, 0.5] False None"


def test_score_returns_only_the_outputs():
    scores = SCORER.score(pa.table({"wind": [0.0], "other": ["x"]}))

    assert scores.schema == pa.schema([("probability", pa.float64())])
