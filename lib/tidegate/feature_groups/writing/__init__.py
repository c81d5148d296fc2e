"""The write contract: how a batch gets into a feature group, and how rows are deleted from one."""
