# Make an archive of the classes that the driver loads (the JVM's AppCDS), so that a start need not read and verify each of them.

readonly CLASSES="$VENV/share/tidegate/classes"
readonly DRIVER_CONF="$VENV/share/tidegate/driver.conf"

class_archive_is_ready() { [[ $(cat "$CLASSES/stamp" 2>/dev/null) == "$(class_archive_stamp)" ]]; }

# An archive is valid for one build of Java and one list of jars.
class_archive_stamp() {
    cat "$VENV/run.stamp" "$SUMS" "${JAVA_HOME:-/nowhere}/release" "$ROOT/scripts/class_archive.sh" 2>/dev/null | sha256sum
}

# Everything works without an archive, but starts are slower. So the set-up goes on if the JVM can't write one.
make_class_archive() {
    rm -rf "$CLASSES" "$DRIVER_CONF"
    mkdir -p "$CLASSES"
    if ! (run_with_progress "archiving the driver's classes" "$ROOT/.venv.log" dump_classes "$CLASSES/driver.jsa"); then
        say "  each start takes some seconds longer; everything else works"
        rm -f "$CLASSES/driver.jsa"
    fi
    write_driver_conf >"$DRIVER_CONF"
    class_archive_stamp >"$CLASSES/stamp"
    rm -f "$ROOT/.venv.log"
}

dump_classes() {
    local options=() key value
    while read -r key value; do options+=(--conf "$key=$value"); done < <(machine_settings | tail -n +2)
    env -u SPARK_CONF_DIR SPARK_HOME="$(spark_home)" PYSPARK_PYTHON="$VENV/bin/python" PYSPARK_DRIVER_PYTHON="$VENV/bin/python" \
        SPARK_LOCAL_IP=127.0.0.1 TZ=UTC PYTHONPATH="$ROOT/lib" "$VENV/bin/spark-submit" \
        --properties-file "$ROOT/conf/spark/local.conf" "${options[@]}" --driver-class-path "$(join_words : "$JARS"/*.jar)" \
        --driver-java-options "$(java_option "-XX:ArchiveClassesAtExit=$1") $(log_options)" "$(as_uri "$ROOT/scripts/load_classes.py")"
    [[ -s $1 ]]
}

# Write the settings with which spark-submit.sh and tidegate.session start a driver. A JVM ignores an archive that another Java
# made.
write_driver_conf() {
    local options
    options=$(log_options)
    [[ ! -s $CLASSES/driver.jsa ]] ||
        options="$(java_option "-XX:SharedArchiveFile=$CLASSES/driver.jsa") -Xlog:cds=off -Xlog:cds+dynamic=off $options"
    echo "spark.driver.extraClassPath $(join_words : "$JARS"/*.jar)"
    echo "spark.driver.extraJavaOptions $options"
}

# The time zone is set here too, since JAVA_TOOL_OPTIONS of a profile may set another zone, which has priority over TZ.
log_options() { echo "-Duser.timezone=UTC $(java_option "-Dlog4j2.configurationFile=$(as_uri "$ROOT/conf/spark/log4j2.properties")")"; }
