"""Steps: how feature groups are computed from sources and from other feature groups."""
