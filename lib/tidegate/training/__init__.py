"""The parts of a training pipeline: estimators, experiments, promotion.

Nothing is imported here, so that the definition of a system can use `ModelColumns` without loading MLlib, MLflow and matplotlib.
"""
