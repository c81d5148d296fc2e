"""The three kinds of pipeline and the erasure: they compose the layers below, act, and return a frozen result."""
