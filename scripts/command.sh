# Parse the command line and build the final spark-submit command.

KIND=run JOB="" WANTS_HELP="" WANTS_SPARK_HELP="" WANTS_SET_UP="" WANTS_PACK="" WANTS_PRINT="" INSTALL_JAVA=""
MASTER="" DEPLOY_MODE=client PROPERTIES="" JARS_GIVEN="" DRIVER_JAVA_OPTIONS="" DRIVER_CLASS_PATH="" PY_FILES_GIVEN="" ARCHIVES_GIVEN=""
SPARK_OPTIONS=() JOB_ARGUMENTS=() COMMAND=()

show_help() {
    cat <<'HELP'
Usage: ./spark-submit.sh [OPTIONS] jobs/NAME.py [OPTIONS OF THE JOB]

Sets up everything that a job needs (once, in a few minutes, without root), then runs the job on Spark. Options before the
job are for this script or for Spark; options after the job are for the job.

  ./spark-submit.sh jobs/run_system.py --system flight_delays          one machine, everything local
  ./spark-submit.sh jobs/run_system.py --help                          the options of a job
  ./spark-submit.sh --conf spark.driver.memory=6g jobs/NAME.py …       any option of spark-submit
  ./spark-submit.sh --master spark://HOST:7077 --pack jobs/NAME.py …   a cluster whose machines have no Python packages

Options of this script
  --setup           set up the environment and run no job
  --dev             also install the packages for development (tests, linters); `make` uses it
  --install-java    if Java is missing, install it with the command of the distribution
  --pack            ship the Python environment to the executors (docs/cluster.md)
  --print-command   print the final spark-submit command instead of running it
  --spark-help      print the options of spark-submit
  --help            print this text

Frequently used options of Spark: --master, --deploy-mode, --name, --conf KEY=VALUE, --driver-memory, --num-executors,
--executor-memory, --executor-cores, --jars, --py-files, --files, --archives, --properties-file (replaces the file in conf/spark).

The settings come from conf/spark/local.conf, or from conf/spark/cluster.conf if --master is not local. On one machine, the
driver's memory and the number of partitions are chosen from the cores and the memory of the machine or of the container,
unless you give them with --conf, --driver-memory, a properties file or SPARK_DRIVER_MEMORY (docs/sizes.md).
Environment variables: PYTHON (the Python 3.11 or 3.12 for the environment), JAVA_HOME (a Java 17 or 21).
HELP
}

parse_arguments() {
    while (($# > 0)); do
        case $1 in
            --help | -h) WANTS_HELP=yes ;;
            --spark-help) WANTS_SPARK_HELP=yes ;;
            --setup) WANTS_SET_UP=yes ;;
            --dev) KIND=dev ;;
            --install-java) INSTALL_JAVA=yes WANTS_SET_UP=yes ;;
            --pack) WANTS_PACK=yes WANTS_SET_UP=yes ;;
            --print-command) WANTS_PRINT=yes ;;
            --verbose | -v | --supervise | --version | --usage-error | --load-spark-defaults) SPARK_OPTIONS+=("$1") ;;
            --*=*)
                take_spark_option "${1%%=*}" "${1#*=}"
                ;;
            -*)
                (($# > 1)) || stop "$1 needs a value"
                take_spark_option "$1" "$2"
                shift
                ;;
            *)
                take_job "$@"
                return 0
                ;;
        esac
        shift
    done
}

# If the user gives an option that this script gives too, the two values are joined: spark-submit would use only the last one.
take_spark_option() {
    case $1 in
        --master) MASTER=$2 ;;
        --deploy-mode) DEPLOY_MODE=$2 ;;
        --properties-file) PROPERTIES=$2 ;;
        --jars) JARS_GIVEN=$2 ;;
        --py-files) PY_FILES_GIVEN=$2 ;;
        --archives) ARCHIVES_GIVEN=$2 ;;
        --driver-java-options) DRIVER_JAVA_OPTIONS=$2 ;;
        --driver-class-path) DRIVER_CLASS_PATH=$2 ;;
        --conf | -c)
            # These two are joined with the values of this script, like --jars and --py-files.
            case $2 in
                spark.driver.extraJavaOptions=*) DRIVER_JAVA_OPTIONS=${2#*=} && return 0 ;;
                spark.driver.extraClassPath=*) DRIVER_CLASS_PATH=${2#*=} && return 0 ;;
            esac
            [[ $2 != spark.master=* ]] || MASTER=${2#*=}
            [[ $2 != spark.submit.deployMode=* ]] || DEPLOY_MODE=${2#*=}
            SPARK_OPTIONS+=("$1" "$2")
            ;;
        *) SPARK_OPTIONS+=("$1" "$2") ;;
    esac
}

# The path of the job is relative to the current folder or, if no file is there, to the checkout.
take_job() {
    JOB=$1
    [[ $JOB == *.py ]] || stop "$JOB is not a job: expected a path that ends in .py after the options; available: $(list_jobs)"
    if [[ ! -f $JOB && $JOB != *://* ]]; then
        [[ -f $ROOT/$JOB ]] || stop "there is no job $JOB; available: $(list_jobs)"
        JOB=$ROOT/$JOB
    fi
    shift
    JOB_ARGUMENTS=("$@")
}

list_jobs() { (cd "$ROOT" && find jobs -maxdepth 1 -name '[a-z]*.py' 2>/dev/null | sort | tr '\n' ' '); }

is_local() { [[ -z $MASTER || $MASTER == local* ]]; }

export_environment() {
    SPARK_HOME=$(spark_home)
    # TIDEGATE_HOME tells the jobs where their configuration and the default root are, whatever the current folder is.
    export SPARK_HOME TZ=UTC TIDEGATE_HOME="$ROOT"
    # Manifests, releases and runs record this version; it ends in `-dirty` if files differ from the commit.
    export TIDEGATE_CODE_VERSION=${TIDEGATE_CODE_VERSION:-$(git_version || echo unknown)}
    # Packages on the PYTHONPATH of a profile can still be imported, but they don't replace packages of the environment.
    [[ -z ${PYTHONPATH:-} ]] || export PYTHONPATH="$(packages_folder):$PYTHONPATH"
    export PYSPARK_DRIVER_PYTHON="$VENV/bin/python" PYSPARK_PYTHON="$VENV/bin/python"
    if [[ -n $WANTS_PACK ]]; then
        PYSPARK_PYTHON=./environment/bin/python
        [[ $DEPLOY_MODE != cluster ]] || PYSPARK_DRIVER_PYTHON=$PYSPARK_PYTHON
    fi
    if is_local; then export SPARK_LOCAL_IP=${SPARK_LOCAL_IP:-127.0.0.1}; fi
}

# By default Git refuses to read the checkout of another user, and it takes locks in the checkout.
git_version() {
    GIT_OPTIONAL_LOCKS=0 git -c safe.directory="$ROOT" -C "$ROOT" describe --always --dirty --abbrev=12 2>/dev/null
}

build_command() {
    local archives=$ARCHIVES_GIVEN library
    COMMAND=("$VENV/bin/spark-submit" --properties-file "$(properties_file)")
    add_driver_options
    # This is a command of its own, since `set -e` does not see the failure of a substitution inside another command.
    library=$(library_zip)
    COMMAND+=(--py-files "$(join_words , "$(uri_to_ship "$library")" ${PY_FILES_GIVEN:+"$PY_FILES_GIVEN"})")
    if [[ -n $WANTS_PACK ]]; then
        pack_environment
        archives=$(join_words , "$(as_uri "$(pack_file)")#environment" ${ARCHIVES_GIVEN:+"$ARCHIVES_GIVEN"})
    fi
    [[ -z $archives ]] || COMMAND+=(--archives "$archives")
    [[ -z $MASTER ]] || COMMAND+=(--master "$MASTER")
    is_local || COMMAND+=(--deploy-mode "$DEPLOY_MODE")
    add_machine_settings
    add_worker_daemon "$library"
    [[ $JOB == *://* || $JOB == /* ]] || JOB=$PWD/$JOB
    [[ $JOB == *://* ]] || JOB=$(as_uri "$JOB")
    COMMAND+=("${SPARK_OPTIONS[@]}" "$JOB" "${JOB_ARGUMENTS[@]}")
}

# On one machine Delta's jars are on the class path, so that the class archive can be used. For a cluster they are shipped.
add_driver_options() {
    local given options option class_path=$DRIVER_CLASS_PATH jars=$JARS_GIVEN
    given="$(setting_in "$(properties_file)" spark.driver.extraJavaOptions) $DRIVER_JAVA_OPTIONS"
    options="$(log_options) $given"
    if is_local; then
        options="$(setting_in <(write_driver_conf) spark.driver.extraJavaOptions) $given"
        class_path=$(join_words : "$(setting_in <(write_driver_conf) spark.driver.extraClassPath)" ${class_path:+"$class_path"})
    else
        jars=$(join_words , $(jar_uris) ${jars:+"$jars"})
    fi
    for option in "${USER_OPTIONS[@]}"; do options+=" $(java_option "$option")"; done
    # In the deploy mode `cluster` the driver runs on another machine, which does not have the files of this checkout.
    [[ $DEPLOY_MODE != cluster ]] || options=$given
    [[ -z ${options// /} ]] || COMMAND+=(--driver-java-options "${options% }")
    [[ -z $class_path ]] || COMMAND+=(--driver-class-path "$class_path")
    [[ -z $jars ]] || COMMAND+=(--jars "$jars")
}

jar_uris() {
    local jar
    for jar in "$JARS"/*.jar; do as_uri "$jar"; done
}

properties_file() {
    if [[ -n $PROPERTIES ]]; then
        echo "$PROPERTIES"
    elif is_local; then
        echo "$ROOT/conf/spark/local.conf"
    else
        echo "$ROOT/conf/spark/cluster.conf"
    fi
}

# Spark accepts a blank, = or : after a key, and uses the last line of a key. Spark itself reports a missing file.
setting_in() { sed -n "s/^[[:space:]]*$2[[:space:]]*[=:[:space:]][[:space:]]*//p" "$1" 2>/dev/null | tail -n 1 || true; }

join_words() {
    local IFS=$1
    shift
    echo "$*"
}

library_zip() {
    "$VENV/bin/python" -I "$ROOT/scripts/ship_lib.py" "$ROOT/lib" "$(made_folder)/lib" ||
        stop "the library could not be packed for the job; the reason is in the lines above"
}

# With `local:` Hadoop does not look for the file. It can't do so for a user without a name, and it would read special characters
# of the path as a pattern.
uri_to_ship() {
    local uri
    uri=$(as_uri "$1")
    if is_local && { ! has_name || [[ $uri != "$1" ]]; }; then uri=local:${uri#file://}; fi
    echo "$uri"
}

# On one machine Spark forks its Python workers from a process that has imported the library (lib/tidegate_daemon). That process does
# not look for it in --py-files, as the workers do.
add_worker_daemon() {
    is_local && [[ $OSTYPE == linux* ]] || return 0
    ! is_given spark.python.daemon.module && ! is_given spark.executorEnv.PYTHONPATH || return 0
    COMMAND+=(-c spark.python.daemon.module=tidegate_daemon -c "spark.executorEnv.PYTHONPATH=$1")
}
