# The Python environment .venv: created from hashed locks, never half used.
#
# A stamp is written as the last step and removed before anything changes. A folder without one is thrown away and made afresh:
# pip can take a package for installed whose files were only half written.

# KIND is run or dev; dev contains run at the same versions, so the two can be installed in either order.
environment_is_ready() {
    [[ -x $VENV/bin/python && $(cat "$VENV/$1.stamp" 2>/dev/null) == "$(environment_stamp "$1")" ]] &&
        is_the_python_asked_for
}

# What the environment depends on: its lock, the build tools, and the place, which its scripts name.
environment_stamp() {
    local locks
    locks=$(cat "$ROOT/requirements/build.lock" "$ROOT/requirements/$1.lock" | sha256sum)
    echo "${locks%% *} $VENV"
}

is_the_python_asked_for() {
    [[ -z ${PYTHON:-} || -d $VENV/lib/python$(python_version "$PYTHON") ]]
}

# Serialise set-ups of one checkout; file descriptor 9 holds the lock until this shell ends or goes on.
with_lock() {
    { exec 9>"$ROOT/.venv.lock"; } 2>/dev/null || checkout_is_only_read
    if ! flock --nonblock 9; then
        say "another set-up of this checkout is running; waiting for it"
        flock 9
    fi
    "$@"
    exec 9>&-
}

# Says why an environment that another user made can't be used, and who can mend it.
checkout_is_only_read() {
    local owner options=--setup reason="its environment .venv is not made, or not for this version of the checkout"
    owner=$(stat -c %U "$ROOT")
    if [[ -e $VENV && ! -x $VENV ]] || [[ -e $VENV/run.stamp && ! -r $VENV/run.stamp ]]; then
        reason="$(user_text) may not read its environment $VENV (umask of who made it?)"
    elif [[ -L $VENV/bin/python && ! -x $VENV/bin/python ]]; then
        reason="$(user_text) may not run its Python, $(readlink "$VENV/bin/python"); PYTHON=/usr/bin/python3 can name another one when it is made"
    fi
    if environment_is_ready "$KIND" && jars_are_ready; then
        options=--pack reason="its environment is not packed for clusters yet"
    fi
    stop "the checkout $ROOT can't be written, and is not ready: $reason. Its owner, $owner, can make it ready for all by:
    umask 022; ./spark-submit.sh $options
or use a checkout of your own."
}

create_environment() {
    local kind=$1 log="$ROOT/.venv.log" python
    : >"$log"
    if ! environment_can_grow; then
        python=$(find_python) || exit 2
        say "creating the environment .venv with Python $(python_version "$python"): once, a few minutes"
        [[ ! -e $VENV ]] || say "  in place of .venv, which is unfinished, of other versions or from elsewhere"
        rm -rf "$VENV"
        run_with_progress "creating the virtual environment" "$log" "$python" -m venv "$VENV"
        run_with_progress "installing the build tools" "$log" install_lock build
    fi
    rm -f "$VENV"/*.stamp
    run_with_progress "installing the packages of requirements/$kind.lock" "$log" install_lock "$kind" --no-build-isolation
    write_stamps "$kind"
    rm -f "$log"
}

# The one change made in place is adding dev to a finished run; any other difference means a fresh environment.
environment_can_grow() { [[ $KIND == dev ]] && environment_is_ready run; }

install_lock() {
    local lock=$1
    shift
    "$VENV/bin/python" -I -m pip install --quiet --no-input --disable-pip-version-check --require-hashes "$@" \
        --requirement "$ROOT/requirements/$lock.lock"
}

write_stamps() {
    environment_stamp run >"$VENV/run.stamp"
    [[ $1 == run ]] || environment_stamp dev >"$VENV/dev.stamp"
}

# Prints the first Python 3.11 or 3.12 that runs and can make environments; names what is missing otherwise.
find_python() {
    local candidate version without_venv=""
    local candidates=(python3.12 python3.11 python3)
    [[ -z ${PYTHON:-} ]] || candidates=("$PYTHON")
    for candidate in "${candidates[@]}"; do
        # A name on the PATH proves nothing: version managers put there scripts that fail.
        version=$(python_version "$candidate") || continue
        [[ $version == 3.11 || $version == 3.12 ]] || continue
        if "$candidate" -c 'import ensurepip, venv' 2>/dev/null; then
            command -v "$candidate"
            return 0
        fi
        without_venv=${without_venv:-$version}
    done
    python_is_missing "$without_venv"
    return 1
}

python_version() { "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null; }

python_is_missing() {
    local line
    line=$(install_line /etc/os-release "${1:-$(usual_python)}")
    if [[ -n $1 ]]; then
        say "Python $1 is here, but not its module venv (python3-venv)."
    else
        say "Python 3.11 or 3.12 is missing${PYTHON:+ (PYTHON=$PYTHON is neither)}."
    fi
    [[ -z $line ]] || say "Install it by:
    $(as_root_text "$line")"
}

# What the distribution itself offers: Debian 12 has 3.11, newer ones 3.12.
usual_python() { if [[ $(os_field /etc/os-release VERSION_ID) == 12 ]]; then echo 3.11; else echo 3.12; fi; }
