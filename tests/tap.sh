# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154 # what the scripts set and read
# TAP, for the scripts of this directory: they source this, and set $work, a directory of their own.
tests=0
bad=0
status=0 # of what was run last
last=
# text, command...: ok if the command succeeds; else what it said, and what was run last.
ok() {
    local file
    tests=$((tests + 1))
    if "${@:2}" >"$work/why" 2>&1; then
        echo "ok $tests - $1"
        return
    fi
    bad=1
    echo "not ok $tests - $1"
    sed 's/^/#   /' "$work/why" | head -n 40
    [ -z "$last" ] || echo "#   the last command: $last (status $status)"
    for file in err out; do
        [ ! -e "$work/$file" ] || sed "s/^/#   std$file: /" "$work/$file" | cut -c1-300 | head -n 20
    done
}
case_is() { # status, text
    ok "$2" test "$1" = 0
}
skip() { # why
    tests=$((tests + 1))
    echo "ok $tests # SKIP $1"
}
# Runs a command, bounded; its status is $status, its output in $work/out and $work/err.
run() {
    last="$*"
    timeout -k 5 "${BOUND:-60}" "$@" >"$work/out" 2>"$work/err" </dev/null
    status=$?
}
# What ok is given: what was run last, asked.
has() { # file of $work, words that it must have, over the ends of lines (argp breaks them)
    local word
    for word in "${@:2}"; do
        tr '\n' ' ' <"$work/$1" | grep -qF -e "$word" || { echo "std$1 lacks '$word'"; return 1; }
    done
}
is() { # status, then words that stderr must have
    [ "$status" = "$1" ] || { echo "status $status, not $1"; return 1; }
    has err "${@:2}"
}
refused() { # words: status 2, nothing on stdout, the words on stderr
    [ ! -s "$work/out" ] || { echo "it printed something"; return 1; }
    is 2 "$@"
}
says() { # words that stdout must have
    has out "$@"
}
bad_input() { # text, words..., --, arguments of $rclab, which refuses them
    local text=$1 words=()
    shift
    while [ "$1" != -- ]; do
        words+=("$1")
        shift
    done
    shift
    run "$rclab" "$@"
    ok "refused: $text" refused ${words[@]+"${words[@]}"}
}
plan() { # the script's end
    echo "1..$tests"
    exit "$bad"
}
