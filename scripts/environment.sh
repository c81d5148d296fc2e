# Create the Python environment .venv from lock files with hashes. An unfinished environment is never used.
#
# The set-up removes the stamp file before it changes anything, and writes it as the last step. A folder without a stamp is
# deleted and created again, since pip may take a package for installed although only a part of its files was written.

# KIND is run or dev. The packages of dev include those of run in the same versions, so they can be installed in either order.
environment_is_ready() {
    [[ -x $VENV/bin/python && $(cat "$VENV/$1.stamp" 2>/dev/null) == "$(environment_stamp "$1")" ]] &&
        is_the_python_asked_for
}

# The environment depends on its lock, on the build tools, and on its path, which its scripts contain.
environment_stamp() {
    local locks
    locks=$(cat "$ROOT/requirements/build.lock" "$ROOT/requirements/$1.lock" | sha256sum)
    echo "${locks%% *} $VENV"
}

is_the_python_asked_for() {
    [[ -z ${PYTHON:-} || -d $VENV/lib/python$(python_version "$PYTHON") ]]
}

# Run only one set-up of a checkout at a time. File descriptor 9 holds the lock until it is closed or this shell ends.
with_lock() {
    { exec 9>"$ROOT/.venv.lock"; } 2>/dev/null || checkout_is_only_read
    if ! flock --nonblock 9; then
        say "another set-up of this checkout is running; waiting until it has ended"
        flock 9
    fi
    "$@"
    exec 9>&-
}

# Says why this user can't use an environment that another user made, and what the owner can do.
checkout_is_only_read() {
    local owner options=--setup reason="its environment .venv is missing, or was not made for this version of the checkout"
    owner=$(stat -c %U "$ROOT")
    if [[ -e $VENV && ! -x $VENV ]] || [[ -e $VENV/run.stamp && ! -r $VENV/run.stamp ]]; then
        reason="$(user_text) may not read its environment $VENV (check the umask of the user who made it)"
    elif [[ -L $VENV/bin/python && ! -x $VENV/bin/python ]]; then
        reason="$(user_text) may not run its Python, $(readlink "$VENV/bin/python"); with PYTHON=/usr/bin/python3 the set-up uses another one"
    fi
    if environment_is_ready "$KIND" && jars_are_ready; then
        options=--pack reason="its environment is not packed for clusters yet"
    fi
    stop "this user can't write the checkout $ROOT, and it is not ready: $reason. Its owner, $owner, can make it ready for all users with:
    umask 022; ./spark-submit.sh $options
Or use a checkout of your own."
}

create_environment() {
    local kind=$1 log="$ROOT/.venv.log" python
    : >"$log"
    if ! environment_can_grow; then
        python=$(find_python) || exit 2
        say "creating the environment .venv with Python $(python_version "$python"); this is done once and takes a few minutes"
        [[ ! -e $VENV ]] || say "  it replaces the existing .venv, which is unfinished, has other versions or was moved here"
        rm -rf "$VENV"
        run_with_progress "creating the virtual environment" "$log" "$python" -m venv "$VENV"
        run_with_progress "installing the build tools" "$log" install_lock build
    fi
    rm -f "$VENV"/*.stamp
    run_with_progress "installing the packages of requirements/$kind.lock" "$log" install_lock "$kind" --no-build-isolation
    write_stamps "$kind"
    rm -f "$log"
}

# Only the packages of dev can be added to a finished environment; any other change needs a new environment.
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

# Prints the first Python 3.11 or 3.12 that runs and can make virtual environments; otherwise it says what is missing.
find_python() {
    local candidate version without_venv=""
    local candidates=(python3.12 python3.11 python3)
    [[ -z ${PYTHON:-} ]] || candidates=("$PYTHON")
    for candidate in "${candidates[@]}"; do
        # Each candidate is run, since version managers put scripts on the PATH that only fail.
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
        say "Python $1 is installed, but its module venv (python3-venv) is missing."
    else
        say "Python 3.11 or 3.12 is missing${PYTHON:+ (PYTHON=$PYTHON is neither)}."
    fi
    [[ -z $line ]] || say "Install it with:
    $(as_root_text "$line")"
}

# The Python version that the distribution offers: Debian 12 has 3.11, newer distributions have 3.12.
usual_python() { if [[ $(os_field /etc/os-release VERSION_ID) == 12 ]]; then echo 3.11; else echo 3.12; fi; }
