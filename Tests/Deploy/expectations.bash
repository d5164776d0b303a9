# shellcheck shell=bash
# What the tests of the scripts share: a folder that goes away with everything that runs in it, and words to expect with. Sourced.
# shellcheck disable=SC2034 # what is set here is used by those who source it

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
LOCAL=$ROOT/Deploy/local
WORK=$(mktemp -d)
chmod 755 "$WORK"
failures=0

# expect "what must be true" COMMAND…: what the command prints is not part of the report, what it complains about is.
expect() {
    local what=$1
    shift
    if "$@" >/dev/null; then
        printf '  ok      %s\n' "$what"
    else
        printf '  FAILED  %s\n' "$what"
        failures=$((failures + 1))
    fi
}

refuse() {
    ! "$@" 2>/dev/null
}

equal() {
    [[ $1 == "$2" ]] || { printf '          expected "%s", got "%s"\n' "$1" "$2" >&2 && false; }
}

# finished: the last line of a test.
finished() {
    if ((failures)); then
        echo "$failures expectations failed" >&2
        exit 1
    fi
}
