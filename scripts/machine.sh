# What a driver on this machine gets of its cores and memory, unless the caller says otherwise.

# Prints the machine in words, then a setting a line: key, blank, value. Nothing but Python is needed for it.
machine_settings() { "$VENV/bin/python" -I "$ROOT/lib/tidegate/machine.py" "${1:-local[*]}"; }

# Adds the settings that nobody gave to the command, and says on stderr what was chosen.
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

# Given by --conf or --driver-memory, by a properties file, or by the environment.
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
