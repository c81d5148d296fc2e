"""What a training pipeline is made of: estimators, experiments, promotion.

Nothing is imported here: definitions of systems need the names of columns, not MLlib, MLflow and what draws plots.
"""
