# Get Delta's jars: Spark's resolver downloads them once, their checksums are verified, and they are kept in the environment.

readonly JARS="$VENV/share/tidegate/jars"
readonly SUMS="$ROOT/requirements/jars.sha256"
readonly DELTA_COORDINATE="io.delta:delta-spark_4.2_2.13:4.4.0"
# Spark contains these libraries already; without the exclusion the resolver would download 33 files with 87 MB.
readonly NOT_NEEDED='org.apache.hadoop:*,org.apache.parquet:*,org.antlr:*,com.fasterxml.jackson.core:*'

jars_are_ready() { cmp --silent "$SUMS" "$JARS/jars.sha256"; }

packages_folder() { echo "$VENV"/lib/python3*/site-packages; }
spark_home() { echo "$(packages_folder)/pyspark"; }

# The jars are downloaded into a temporary folder, which is renamed as the last step, so an interrupted download is never used.
resolve_jars() {
    local fresh="$JARS.$$"
    rm -rf "$JARS" "$JARS".*
    mkdir -p "$fresh"
    run_with_progress "fetching Delta's jars" "$ROOT/.venv.log" fetch_jars "$fresh"
    sums_hold "$fresh/jars" || {
        rm -rf "$fresh"
        stop "the checksums of Delta's jars differ from those in requirements/jars.sha256; nothing was installed"
    }
    keep_pinned_jars "$fresh/jars"
    mv "$fresh/jars" "$JARS"
    rm -rf "$fresh" "$ROOT/.venv.log"
}

fetch_jars() {
    echo 'pass' >"$1/nothing.py"
    SPARK_HOME=$(spark_home) PYSPARK_PYTHON="$VENV/bin/python" SPARK_LOCAL_IP=127.0.0.1 "$VENV/bin/spark-submit" \
        --master 'local[1]' --packages "$DELTA_COORDINATE" --exclude-packages "$NOT_NEEDED" \
        --conf spark.jars.ivy="$1" --driver-java-options "$(java_proxy_options)" "$(as_uri "$1/nothing.py")"
}

# The resolver also downloads other jars (Unity Catalog's client), which tables on a path don't need.
keep_pinned_jars() {
    local jar
    for jar in "$1"/*.jar; do
        grep -qF "  $(basename "$jar")" "$SUMS" || rm "$jar"
    done
    cp "$SUMS" "$1/jars.sha256"
}

sums_hold() { (cd "$1" && sha256sum --check --quiet "$SUMS" >&2); }

# Called at every start; it takes a twentieth of a second for 13 MB.
verify_jars() {
    sums_hold "$JARS" || stop "the checksum of a jar in $JARS differs from the one in requirements/jars.sha256. Nothing was run.
Delete that folder and start again; the jars are then downloaded again."
}
