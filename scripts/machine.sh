# Choose settings for a driver from the cores and the memory of this machine, unless the user gives them.

# Prints the machine as text, then one setting per line: key, blank, value. It needs only Python's standard library.
machine_settings() { "$VENV/bin/python" -I "$ROOT/lib/tidegate/machine.py" "${1:-local[*]}"; }

# Adds the settings that the user did not give to the command, and prints on stderr what was chosen.
add_machine_settings() {
    local machine key value chosen=() given=()
    is_local || return 0
    {
        read -r machine
        while read -r key value; do
            if is_given "$key"; then
                given+=("$key")
            else
                COMMAND+=(-c "$key=$value")
                chosen+=("$key=$value")
            fi
        done
    } < <(machine_settings "$MASTER")
    say "this machine has $machine; chosen: ${chosen[*]:-nothing}${given:+; as given: ${given[*]}}"
}

# Succeeds if the user gave a setting: with --conf or --driver-memory, in a properties file, or in the environment.
is_given() {
    local place
    for ((place = 0; place < ${#SPARK_OPTIONS[@]}; place++)); do
        case ${SPARK_OPTIONS[place]} in
            --conf | -c) [[ ${SPARK_OPTIONS[place + 1]:-} != "$1="* ]] || return 0 ;;
            --driver-memory) [[ $1 != spark.driver.memory ]] || return 0 ;;
            --load-spark-defaults)
                [[ -z $(setting_in "${SPARK_CONF_DIR:-$(spark_home)/conf}/spark-defaults.conf" "$1") ]] || return 0
                ;;
        esac
    done
    [[ $1 != spark.driver.memory || -z ${SPARK_DRIVER_MEMORY:-} ]] || return 0
    [[ -n $(setting_in "$(properties_file)" "$1") ]]
}
