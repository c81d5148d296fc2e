"""The command that writes the predictions of a model into a file."""

from datetime import datetime
from typing import Annotated

import typer

from tidegate.commands import options
from tidegate.commands.opening.context import opened_store
from tidegate.commands.run import OUT
from tidegate.predictions.export import export_format, export_rows
from tidegate.subjects.table_map import subject_columns_of


def predictions(
    root: options.StoreRoot,
    model: Annotated[str, typer.Option("--model", help="Name of the model, which is the name of its prediction table.")],
    to: Annotated[str, typer.Option("--to", help="The file to write. Its ending, .parquet or .csv, chooses the format.")],
    as_of: Annotated[
        datetime | None,
        typer.Option("--as-of", formats=options.MOMENT_FORMATS, help="The predictions that were current then. Default: now."),
    ] = None,
    history: Annotated[
        bool, typer.Option("--history", help="Export all rows: every release, arm and revision, served or not.")
    ] = False,
) -> None:
    """Write the current predictions of a model into one Parquet or CSV file: the newest served row of each entity and time.

    The store does not know the file, so `forget` does not reach people in it. Example:

    ./spark-submit.sh jobs/predictions.py --root data --model flight_delays --to predictions.parquet
    """
    export_format(to)
    with opened_store(root, "predictions") as store:
        size = export_rows(store.predictions(model, history, as_of), to)
        OUT.print(f"{to}: {size:,} bytes", highlight=False, soft_wrap=True)
        people = subject_columns_of(store.handle, store.layout.predictions(model))
        if people:
            OUT.print(
                f"The file has personal data ({', '.join(people)}), and `forget` does not reach it. Delete it when you no longer "
                "need it.",
                style="yellow",
                highlight=False,
                soft_wrap=True,
            )
