# Print messages of the set-up to stderr, so that stdout contains only the output of the job.

say() { printf 'tidegate: %s\n' "$*" >&2; }

# Stop with a message and the exit code 2, for a problem that the user can solve.
stop() {
    say "$*"
    exit 2
}

# Run a command that can take minutes: its output goes to a log file, and a line every 15 seconds shows that it is still running.
run_with_progress() {
    local title=$1 log=$2 started=$SECONDS next=15 pid status=0
    shift 2
    say "$title …"
    # The command gets its own process group, so that all of its processes can be stopped. It inherits the lock: if this script is
    # killed, the next call waits until the command has ended.
    set -m
    "$@" >>"$log" 2>&1 </dev/null &
    pid=$!
    set +m
    trap 'kill -- "-$pid" 2>/dev/null; exit 143' INT TERM HUP
    while sleep 1 && kill -0 "$pid" 2>/dev/null; do
        if ((SECONDS - started >= next)); then
            say "  still $title, $((SECONDS - started)) s"
            next=$((next + 15))
        fi
    done
    wait "$pid" || status=$?
    trap - INT TERM HUP
    if ((status != 0)); then
        tail -n 25 "$log" >&2
        stop "$title failed; the whole log is in $log"
    fi
    say "  done in $((SECONDS - started)) s"
}

# Run a command as root: directly if this user is root, otherwise with sudo.
as_root() {
    if ((EUID == 0)); then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        stop "only root can do this, and there is no sudo here. As root run: $*"
    fi
}
as_root_text() { if ((EUID == 0)); then echo "$*"; else echo "sudo $*"; fi; }

# Prints the command that installs a thing on this distribution; nothing if the distribution is unknown.
#   install_line FILE THING       FILE: an os-release; THING: java, or a Python version such as 3.11
install_line() {
    local id like version
    id=$(os_field "$1" ID) like=$(os_field "$1" ID_LIKE) version=$(os_field "$1" VERSION_ID)
    case " $id $like " in
        *" debian "* | *" ubuntu "*) echo "apt-get install --yes $(apt_packages "$2" "$id" "${version%%.*}")" ;;
        *" fedora "* | *" rhel "*) echo "dnf install --assumeyes $(rpm_packages "$2")" ;;
        *" suse "* | *" opensuse "*) echo "zypper --non-interactive install $(rpm_packages "$2" | tr -d .)" ;;
        *" arch "*) if [[ $2 == java ]]; then echo "pacman --sync --noconfirm jre21-openjdk-headless"; fi ;;
    esac
}

os_field() { sed -n "s/^$2=//p" "$1" 2>/dev/null | tr -d '"' | head -n 1; }

apt_packages() {
    if [[ $1 != java ]]; then
        echo "python$1 python$1-venv"
    elif [[ $2 == debian && ${3:-0} -lt 13 ]]; then
        echo "openjdk-17-jre-headless" # Debian 11 and 12 have no 21
    else
        echo "openjdk-21-jre-headless"
    fi
}

rpm_packages() { if [[ $1 == java ]]; then echo "java-21-openjdk-headless"; else echo "python$1"; fi; }
