"""The private classes and methods of Delta and Spark that tidegate calls, and what it does if an upgrade removed one."""

from collections.abc import Mapping
from dataclasses import dataclass

TESTED_DELTA, TESTED_SPARK = "4.4.0", "4.2.0"

_SQL = "org.apache.spark.sql"
_DELTA = f"{_SQL}.delta"
_PLANS = f"{_SQL}.catalyst.plans.logical"


@dataclass(frozen=True, eq=False)
class PrivateNames:
    """Private names that are called together, for one purpose.

    Attributes:
        purpose: Why tidegate calls them. In the log, it follows the words `which tidegate calls`.
        instead: What tidegate does without them. The tables get the same rows.
        members: The called methods and constructors by class, with the types of their parameters: `update(boolean,Option)`.
        needs: Further names; if one of them is missing, these are not called either.
    """

    purpose: str
    instead: str
    members: Mapping[str, tuple[str, ...]]
    needs: tuple["PrivateNames", ...] = ()

    @property
    def main(self) -> str:
        """The class that an error names for all of them."""
        return next(iter(self.members))


LOG = PrivateNames(
    "to read what a table's log says without a Spark job",
    "it reads the files of the log itself, by Delta's published protocol",
    {
        f"{_DELTA}.DeltaLog": (
            "forTable(SparkSession,String)",
            "update(boolean,Option,Option)",
            "getSnapshotAt(long,Option,Option,boolean)",
            "createDataFrame(SnapshotDescriptor,Seq,boolean,Option)",
            "createDataFrame$default$4()",
        ),
        f"{_DELTA}.Snapshot": (
            "version()",
            "deltaLog()",
            "metadata()",
            "checksumOpt()",
            "allFiles()",
            "transactions()",
            "numOfFiles()",
            "sizeInBytes()",
        ),
        f"{_DELTA}.VersionChecksum": ("allFiles()", "setTransactions()", "numFiles()", "tableSizeBytes()"),
        f"{_DELTA}.actions.Metadata": ("id()", "json()"),
        f"{_DELTA}.actions.SetTransaction": ("appId()",),
        f"{_DELTA}.util.JsonUtils": ("mapper()",),
    },
)
COMMIT = PrivateNames(
    "to commit the files that it wrote, and to name the files that they replace",
    "it commits with Spark's DataFrame writer, and compacts with OPTIMIZE",
    {
        f"{_DELTA}.OptimisticTransaction": (
            "readWholeTable()",
            "writeFiles(Dataset)",
            "commit(Seq,DeltaOperations$Operation)",
            "updateMetadata(Metadata,boolean)",
            "metadata()",
            "readVersion()",
        ),
        f"{_DELTA}.DeltaLog": ("startTransaction(Option,Option)", "dataPath()"),
        f"{_DELTA}.actions.AddFile": (
            "path()",
            "partitionValues()",
            "json()",
            "removeWithTimestamp(long,boolean)",
            "numPhysicalRecords()",
        ),
        f"{_DELTA}.actions.Metadata": (
            "name()",
            "description()",
            "format()",
            "configuration()",
            "createdTime()",
            "copy(String,String,String,Format,String,Seq,Map,Option)",
        ),
        f"{_DELTA}.actions.SetTransaction": ("SetTransaction(String,long,Option)",),
        f"{_DELTA}.actions.Action$": ("fromJson(String)",),
        f"{_DELTA}.DeltaOperations$Write": (
            "DeltaOperations$Write(SaveMode,Option,Option,Option,Option,Option,Option,Option,Option)",
        ),
    },
    needs=(LOG,),
)
MARKS = PrivateNames(
    "to mark single rows as deleted in deletion vectors",
    "it commits with MERGE",
    {
        f"{_DELTA}.commands.DeletionVectorBitmapGenerator": (
            "buildRowIndexSetsForFilesMatchingCondition"
            "(SparkSession,OptimisticTransaction,boolean,Dataset,Seq,Expression,Option,Option)",
        ),
        f"{_DELTA}.commands.DMLWithDeletionVectorsHelper": (
            "generateCandidateFileMap(Path,Seq)",
            "findFilesWithMatchingRows(OptimisticTransaction,Map,Seq)",
        ),
        f"{_DELTA}.commands.TouchedFileWithDV": ("isFullyReplaced()", "fileLogEntry()", "newDeletionVector()"),
        f"{_DELTA}.actions.AddFile": ("remove()", "removeRows(DeletionVectorDescriptor,boolean,boolean)"),
        f"{_SQL}.catalyst.expressions.Literal$": ("TrueLiteral()",),
    },
    needs=(COMMIT,),
)
CHECKPOINT = PrivateNames(
    "to make a checkpoint of a table's log",
    "it sets delta.checkpointInterval to 1 for one commit",
    {f"{_DELTA}.DeltaLog": ("checkpoint(Snapshot,Option)",)},
    needs=(LOG,),
)
FORGET = PrivateNames(
    "to make Delta forget what it remembers of a table",
    "Delta reads the folder of the log again, as each of its own commands does",
    {f"{_DELTA}.DeltaLog": ("invalidateCache(SparkSession,Path)",)},
)
SESSION_COPY = PrivateNames(
    "to copy the session, and set in the copy what one command needs",
    "it makes a new session with the same settings",
    {f"{_SQL}.classic.SparkSession": ("cloneSession()",)},
)
PLAN_SIZE = PrivateNames(
    "to estimate how large a frame is",
    "it plans every batch like a small one",
    {
        f"{_SQL}.execution.QueryExecution": ("optimizedPlan()",),
        f"{_PLANS}.LogicalPlan": ("stats()",),
        f"{_PLANS}.Statistics": ("sizeInBytes()",),
    },
)
KEPT_PARTITIONS = PrivateNames(
    "to see that rows are already in one partition",
    "Spark shuffles them once more",
    {f"{_SQL}.execution.QueryExecution": ("logical()",), f"{_SQL}.execution.LogicalRDD": ("rdd()",)},
)
WIDE_PLANS = PrivateNames(
    "to compute frames with many columns without inferring constraints between them",
    "Spark infers them, which can take minutes for dozens of columns",
    {f"{_SQL}.execution.QueryExecution": ("analyzed()",), f"{_SQL}.classic.Dataset": ("ofRows(SparkSession,LogicalPlan)",)},
    needs=(SESSION_COPY,),
)
PLAN_NODES = PrivateNames(
    "to see in a plan whether a transformation computes each row from one row",
    "`requeue` refuses every source with a transformation, because it may use several rows at once",
    {
        f"{_SQL}.execution.QueryExecution": ("analyzed()",),
        f"{_PLANS}.LogicalPlan": ("children()", "subqueries()", "expressions()"),
        f"{_PLANS}.Join": ("joinType()",),
        f"{_SQL}.catalyst.plans.JoinType": ("sql()",),
        f"{_SQL}.catalyst.expressions.Expression": ("deterministic()",),
        f"{_SQL}.execution.LogicalRDD": ("rdd()",),
    },
)
PARQUET_TYPES = PrivateNames(
    "to read the columns of a Parquet file from its footer",
    "Spark reads them, with one job for each file",
    {
        f"{_SQL}.execution.datasources.parquet.ParquetToSparkSchemaConverter": (
            "ParquetToSparkSchemaConverter(SQLConf)",
            "convert(MessageType)",
        ),
        f"{_SQL}.classic.SparkSession": ("sessionState()",),
    },
)
ALL = (LOG, COMMIT, MARKS, CHECKPOINT, FORGET, SESSION_COPY, PLAN_SIZE, KEPT_PARTITIONS, WIDE_PLANS, PLAN_NODES, PARQUET_TYPES)
