# The environment as one archive for clusters whose machines have no Python packages.

# Named after the environment's content, so that a changed lock gives a new file.
pack_file() {
    local sum
    sum=$(cat "$VENV"/*.stamp | sha256sum)
    echo "$ROOT/.venv-pack/environment-${sum:0:12}.tar.gz"
}

pack_environment() { [[ -f $(pack_file) ]] || with_lock write_pack "$(pack_file)"; }

write_pack() {
    [[ ! -f $1 ]] || return 0
    rm -rf "$ROOT/.venv-pack"
    mkdir -p "$ROOT/.venv-pack"
    run_with_progress "packing the environment" "$ROOT/.venv-pack/log" run_venv_pack "$1"
}

# Spark's and Delta's jars stay out: a cluster has its own Spark, and --jars ships Delta. The archive is half the size
# for it. Light compression: it is unpacked on every machine, and time matters more than bytes there.
run_venv_pack() {
    local unfinished="${1%.tar.gz}.unfinished.tar.gz"
    "$VENV/bin/venv-pack" --quiet --compress-level 1 --prefix "$VENV" --output "$unfinished" \
        --exclude 'lib/python*/site-packages/pyspark/jars/*' --exclude 'share/tidegate/*' --exclude '*.pyc'
    mv "$unfinished" "$1"
}
