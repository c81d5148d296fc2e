"""The sizes at which a write chooses another way to compare and commit a batch."""

from dataclasses import dataclass


@dataclass(frozen=True)
class WriteSizes:
    """Sizes that decide how a batch is compared and committed. They change how long a write takes, but not which rows it stores.

    Attributes:
        many_bytes: For a batch of more bytes, a second Spark job computes the sketches. Then Spark can compile the aggregation of
            the first job, which saves more time than the second job takes.
        small_table: A table of at most this many bytes is rewritten. This takes less time than the many Spark jobs of a MERGE.
        fewest_for_rewrite: In larger tables, a batch of fewer rows than this never rewrites a bucket. Then the write need not
            find out how many rows the table's files have.
        copied_rows: If the files of the replaced rows have at most this many rows, the write copies their other rows into new
            files. This takes two Spark jobs; marking the replaced rows as deleted takes four. A mark also slows readers down: as
            soon as one file of a scan has a mark, they look up every row of all its files.
        may_mark: Whether replaced rows may be marked as deleted if the table allows it. If false, a MERGE replaces them.
    """

    many_bytes: int = 4 << 20
    small_table: int = 4 << 20
    fewest_for_rewrite: int = 50_000
    copied_rows: int = 50_000
    may_mark: bool = True
