"""Portable scorers: fitted models that run without a JVM and are checked to equal the original.

Nothing that needs MLlib is imported here, so that a Python worker can score without loading it.
"""

from tidegate.scorers.loading import load
from tidegate.scorers.portable_scorer import PortableScorer

__all__ = ["PortableScorer", "load"]
