"""A fitted MLlib pipeline in portable form: it scores pandas frames without a JVM and takes only a few kilobytes."""

import hashlib
import io
import zipfile
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
import treelite
from pydantic import ValidationError

from tidegate.errors import CorruptScorerError
from tidegate.scorers.boosted_trees import compiled
from tidegate.scorers.feature_matrix import feature_matrix
from tidegate.scorers.specification import (
    BaseRate,
    BoostedTrees,
    CategoricalInput,
    LogisticRegression,
    NumericInput,
    Specification,
)

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
    def estimator(self) -> str:
        """The kind of model: `boosted_trees`, `logistic_regression` or `base_rate`."""
        return self.specification.model.kind

    @property
    def digest(self) -> str:
        """The SHA-256 of `to_bytes()`, in hexadecimal."""
        return digest_of(self.to_bytes())

    def probability(self, frame: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Return P(class 1) of each row, in an array of the length of the frame.

        Args:
            frame: Rows with categorical columns as strings and numeric columns as any numbers. All may contain NULL and NaN.

        Raises:
            MissingColumnsError: The frame lacks a required column.
        """
        model = self.specification.model
        if isinstance(model, BaseRate):
            return np.full(len(frame), model.probability)
        if frame.empty:
            return np.zeros(len(frame), dtype=np.float64)
        matrix = feature_matrix(frame, self.specification)
        # An infinite input rightly gives an infinite margin, and a probability of 0 or 1. NumPy need not warn about it.
        with np.errstate(over="ignore", invalid="ignore"):
            return self._probability(matrix, model)

    def to_bytes(self) -> bytes:
        """Return the scorer as a zip with one JSON file. Equal scorers give equal bytes."""
        content = self.specification.model_dump_json().encode()
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr(zipfile.ZipInfo(MEMBER, date_time=_NO_DATE), content)
        return packed.getvalue()

    @staticmethod
    def from_bytes(content: bytes) -> "PortableScorer":
        """Read a scorer from the bytes that `to_bytes` returned. Nothing in them is executed.

        Raises:
            CorruptScorerError: The bytes are not a scorer of this format.
        """
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                specification = Specification.model_validate_json(archive.read(MEMBER))
        except (zipfile.BadZipFile, KeyError, ValidationError) as error:
            raise CorruptScorerError(type(error).__name__) from error
        return PortableScorer(specification)

    def _probability(self, matrix: npt.NDArray[np.float64], model: BoostedTrees | LogisticRegression) -> npt.NDArray[np.float64]:
        if isinstance(model, BoostedTrees):
            # One thread, because Spark already runs a task on each core.
            margin = treelite.gtil.predict(self._trees, matrix, nthread=1).ravel()
            return np.asarray(1.0 - 1.0 / (1.0 + np.exp(2.0 * margin)))
        margin = matrix @ np.array(model.coefficients) + model.intercept
        return np.asarray(1.0 / (1.0 + np.exp(-margin)))

    @cached_property
    def _trees(self) -> treelite.Model:
        model = self.specification.model
        assert isinstance(model, BoostedTrees)
        return compiled(model, self.specification.width)


def digest_of(content: bytes) -> str:
    """Return the SHA-256 of a scorer's bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()
