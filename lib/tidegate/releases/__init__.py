"""Releases: which model versions, feature views and group versions a system uses together, from one moment to the next."""
