"""OwnModel: a model of a user's package, in a form that the package reads and writes itself."""

import base64
from abc import ABC, abstractmethod
from functools import cached_property
from importlib import import_module
from typing import Literal

import numpy as np
import pandas as pd

from tidegate.errors import CorruptScorerError
from tidegate.scorers.models.scorer_model import Matrix, ScorerModel


class OwnScorer(ABC):
    """What a user's own estimator fits: an object that scores frames, and that can be stored as bytes.

    Python must be able to import the class wherever the model scores, also on Spark's executors. Let `to_bytes` return the fitted
    numbers, for example as JSON, and no pickle: whoever can change a pickle can run any code wherever it is read.
    """

    @abstractmethod
    def to_bytes(self) -> bytes:
        """Return the content. Equal scorers have to give equal bytes."""

    @staticmethod
    @abstractmethod
    def from_bytes(content: bytes) -> "OwnScorer":
        """Return the scorer whose `to_bytes` returned the content."""

    @abstractmethod
    def scores(self, frame: pd.DataFrame) -> Matrix:
        """Return the outputs of the task, as an array with a row for each row of the frame and a column for each output.

        Args:
            frame: The columns of the model, at least one row: categorical columns as strings or None, numeric ones as doubles or
                NaN.
        """


class OwnModel(ScorerModel):
    """The bytes of a user's own scorer, and the class that reads them.

    The class is looked up when the model scores for the first time. It must be a subclass of `OwnScorer`, so that bytes that were
    tampered with can't name another function.

    Attributes:
        module: Module of the class.
        name: Name of the class.
        content: What its `to_bytes` returned, in base64.
    """

    kind: Literal["own"] = "own"
    module: str
    name: str
    content: str

    @staticmethod
    def of(scorer: OwnScorer) -> "OwnModel":
        """Return the model of a scorer."""
        kind = type(scorer)
        return OwnModel(module=kind.__module__, name=kind.__qualname__, content=base64.b64encode(scorer.to_bytes()).decode())

    def scores(self, matrix: Matrix) -> Matrix:
        """Refuse: a user's own scorer reads frames, not feature vectors."""
        raise TypeError(f"{self.module}.{self.name} scores frames")

    def scores_of(self, frame: pd.DataFrame) -> Matrix:
        """Return the outputs of each row, one column an output.

        Args:
            frame: The columns of the model, at least one row.

        Raises:
            CorruptScorerError: There is no such class, or it is no `OwnScorer`.
        """
        return np.asarray(self._loaded.scores(frame), dtype=np.float64).reshape(len(frame), -1)

    @cached_property
    def _loaded(self) -> OwnScorer:
        try:
            kind = getattr(import_module(self.module), self.name)
        except (ImportError, AttributeError) as error:
            raise CorruptScorerError(f"its class {self.module}.{self.name} can't be imported here: {error}") from error
        if not (isinstance(kind, type) and issubclass(kind, OwnScorer)):
            raise CorruptScorerError(f"{self.module}.{self.name} is no subclass of tidegate.OwnScorer")
        return kind.from_bytes(base64.b64decode(self.content))
