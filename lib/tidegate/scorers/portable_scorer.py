"""A fitted MLlib pipeline as arrays: scores pandas frames without a JVM, and travels as a few kilobytes."""

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
# The oldest date a zip can hold: equal scorers are equal bytes, whenever they are written.
_NO_DATE = (1980, 1, 1, 0, 0, 0)


class PortableScorer:
    """Preprocessing and model in one object that depends on numpy and treelite only."""

    def __init__(self, specification: Specification) -> None:
        self.specification = specification

    @property
    def numeric_columns(self) -> tuple[str, ...]:
        """Columns read as numbers, in the order of the feature vector."""
        return tuple(item.column for item in self.specification.inputs if isinstance(item, NumericInput))

    @property
    def categorical_columns(self) -> tuple[str, ...]:
        """Columns read as strings, in the order of the feature vector."""
        return tuple(item.column for item in self.specification.inputs if isinstance(item, CategoricalInput))

    @property
    def required_columns(self) -> tuple[str, ...]:
        """Columns that a frame to score must have; more are ignored."""
        return tuple(item.column for item in self.specification.inputs)

    @property
    def estimator(self) -> str:
        """What the model is: `boosted_trees`, `logistic_regression`, or `base_rate` for no model at all."""
        return self.specification.model.kind

    @property
    def digest(self) -> str:
        """The sha256 of `to_bytes()`, in hexadecimal."""
        return digest_of(self.to_bytes())

    def probability(self, frame: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Return P(class 1) of each row.

        Args:
            frame: Categorical columns as strings, numeric ones as any numbers; NULL and NaN are allowed in all.

        Raises:
            MissingColumnsError: The frame lacks a required column.
        """
        model = self.specification.model
        if isinstance(model, BaseRate):
            return np.full(len(frame), model.probability)
        if frame.empty:
            return np.zeros(len(frame), dtype=np.float64)
        matrix = feature_matrix(frame, self.specification)
        # An infinite margin is right for an infinite input: the probability is then 0 or 1, without a warning.
        with np.errstate(over="ignore", invalid="ignore"):
            return self._probability(matrix, model)

    def to_bytes(self) -> bytes:
        """Return the scorer as a zip of one JSON file; equal scorers give equal bytes."""
        content = self.specification.model_dump_json().encode()
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr(zipfile.ZipInfo(MEMBER, date_time=_NO_DATE), content)
        return packed.getvalue()

    @staticmethod
    def from_bytes(content: bytes) -> "PortableScorer":
        """Read what `to_bytes` wrote; nothing in it is executed.

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
            # One thread: Spark already runs one task a core.
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
    """Return the sha256 of a scorer's bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()
