#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Does the explorer find what is wrong? Each wrong scheme of tests/broken must fail in a bounded
# number of schedules, in one of the ways that are expected; what a failure prints to be given again
# must fail again, twice the same; and the right scheme that it was made from must pass as many.
#
#     tests/explore.sh [--faces] [--docs] [BUILD]
#
# Seeds are fixed, so the numbers are the same on every machine. --docs writes the table into
# docs/exploring.md, where it must agree otherwise. With --faces each scheme is tried in both faces,
# else in those that the list says: the compiler is what takes the time.
set -u
cd "$(dirname "$0")/.." || exit 1
all_faces=false docs=false
for option; do
    case $option in
    --faces) all_faces=true ;;
    --docs) docs=true ;;
    *) break ;;
    esac
    shift
done
BUILD=${1:-build}/planted
bounds=(1000 100000) # schedules of each scenario: all with the first bound, then all with the next
passes=2000          # of each scenario, by a right scheme
mkdir -p "$BUILD" || exit 1

# Wrong scheme, made from, layer, faces (declared, instrumented), the failures that are expected.
# census_off, immortal_written, gil_unforced and pymutex_unfair do nothing wrong but what it costs,
# or how fair it is.
race='data race'
cases=$(grep -v '^#' <<END
lost_increment        atomic         RC d  use after free|check failed
leak                  atomic         RC d  leak|check failed
double_free           atomic         RC d  use after free|check failed
premature_free        atomic         RC d  use after free|check failed|leak
weak_late             atomic         RC d  use after free|$race|check failed
move_keeps            atomic         RC d  use after free|check failed
publish_not_sticky    biased         RC d  check failed
orphan_lost           biased         RC d  leak|check failed
merge_wrong_order     biased         RC d  use after free
reuse_race            biased         RC d  use after free|check failed|leak
immortal_wraps        plain_immortal RC d  use after free|check failed
mutex_freed           object_mutex   RC d  use after free
mutex_early           object_mutex   RC d  misuse|$race
decrement_relaxed     atomic_relaxed RC di $race
death_unordered       atomic_relaxed RC d  $race
store_relaxed         atomic_relaxed RC di $race
store_fence_late      atomic_relaxed RC d  $race
load_relaxed          atomic_relaxed RC d  $race
swap_relaxed          atomic_relaxed RC d  $race
look_relaxed          atomic_relaxed RC d  $race
try_relaxed           atomic_relaxed RC d  check failed
init_relaxed          atomic_relaxed RC d  check failed
cell_relaxed          atomic_relaxed RC i  $race
merge_acquire         biased         RC d  $race
merge_release         biased         RC d  $race
foreign_acquire       biased         RC d  $race
foreign_release       biased         RC d  $race
zero_relaxed          biased         RC d  $race
publish_relaxed       biased         RC d  check failed
drain_relaxed         biased         RC d  $race
tally_undeclared      pthread        LK i  $race
lock_nothing          pthread        LK di $race
spin_relaxed          spin           LK d  $race
exchange_relaxed      spin           LK d  $race
pymutex_blind         pymutex        LK di deadlock
pymutex_two_owners    pymutex        LK d  $race
pymutex_take_relaxed  pymutex        LK d  $race
pymutex_give_relaxed  pymutex        LK d  $race
pymutex_pass_relaxed  pymutex        LK d  $race
pymutex_woken_relaxed pymutex        LK d  $race
pymutex_park_relaxed  pymutex        LK d  $race
ticket_relaxed        ticket         LK d  $race
mcs_relaxed           mcs            LK d  $race
lazy_relaxed          lazy           LK d  $race
flags_relaxed         flags          LK d  $race
flags_fence_early     flags          LK di $race
flags_fence_weak      flags          LK d  $race
END
)
$all_faces && cases=$(sed -E 's/ (RC|LK) [di]+ / \1 di /' <<<"$cases")

# Wrong and right schemes by face: "face wrong from layer expected", wrong is - for the right ones.
rows=$(
    while read -r wrong from layer faces expected; do
        [[ $faces != *d* ]] || echo "declared $wrong $from $layer $expected"
        [[ $faces != *i* ]] || echo "instrumented $wrong $from $layer $expected"
    done <<<"$cases"
)
rows=$(
    echo "$rows"
    awk '{ print $1, "-", $3, $4, "-" }' <<<"$rows" | sort -u
)

program() { # face wrong from layer
    local name=$2 traits
    [ "$name" != - ] || name=$3
    if [ "$4" = LK ]; then
        echo "$BUILD/explore/$1/atomic+$name"
        return
    fi
    # what does not go with threads of its own runs under a global lock, as rclab explore has it
    traits=$(sed -n 's/^#define RC_TRAITS *//p' "strategies/refcount/$3.h")
    case $traits in
    *RC_SHARED*) echo "$BUILD/explore/$1/$name+pthread" ;;
    *) echo "$BUILD/explore/$1/$name+gil" ;;
    esac
}
# The scenarios that say something of these schemes.
scenarios() { # program
    "$1" list | sed '/; omitted: /d; s/ .*//'
}

# One row: its program's output in log, and in result "schedules|scenario|failure", or nothing.
explore() { # log, face wrong from layer expected
    local log=$1 program bound name command line
    shift
    program=$(program "$@")
    rm -f "$log" "$log.result"
    if [ "$2" = - ]; then
        "$program" explore --schedules "$passes" >"$log" 2>&1 && echo passes >"$log.result"
        return
    fi
    for bound in "${bounds[@]}"; do
        for name in $(scenarios "$program"); do
            "$program" explore "$name" --schedules "$bound" --as "$program explore" >"$log" 2>&1 ||
                break 2
        done
    done
    command=$(sed -n "s/^replay: \(.*\)  # .*, schedule \([0-9a-f]*\)$/\1/p" "$log")
    [ -n "$command" ] || return
    bash -c "$command" >"$log.once" 2>&1
    echo $? >>"$log.once"
    bash -c "$command" >"$log.twice" 2>&1
    echo $? >>"$log.twice"
    line=$(grep '^replay: ' "$log")
    # the failure comes back, by the same schedule
    cmp -s "$log.once" "$log.twice" && grep -qxF "$line" "$log.once" && [ "$(tail -n 1 "$log.once")" = 1 ] ||
        { echo "replayed otherwise: $command" >>"$log"; return; }
    sed -nE 's/^([a-z0-9_]+): ([0-9]+) schedules?, ([a-z ]+), .*/\2|\1|\3/p' "$log" >"$log.result"
}

mapfile -t programs < <(while read -r row; do
    # shellcheck disable=SC2086
    program $row
done <<<"$rows" | sort -u)
make --no-print-directory -k -j"$(nproc)" CI=1 "BUILD=$BUILD" EXTRA=tests/broken "${programs[@]}" \
    >"$BUILD/make" 2>&1 || cat "$BUILD/make"

number=0
while read -r row; do
    while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do
        wait -n
    done
    number=$((number + 1))
    # shellcheck disable=SC2086
    explore "$BUILD/$number.log" $row &
done <<<"$rows"
wait

n=0
failed=0
verdict() { # condition, text, log
    n=$((n + 1))
    if [ "$1" = true ]; then
        echo "ok $n - $2"
    else
        echo "not ok $n - $2"
        sed 's/^/# /' "$3" | tail -n 40
        failed=1
    fi
}
essay() { # wrong: what its head says, without its name and x86-64
    sed -n '3,/^#/p' "tests/broken/$1.h" | sed -n 's/^\/\/ //p' | tr '\n' ' ' |
        sed -E 's/^[a-z_]*: //; s/ x86-64 .*//; s/\. *$//'
}
forgiven() { # wrong
    if grep -q 'x86-64$\|x86-64 forgives' "tests/broken/$1.h"; then echo yes; fi
}

number=0
: >"$BUILD/found"
while read -r face wrong from layer expected; do
    number=$((number + 1))
    log=$BUILD/$number.log
    result=$(cat "$log.result" 2>/dev/null)
    if [ "$wrong" = - ]; then
        verdict "$([ "$result" = passes ] && echo true)" "$from passes ($face)" "$log"
        continue
    fi
    IFS='|' read -r schedules scenario failure <<<"$result"
    verdict "$([[ -n $result && "|$expected|" == *"|$failure|"* ]] && echo true)" \
        "$wrong: ${result:+$failure in schedule $schedules of $scenario} ($face)" "$log"
    echo "$wrong|$face|$schedules|$scenario|$failure" >>"$BUILD/found"
done <<<"$rows"
