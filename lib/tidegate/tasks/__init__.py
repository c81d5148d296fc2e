"""The tasks, one file each: which answers a label may have, what is predicted, and how the two are compared."""

from tidegate.tasks.binary import Binary
from tidegate.tasks.count import Count
from tidegate.tasks.multiclass import Multiclass
from tidegate.tasks.quantiles import Quantiles
from tidegate.tasks.regression import Regression
from tidegate.tasks.task import Task

__all__ = ["Binary", "Count", "Multiclass", "Quantiles", "Regression", "Task"]
