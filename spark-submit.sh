#!/usr/bin/env bash
# Set up the environment if needed, then run a job on Spark. `./spark-submit.sh --help` explains the options.
set -euo pipefail

ROOT=$(cd -P "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
readonly ROOT
readonly VENV="$ROOT/.venv"

source "$ROOT/scripts/say.sh"
source "$ROOT/scripts/surroundings.sh"
source "$ROOT/scripts/java.sh"
source "$ROOT/scripts/environment.sh"
source "$ROOT/scripts/jars.sh"
source "$ROOT/scripts/class_archive.sh"
source "$ROOT/scripts/pack.sh"
source "$ROOT/scripts/machine.sh"
source "$ROOT/scripts/command.sh"

set_up() {
    find_java
    if ! everything_is_ready "$1"; then with_lock finish_set_up "$1"; fi
    verify_jars
}

# A user who can't write the checkout may run jobs without a class archive; each start then takes some seconds longer.
everything_is_ready() {
    environment_is_ready "$1" && jars_are_ready && { class_archive_is_ready || ! is_writable "$VENV"; }
}

# This runs under the lock. It checks each part again, since another call may have finished the work while this one waited.
finish_set_up() {
    environment_is_ready "$1" || create_environment "$1"
    jars_are_ready || resolve_jars
    class_archive_is_ready || make_class_archive
}

main() {
    parse_arguments "$@"
    if [[ -n $WANTS_HELP ]]; then show_help; return 0; fi
    prepare_surroundings
    set_up "$KIND"
    if [[ -n $WANTS_SPARK_HELP ]]; then SPARK_HOME=$(spark_home) exec "$VENV/bin/spark-submit" --help; fi
    if [[ -z $JOB ]]; then
        [[ -n $WANTS_SET_UP ]] || stop "no job is given. Usage: ./spark-submit.sh jobs/NAME.py …; available: $(list_jobs)"
        [[ -z $WANTS_PACK ]] || pack_environment
        say "the environment is ready: $VENV"
        return 0
    fi
    export_environment
    build_command
    if [[ -n $WANTS_PRINT ]]; then printf '%q ' "${COMMAND[@]}"; echo; return 0; fi
    exec "${COMMAND[@]}"
}

main "$@"
