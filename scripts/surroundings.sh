# What a job must not inherit from the machine or a company's profile, and what it needs that may be missing: a home, a name, a
# folder for temporary files, a character set. Nothing is written into the checkout.

# The options that the driver's JVM needs because of the user who runs it.
USER_OPTIONS=()

prepare_surroundings() {
    require_usable_place
    clear_profile
    use_utf8
    require_temporary_folder
    use_home
    use_name
}

# Java separates the jars of a class path, and Python the folders of its path, by a colon that nothing can protect.
require_usable_place() {
    [[ $ROOT != *:* ]] || stop "the path of this checkout has a colon, which Java and Python can't have in their search paths: $ROOT
Move the checkout to a folder without one."
}

# Variables for other Sparks and Pythons that Spark or Python would read before, or in place of, what is ours.
clear_profile() {
    local name
    # Of a driver that started this script; it is another job than ours.
    unset PYSPARK_GATEWAY_PORT PYSPARK_GATEWAY_SECRET
    for name in PYTHONHOME PYTHONINSPECT PYSPARK_SUBMIT_ARGS PYSPARK_DRIVER_PYTHON_OPTS SPARK_REMOTE SPARK_API_MODE \
        SPARK_CONNECT_MODE_ENABLED; do
        ignore_variable "$name"
    done
    # Its spark-env.sh could change any of our variables. On a cluster it may say how the cluster is reached.
    if is_local; then ignore_variable SPARK_CONF_DIR; fi
}

ignore_variable() {
    [[ -n ${!1:-} ]] || return 0
    say "the variable $1=${!1} is ignored: it is not for this environment (docs/surroundings.md)"
    unset "$1"
}

# Java reads and writes names of files in the character set of the locale: in plain C every letter with an accent is lost.
use_utf8() {
    [[ $(locale charmap 2>/dev/null) == UTF-8 ]] || export LC_ALL=C.UTF-8
}

# Python passes silently over a TMPDIR that can't be used, and Java never looks at it.
require_temporary_folder() {
    if [[ -n ${TMPDIR:-} ]] && ! is_writable "$TMPDIR"; then
        say "the variable TMPDIR=$TMPDIR is ignored: that is no folder that this user can write"
        unset TMPDIR
    fi
    is_writable "${TMPDIR:-/tmp}" || stop "$(user_text) can't write the folder /tmp. Set the variable TMPDIR to a folder for temporary files."
    if [[ -n ${TMPDIR:-} ]]; then
        USER_OPTIONS+=("-Djava.io.tmpdir=$TMPDIR")
        if is_local; then export SPARK_LOCAL_DIRS=${SPARK_LOCAL_DIRS:-$TMPDIR}; fi
    fi
}

is_writable() { [[ -d $1 && -w $1 && -x $1 ]]; }

# Java takes the home of the password file and not the variable's.
use_home() {
    local listed
    listed=$(getent passwd "$EUID" 2>/dev/null | cut -d: -f6) || true
    is_writable "${HOME:-}" || HOME=$(private_folder)
    export HOME
    is_writable "$listed" || USER_OPTIONS+=("-Duser.home=$HOME")
}

# A container can run under a number that no password file has; Hadoop and Python ask for the name that belongs to it.
use_name() {
    if has_name; then return 0; fi
    is_local || stop "the user id $EUID has no name on this machine, which a cluster needs. Add it to /etc/passwd, or run as a user who has one."
    export USER=${HADOOP_USER_NAME:-uid$EUID}
    export LOGNAME=$USER
    USER_OPTIONS+=("-Duser.name=$USER")
}

has_name() { id -un >/dev/null 2>&1; }

user_text() { if has_name; then id -un; else echo "the user id $EUID"; fi; }

# A folder of this user alone, the same one each time where that can be.
private_folder() {
    local folder="${TMPDIR:-/tmp}/tidegate-$EUID"
    mkdir -m 700 "$folder" 2>/dev/null || true
    # Somebody else may have made it: everybody writes to /tmp.
    if [[ ! -L $folder && -O $folder && -w $folder ]]; then
        chmod 700 "$folder"
        echo "$folder"
    else
        mktemp -d "${TMPDIR:-/tmp}/tidegate-$EUID.XXXXXX"
    fi
}

# The folder for what is made from the checkout's files: in the environment, or this user's own where that is only read.
made_folder() {
    local folder="$VENV/share/tidegate"
    if is_writable "$folder"; then echo "$folder"; else private_folder; fi
}

# Spark takes paths for URIs where they can be read as such: what a URI can't hold is encoded.
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

# An option of Java in the form that Spark splits at blanks: quoted where it has any.
java_option() {
    local option=$1
    if [[ $option =~ [[:space:]\'\"\\] ]]; then
        option=${option//\\/\\\\}
        option="\"${option//\"/\\\"}\""
    fi
    echo "$option"
}

# Java reads none of the variables for proxies: the options that say the same. Java sends no password to a proxy for https.
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
