"""The layout of a root: the paths of everything that tidegate writes under it."""

from dataclasses import dataclass

LANDING = "landing"
# Folders of a root with one table, or one page, for each thing of a kind.
FOLDERS = ("feature_groups", "training_datasets", "predictions", "quarantine", "pages", "mlflow")


@dataclass(frozen=True)
class Layout:
    """The paths of the store's tables under `root`, which is any URI that Spark can write to."""

    root: str

    def feature_group(self, full_name: str) -> str:
        """Return the folder of a feature group's table."""
        return self._under("feature_groups", full_name)

    def training_dataset(self, view: str, dataset_id: str) -> str:
        """Return the folder of one stored training dataset."""
        return self._under("training_datasets", view, dataset_id)

    def predictions(self, name: str) -> str:
        """Return the folder of a prediction table."""
        return self._under("predictions", name)

    def quarantine(self, name: str) -> str:
        """Return the folder of the quarantine table of a feature group or a source."""
        return self._under("quarantine", name)

    def landing(self, system: str) -> str:
        """Return the folder in the landing zone with the sources of a system."""
        return self._under(LANDING, system)

    def page(self, name: str) -> str:
        """Return the path of a page, such as a system's dashboard."""
        return self._under("pages", f"{name}.html")

    @property
    def format(self) -> str:
        """The file with the format of the root."""
        return self._under("format")

    @property
    def manifests(self) -> str:
        """The table of the manifests of training datasets."""
        return self._under("manifests")

    @property
    def definitions(self) -> str:
        """The table with the definition of each version of a feature view or model."""
        return self._under("definitions")

    @property
    def source_files(self) -> str:
        """The table of the files that were loaded from each source."""
        return self._under("source_files")

    @property
    def runs(self) -> str:
        """The run table, with two rows per job: one for its start and one for its end."""
        return self._under("runs")

    @property
    def catalog(self) -> str:
        """The table of the catalog: what each feature of each feature group means, and which code computes it."""
        return self._under("features")

    @property
    def statistics(self) -> str:
        """The table of statistics, with a row for each commit of a feature group and each feature that is not personal."""
        return self._under("statistics")

    @property
    def loaded_until(self) -> str:
        """The append-only table of how far each feature group is loaded, with a row for each load."""
        return self._under("loaded_until")

    @property
    def releases(self) -> str:
        """The append-only table of releases: which model versions, views and groups were in use together, and since when."""
        return self._under("releases")

    @property
    def table_map(self) -> str:
        """The map of subjects: a table that lists every other table with its subject columns."""
        return self._under("subjects", "tables")

    @property
    def suppression(self) -> str:
        """The suppression list: a table of the keyed hashes of erased people."""
        return self._under("subjects", "suppression")

    @property
    def receipts(self) -> str:
        """The append-only table of the receipts of erasures."""
        return self._under("subjects", "receipts")

    @property
    def own_tables(self) -> tuple[str, ...]:
        """The tables with the store's own records. They are not in the map of subjects."""
        kept = (self.runs, self.manifests, self.source_files, self.catalog, self.statistics, self.definitions, self.loaded_until)
        return (*kept, self.releases, self.table_map, self.suppression, self.receipts)

    def relative(self, path: str) -> str:
        """Return a path relative to the root, as the map of subjects stores it."""
        return path.removeprefix(self.root.rstrip("/") + "/")

    def absolute(self, relative: str) -> str:
        """Return the full path for a path relative to the root."""
        return self._under(relative)

    def _under(self, *parts: str) -> str:
        return "/".join((self.root.rstrip("/"), *parts))
