"""Portable scorers: fitted MLlib pipelines that run without a JVM, proven equal to the original."""

from tidegate.scorers.building import build_scorer
from tidegate.scorers.checking import ScorerCheck, check_scorer
from tidegate.scorers.portable_scorer import PortableScorer, digest_of
from tidegate.scorers.scoring import score_frame

__all__ = ["PortableScorer", "ScorerCheck", "build_scorer", "check_scorer", "digest_of", "score_frame"]
