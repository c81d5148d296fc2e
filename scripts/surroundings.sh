# Prepare the surroundings of a job. Unset variables of the machine or of a company's profile that would change it, and provide
# what may be missing: a home, a user name, a folder for temporary files, a character set. Nothing is written into the checkout.

# Options for the driver's JVM that depend on the user who runs the job.
USER_OPTIONS=()

prepare_surroundings() {
    require_usable_place
    clear_profile
    use_utf8
    require_temporary_folder
    use_home
    use_name
}

# Java and Python separate the entries of their search paths by colons, and a colon inside an entry can't be escaped.
require_usable_place() {
    [[ $ROOT != *:* ]] || stop "the path of this checkout has a colon, which Java and Python can't have in their search paths: $ROOT
Move the checkout to a folder whose path has no colon."
}

# Unset variables that belong to another Spark or Python, and that would change or replace the settings of this environment.
clear_profile() {
    local name
    # These are set if a Spark driver started this script; they belong to that driver.
    unset PYSPARK_GATEWAY_PORT PYSPARK_GATEWAY_SECRET
    for name in PYTHONHOME PYTHONINSPECT PYSPARK_SUBMIT_ARGS PYSPARK_DRIVER_PYTHON_OPTS SPARK_REMOTE SPARK_API_MODE \
        SPARK_CONNECT_MODE_ENABLED; do
        ignore_variable "$name"
    done
    # The spark-env.sh in that folder could change any of our variables. For a cluster it may be needed to reach the cluster.
    if is_local; then ignore_variable SPARK_CONF_DIR; fi
}

ignore_variable() {
    [[ -n ${!1:-} ]] || return 0
    say "the variable $1=${!1} is ignored, since it is not meant for this environment (docs/surroundings.md)"
    unset "$1"
}

# Java uses the character set of the locale for file names; in the locale C it loses every letter with an accent.
use_utf8() {
    [[ $(locale charmap 2>/dev/null) == UTF-8 ]] || export LC_ALL=C.UTF-8
}

# Python silently ignores a TMPDIR that can't be used, and Java does not read TMPDIR at all.
require_temporary_folder() {
    if [[ -n ${TMPDIR:-} ]] && ! is_writable "$TMPDIR"; then
        say "the variable TMPDIR=$TMPDIR is ignored, since it is not a folder that this user can write"
        unset TMPDIR
    fi
    is_writable "${TMPDIR:-/tmp}" || stop "$(user_text) can't write the folder /tmp. Set the variable TMPDIR to a folder for temporary files."
    if [[ -n ${TMPDIR:-} ]]; then
        USER_OPTIONS+=("-Djava.io.tmpdir=$TMPDIR")
        if is_local; then export SPARK_LOCAL_DIRS=${SPARK_LOCAL_DIRS:-$TMPDIR}; fi
    fi
}

is_writable() { [[ -d $1 && -w $1 && -x $1 ]]; }

# Java reads the home from the password file and ignores the variable HOME.
use_home() {
    local listed
    listed=$(getent passwd "$EUID" 2>/dev/null | cut -d: -f6) || true
    is_writable "${HOME:-}" || HOME=$(private_folder)
    export HOME
    is_writable "$listed" || USER_OPTIONS+=("-Duser.home=$HOME")
}

# A container can run under a user id that is not in the password file, but Hadoop and Python need a user name.
use_name() {
    if has_name; then return 0; fi
    is_local || stop "the user id $EUID has no name on this machine, but a cluster needs one. Add the user to /etc/passwd, or run the job as a user with a name."
    export USER=${HADOOP_USER_NAME:-uid$EUID}
    export LOGNAME=$USER
    USER_OPTIONS+=("-Duser.name=$USER")
}

has_name() { id -un >/dev/null 2>&1; }

user_text() { if has_name; then id -un; else echo "the user id $EUID"; fi; }

# Prints a folder that only this user can read: the same one each time, or a new one if another user owns that.
private_folder() {
    local folder="${TMPDIR:-/tmp}/tidegate-$EUID"
    mkdir -m 700 "$folder" 2>/dev/null || true
    # Another user may have made this folder, since all users can write to /tmp.
    if [[ ! -L $folder && -O $folder && -w $folder ]]; then
        chmod 700 "$folder"
        echo "$folder"
    else
        mktemp -d "${TMPDIR:-/tmp}/tidegate-$EUID.XXXXXX"
    fi
}

# Prints the folder for files that are made from the checkout: in the environment, or private if this user can't write there.
made_folder() {
    local folder="$VENV/share/tidegate"
    if is_writable "$folder"; then echo "$folder"; else private_folder; fi
}

# Spark reads some paths as URIs, so characters that a URI can't contain are encoded.
as_uri() {
    local LC_ALL=C path=$1 encoded="" place byte
    if [[ $path =~ ^[A-Za-z0-9/._+~:@=-]*$ ]]; then
        echo "$path"
        return 0
    fi
    for ((place = 0; place < ${#path}; place++)); do
        byte=${path:place:1}
        case $byte in
            [A-Za-z0-9/._~-]) encoded+=$byte ;;
            *)
                printf -v byte '%d' "'$byte"
                printf -v byte '%%%02X' "$((byte & 255))"
                encoded+=$byte
                ;;
        esac
    done
    echo "file://$encoded"
}

# Prints an option for Java, in quotes if it contains blanks or quotes, since Spark splits the options at blanks.
java_option() {
    local option=$1
    if [[ $option =~ [[:space:]\'\"\\] ]]; then
        option=${option//\\/\\\\}
        option="\"${option//\"/\\\"}\""
    fi
    echo "$option"
}

# Prints the Java options for the proxy that the environment variables name, since Java does not read these variables. A password
# is left out: Java does not send it to a proxy for https.
java_proxy_options() {
    local proxy=${https_proxy:-${HTTPS_PROXY:-${all_proxy:-${ALL_PROXY:-}}}} kind=https excepted
    [[ -n $proxy ]] || return 0
    [[ ${proxy,,} != socks*://* ]] || kind=socks
    proxy=${proxy#*://}
    proxy=${proxy%%/*}
    proxy=${proxy##*@}
    local host=${proxy%:*} port=${proxy##*:}
    [[ $proxy == *:* ]] || port=80
    if [[ $kind == socks ]]; then
        echo "-DsocksProxyHost=$host -DsocksProxyPort=$port"
        return 0
    fi
    excepted=${no_proxy:-${NO_PROXY:-}}
    excepted=${excepted//[[:space:]]/}
    excepted=${excepted//,./,*.}
    echo "-Dhttps.proxyHost=$host -Dhttps.proxyPort=$port -Dhttp.nonProxyHosts=${excepted//,/|}"
}
