"""Forgetting subjects: what would be removed, removing it, and the receipt."""
