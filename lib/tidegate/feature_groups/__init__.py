"""Feature groups: what one is, how its table is laid out, and how its rows are read.

`writing` has the write contract, `catalog` what is recorded of each feature, `evolution` how a table follows its definition.
"""
