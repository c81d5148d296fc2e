"""Erase people: count what an erasure would remove, remove it, and write the receipt."""
