"""Pages that show how the features of a store change from commit to commit."""
