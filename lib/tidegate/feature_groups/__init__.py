"""Feature groups: how a group is defined, how its rows are stored in a Delta table, and how they are read.

`writing` implements the write contract. `catalog` records the meaning, the code and the statistics of each feature. `evolution`
compares a table with the definition of its group and changes the table.
"""
