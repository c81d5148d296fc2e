"""Looking after a store: what its commits say of the features, as pages for people."""
