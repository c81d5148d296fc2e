"""Convert a fitted MLlib pipeline, stage by stage, into a portable scorer."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from pyspark.ml import PipelineModel, Transformer
from pyspark.ml.feature import (
    ImputerModel,
    OneHotEncoderModel,
    SQLTransformer,
    StandardScalerModel,
    StringIndexerModel,
    VectorAssembler,
)

from tidegate.errors import UnsupportedModelError
from tidegate.scorers.inputs import CategoricalInput, Input, NumericInput
from tidegate.scorers.models import Model
from tidegate.scorers.portable_scorer import PortableScorer
from tidegate.scorers.read_models import read_model
from tidegate.scorers.specification import PROBABILITY, Specification

# The only SQL that can be converted: casts to double under a new name, as `training.mllib_pipelines` writes them.
_CAST = re.compile(r"CAST\(`([^`]+)` AS DOUBLE\) AS `([^`]+)`")


@dataclass
class _Reading:
    """What the stages read so far define, by the name of their output column."""

    casts: dict[str, str] = field(default_factory=dict)
    inputs: dict[str, Input] = field(default_factory=dict)
    vectors: dict[str, tuple[Input, ...]] = field(default_factory=dict)
    scaler: StandardScalerModel | None = None
    model: Model | None = None
    model_inputs: tuple[Input, ...] = ()


def build_scorer(model: PipelineModel, outputs: Sequence[str] = (PROBABILITY,)) -> PortableScorer:
    """Return a scorer that gives the same answers as the pipeline, without a JVM.

    Args:
        model: The fitted pipeline. Its stages may be StringIndexer (`handleInvalid="keep"`), OneHotEncoder, casts to double,
            Imputer, VectorAssembler and StandardScaler. The last one must be boosted trees, a random forest, a linear, logistic
            or Poisson regression, or a multilayer perceptron.
        outputs: The names of what the model gives for a row.

    Raises:
        UnsupportedModelError: A stage, or a parameter of a stage, has no portable form.
    """
    reading = _Reading()
    for stage in model.stages:
        _read(stage, reading)
    if reading.model is None:
        raise UnsupportedModelError("the pipeline", "it does not end in a model")
    return PortableScorer(Specification(inputs=reading.model_inputs, model=reading.model, outputs=tuple(outputs)))


def build_inputs(model: PipelineModel, columns: Sequence[str]) -> tuple[Input, ...]:
    """Return the inputs of a scorer whose features are columns that a fitted pipeline makes.

    Args:
        model: The fitted pipeline. Its stages may be StringIndexer (`handleInvalid="keep"`) and casts to double.
        columns: The columns, in the order of the features. A number that is only cast stays missing where it is NULL or NaN.

    Raises:
        UnsupportedModelError: A stage, or a parameter of a stage, has no portable form.
    """
    reading = _Reading()
    for stage in model.stages:
        _read(stage, reading)
    numbers = {name: NumericInput(column=source, fill=None) for name, source in reading.casts.items()}
    found: dict[str, Input] = {**numbers, **reading.inputs}
    return tuple(found[name] for name in columns)


def _read(stage: Transformer, reading: _Reading) -> None:
    match stage:
        case SQLTransformer():
            _read_casts(stage, reading)
        case StringIndexerModel():
            _read_labels(stage, reading)
        case OneHotEncoderModel():
            _read_one_hot(stage, reading)
        case ImputerModel():
            _read_fills(stage, reading)
        case VectorAssembler():
            _read_vector(stage, reading)
        case StandardScalerModel():
            reading.scaler = stage
        case _:
            _read_last(stage, reading)


def _read_casts(stage: SQLTransformer, reading: _Reading) -> None:
    statement = stage.getStatement() or ""
    casts = {name: source for source, name in _CAST.findall(statement)}
    listed = ", ".join(f"CAST(`{source}` AS DOUBLE) AS `{name}`" for name, source in casts.items())
    if statement != " ".join(("SELECT *,", listed, "FROM __THIS__")):
        raise UnsupportedModelError("SQLTransformer", "its statement does more than cast columns to double")
    reading.casts.update(casts)


def _read_labels(stage: StringIndexerModel, reading: _Reading) -> None:
    if stage.getHandleInvalid() != "keep":
        raise UnsupportedModelError("StringIndexerModel", 'handleInvalid is not "keep"')
    several = stage.isSet("inputCols")
    columns = stage.getInputCols() if several else [stage.getInputCol()]
    names = stage.getOutputCols() if several else [stage.getOutputCol()]
    for column, name, labels in zip(columns, names, stage.labelsArray, strict=True):
        reading.inputs[name] = CategoricalInput(column=column, labels=tuple(labels))


def _read_one_hot(stage: OneHotEncoderModel, reading: _Reading) -> None:
    several = stage.isSet("inputCols")
    columns = stage.getInputCols() if several else [stage.getInputCol()]
    names = stage.getOutputCols() if several else [stage.getOutputCol()]
    change = int(stage.getHandleInvalid() == "keep") - int(stage.getDropLast())
    for column, name, size in zip(columns, names, stage.categorySizes, strict=True):
        indexed = reading.inputs.get(column)
        if not isinstance(indexed, CategoricalInput):
            raise UnsupportedModelError("OneHotEncoderModel", f"its input {column!r} is not the output of a StringIndexer")
        reading.inputs[name] = indexed.model_copy(update={"one_hot_width": size + change})


def _read_fills(stage: ImputerModel, reading: _Reading) -> None:
    if stage.getMissingValue() == stage.getMissingValue():
        raise UnsupportedModelError("ImputerModel", "its missingValue is not NaN")
    several = stage.isSet("inputCols")
    columns = stage.getInputCols() if several else [stage.getInputCol()]
    names = stage.getOutputCols() if several else [stage.getOutputCol()]
    fills = stage.surrogateDF.first()
    for column, name in zip(columns, names, strict=True):
        source = reading.casts.get(column, column)
        reading.inputs[name] = NumericInput(column=source, fill=float(fills[column]) if fills else 0.0)


def _read_vector(stage: VectorAssembler, reading: _Reading) -> None:
    unknown = [name for name in stage.getInputCols() if name not in reading.inputs]
    if unknown:
        raise UnsupportedModelError(
            "VectorAssembler", f"no stage before it indexes or imputes its input column(s) {', '.join(unknown)}"
        )
    reading.vectors[stage.getOutputCol()] = tuple(reading.inputs[name] for name in stage.getInputCols())


def _read_last(stage: Transformer, reading: _Reading) -> None:
    reading.model = read_model(stage, reading.scaler)
    if reading.model is None:
        raise UnsupportedModelError(type(stage).__name__, "it has no portable form")
    column = stage.getOrDefault("featuresCol")
    if reading.scaler is not None and column == reading.scaler.getOutputCol():
        column = reading.scaler.getInputCol()
    if column not in reading.vectors:
        raise UnsupportedModelError("the model", f"its features column {column!r} is not the output of a VectorAssembler")
    reading.model_inputs = reading.vectors[column]
