"""Portable scorers: fitted MLlib pipelines that run without a JVM, proven equal to the original.

Nothing is imported here: a Python worker that scores needs no MLlib.
"""
