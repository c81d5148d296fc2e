"""The MLflow signature of a probability model, from declared columns: no row is looked at."""

from collections.abc import Sequence

from mlflow.models import ModelSignature
from mlflow.types import ColSpec, DataType, Schema, TensorSpec


def model_signature(categorical: Sequence[str], numeric: Sequence[str]) -> ModelSignature:
    """Return a signature of optional strings and doubles; the output is the predicted class."""
    inputs: list[ColSpec | TensorSpec] = [ColSpec(DataType.string, name, required=False) for name in categorical]
    inputs += [ColSpec(DataType.double, name, required=False) for name in numeric]
    return ModelSignature(inputs=Schema(inputs), outputs=Schema([ColSpec(DataType.double, "prediction")]))
