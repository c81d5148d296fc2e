"""Build the MLflow signature of a probability model from its declared columns, without reading a row."""

from collections.abc import Sequence

from mlflow.models import ModelSignature
from mlflow.types import ColSpec, DataType, Schema, TensorSpec


def model_signature(categorical: Sequence[str], numeric: Sequence[str]) -> ModelSignature:
    """Return a signature whose inputs are optional strings and doubles, and whose output is the predicted class.

    Args:
        categorical: Names of the string columns.
        numeric: Names of the double columns.
    """
    inputs: list[ColSpec | TensorSpec] = [ColSpec(DataType.string, name, required=False) for name in categorical]
    inputs += [ColSpec(DataType.double, name, required=False) for name in numeric]
    return ModelSignature(inputs=Schema(inputs), outputs=Schema([ColSpec(DataType.double, "prediction")]))
