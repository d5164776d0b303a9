# shellcheck shell=bash
# What up, down and demo have in common: where things are, which services there are, how a process is recognised. Sourced, never run.
#
#   BOXOFFICE_RUN     the folder of the running system, default .run
#   BOXOFFICE_BUILD   the folder of the executables; when it is given nothing is built
#
# $RUN/env           settings and addresses, shell assignments     $RUN/log/<service>.log   what a service says
# $RUN/pid/<service> process id and start time                     $RUN/secrets, ports      passwords and ports, the same at every start
# $RUN/pg, $RUN/mq   the private servers
#
# shellcheck disable=SC2034 # what is set here is used by those who source it

# shellcheck source-path=SCRIPTDIR source=private-server.bash
source "$(dirname "${BASH_SOURCE[0]}")/private-server.bash"

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
LOCAL=$ROOT/Deploy/local
RUN=$(realpath -m "${BOXOFFICE_RUN:-$ROOT/.run}")
BUILD=${BOXOFFICE_BUILD:-$ROOT/.build/release}

# In the order of their start.
mapfile -t SERVICES < <(grep -v '^#' "$ROOT/Deploy/services" | cut -d ' ' -f 1)
PROCESSES=(sandbox "${SERVICES[@]}")

# tickets-cache HTTP_PORT → TICKETS_CACHE_HTTP_PORT
variable() {
    local name=${1^^}_$2
    echo "${name//-/_}"
}

# A process id is reused sooner or later; id and start time together are not. Prints the start time, in clock ticks since boot.
start_time() {
    local stat
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    # The second field is a name in parentheses that may hold blanks; the state is the first after it, the start time the 20th.
    read -ra stat <<<"${stat##*) }"
    [[ ${stat[0]} != Z ]] || return 1
    echo "${stat[19]}"
}

# Prints the process id of a service that runs and was started by us.
process_of() {
    local pid started
    read -r pid started 2>/dev/null <"$RUN/pid/$1" || return 1
    [[ $(start_time "$pid") == "$started" ]] && echo "$pid"
}

readiness_of() {
    if [[ $1 == sandbox ]]; then echo /_sandbox/health; else echo /readyz; fi
}

# http_get PORT PATH [HEADER]: prints the body; fails unless the answer is 200.
http_get() {
    local line
    {
        exec 7<>"/dev/tcp/127.0.0.1/$1"
    } 2>/dev/null || return 1
    printf 'GET %s HTTP/1.0\r\nHost: 127.0.0.1\r\n%sConnection: close\r\n\r\n' "$2" "${3:+$3$'\r\n'}" >&7
    IFS= read -r -t 5 -u 7 line || line=''
    if [[ $line == HTTP/1.[01]\ 200* ]]; then
        while IFS= read -r -t 5 -u 7 line && [[ $line != $'\r' ]]; do :; done
        cat <&7
    else
        exec 7>&-
        return 1
    fi
    exec 7>&-
}

say() {
    printf '%s\n' "$*"
}

# sql_at URL ARGUMENT…: psql there. The password goes by the environment: everybody on the machine can read what stands on a command line.
sql_at() (
    url=$1 rest=${1#*://}
    authority=${rest%%/*}
    shift
    if [[ $authority == *:*@* ]]; then
        password=${authority%@*}
        password=${password#*:}
        url="${url%%://*}://${authority%%:*}@${authority##*@}${rest#"$authority"}"
        # %20 and its like, as addresses write them.
        printf -v PGPASSWORD %b "${password//%/\\x}"
        export PGPASSWORD
    fi
    exec psql "$url" "$@"
)
