# Find a Java with which Spark 4.2 starts: 17 or 21 with the module jdk.incubator.vector, which small JREs don't have.

# Sets JAVA_HOME to the first Java that fits: of JAVA_HOME, of the PATH, and of the other installed ones of the distribution.
find_java() {
    local home refused=()
    while read -r home; do
        [[ -x $home/bin/java ]] || continue
        if java_fits "$home"; then
            export JAVA_HOME=$home
            return 0
        fi
        refused+=("$home ($(java_version "$home" || echo unknown))")
    done < <(java_candidates)
    java_is_missing "${refused[@]}"
}

java_candidates() {
    local on_path
    [[ -z ${JAVA_HOME:-} ]] || echo "$JAVA_HOME"
    if on_path=$(command -v java); then java_home_of "$on_path"; fi
    printf '%s\n' "${JVM_FOLDER:-/usr/lib/jvm}"/*
}

# A java on the PATH may be a link (Debian's alternatives) or a script (version managers); a script is run to get its home.
java_home_of() {
    local real
    real=$(readlink -f "$1")
    if [[ -f ${real%/bin/java}/release ]]; then
        echo "${real%/bin/java}"
    else
        "$1" -XshowSettings:properties -version 2>&1 | sed -n 's/^ *java\.home = //p'
    fi
}

# This reads the file `release`, since starting a JVM takes a third of a second.
java_fits() {
    local version
    version=$(java_version "$1") || return 1
    [[ $version == 17 || $version == 21 ]] && java_modules "$1" | grep -qw 'jdk\.incubator\.vector'
}

java_version() {
    sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release" 2>/dev/null | grep .
}

java_modules() { grep '^MODULES=' "$1/release" || "$1/bin/java" --list-modules; }

# Prints the command that installs Java on this distribution, or runs it if --install-java was given.
java_is_missing() {
    local line found=""
    line=$(install_line /etc/os-release java)
    (($# == 0)) || found=" (found: $*)"
    [[ -n $line ]] || stop "Java 17 or 21 with jdk.incubator.vector is missing$found. Install it and set JAVA_HOME."
    if [[ -z ${INSTALL_JAVA:-} ]]; then
        stop "Java 17 or 21 with jdk.incubator.vector is missing$found. Install it with:
    $(as_root_text "$line")
or let this script run that command: ./spark-submit.sh --install-java"
    fi
    INSTALL_JAVA="" # only one attempt: if Java is still missing afterwards, the script stops with the message above
    say "installing Java: $(as_root_text "$line")"
    # shellcheck disable=SC2086  # the line is words
    as_root $line >&2 || stop "installing Java failed; if the package list is outdated, run: $(as_root_text "${line%% *} update")"
    find_java
}
