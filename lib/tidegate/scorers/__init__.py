"""Portable scorers: fitted MLlib pipelines that run without a JVM and are checked to equal the original.

Nothing is imported here, so that a Python worker can score without loading MLlib.
"""
