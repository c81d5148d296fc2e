"""The sizes at which a write takes another way."""

from dataclasses import dataclass


@dataclass(frozen=True)
class WriteLimits:
    """Sizes that decide how a batch is compared and committed. They change the time that a write takes, and no row.

    Attributes:
        many_bytes: A batch of more bytes has its sketches computed by a second Spark job: that takes less time than the compiled
            code saves in the first one.
        small_table: A table of at most so many bytes is rewritten, in less time than a MERGE takes for its many Spark jobs.
        fewest_for_rewrite: In larger tables a batch of fewer rows rewrites no bucket, without a look at how many rows the
            table's files have.
        copied_rows: Up to so many rows in the files of replaced rows are written again with the batch: that is two Spark jobs
            where marks are four, and a reader looks up each row of every file of a scan as soon as one file has a mark.
        may_mark: Whether replaced rows may be marked where the table allows it; else a MERGE replaces them.
    """

    many_bytes: int = 4 << 20
    small_table: int = 4 << 20
    fewest_for_rewrite: int = 50_000
    copied_rows: int = 50_000
    may_mark: bool = True
