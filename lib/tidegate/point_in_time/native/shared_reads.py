"""Read the files of a bucket once where several inputs of a join need columns of the same stored group."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from tidegate.point_in_time.native.read_rows import read_rows
from tidegate.point_in_time.stored_rows import StoredFile, StoredRows


@dataclass
class _Group:
    """The columns that the inputs of one stored group need together, and the files that were read."""

    columns: dict[str, pa.DataType] = field(default_factory=dict)
    inputs: int = 0
    files: dict[str, pa.Table] = field(default_factory=dict)


class SharedReads:
    """The reads of one bucket. A file is kept until the last input that needs its group has read it."""

    def __init__(self, inputs: Sequence[tuple[StoredRows, Mapping[str, pa.DataType]]]) -> None:
        """Note which columns are needed of each group.

        Args:
            inputs: The stored group of each input, and the Arrow types of the columns that it reads. Only inputs that need all
                rows of a bucket at once are listed; the others read in parts, of which none is kept.
        """
        self._groups: dict[int, _Group] = {}
        for stored, columns in inputs:
            group = self._groups.setdefault(id(stored), _Group())
            group.columns.update(columns)
            group.inputs += 1

    def read(self, stored: StoredRows, files: Sequence[StoredFile], columns: Mapping[str, pa.DataType]) -> pa.Table:
        """Return the columns of all rows in these files. Each listed input calls this once."""
        group = self._groups[id(stored)]
        group.inputs -= 1
        for file in files:
            if file.path not in group.files:
                group.files[file.path] = read_rows([file.path], group.columns if group.inputs else columns)
        found = [group.files[file.path].select(list(columns)) for file in files]
        if not group.inputs:
            group.files.clear()
        return pa.concat_tables(found) if found else pa.schema(list(columns.items())).empty_table()
