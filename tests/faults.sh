#!/bin/bash
# SPDX-License-Identifier: MIT
# Sweeps that are killed, and disks that are full, in TAP: whatever happens costs the invocation under
# way. In a copy of the tree, so that the sweeps build their cells themselves.
#     tests/faults.sh [KILLS=50]     the moments are random; SEED=n repeats them. tests/run does with 15.
set -u
cd "$(dirname "$0")/.." || exit 2
kills=${1:-50}
rounds=$((8 * kills)) # more than are measured meanwhile
RANDOM=${SEED:=$$}

work=$(mktemp -d)
copy=$work/tree
store=$work/store.db
mounted=
cells() { # processes that run a cell of the copy
    find /proc/[0-9]*/exe -maxdepth 0 -lname "$copy/build/cells/*" 2>/dev/null | cut -d/ -f3
}
compiles() { # whether a compiler is at work in the copy
    find /proc/[0-9]*/exe -maxdepth 0 \( -lname '*/cc1' -o -lname '*-as' -o -lname '*/collect2' -o -lname '*/*ld*' \) \
        -printf '%h/cwd\n' 2>/dev/null | xargs -r readlink | grep -qxF "$copy"
}
cleanup() {
    local p
    for p in $(cells); do kill -KILL "$p"; done 2>/dev/null
    [ -z "$mounted" ] || umount "$work/small"
    rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 1' INT TERM
. tests/tap.sh

mkdir "$copy"
cp -RLp Makefile harness strategies workloads scripts "$copy/"
env -u MAKEFLAGS -u MAKELEVEL make --no-print-directory -j2 -C "$copy" BUILD=build all >"$work/err" 2>&1
ok "the copy is built" test -x "$copy/build/rclab"

# --- killed ---------------------------------------------------------------------------------------

cat >"$work/killed.ini" <<PLAN
[plan]
ops = 500
samples = 2
rounds = $rounds
checks = 0

[one]
workload = private_objects
rc = plain atomic biased
param.objects = 16

[two]
workload = hot_object
pair = atomic+none biased+none
threads = 2

[list]
workload = list_append
pair = atomic+pthread biased+pthread
threads = 2
PLAN
total=$((7 * rounds))
sweep=("$copy/build/rclab" sweep "$work/killed.ini" --store "$store" --share)
measured() { sqlite3 "$1" 'SELECT count(*) FROM invocation WHERE attempt = 0' 2>/dev/null || echo 0; }

# Looks at a copy, so that the next sweep finds the store as it was left.
look() {
    local part
    rm -f "$work"/look.db*
    for part in "$store" "$store-wal" "$store-journal"; do
        [ ! -f "$part" ] || cp "$part" "$work/look.db${part#"$store"}" 2>/dev/null
    done
}
kept() { # invocations in the store; 0 where the copy was torn
    look
    measured "$work/look.db"
}
nap() { # at random, at most so many milliseconds
    local ms=$((RANDOM % $1))
    sleep "$((ms / 1000)).$(printf '%03d' $((ms % 1000)))"
}

orphans=0
broken=0
early=0
building=0
had=0
for ((i = 0; i < kills; i++)); do
    # every fourth builds cells, all or some, and is killed at any moment; the others have measured
    build=$((i % 4 == 3))
    [ $build = 0 ] || find "$copy/build/cells" -type f | shuf -n $((1 + RANDOM % 7)) | xargs -r rm
    "${sweep[@]}" >/dev/null 2>"$work/err" </dev/null &
    pid=$!
    if [ $build = 1 ]; then
        nap 1500
    else
        want=$((had + 1 + RANDOM % 5))
        for ((turn = 0; turn < 400 && $(kept) < want; turn++)); do sleep 0.05; done
        nap 40
    fi
    ! compiles || building=$((building + 1))
    kill -KILL "$pid" 2>/dev/null || early=$((early + 1))
    wait "$pid" 2>/dev/null
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        left=$(cells)
        [ -z "$left" ] && break
        sleep 0.02
    done
    [ -z "$left" ] || orphans=$((orphans + 1))
    look
    [ ! -f "$store" ] || [ "$(sqlite3 "$work/look.db" 'PRAGMA integrity_check' 2>&1)" = ok ] || broken=$((broken + 1))
    now=$(measured "$work/look.db")
    [ "$now" -ge "$had" ] || broken=$((broken + 1))
    had=$now
done
some=$had
echo "# $kills kills, $building of them with a compiler at work; $some of $total invocations are kept"
ok "all kills met a sweep" test "$early" = 0
ok "no cell is left running" test "$orphans" = 0
ok "the store is sound after each kill" test "$broken" = 0
ok "much is kept" test "$some" -ge $((kills / 2)) -a "$some" -lt "$total"
"${sweep[@]}" >/dev/null 2>"$work/err" </dev/null
ok "the same command goes on to the end" test $? = 0
ok "it went on where it was" has err "going on with"
ok "integrity_check" test "$(sqlite3 "$store" 'PRAGMA integrity_check')" = ok
ok "everything is measured" test "$(measured "$store")" = "$total"
good() { sqlite3 "$store" "SELECT count(*) FROM invocation WHERE status != 'ok'"; }
ok "and well" test "$(good)" = 0
twice() { sqlite3 "$store" 'SELECT cell, block, count(*) FROM invocation GROUP BY cell, block, attempt HAVING count(*) > 1'; }
ok "no attempt twice" test -z "$(twice)"
least() { sqlite3 "$store" 'SELECT min(n) FROM (SELECT count(*) AS n FROM invocation WHERE attempt = 0 GROUP BY cell)'; }
ok "each cell in each round, and six times at least" test "$(least)" = "$rounds"
torn() { sqlite3 "$store" 'SELECT count(*) FROM (SELECT count(*) AS n FROM invocation LEFT JOIN sample ON invocation = id GROUP BY id HAVING n != 2)'; }
ok "no invocation without its samples" test "$(torn)" = 0
before=$(sha256sum <"$store")
"${sweep[@]}" >/dev/null 2>"$work/err" </dev/null
ok "the same command once more ends well" test $? = 0
ok "... says so" has err "nothing to measure"
ok "... and changes nothing" test "$(sha256sum <"$store")" = "$before"

# --- a full disk ----------------------------------------------------------------------------------

mkdir "$work/small"
if mount -t tmpfs -o size=3m tmpfs "$work/small" 2>"$work/err"; then
    mounted=yes
    sed -e 's/samples = 2/samples = 40/' -e 's/^rounds = .*/rounds = 24/' "$work/killed.ini" >"$work/full.ini"
    total=$((7 * 24))
    store=$work/small/store.db
    sweep=("$copy/build/rclab" sweep "$work/full.ini" --store "$store" --share)
    "${sweep[@]}" >/dev/null 2>"$work/err" </dev/null
    ok "a full disk is status 1" test $? = 1
    ok "... and is told, with what helps" has err "$store" "full" "the same command"
    "$copy/build/rclab" show --store "$store" >"$work/out" 2>"$work/err"
    ok "the store is read on the full disk" test $? = 0
    kept=$("$copy/build/rclab" export --format csv --store "$store" 2>"$work/err" | tail -n +2 | cut -d, -f1,2 | sort -u | wc -l)
    echo "# $kept of $total invocations are kept"
    ok "what was stored is kept" test "$kept" -gt 5 -a "$kept" -lt "$total"
    "${sweep[@]}" >/dev/null 2>"$work/err" </dev/null
    ok "still full, it stops again" test $? = 1
    mount -o remount,size=64m "$work/small"
    "${sweep[@]}" >/dev/null 2>"$work/err" </dev/null
    ok "with space it goes on" test $? = 0
    ok "... where it was" has err "going on with"
    ok "integrity_check" test "$(sqlite3 "$store" 'PRAGMA integrity_check')" = ok
    ok "everything is measured" test "$(measured "$store")" = "$total"
    ok "no attempt twice" test -z "$(twice)"
    ok "no invocation without its samples" test "$(sqlite3 "$store" 'SELECT count(*) FROM (SELECT count(*) AS n FROM invocation LEFT JOIN sample ON invocation = id GROUP BY id HAVING n != 40)')" = 0
else
    skip "no small disk here: $(cat "$work/err")"
fi

[ $bad = 0 ] || echo "#   SEED=$SEED repeats the moments"
plan
