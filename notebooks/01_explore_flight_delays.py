# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#       jupytext_version: 1.19.6
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # A look at the flight delays
#
# What is in the store after a run of the example system, and how a training row comes about. First run the system, for
# example two weeks of it:
#
# ```
# ./spark-submit.sh jobs/run_system.py --system flight_delays --from 2013-01-01 --to 2013-01-14
# ```
#
# Then open this page with the Python of `.venv` as its kernel (`make setup`). `TIDEGATE_ROOT` names another root than `data`.
# Nothing here writes to the store. The tail number of an aircraft is a personal column: it is used, never shown.

# %%
import os
import sys
from pathlib import Path

here = Path.cwd()
checkout = next(folder for folder in (here, *here.parents) if (folder / "spark-submit.sh").exists())
sys.path.insert(0, str(checkout / "lib"))  # so that it works without installing tidegate as a package

import pandas as pd
from IPython.display import display
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tidegate import FeatureStore
from tidegate.registry.registry import Registry
from tidegate.session import build_session, read_properties
from tidegate_examples.flight_delays import SYSTEM, groups

# %%
pd.set_option("display.max_colwidth", 80, "display.width", 220, "display.max_columns", 20)
root = os.environ.get("TIDEGATE_ROOT", str(checkout / "data"))
settings = read_properties(checkout / "conf" / "spark" / "local.conf")
spark = SparkSession.getActiveSession() or build_session("explore flight delays", settings)
store = FeatureStore(spark, root)

# %% [markdown]
# ## What is there
# Every table is entered in one map, with the column that names a person. An erasure goes by this map.

# %%
tables = pd.DataFrame(store.tables())
display(tables)

# %% [markdown]
# ## Feature groups
# A feature group is a versioned table of features of one entity. Its definition says what each column means.

# %%
definitions = pd.DataFrame(
    {
        "group": group.full_name,
        "entity key": ", ".join(group.entity_key),
        "features": len(group.feature_names),
        "subject": ", ".join(group.subjects),
        "description": group.description,
    }
    for group in SYSTEM.groups
)
display(definitions)

# %%
fields = pd.DataFrame(
    {"field": field.name, "type": field.type.simpleString(), "unit": field.unit or "", "meaning": field.description}
    for field in groups.MOVEMENTS.fields
)
display(fields)

# %% [markdown]
# Each run of the feature pipeline keeps the catalog of features up to date: what a feature means, where it comes from, which
# code computes it and whom to ask. Every word of the search must match; `history=True` tells when meaning or code changed.

# %%
weather = store.catalog.find("origin_weather temperature")
shown = ("feature", "description", "unit", "origin", "transformation", F.substring("transformation_hash", 1, 12).alias("hash"))
display(weather.select(*shown, "owner", "since", "recorded_at").toPandas().T)

# %% [markdown]
# ### History and versions
# Each write is a version of the Delta table; an older one can still be read by its number.

# %%
history = store.history(groups.ORIGIN_WEATHER).select("version", "timestamp", "operation", "operationMetrics.numOutputRows")
display(history.toPandas())

# %%
newest = int(history.first()["version"])
for version in (0, newest):
    rows = store.read(groups.ORIGIN_WEATHER, version).count()
    print(f"version {version}: {rows:,} hours of weather")

# %% [markdown]
# ## A training set for a handful of flights
# Each flight gets the values that were *known* two hours before its scheduled departure. With `provenance=True` the join
# also tells which row of each group it chose: when that row was true (`event_time`) and when it became known
# (`available_at`). For an aggregate, these are the newest times among the rows that it counts.

# %%
view = SYSTEM.models[0].view
outcomes = store.read(view.labels)
handful = (
    outcomes.where(F.col("departure_delay_minutes") > 15)
    .orderBy(F.desc("event_time"), "carrier", "flight", "origin")
    .limit(5)
    .select(*view.entity_columns, "event_time", *view.targets)
)
training_rows = store.attach_features(view, handful, provenance=True).drop(*view.subjects)
sample = training_rows.toPandas()
display(sample[[*groups.SCHEDULED_FLIGHTS.entity_key, "event_time", *view.targets, *view.feature_names]].T)

# %% [markdown]
# When did the row of each group, or the newest row of each aggregate, become known, and how long before the prediction was
# that? A negative age would be a look into the future.

# %%
known = "__available_at"
origins = [name.removesuffix(known) for name in sample.columns if name.endswith(known)]
chosen = pd.concat(
    [
        pd.DataFrame(
            {
                "flight": sample["carrier"] + " " + sample["flight"].astype(str),
                "prediction time": sample["event_time"],
                "group or aggregate": name,
                "event_time": sample[f"{name}__event_time"],
                "available_at": sample[f"{name}{known}"],
            }
        )
        for name in origins
    ],
    ignore_index=True,
)
chosen["age"] = chosen["prediction time"] - chosen["available_at"]
assert (chosen["age"].dropna() >= pd.Timedelta(0)).all(), "a value from the future"
display(chosen.sort_values(["flight", "group or aggregate"]).head(len(origins)))

# %% [markdown]
# The training datasets that were built so far, each with the table versions it came from:

# %%
manifests = store.audit.manifests().select("dataset_id", "label_start", "label_end", "rows", "group_versions", "content_hash")
display(manifests.toPandas().T)

# %% [markdown]
# ## Labels, the pandas way
# `pandas_api()` gives a Spark frame the methods of pandas; the work stays in Spark until the result is shown.

# %%
labels = outcomes.drop(*view.subjects).pandas_api()
by_carrier = labels.groupby("carrier")[["delayed", "cancelled"]].mean().sort_values("delayed", ascending=False)
display(by_carrier.head(10))

# %% [markdown]
# ## Metrics of the champion
# On test days that no model learned from; lower log loss is better, higher areas are better.

# %%
registry = Registry(os.environ.get("MLFLOW_TRACKING_URI", f"sqlite:///{root}/mlflow/mlflow.db"))
champion = registry.require_champion(SYSTEM.models[0].name)
metrics = pd.DataFrame(registry.test_metrics(champion)).T.sort_values("log_loss")
print(f"{champion.name} version {champion.version}")
display(metrics)

# %% [markdown]
# ## Predictions
# A prediction is stamped with what made it: model, view, and the version of every table that was read.

# %%
predictions = store.predictions(SYSTEM.models[0].name)
made_by = predictions.groupBy("model_name", "model_version", "release", "arm").agg(
    F.count("*").alias("flights"), F.min("flight_date").alias("first day"), F.max("flight_date").alias("last day")
)
display(made_by.toPandas())

# %%
predicted = predictions.drop(*view.subjects).pandas_api()
risk = predicted.groupby("flight_date").agg(flights=("probability", "count"), mean_risk=("probability", "mean"))
by_day = risk.sort_index()
display(by_day)

# %% [markdown]
# Did the predictions come true? Flights of high risk should be late more often.

# %%
known = outcomes.select(*groups.DEPARTURE_OUTCOMES.entity_key, F.col("event_time").alias("prediction_time"), "delayed")
judged = predictions.join(known, on=[*groups.DEPARTURE_OUTCOMES.entity_key, "prediction_time"], how="inner")
by_risk = (
    judged.groupBy((F.floor(F.col("probability") * 10) * 10).alias("risk from %"))
    .agg(F.count("*").alias("flights"), F.avg("probability").alias("predicted"), F.avg("delayed").alias("late"))
    .orderBy("risk from %")
)
display(by_risk.toPandas())

# %% [markdown]
# ## What ran
# Two rows a job: started, and how it ended. A start without an end is a job that was killed; its next run finishes it.

# %%
runs = store.audit.runs().select("at", "job", "batch", "result").orderBy("at")
display(runs.toPandas())

# %%
print(f"The page for people: {store.layout.page(SYSTEM.name)}")
