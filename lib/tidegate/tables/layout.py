"""Where everything that a run writes lies under one root."""

from dataclasses import dataclass

LANDING = "landing"
# Folders of a root with one table, or one page, for each thing of a kind.
FOLDERS = ("feature_groups", "training_datasets", "predictions", "quarantine", "pages", "mlflow")


@dataclass(frozen=True)
class Layout:
    """Paths of the store's tables under `root`, any URI that Spark can write."""

    root: str

    def feature_group(self, full_name: str) -> str:
        """Folder of a feature group's table."""
        return self._under("feature_groups", full_name)

    def training_dataset(self, view: str, dataset_id: str) -> str:
        """Folder of one stored training dataset."""
        return self._under("training_datasets", view, dataset_id)

    def predictions(self, name: str) -> str:
        """Folder of a prediction table."""
        return self._under("predictions", name)

    def quarantine(self, name: str) -> str:
        """Folder of the rows that were held back from a feature group or a source."""
        return self._under("quarantine", name)

    def landing(self, system: str) -> str:
        """Folder where a system's sources land."""
        return self._under(LANDING, system)

    def page(self, name: str) -> str:
        """File of a system's dashboard."""
        return self._under("pages", f"{name}.html")

    @property
    def format(self) -> str:
        """File that says in which format the tables under the root are."""
        return self._under("format")

    @property
    def manifests(self) -> str:
        """Table of the manifests of training datasets."""
        return self._under("manifests")

    @property
    def definitions(self) -> str:
        """Table of what each version of a feature view or model means."""
        return self._under("definitions")

    @property
    def source_files(self) -> str:
        """Table of the files of each source that were loaded."""
        return self._under("source_files")

    @property
    def runs(self) -> str:
        """Table with two rows a job: started, and how it ended."""
        return self._under("runs")

    @property
    def catalog(self) -> str:
        """Table of the catalog: what each feature of each feature group means, and which code computes it."""
        return self._under("features")

    @property
    def statistics(self) -> str:
        """Table of what each commit of a feature group says of each feature that is not personal."""
        return self._under("statistics")

    @property
    def table_map(self) -> str:
        """Table that lists every other table with its subject column."""
        return self._under("subjects", "tables")

    @property
    def suppression(self) -> str:
        """Table of the keyed hashes of erased subjects."""
        return self._under("subjects", "suppression")

    @property
    def receipts(self) -> str:
        """Append-only table of the receipts of erasures."""
        return self._under("subjects", "receipts")

    @property
    def own_tables(self) -> tuple[str, ...]:
        """Tables that the store keeps for itself, which are not in the map of subjects."""
        kept = (self.runs, self.manifests, self.source_files, self.catalog, self.statistics, self.definitions)
        return (*kept, self.table_map, self.suppression, self.receipts)

    def relative(self, path: str) -> str:
        """The part of a path below the root, as the table map keeps it."""
        return path.removeprefix(self.root.rstrip("/") + "/")

    def absolute(self, relative: str) -> str:
        """The full path of an entry of the table map."""
        return self._under(relative)

    def _under(self, *parts: str) -> str:
        return "/".join((self.root.rstrip("/"), *parts))
