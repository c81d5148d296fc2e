"""A fitted model in portable form: it scores pandas frames and Arrow tables without a JVM."""

import hashlib
import io
import zipfile

import numpy as np
import pandas as pd
import pyarrow as pa
from pydantic import ValidationError

from tidegate.errors import CorruptScorerError
from tidegate.scorers.arrow_columns import pandas_columns
from tidegate.scorers.feature_matrix import feature_matrix, input_columns, require_inputs
from tidegate.scorers.inputs import CategoricalInput, NumericInput
from tidegate.scorers.models import Matrix, OwnModel
from tidegate.scorers.specification import Specification

MEMBER = "scorer.json"
# A fixed date, the oldest that a zip can hold, so that equal scorers give equal bytes whenever they are written.
_NO_DATE = (1980, 1, 1, 0, 0, 0)


class PortableScorer:
    """Preprocessing and model in one object, which needs neither Spark nor a JVM to score.

    Args:
        specification: The content of the scorer.
    """

    def __init__(self, specification: Specification) -> None:
        self.specification = specification

    @property
    def numeric_columns(self) -> tuple[str, ...]:
        """Columns that are read as numbers, in the order of the feature vector."""
        return tuple(item.column for item in self.specification.inputs if isinstance(item, NumericInput))

    @property
    def categorical_columns(self) -> tuple[str, ...]:
        """Columns that are read as strings, in the order of the feature vector."""
        return tuple(item.column for item in self.specification.inputs if isinstance(item, CategoricalInput))

    @property
    def required_columns(self) -> tuple[str, ...]:
        """Columns that a frame to score must have. Others are ignored."""
        return tuple(item.column for item in self.specification.inputs)

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the numbers that the scorer gives for a row, such as `probability`."""
        return self.specification.outputs

    @property
    def estimator(self) -> str:
        """The kind of model in the scorer, such as `boosted_trees` or `constant`."""
        return self.specification.model.kind

    @property
    def digest(self) -> str:
        """The SHA-256 of `to_bytes()`, in hexadecimal."""
        return digest_of(self.to_bytes())

    def scores(self, frame: pd.DataFrame) -> Matrix:
        """Return the outputs of each row, as an array with a row for each row of the frame and a column for each output.

        Args:
            frame: Rows with categorical columns as strings and numeric columns as any numbers. All may contain NULL and NaN.

        Raises:
            MissingColumnsError: The frame lacks a required column.
        """
        require_inputs(frame, self.specification)
        if not len(frame):
            return np.zeros((0, len(self.outputs)), dtype=np.float64)
        # An infinite input rightly gives an infinite margin, and a probability of 0 or 1. NumPy need not warn about it.
        with np.errstate(over="ignore", invalid="ignore"):
            return self.specification.adjusted(self._model_scores(frame))

    def score(self, table: pa.Table) -> pa.Table:
        """Return the outputs of each row of an Arrow table, as double columns with the names of `outputs` and nothing else.

        Args:
            table: Rows with at least the required columns. Numeric ones may be of any type that is a number, decimal or boolean,
                and categorical ones of any type that Arrow can convert to strings. All may contain NULL.

        Raises:
            MissingColumnsError: The table lacks a required column.
            UsageError: A column can't be converted to numbers or strings.
        """
        scores = self.scores(pandas_columns(table, self.numeric_columns, self.categorical_columns))
        return pa.table({name: pa.array(scores[:, place]) for place, name in enumerate(self.outputs)})

    def to_bytes(self) -> bytes:
        """Return the scorer as a zip with one JSON file. Equal scorers give equal bytes."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr(zipfile.ZipInfo(MEMBER, date_time=_NO_DATE), self.specification.to_json().encode())
        return packed.getvalue()

    @staticmethod
    def from_bytes(content: bytes) -> "PortableScorer":
        """Read a scorer from the bytes that `to_bytes` returned. Nothing in them is executed.

        A user's own scorer is read by its class when it scores for the first time; see `OwnModel`.

        Raises:
            CorruptScorerError: The bytes are not a scorer of this format.
        """
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                specification = Specification.model_validate_json(archive.read(MEMBER))
        except (zipfile.BadZipFile, KeyError, ValidationError) as error:
            raise CorruptScorerError(type(error).__name__) from error
        return PortableScorer(specification)

    def _model_scores(self, frame: pd.DataFrame) -> Matrix:
        model = self.specification.model
        if isinstance(model, OwnModel):
            return model.scores_of(input_columns(frame, self.specification))
        return model.scores(feature_matrix(frame, self.specification))


def digest_of(content: bytes) -> str:
    """Return the SHA-256 of a scorer's bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()
