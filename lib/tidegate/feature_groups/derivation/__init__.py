"""Derived feature groups: which of their rows a change of an input affects, and what has to be written."""
