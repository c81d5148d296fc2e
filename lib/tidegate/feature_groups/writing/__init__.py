"""The write contract: how the store writes a batch into a feature group, and how it deletes rows from one."""
