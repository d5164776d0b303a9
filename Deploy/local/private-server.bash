# shellcheck shell=bash
# What the private PostgreSQL and the private RabbitMQ have in common. Sourced, never run.
#
# A server lives in one folder DIR. The folder belongs to whoever ran the script; the server's own files below it belong
# to the account the server runs as. Nothing outside DIR is written, but for the list of ports taken (see free_port).

fail() {
    echo "${0##*/}: $*" >&2
    exit 1
}

# Sets `account` (empty: the server runs as ourselves) and `as_server` (the command prefix that gets us there).
# As root the server runs as the first of the given accounts that exists. Where that account cannot walk down to DIR (a checkout below
# /root, say), the server stays root if `root` is among the accounts; else it may walk through folders that are closed to its account.
choose_account() {
    account='' as_server=(env)
    ((EUID == 0)) || return 0
    command -v setpriv >/dev/null || fail "setpriv is missing: apt-get install util-linux"
    local name
    for name in "$@"; do
        if id -u "$name" >/dev/null 2>&1; then
            account=$name
            break
        fi
    done
    [[ -n $account ]] || fail "running as root needs one of these accounts for the server: $*"
    as_server=(setpriv --reuid "$account" --regid "$(id -g "$account")" --clear-groups)
    reaches && return 0
    if [[ " $* " == *' root '* ]]; then
        account=root as_server=(env)
    else
        as_server+=(--inh-caps +dac_override --ambient-caps +dac_override)
        reaches || fail "$account cannot reach $DIR: use a folder that other accounts may enter"
    fi
}

# stat and not test: access(2), which test asks, leaves capabilities out of account.
reaches() {
    "${as_server[@]}" stat "$DIR/." >/dev/null 2>&1
}

# Gives files to the server's account.
give() {
    [[ -z $account ]] || chown -R "$account": "$@"
}

# One script at a time works on DIR; a second one waits for the first.
lock() {
    exec 8>"$DIR/lock"
    flock --wait 120 8 || fail "another ${0##*/} has been working on $DIR for two minutes"
}

# Prints a port of 127.0.0.1 that nobody listens on and that no other private server keeps for its next start.
# Below the range the kernel takes ports from for outgoing connections, so that a stopped server finds its port free again.
free_port() {
    local list="${TMPDIR:-/tmp}/boxoffice-ports.$EUID" port owner tries
    exec 9>>"$list"
    flock 9
    for ((tries = 0; tries < 500; tries++)); do
        port=$((20000 + RANDOM % 12000))
        owner=$(awk -v port="$port" '$1 == port { $1 = ""; dir = substr($0, 2) } END { print dir }' "$list")
        [[ -z $owner || ! -d $owner ]] || continue
        listening "$port" && continue
        echo "$port $DIR" >&9
        exec 9>&-
        echo "$port"
        return 0
    done
    fail "found no free port between 20000 and 32000"
}

listening() {
    grep -qE "^ *[0-9]+: [0-9A-F]+:$(printf '%04X' "$1") [0-9A-F]+:0000 0A " /proc/net/tcp /proc/net/tcp6 2>/dev/null
}

free() {
    ! listening "$1"
}

# Closes what was inherited, so that a server keeps nothing of its starter open and has all descriptors for itself; in the subshell of a server only.
shed_descriptors() {
    local path number
    for path in "/proc/$BASHPID/fd/"*; do
        number=${path##*/}
        ((number <= 2)) || eval "exec $number>&-"
    done
    ulimit -n "$(ulimit -Hn)" 2>/dev/null || true
}

# kept FILE COMMAND…: what FILE holds, and the first time what COMMAND prints.
kept() {
    local file=$1
    shift
    if [[ ! -s $file ]]; then
        (umask 077 && "$@" >"$file.new") && mv "$file.new" "$file"
    fi
    cat "$file"
}

random_password() {
    openssl rand -hex 16
}

# DIR/ca.pem, and DIR/tls/{server.pem,server.key} signed by it, for localhost and 127.0.0.1.
make_certificates() {
    [[ -s $DIR/tls/server.pem && -s $DIR/ca.pem ]] && return 0
    local tls="$DIR/tls"
    mkdir -p "$tls"
    (
        umask 077
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj "/CN=Box Office local CA" \
            -keyout "$tls/ca.key" -out "$tls/ca.pem"
        openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=localhost" \
            -keyout "$tls/server.key" -out "$tls/server.csr"
        openssl x509 -req -in "$tls/server.csr" -CA "$tls/ca.pem" -CAkey "$tls/ca.key" -CAcreateserial -days 3650 \
            -extfile <(printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\n') -out "$tls/server.pem"
    ) >"$tls/openssl.log" 2>&1 || fail "openssl could not make the certificates, see $tls/openssl.log"
    rm -f "$tls/ca.key" "$tls/server.csr"
    chmod 755 "$tls"
    cp "$tls/ca.pem" "$DIR/ca.pem"
    chmod 644 "$DIR/ca.pem" "$tls/ca.pem" "$tls/server.pem"
    give "$tls/server.key"
}

# Waits until COMMAND succeeds. wait_until SECONDS COMMAND…
wait_until() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS < deadline)) || return 1
        sleep 0.05
    done
}

# Waits until none of the processes that COMMAND prints is left.
none_left() {
    [[ -z $("$@") ]]
}
