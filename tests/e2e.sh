#!/bin/bash
# SPDX-License-Identifier: MIT
# The program as a user drives it, in TAP. BUILD (build) says which; what builds other schemes, kills
# or breaks something does so in a copy of the tree. Where a test needs to be alone on the machine
# (the lock) it waits for other measurements; all else goes ahead beside them (--share).
# shellcheck disable=SC2317 # most functions are called by ok
set -u
cd "$(dirname "$0")/.." || exit 2
BUILD=${BUILD:-build}
rclab=$BUILD/rclab
[ -x "$rclab" ] || { echo "e2e: no $rclab: make first" >&2; exit 2; }

work=$(mktemp -d)
copy=$work/tree
background=()
cells_running() { # the processes whose program is a cell of the copy, of that scheme if one is given
    local p
    for p in /proc/[0-9]*/exe; do
        case $(readlink "$p" 2>/dev/null) in
        "$copy"/build/cells/*/"${1:-}"*) p=${p%/exe} && echo "${p#/proc/}" ;;
        esac
    done
}
cleanup() {
    local p
    [ ${#background[@]} = 0 ] || kill "${background[@]}" 2>/dev/null
    for p in $(cells_running); do kill -KILL "$p"; done 2>/dev/null
    wait
    ! mountpoint -q "$work/disk" || umount "$work/disk"
    rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 1' INT TERM
. tests/tap.sh

lines() { # n: so many lines on stdout
    [ "$(wc -l <"$work/out")" = "$1" ] || { echo "$(wc -l <"$work/out") lines, not $1"; return 1; }
}
# Standard input is one JSON value: texts, then numbers and words, become letters, then what is whole
# is folded until one letter is left.
json() {
    [ "$(tr -d '\n' | sed -E -e 's/"([^"\\]|\\.)*"/S/g' -e 's/-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?|true|false|null/V/g' \
        -e 's/[[:space:]]//g' -e ':again' \
        -e 's/\{(S:[SV](,S:[SV])*)?\}|\[([SV](,[SV])*)?\]/V/g' -e 't again')" = V ]
}
all_json() { # each line of stdout
    local line
    while read -r line; do
        json <<<"$line" || { echo "no JSON: $line"; return 1; }
    done <"$work/out"
}
has_fields() { # names: in each line of stdout
    local name
    for name; do
        [ "$(grep -c "\"$name\":" "$work/out")" = "$(wc -l <"$work/out")" ] || {
            echo "no field $name"
            return 1
        }
    done
}
names() { "$rclab" list "$1" | sed -n 's/^  \([^ ][^ ]*\) .*/\1/p'; }

# --- the checker itself ---------------------------------------------------------------------------

ok "the JSON checker takes JSON" json <<<'{"a": [1, -2.5e-3, "x\"]}"], "b": {}, "c": [], "d": null}'
not_json() {
    local text
    for text in '{"a": 1' '{"a" 1}' '[1, ]' 'nan' '{"a": x}' '[1] [2]' '{1: 2}' ''; do
        ! json <<<"$text" || { echo "taken: $text"; return 1; }
    done
}
ok "the JSON checker refuses what is not" not_json

# --- list -----------------------------------------------------------------------------------------

kinds=(refcount lock reclaim alloc allocator placement memory workload plan runtime program)
listed() { # kind: as many summaries and sources as names, in the text and in JSON
    local n
    n=$(grep -c '^  "name": "[^"]' "$work/out")
    [ "$n" = "$(grep -c '^  "summary": "[^"]' "$work/out")" ] || { echo "no summary"; return 1; }
    [ "$n" = "$(grep -c '^  "source": "[^"]' "$work/out")" ] || { echo "no source"; return 1; }
    case $1 in program) ;; *) [ "$n" -gt 0 ] || { echo "nothing"; return 1; } ;; esac
    [ "$n" = "$("$rclab" list "$1" | grep -c '^  [^ ]')" ] || { echo "the text lists others"; return 1; }
}
for kind in "${kinds[@]}"; do
    run "$rclab" list "$kind" --json
    ok "list $kind --json is JSON" json <"$work/out"
    ok "list $kind: name, summary, source of each" listed "$kind"
    run "$rclab" list "$kind"
    ok "list $kind begins with its kind" grep -q "^$kind" "$work/out"
done
run "$rclab" list
ok "list tells all kinds" says "${kinds[@]}"
ok "list ends well" is 0
run "$rclab" list --json
ok "list --json is JSON" json <"$work/out"
run "$rclab" list workload
ok "list workload tells parameters and their range" says "objects=16384" "(1 to "
run bash -c "'$rclab' list >/dev/full"
ok "a full disk is no success" is 1 "standard output"
run "$rclab" --help
ok "--help is no mistake" is 0
ok "--help tells the commands" says list run sweep show export import merge
for command in list run sweep show compare calibrate export import merge; do
    run "$rclab" "$command" --help
    ok "$command --help" is 0
done

# --- run ------------------------------------------------------------------------------------------

for w in $(names workload); do
    valid=atomic
    run "$rclab" run "$w" --rc atomic --ops 2000 --samples 2 --share
    grep -q 'built for a runtime' "$work/err" && continue # tests/interp.sh
    if [ "$status" = 2 ]; then # the refusal says with which schemes it runs
        valid=$(sed -n 's/.* refcount schemes valid here: //p' "$work/err")
        ok "run $w tells with which schemes" test -n "$valid"
        valid=${valid##* }
        run "$rclab" run "$w" --rc "$valid" --ops 2000 --samples 2 --share
    fi
    ok "run $w with every default" is 0
    ok "run $w tells cell and figures" says "$w $valid+none" "threads=1" "2 of 2 samples verified"
done
for w in handoff cross_thread_free; do # threads that wait for each other, more of them than processors
    for pair in "biased none" "plain gil"; do
        run "$rclab" run "$w" --rc "${pair% *}" --lock "${pair#* }" --threads 8 --param window=2 --ops 200 \
            --samples 5 --share
        ok "run $w, $pair, with 8 threads ends" says "5 of 5 samples verified"
    done
done
run "$rclab" run dict_mixed --rc biased --lock pthread --threads 2 --ops 100000 --samples 1 --share
ok "run tells of memory" says "memory: at most " " objects dead and not freed; a header of " "longest pause 0 us"
run "$rclab" run private_objects --rc atomic --ops 100000 --samples 1 --share
ok "run: an eager scheme has nothing dead, and objects have a size" says "at most 0 objects dead" "resident bytes an object"
run "$rclab" run tree --rc none --ops 2000 --samples 1 --share
ok "run: what never dies is not called dead" says "memory: objects never die under this scheme;"
run "$rclab" run gil_convoy --rc plain --lock gil --threads 2 --ops 20 --samples 2 --share
ok "run tells what waits took" says "latency: half of the waits within " " us, 99 % within " " us; 40 waits"
run "$rclab" run gil_convoy --rc plain --lock gil --threads 2 --ops 20 --samples 1 --json --share
ok "run --json tells what waits took" says '"latencies":20,' '"latency_ns":' '"latency_p99_ns":'
run "$rclab" run cache_share_or_copy --rc plain --lock isolated --threads 2 --ops 20000 --samples 2 --share
ok "run tells what isolated heaps sent each other" says "2 of 2 samples verified" "messages: " " bytes an operation and "
run "$rclab" run cache_share_or_copy --rc plain --lock gil --threads 2 --ops 20000 --samples 1 --share
ok "run: one heap for all sends nothing" says "1 of 1 samples verified" " MiB at the peak"
ok "run: and says nothing of messages" test -z "$(grep '^messages:' "$work/out")"
run "$rclab" run hot_object --rc plain --lock isolated --threads 2 --ops 20000 --samples 1 --share
ok "run: threads of isolated heaps share no object" is 2 "which isolated heaps cannot"
run "$rclab" run private_objects --rc atomic --json --ops 2000 --samples 3 --threads 2 --param objects=16 --share
fields=(workload rc lock reclaimer alloc allocator threads placement memory memory_held malloc cpus sample clock
    duration_ns cpu_ns cpu_ns_per_op ops ops_per_s ns_per_op fairness verified params fills idle_threads
    thread_ops thread_cpus thread_nodes thread_arrived_ns thread_start_ns thread_stop_ns thread_pause_ns
    thread_cpu_ns thread_switches thread_waits thread_gap_ns thread_longest_ns
    dead_peak objects object_bytes base_kib peak_kib header_bytes pause_ns
    background_ns background_threads background_cpus probes ping_ns ping_cpus)
ok "run --json ends well" is 0
ok "run --json: a line a sample" lines 3
ok "run --json: JSON" all_json
ok "run --json: all fields" has_fields "${fields[@]}" object_bytes_absent
ok "run --json: what was asked" says '"workload":"private_objects"' '"rc":"atomic"' '"lock":"none"' \
    '"threads":2' '"placement":"cores"' '"verified":true' '"params":{"objects":16,"size":64}'
run "$rclab" run private_objects --rc atomic --json --ops 12345 --samples 2 --threads 2 --share
ok "run --ops does exactly so many" says '"ops":24690,' '"thread_ops":[12345,12345]'
run "$rclab" run private_objects --rc atomic --lock none --reclaimer immediate --alloc system --allocator glibc \
    --placement compact --threads 1 --time 1ms --json
ok "a time has units" refused "is not a time"
run "$rclab" run private_objects --rc atomic --lock none --reclaimer immediate --alloc system --allocator glibc \
    --placement compact --memory interleaved --threads 1 --time 0.05s --samples 1 --json --share
ok "run with everything given" says '"placement":"compact"' '"memory":"interleaved"' '"alloc":"system"'
run "$rclab" run private_objects --rc atomic --allocator jemalloc --ops 1000 --samples 1 --json --share
ok "a preloaded allocator serves the process" says '"malloc":"libjemalloc.so.2"'
run "$rclab" run private_objects --rc atomic --census --json --ops 1000 --samples 1 --share
ok "run --census: JSON" all_json
ok "run --census: all fields" has_fields "${fields[@]}" census rmw failed_cas fence load store lock_pair park
ok "run --census: two read-modify-writes a pair" grep -q '"census":{[^}]*"rmw":2.0' "$work/out"
run "$rclab" run private_objects --rc atomic --census --ops 1000 --samples 1 --share
ok "run --census as text" says "census, per operation:" "rmw 2"

# --- bad input ------------------------------------------------------------------------------------

known() { names "$1" | tr '\n' ' ' | sed -e 's/^/known: /' -e 's/ $//'; }
bad_input "no workload" "$(known workload)" -- run --rc atomic
bad_input "unknown workload" "'nonsense'" "$(known workload)" -- run nonsense --rc atomic
bad_input "no refcount scheme" "$(known refcount)" -- run private_objects
bad_input "unknown refcount scheme" "'nonsense'" "$(known refcount)" -- run private_objects --rc nonsense
bad_input "unknown lock scheme" "'nonsense'" "$(known lock)" -- run private_objects --rc atomic --lock nonsense
bad_input "unknown reclaimer" "'nonsense'" "$(known reclaim)" -- run private_objects --rc atomic --reclaimer nonsense
bad_input "unknown alloc" "'nonsense'" "$(known alloc)" -- run private_objects --rc atomic --alloc nonsense
bad_input "unknown allocator" "'nonsense'" "$(known allocator)" -- run private_objects --rc atomic --allocator nonsense
bad_input "unknown memory" "'nonsense'" "$(known memory)" -- run private_objects --rc atomic --memory nonsense
bad_input "unknown placement" "'nonsense'" "$(known placement)" -- run private_objects --rc atomic --placement nonsense
bad_input "unknown parameter" "'nonsense'" "known: objects size" -- run private_objects --rc atomic --param nonsense=1
bad_input "a parameter without a value" "KEY=VALUE" -- run private_objects --rc atomic --param objects
for value in 0 -1 x '' 1.5 16777217 99999999999999999999; do
    bad_input "objects='$value'" "'$value'" "from 1 to 16777216" -- run private_objects --rc atomic --param "objects=$value"
done
for value in 0 -1 x '' 1.5 1001 99999999999999999999; do
    bad_input "--threads '$value'" "'$value'" "from 1 to 1000" -- run private_objects --rc atomic --threads "$value"
done
for value in 0 -1 x '' nan inf 1e30 1d; do
    bad_input "--time '$value'" "'$value'" "time" -- run private_objects --rc atomic --time "$value"
done
bad_input "--time of more than an hour" "an hour" -- run private_objects --rc atomic --time 2h
for value in 0 -1 x '' 1.5 1e3 99999999999999999999; do
    bad_input "--ops '$value'" "'$value'" "above 0" -- run private_objects --rc atomic --ops "$value"
    bad_input "--samples '$value'" "'$value'" "from 1 to 10000" -- run private_objects --rc atomic --samples "$value"
done
bad_input "--time and --ops" "either" -- run private_objects --rc atomic --time 1 --ops 1
bad_input "the census of a peer" "glib is a peer" "not counted" -- run private_objects --rc glib --census
bad_input "plain with two threads and no lock" "gil" -- run private_objects --rc plain --threads 2
bad_input "plain with two threads and none" "global lock" -- run private_objects --rc plain --lock none --threads 2
bad_input "a lock that is taken in turns, and a crowd" "1000 threads on" "no more threads than CPUs" -- \
    run list_append --rc atomic --lock ck_ticket --threads 1000
bad_input "none with an allocator that keeps" "given back whole" -- run private_objects --rc none --alloc system
bad_input "no command" "Usage" list run sweep show compare calibrate export import merge --
bad_input "an unknown command" "'nonsense'" list run sweep show compare calibrate export import merge -- nonsense
bad_input "an unknown kind" "'nonsense'" refcount lock workload plan -- list nonsense
bad_input "two kinds" "'lock'" -- list refcount lock
for command in list run sweep show compare calibrate export import merge; do
    bad_input "$command with an unknown option" "--nonsense" -- "$command" --nonsense
done
bad_input "an option without its value" "--rc" -- run private_objects --rc
bad_input "two workloads" "'dict_get'" -- run private_objects dict_get --rc atomic
bad_input "two plans" "'second'" -- sweep first second
bad_input "an argument of show" "'extra'" -- show extra
bad_input "an argument of export" "'extra'" -- export --format csv extra
bad_input "export in an unknown format" "'xml'" "text csv json" -- export --format xml
bad_input "import of nothing" "FILE" -- import
bad_input "import of two" "'second'" -- import first second
bad_input "import of a file that does not exist" "$work/none.txt" -- import "$work/none.txt" --store "$work/none.db"
bad_input "import of what is no export" "$0:1:" "no JSON object" -- import "$0" --store "$work/none.db"
bad_input "merging one store" "at least two" -- merge one.db
bad_input "merging a store that does not exist" "$work/none.db" "No such file" -- merge "$work/none.db" "$work/none.db" --store "$work/out.db"
for value in 0/2 3/2 1 1/0 x ''; do
    bad_input "--shard '$value'" "'$value'" "I/N" -- sweep quick --shard "$value"
done
for value in 0 65 x ''; do
    bad_input "--layouts '$value'" "'$value'" "from 1 to 64" -- sweep quick --layouts "$value"
done
bad_input "more shards than families" "families" -- sweep quick --shard 1/90000
bad_input "show in an unknown format" "'xml'" "text tsv" -- show --format xml
bad_input "sweep without a plan" "PLAN" -- sweep
bad_input "a plan that does not exist" "'nonsense'" "quick" -- sweep nonsense
bad_input "a plan file that does not exist" "$work/none.ini" "quick" -- sweep "$work/none.ini"
bad_input "a budget that is no time" "'x'" -- sweep quick --budget x
bad_input "a store that does not exist" "$work/none.db" "No such file" -- show --store "$work/none.db"
bad_input "export of a store that does not exist" "$work/none.db" -- export --format csv --store "$work/none.db"
bad_input "a store in no directory" "$work/none/x.db" -- sweep quick --store "$work/none/x.db"
bad_input "a workload of show" "'nonsense'" "known:" -- show --workload nonsense
ok "nothing was made" test ! -e "$work/none.db"

cat >"$work/foreign.db" <<<'this is no store'
cp "$work/foreign.db" "$work/before"
bad_input "show of what is no store" "$work/foreign.db" -- show --store "$work/foreign.db"
bad_input "export of what is no store" "$work/foreign.db" -- export --format json --store "$work/foreign.db"
bad_input "a sweep into what is no store" "$work/foreign.db" -- sweep quick --store "$work/foreign.db"
ok "what is no store is as it was" cmp "$work/foreign.db" "$work/before"

bad_plan() { # text, words..., -- : the plan is standard input
    local text=$1
    shift
    cat >"$work/bad.ini"
    bad_input "$text" bad.ini "${@:1:$#-1}" -- sweep "$work/bad.ini" --store "$work/bad.db"
    ok "no store for it: $text" test ! -e "$work/bad.db"
}
bad_plan "an empty plan" "no experiment" -- </dev/null
bad_plan "a plan with an unknown key" ":2:" "'nonsense'" "known:" -- <<<$'[plan]\nnonsense = 1'
bad_plan "a plan of two rounds" ":2:" "from 6" -- <<<$'[plan]\nrounds = 2'
bad_plan "a plan with an unknown scheme" ":3:" "'nonsense'" "$(known refcount)" -- \
    <<<$'[x]\nworkload = private_objects\nrc = nonsense'
bad_plan "a plan that is a program" -- <"$rclab"

# --- other machines -------------------------------------------------------------------------------

threadripper=tests/topologies/amd-threadripper-3990x.xml
run "$rclab" sweep scaling --dry-run --topology $threadripper
ok "a dry run on another machine" is 0
ok "it tells what the machine is" says "$threadripper: 1 package, 16 L3, 64 cores, 128 PUs"
ok "it tells what threads = auto comes to" says " threads=4 placement=cores" " threads=128 placement=scatter"
ok "it tells where places fill up" says \
    "placement cores: up to 4 threads in one last-level cache, 128 in one package, 1 with a cache of their own, 64 with a core, 128 with a CPU" \
    "placement scatter: up to 1 threads in one last-level cache, 128 in one package, 16 with a cache of their own, 64 with a core, 128 with a CPU"
table() { # placement: thread, CPU, package, cache, core, sibling, node of each thread
    awk -v head="placement $1:" 'index($0, head) == 1 { on = 1; next } /^$|^placement/ { on = 0 } on && $1 ~ /^[0-9]/' "$work/out"
}
every_thread() { # placement
    [ "$(table "$1" | awk '{ print $1 }')" = "$(seq 0 127)" ] &&
        [ "$(table "$1" | awk '{ print $2 }' | sort -n)" = "$(seq 0 127)" ]
}
for placement in cores compact scatter; do
    ok "the place of every thread: $placement" every_thread $placement
done
ok "cores: a cache after another, siblings last" test \
    "$(table cores | awk '$1 == 3 || $1 == 4 || $1 == 64 { printf "%s/%s/%s ", $4, $5, $6 }')" = "0/3/0 1/4/0 0/0/1 "
ok "scatter: a cache each" test "$(table scatter | awk 'NR <= 16 { print $4 }' | sort -n | uniq | wc -l)" = 16
bad_input "another machine without a dry run" "--dry-run" -- sweep scaling --topology $threadripper
bad_input "a topology that is none" "$work/foreign.db" -- sweep scaling --dry-run --topology "$work/foreign.db"
bad_input "a CPU that is not here" "CPU 4000" "usable: " -- run private_objects --rc atomic --placement 4000
bad_input "a list of CPUs that is none" "'0,0'" -- run private_objects --rc atomic --placement 0,0

# --- a copy of the tree ---------------------------------------------------------------------------

mkdir "$copy" "$work/extra"
cp -RLp Makefile harness strategies workloads scripts "$copy/"
# Schemes that go wrong, from the one that does nothing: where an object begins its life they crash,
# hang until the alarm, hang for ever, or claim that objects die, which they do not.
wrong() { # name, what it does, sed commands
    sed -e "s/RC_NONE_H/RC_$1_H/" "${@:3}" "$copy/strategies/refcount/none.h" >"$work/extra/$1.h"
    ! cmp -s "$work/extra/$1.h" "$copy/strategies/refcount/none.h"
}
begins='(void)t, (void)h, (void)flags;'
ok "a scheme that crashes" wrong crashes - -e "s/$begins/$begins\n    abort();/"
ok "a scheme that hangs" wrong hangs - -e '/^#include "rc.h"/i #include <unistd.h>' \
    -e "s/$begins/$begins\n    ualarm(100000, 0);\n    for (;;)\n        pause();/"
ok "a scheme that no alarm ends" wrong stays - -e '/^#include "rc.h"/i #include <signal.h>' \
    -e "s/$begins/$begins\n    signal(SIGALRM, SIG_IGN);\n    for (;;)\n        pause();/"
ok "a scheme that is wrong" wrong leaks - -e 's/define RC_TRAITS.*/define RC_TRAITS (RC_SHARED | RC_FREES | RC_COUNTS)/' \
    -e 's/define RC_ALLOC.*/define RC_ALLOC system/'
# One that stands still for a millisecond in every five: what takes time away from a thread.
ok "a scheme that stands still" wrong pauses - -e '/^API void rc_incref/,/^}/s/(void)t, (void)h;/static uint64_t last;\n    (void)t, (void)h;\n    uint64_t now = sync_now_ns();\n    if (now - last > 4000000)\n        for (last = now; last - now < 1000000;)\n            last = sync_now_ns();/'
make_copy() {
    run env -u MAKEFLAGS -u MAKELEVEL make --no-print-directory -j2 -C "$copy" BUILD=build EXTRA="$work/extra"
}
BOUND=120 make_copy
ok "the copy is built" is 0
there=$copy/build/rclab
run "$there" list refcount
ok "schemes from EXTRA are listed" says crashes hangs leaks

# The watchdog takes half a minute: it has the rest of the script.
(
    timeout -k 5 100 "$there" run private_objects --rc stays --param objects=16 --samples 1 --ops 2000 --share \
        >"$work/stays.out" 2>"$work/stays.err"
    echo $? >"$work/stays.status"
) &
stays=$!
background+=("$stays")

sed -e 's/RC_NONE_H/RC_MINE_H/' -e 's/no counting: /a scheme of mine: /' "$copy/strategies/refcount/none.h" \
    >"$copy/strategies/refcount/mine.h"
ok "a new scheme is not there before make" bash -c "! '$there' list refcount | grep -q mine"
make_copy
ok "make with a new scheme" is 0
run "$there" list refcount
ok "a new file is a new scheme" says "mine             a scheme of mine: "
run "$there" run private_objects --rc mine --samples 1 --ops 2000 --share
ok "the new scheme is built and measured" says "private_objects mine+none+immediate+arena"
ok "building a missing cell is told" is 0 "building build/cells/private_objects/mine+none"
run "$there" run private_objects --rc mine --samples 1 --ops 2000 --share
ok "building is not told when there is nothing to build" test ! -s "$work/err"
rm "$copy/build/cells/private_objects/mine+none"
run "$there" run private_objects --rc mine --samples 1 --ops 2000 --share --json
ok "a cell that was removed is built again" is 0 "building"
ok "make's words are not among the results" all_json

# --- sweep, interrupted ---------------------------------------------------------------------------

cat >"$work/small.ini" <<'PLAN'
[plan]
summary = of the tests
ops = 500
samples = 1
rounds = 40
checks = 0

[objects]
workload = private_objects
rc = mine atomic
param.objects = 16

[hot]
workload = hot_object
pair = atomic+none mine+none
threads = 2
PLAN
total=160
store=$work/small.db
sweep=("$there" sweep "$work/small.ini" --store "$store" --share)
# cells in blocks: a disturbed one has several attempts
count() { "$there" export --format csv --store "$1" 2>/dev/null | tail -n +2 | cut -d, -f1,2 | sort -u | wc -l; }
run "$there" sweep "$work/small.ini" --dry-run
ok "--dry-run tells the cells and makes nothing" says "[objects]" "[hot]" "4 cells in 2 families" "40 rounds"
ok "--dry-run makes no store" test ! -e "$store"
# the cells are built before, so that the time until it is killed is spent measuring
run "$there" run hot_object --rc mine --samples 1 --ops 2000 --share
run "$there" run hot_object --rc atomic --samples 1 --ops 2000 --share
run "$there" run private_objects --rc atomic --samples 1 --ops 2000 --share

interrupt() { # signal, how many more: starts the sweep, sends the signal, waits for the end
    local before n=0 turn=0 pid
    before=$(count "$store")
    "${sweep[@]}" >"$work/out" 2>"$work/err" </dev/null &
    pid=$!
    while [ "$n" -lt $((before + $2)) ] && [ "$turn" -lt 500 ]; do
        sleep 0.05
        n=$(count "$store")
        turn=$((turn + 1))
    done
    kill "-$1" "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
    status=$?
    last="${sweep[*]} (killed by $1)"
}
interrupt KILL 10
ok "a sweep is killed in the middle" is 137
for _ in 1 2 3 4 5 6 7 8 9 10; do
    [ -z "$(cells_running private)$(cells_running atomic)$(cells_running mine)" ] && break
    sleep 0.1
done
ok "no cell is left running" test -z "$(cells_running atomic)$(cells_running mine)"
# one that would go on for long
"$there" run private_objects --rc mine --param objects=16 --time 30 --samples 1 --memory bound --share >"$work/out" 2>"$work/err" &
pid=$!
background+=("$pid")
for _ in $(seq 100); do
    [ -n "$(cells_running mine)" ] && break
    sleep 0.05
done
ok "a cell runs" test -n "$(cells_running mine)"
ok "it is told where its memory comes from" grep -zqE '^--memory=bind' "/proc/$(cells_running mine)/cmdline"
kill -KILL "$pid"
wait "$pid" 2>/dev/null
for _ in $(seq 20); do
    [ -z "$(cells_running mine)" ] && break
    sleep 0.1
done
ok "a long cell dies with the one who started it" test -z "$(cells_running mine)"
some=$(count "$store")
ok "what was measured is kept ($some of $total)" test "$some" -ge 10 -a "$some" -lt $total
run "$there" show --store "$store"
ok "an unfinished store is shown as such" says "unfinished"
interrupt TERM 10
ok "a sweep that is asked to stop says how to go on" is 130 "going on with" "the same command goes on"
more=$(count "$store")
ok "it went on where it was ($more)" test "$more" -gt "$some" -a "$more" -lt $total
run "${sweep[@]}"
ok "the same command goes on to the end" is 0 "going on with $store: $more of $total"
ok "all is measured" test "$(count "$store")" = $total
twice() { sqlite3 "$store" 'SELECT cell, block, count(*) FROM invocation GROUP BY cell, block, attempt HAVING count(*) > 1'; }
ok "no attempt twice" test -z "$(twice)"
balanced() { # each cell as often as there are rounds
    local n
    n=$("$there" export --format csv --store "$store" | tail -n +2 | cut -d, -f1,2 | sort -u | cut -d, -f1 | uniq -c | awk '{print $1}' | sort -u)
    [ "$n" = 40 ] || { echo "$n"; return 1; }
}
ok "each cell in each round" balanced
ok "each family ended with its last round, as the store says" test \
    "$(sqlite3 "$store" "SELECT count(*) FROM stop WHERE reason = 'rounds' AND rounds = 40")" = 2
run "${sweep[@]}"
ok "a finished plan is not measured again" is 0 "nothing to measure"
ok "nothing was added" test "$(count "$store")" = $total
sed -i.old 's/rounds = 40/rounds = 41/' "$work/small.ini"
run "${sweep[@]}"
ok "another version of the plan needs another store" refused "another plan"

run "$there" show --store "$store"
ok "show ends well" is 0
ok "show has a table of each family" says "[objects]" "[hot]" "(baseline)"
cells_shown() { [ "$(grep -cE '^  (mine|atomic)\+none ' "$work/out")" = 4 ]; }
ok "show has each cell" cells_shown
ok "a finished store is not shown as unfinished" bash -c "! grep -q unfinished '$work/out'"
run "$there" show --store "$store" --workload hot_object
ok "show of one workload" bash -c "grep -q '\[hot\]' '$work/out' && ! grep -q '\[objects\]' '$work/out'"
run "$there" show --store "$store" --format tsv
ok "show as a table for programs: a line a cell" lines 5
run "$there" export --format csv --store "$store"
attempts=$(sqlite3 "$store" 'SELECT count(*) FROM invocation')
ok "csv has a line a sample, and its heading" lines $((attempts + 1))
commas() { # all lines have as many columns, quotes aside
    [ "$(sed 's/"[^"]*"//g' "$work/out" | tr -cd ',\n' | sort -u | wc -l)" = 1 ]
}
run bash -c "'$there' export --format csv --store '$store' | sed 's/\"\"//g'"
ok "csv has as many columns in each line" commas
run "$there" export --format json --store "$store"
ok "json has a line a sample" lines "$attempts"
ok "json has every field" has_fields "${fields[@]}" cell block round invocation family status
head -n 5 "$work/out" >"$work/some" && mv "$work/some" "$work/out"
ok "json is JSON" all_json

# --- many more threads than CPUs ------------------------------------------------------------------

cat >"$work/many.ini" <<'PLAN'
[plan]
time = 0.01
samples = 1
rounds = 6
checks = 0

[count]
workload = private_objects handoff
pair = biased+none plain+gil
threads = 256
param.objects = 16

[lock]
workload = list_append
pair = atomic * pthread
threads = 256
PLAN
BOUND=300 run "$there" sweep "$work/many.ini" --store "$work/many.db" --share
ok "a sweep of 256 threads" is 0 "30 of 30 invocations" "0 of them bad"
run "$there" export --format json --store "$work/many.db"
ok "the time is never stretched beyond what was asked for" test \
    "$(sed 's/.*"duration_ns":\([0-9]*\).*/\1/' "$work/out" | sort -n | tail -n 1)" -le 10050000

# --- what disturbs, layouts, checks, when families end ----------------------------------------------

sql() { sqlite3 "$checked" "$1"; }
checked=$work/checked.db
cat >"$work/checked.ini" <<'PLAN'
[plan]
time = 0.01
samples = 1
rounds = 12..13
margin = 0.5
layouts = 2
checks = 1

[pair]
workload = private_objects
rc = atomic biased
param.objects = 16

[alone]
workload = private_objects
rc = pauses
copy = 0 1
together = copy
param.objects = 16
PLAN
run "$there" sweep "$work/checked.ini" --dry-run
ok "--dry-run tells copies, extras, rounds and layouts" says " copy=1" " extra=5" "12 to 13 rounds" "2 layouts" "at most"
run "$there" sweep "$work/checked.ini" --layouts 3 --store "$checked" --share
ok "a sweep says what disturbed it and what its checks showed" is 0 "were repeated" "A/A: "
ok "each layout is used" test "$(sql 'SELECT count(*) FROM (SELECT DISTINCT layout FROM invocation)')" = 3
ok "... as often by each cell" test "$(sql 'SELECT max(n) - min(n) <= 1 FROM (SELECT count(*) AS n FROM invocation WHERE attempt = 0 GROUP BY cell, layout)')" = 1
ok "the environment is of another length each time" test \
    "$(sql 'SELECT count(DISTINCT padding) > count(*) / 2 AND max(padding) < 4096 FROM invocation')" = 1
ok "who stands still is disturbed, each time" test "$(sql "SELECT count(*) FROM invocation JOIN cell ON cell.id = cell \
    WHERE key LIKE '% pauses+%' AND disturbed NOT LIKE 'sample 0: thread 0 lost % of its time%'")" = 0
ok "... and measured again, a little" test "$(sql 'SELECT max(attempt) BETWEEN 1 AND 2 FROM invocation')" = 1
ok "... not more than a tenth, and one" test "$(sql 'SELECT sum(attempt > 0) <= sum(attempt = 0) / 10 + 1 FROM invocation')" = 1
ok "why each family ended is stored" test "$(sql "SELECT count(*) FROM stop WHERE rounds IN (12, 13) AND reason IN ('narrow', 'rounds')")" = 2
ok "... and agrees with what was measured" test "$(sql 'SELECT count(*) FROM stop JOIN (SELECT family, max(round) + 1 AS n FROM invocation GROUP BY family) AS seen ON seen.family = stop.family WHERE n = rounds')" = 2
run "$there" show --store "$checked"
ok "show tells of speeds, repeats and layouts" says "samples by the speed of the machine" "measured again" " layout"
ok "show keeps checks apart" says "[checks]" "A/A " "+5 % "
run "$there" show --store "$checked" --format tsv
ok "the figures' table has no checks" lines 4
run "$rclab" run private_objects --rc atomic --json --time 0.01 --samples 2 --threads 2 --share
ok "samples tell of probes and of what threads lost" has_fields probes ping_ns ping_cpus thread_cpu_ns thread_switches \
    thread_waits thread_gap_ns thread_longest_ns

# --- compare, calibrate -----------------------------------------------------------------------------

run "$there" compare --base rc=atomic --with rc=biased --store "$checked"
ok "compare" is 0
ok "compare says what it compares, by which margin, and what follows" says "rc atomic -> biased" "A/A c" "margin " \
    "verdict" "(Holm)"
run "$there" compare --base rc=atomic --with rc=biased --workload private_objects --store "$checked" --json
ok "compare --json" json <"$work/out"
run "$there" compare --base extra=0 --with extra=5 --store "$checked"
ok "compare a cell with its extra cost" says "extra 0 -> 5"
bad_input "compare without what" "--base SEL --with SEL" -- compare
bad_input "compare by an unknown key" "'nonsense'" "rc" -- compare --base nonsense=1 --with rc=biased --store "$checked"
bad_input "compare with an unknown value" "nonsense" "biased" -- compare --base rc=atomic --with rc=nonsense --store "$checked"
bad_input "compare with an unknown workload" "nonsense" "private_objects" -- compare --base rc=atomic --with rc=biased --workload nonsense --store "$checked"
bad_input "compare with a margin that is none" "'x'" -- compare --base rc=atomic --with rc=biased --margin x --store "$checked"
bad_input "compare what was not measured together" "together = " -- compare --base rc=atomic --with rc=pauses,alloc=arena --store "$checked"

calibration=("$there" calibrate --workload private_objects --budget 15 --store "$work/calibration.db" --share)
run "${calibration[@]}"
ok "calibrate" is 0
calibration_tells() { # where the machine's speed came and went, pairs have too little in common, and it says so
    says "private_objects" "A/A: " "noise floor" "+5 %: " "smallest" || says "A/A: " "had too few blocks in common"
}
ok "calibrate tells noise, false alarms, what can be found" calibration_tells
before=$(sha256sum <"$work/calibration.db")
run "$there" calibrate --store "$work/calibration.db" --json
ok "a calibration is told again without measuring" json <"$work/out"
ok "... and stays as it is" test "$(sha256sum <"$work/calibration.db")" = "$before"
run "$there" show --store "$work/calibration.db"
ok "show of a calibration" says "ended by the budget" "[checks]"
bad_input "calibrate an unknown workload" "'nonsense'" "private_objects" -- calibrate --workload nonsense
bad_input "calibrate with a budget that is no time" "'x'" -- calibrate --budget x
bad_input "calibrate in what is no calibration" "$checked" "no calibration" -- calibrate --store "$checked"

# --- what goes wrong ------------------------------------------------------------------------------

cat >"$work/wrong.ini" <<'PLAN'
[plan]
ops = 500
samples = 1
rounds = 6
checks = 0

[wrong]
workload = private_objects
rc = mine crashes hangs leaks
param.objects = 16
PLAN
run "$there" run private_objects --rc leaks --param objects=16 --samples 2 --ops 2000 --share --json
ok "a failed verification is status 1" is 1 "void: verification failed: "
ok "its samples say so" says '"verified":false' '"wrong":"'
run "$there" run private_objects --rc crashes --param objects=16 --samples 1 --ops 2000 --share
ok "a crash is status 1" is 1 "crashed" "signal 6"
run "$there" sweep "$work/wrong.ini" --store "$work/wrong.db" --share
ok "a sweep goes on when cells go wrong" is 1 "crashed: " "hung: " "void: " "24 of 24 invocations" "18 of them bad"
run "$there" show --store "$work/wrong.db"
ok "show tells what went wrong" says "24 invocations, 6 good" "0 void, 6 crashed, 0 hung" \
    "0 void, 0 crashed, 6 hung" "6 void, 0 crashed, 0 hung" "ended by signal 6" "verification failed: "
run "$there" show --store "$work/wrong.db" --format tsv
counts() { awk -F '\t' -v rc="$1" -v want="$2" '$3 == rc { got = $21 " " $22 " " $23 " " $24 } END { print got; exit got != want }' "$work/out"; }
ok "counts of the cell that is right" counts mine "6 0 0 0"
ok "counts of the one that crashes" counts crashes "0 0 6 0"
ok "counts of the one that hangs" counts hangs "0 0 0 6"
ok "counts of the one that is wrong" counts leaks "0 6 0 0"

# --- one at a time --------------------------------------------------------------------------------

"$rclab" run private_objects --rc atomic --time 1 --samples 3 >"$work/first" 2>"$work/first.err" </dev/null &
first=$!
background+=("$first")
for _ in $(seq 100); do # until it measures, or waits for somebody else
    grep -q "^process $first " /tmp/rclab.lock 2>/dev/null && break
    grep -q waiting "$work/first.err" && break
    sleep 0.05
done
if grep -q waiting "$work/first.err"; then
    skip "another rclab measures on this machine: $(cat "$work/first.err")"
    kill "$first"
else
    timeout -k 5 60 "$rclab" run private_objects --rc atomic --ops 2000 --samples 1 >"$work/second" 2>"$work/second.err" &
    second=$!
    background+=("$second")
    run "$rclab" run private_objects --rc atomic --ops 2000 --samples 1 --share
    ok "--share goes ahead" is 0
    ok "--share waits for nobody" test ! -s "$work/err"
    kill -0 "$first" 2>/dev/null
    ok "the first still measures" test $? = 0
    for _ in $(seq 40); do
        grep -q waiting "$work/second.err" && break
        sleep 0.05
    done
    cp "$work/second.err" "$work/err"
    ok "the second says for whom it waits" grep -q "waiting for process $first (.*run private_objects --rc atomic --time 1" "$work/second.err"
    ok "the second has measured nothing yet" test ! -s "$work/second"
    wait "$second"
    status=$?
    ok "the second measures when the first has ended" is 0
    ok "the second has figures" grep -q "1 of 1 samples verified" "$work/second"
    ok "the first has ended" bash -c "! kill -0 $first 2>/dev/null"
fi

# --- the watchdog ---------------------------------------------------------------------------------

wait "$stays"
status=$(cat "$work/stays.status")
cp "$work/stays.err" "$work/err"
ok "a cell that no alarm ends is ended" is 1 "hung" "still running after 30 s"
ok "it is gone" test -z "$(cells_running stays)"

# --- a malloc that is not here --------------------------------------------------------------------

sed -i 's/libtcmalloc_minimal.so.4/libabsent.so.9/' "$copy/harness/allocator.c"
make_copy
run "$there" run tree --rc atomic --allocator tcmalloc --ops 1000 --samples 1
ok "a library that is not here is an error with the package" refused "libabsent.so.9" "libtcmalloc-minimal4"
cat >"$work/absent.ini" <<'PLAN'
[x]
workload = tree
rc = atomic
allocator = glibc tcmalloc
PLAN
run "$there" sweep "$work/absent.ini" --store "$work/absent.db" --share
ok "a sweep with it is not begun" refused "libabsent.so.9" "libtcmalloc-minimal4"
run "$there" list allocator
ok "list says that it is not installed" bash -c "grep tcmalloc '$work/out' | grep -q 'not installed'"
ok "all that are here" bash -c "'$there' sweep '$work/absent.ini' --dry-run | grep -q allocator=tcmalloc"

# --- make -----------------------------------------------------------------------------------------

rm "$copy/strategies/refcount/mine.h"
make_copy
run "$there" list refcount
ok "a scheme whose file is gone is not listed" bash -c "! grep -q mine '$work/out'"
run env -u MAKEFLAGS -u MAKELEVEL make -q -C "$copy" BUILD=build EXTRA="$work/extra" all build/cells/private_objects/atomic+none
ok "make knows that there is nothing to do" is 0
run env -u MAKEFLAGS -u MAKELEVEL make -q -C "$copy" BUILD=build EXTRA="$work/extra" CC=another build/cells/private_objects/atomic+none
ok "make knows that another compiler means another program" is 1

# --- merge, import, shards -------------------------------------------------------------------------

sed 's/^rounds = .*/rounds = 6/; s/mine/none/g; s/none+none/biased+none/' "$work/small.ini" >"$work/part.ini"
part=("$there" sweep "$work/part.ini" --share)
run "${part[@]}" --shard 1/2 --store "$work/part1.db"
ok "a shard is measured" is 0 "12 of 12 invocations"
run "${part[@]}" --shard 2/2 --store "$work/part2.db"
ok "and the other" is 0 "12 of 12 invocations"
run "${part[@]}" --shard 2/2 --store "$work/part1.db"
ok "a shard goes on only as itself" refused "shard 1/2 of the plan, not 2/2"
run "${part[@]}" --shard 2/2 --store "$work/part2.db"
ok "a finished shard is not measured again" is 0 "nothing to measure"
run "${part[@]}" --shard 2/2 --dry-run
ok "--dry-run of a shard" says "[hot]" "2 cells in 1 families"
run "${part[@]}" --shard 2/2 --budget 0.001
ok "a shard without --store has its own" test -e "$(echo "$copy"/results/part-2*-2of2.db)"
run "${part[@]}" --shard 2/2
ok "and goes on there" is 0 "going on with $copy/results/part-2" "-2of2.db: "
# one that was disturbed is measured again, and both are kept
invocations_in() { "$there" export --store "$1" | grep -c '^{"invocation"'; }
one=$(invocations_in "$work/part1.db")
other=$(invocations_in "$work/part2.db")
both=$((one + other))
run "$there" merge "$work/part1.db" "$work/part2.db" "$work/part1.db" --store "$work/whole.db"
ok "shards are joined" is 0 "part2.db: $other invocations taken, 0 were there already" \
    "part1.db: 0 invocations taken, $one were there already" "$both invocations are in"
run "$there" merge "$work/part1.db" "$work/part2.db" --store "$work/whole.db"
ok "no store is overwritten" refused "$work/whole.db is there already"
run "$there" merge "$work/part1.db" "$work/foreign.db" --store "$work/out.db"
ok "a failed merge names the store" refused "$work/foreign.db"
ok "and leaves nothing" test -z "$(ls "$work" | grep '^out\.db')"
run "${part[@]}" --store "$work/whole.db"
ok "no sweep goes on in a merged store" refused "several stores"
run "$there" show --store "$work/whole.db"
ok "show of a merged store" says "plan part (shard 1/2), part (shard 2/2), $both invocations, " "[objects]" "[hot]"

run "$there" export --store "$work/whole.db"
ok "export without a format is text" all_json
cp "$work/out" "$work/whole.txt"
ok "sorted by bytes" env LC_ALL=C sort -cu "$work/whole.txt"
run "$there" import "$work/whole.txt" --store "$work/again.db"
ok "import" is 0 "$both invocations are in $work/again.db"
run "$there" export --store "$work/again.db"
ok "and export again: the same bytes" cmp "$work/out" "$work/whole.txt"
run "$there" import "$work/whole.txt" --store "$work/again.db"
ok "import overwrites nothing" refused "is there already"
sed 's/"status":"ok"/"status":"fine"/' "$work/whole.txt" >"$work/wrong.txt"
run "$there" import "$work/wrong.txt" --store "$work/out.db"
ok "a wrong line is refused by its place" refused "$work/wrong.txt:$(grep -n fine "$work/wrong.txt" | head -n 1 | cut -d: -f1): " \
    "'fine'; known: ok void crashed hung"
ok "and nothing is left" test -z "$(ls "$work" | grep '^out\.db')"

# what was measured elsewhere, or when other cells were to be had
machine=$(sed -n 's/^{"machine":{"identity":"\(.*\)"}}$/\1/p' "$work/whole.txt")
"$there" export --store "$work/part1.db" >"$work/part1.txt"
elsewhere() { # a text as if of another machine, whose hash follows from what import says
    local hash new
    sed "s/$machine/another machine/g; s/\"finished\":true/\"finished\":false/; s/\"identity\":\"[0-9a-f]\{32\}\"/\"identity\":\"00000000000000000000000000000000\"/; s/\"sweep\":\"[0-9a-f]\{32\}\"/\"sweep\":\"00000000000000000000000000000000\"/" \
        "$work/part1.txt" >"$work/elsewhere.txt"
    "$there" import "$work/elsewhere.txt" --store "$work/elsewhere.db" 2>"$work/err"
    read -r new hash < <(sed -n 's/.*its hash is \([0-9a-f]*\), not \([0-9a-f]*\)$/\1 \2/p' "$work/err")
    sed -i.old "s/$hash/$new/g" "$work/elsewhere.txt"
    "$there" import - --store "$work/elsewhere.db" <"$work/elsewhere.txt"
}
ok "a store of another machine" elsewhere
run "${part[@]}" --shard 1/2 --store "$work/elsewhere.db"
ok "a sweep goes on only on its machine" refused "another machine (another machine; this one is $machine)"
run "$there" merge "$work/part1.db" "$work/elsewhere.db" --store "$work/both.db"
ok "stores of two machines are joined" is 0 "$((2 * one)) invocations are in"
run "$there" show --store "$work/both.db"
ok "show tells them apart" says "machine another machine" "machine $machine"
run "$there" show --store "$work/both.db" --format tsv
ok "so does its table" test "$(cut -f 27 "$work/out" | sort | uniq -c | tr -s ' ' | sort | cut -d' ' -f 2 | tr '\n' ' ')" = "1 2 2 "
sed 's/"cells":"[0-9a-f]*"/"cells":"00000000000000000000000000000000"/; s/"finished":true/"finished":false/' "$work/part1.txt" >"$work/cells.txt"
"$there" import "$work/cells.txt" --store "$work/cells.db" 2>/dev/null
run "${part[@]}" --shard 1/2 --store "$work/cells.db"
ok "a sweep goes on only with its cells" refused "other cells than the plan gives here now"

# --- a full disk ----------------------------------------------------------------------------------

mkdir "$work/disk"
if mount -t tmpfs -o size=600k none "$work/disk" 2>"$work/why"; then
    sed 's/^rounds = .*/rounds = 3000/' "$work/part.ini" >"$work/long.ini"
    run "$there" sweep "$work/long.ini" --store "$work/disk/full.db" --share
    ok "a full disk ends a sweep" is 1 "store $work/disk/full.db" "make room" "the same command goes on"
    kept=$(count "$work/disk/full.db")
    ok "what was measured can be read ($kept)" test "$kept" -gt 10
    mount -o remount,size=4m "$work/disk"
    run "$there" sweep "$work/long.ini" --store "$work/disk/full.db" --share --budget 0.001
    ok "and it goes on when there is room" is 0 "going on with $work/disk/full.db: $kept of"
    ok "without a log when it has ended" test ! -e "$work/disk/full.db-wal"
    umount "$work/disk"
else
    skip "no disk to fill: $(cat "$work/why")"
fi

plan
