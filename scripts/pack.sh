# Pack the environment into one archive, for clusters whose machines have no Python packages.

# The name of the file contains a checksum of the lock, so that a changed lock gives a new file.
pack_file() {
    local sum
    sum=$(cat "$VENV/run.stamp" "$ROOT/scripts/pack_environment.py" | sha256sum)
    echo "$ROOT/.venv-pack/environment-${sum:0:12}.tar.gz"
}

pack_environment() { [[ -f $(pack_file) ]] || with_lock write_pack "$(pack_file)"; }

write_pack() {
    [[ ! -f $1 ]] || return 0
    rm -rf "$ROOT/.venv-pack"
    mkdir -p "$ROOT/.venv-pack"
    run_with_progress "packing the environment" "$ROOT/.venv-pack/log" run_venv_pack "$1"
}

# The archive is renamed as the last step, so that an unfinished archive is never shipped.
run_venv_pack() {
    local unfinished="${1%.tar.gz}.unfinished.tar.gz"
    "$VENV/bin/python" -I "$ROOT/scripts/pack_environment.py" "$ROOT/requirements/run.lock" "$unfinished"
    mv "$unfinished" "$1"
}
