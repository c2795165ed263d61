#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Does the explorer find what is wrong? Each planted bug must fail in a bounded number of schedules,
# in one of the ways that are expected; what a failure prints to be given again must fail again,
# twice the same; and every right scheme must pass what concerns its layer. TAP, and the table.
#
#     tests/explore.sh [BUILD]          docs/exploring.md must have the same table
#     tests/explore.sh --docs [BUILD]   a filter that puts the table into docs/exploring.md
#
# Seeds are fixed, and what they find does not hang on the machine.
set -u
cd "$(dirname "$0")/.." || exit 1
docs=false
[ "${1:-}" != --docs ] || { docs=true && shift; }
BUILD=$(realpath -m "${1:-build}")/wrong
bounds=(1000 100000) # schedules of each scenario: all with the first bound, then all with the next
passes=200           # of each scenario, by a right scheme; make torture has more
mkdir -p "$BUILD" || exit 1

# Wrong scheme, made from, layer, the file of scenarios where it is found, faces (declared, instrumented),
# the failures that are expected. One file, and both faces for some: compilers take most of the time.
# What only costs too much or is not fair is nobody's failure; what takes more objects or frames than a
# scenario has, or is late only, is for tests/broken.sh.
harmless='census_off immortal_written gil_unforced pymutex_unfair queue_short drain_half hazard_own numbers_kept'
harmless+=' hazard_int free_forgotten pool_stale pool_remembers older_never worlds_tally'
harmless+=' frame_popped local_kept queue_skipped heaps_unwoken heaps_stamped_once table_grows'
race='data race|use after free'
any='data race|use after free|check failed|leak|misuse|crash'
cases=$(grep -v '^#' <<END
lost_increment        atomic         RC refcount  d  $any
leak                  atomic         RC refcount  d  leak|check failed
double_free           atomic         RC refcount  d  $any
premature_free        atomic         RC refcount  d  $any
weak_late             atomic         RC refcount  d  $any
store_late            atomic         RC refcount  d  $any
load_uncounted        atomic         RC refcount  d  $any
move_keeps            atomic         RC reuse     d  $any
publish_not_sticky    biased         RC refcount  d  $race|check failed
orphan_lost           biased         RC refcount  d  leak|check failed
merge_wrong_order     biased         RC refcount  d  $any
reuse_race            biased         RC refcount  d  $any
immortal_wraps        plain_immortal RC refcount  d  $any
mutex_freed           object_mutex   RC refcount  d  $any
mutex_early           object_mutex   RC refcount  d  $any
decrement_relaxed     atomic_relaxed RC refcount  di $race
death_unordered       atomic_relaxed RC refcount  d  $race
store_relaxed         atomic_relaxed RC refcount  di $race
store_fence_late      atomic_relaxed RC refcount  d  $race
load_relaxed          atomic_relaxed RC refcount  d  $race
swap_relaxed          atomic_relaxed RC reuse     d  $race
look_relaxed          atomic_relaxed RC reuse     d  $race
try_relaxed           atomic_relaxed RC reuse     d  $race|check failed
init_relaxed          atomic_relaxed RC reuse     d  $race|check failed
cell_relaxed          atomic_relaxed RC refcount  i  $race
merge_acquire         biased         RC refcount  d  $race
merge_release         biased         RC refcount  d  $race
foreign_acquire       biased         RC refcount  d  $race
foreign_release       biased         RC refcount  d  $race
zero_relaxed          biased         RC refcount  d  $race
init_unordered        biased         RC reuse     d  $race|check failed
merge_again           biased         RC refcount  d  $any
drain_relaxed         biased         RC refcount  d  $race
queue_unflagged       biased_paper   RC refcount  d  $any
decides_twice         biased         RC refcount  d  $any
owner_late            biased_paper   RC refcount  d  $any
immortal_late         biased_immortal RC refcount d  $any
drain_unlocked        biased         RC refcount  d  $any
local_one_look        pep703         RC reuse     d  $any
own_uncounted         pep703         RC refcount  d  $any
dup_borrowed          pep703         RC refcount  d  $any
local_missed          pep703         RC refcount  d  $any
exit_unfolded         per_thread     RC refcount  d  leak|check failed
fold_unlocked         per_thread     RC refcount  d  $any
commit_early          buffered       RC late      d  $any
epoch_short           buffered       RC late      d  $any
log_lost              buffered       RC late      d  $any
online_unlocked       buffered       RC late      d  $any|deadlock
never_crowded         buffered       RC late      d  check failed
lingers_once          buffered       RC late      d  leak|check failed
subtract_forgotten    collected      RC cycles    d  leak|check failed
reach_forgotten       collected      RC cycles    d  $any
weak_garbage          collected      RC cycles    d  $any
end_stopped           collected      RC cycles    d  deadlock
collect_running       collected      RC cycles    di $any|deadlock
dead_tracked          collected      RC cycles    d  $any
delta_dropped         safethread     RC refcount  d  $any
promote_unlocked      safethread     RC refcount  d  $any
table_unflushed       safethread     RC refcount  d  $any
try_from_zero         atomic         RC reuse     d  $any
inline_early          atomic         RC caches    di check failed
inline_one_look       atomic         RC caches    d  check failed
inline_relaxed        pep703         RC caches    d  check failed
entry_read_unfenced   atomic         RC caches    di check failed
entry_write_unfenced  atomic         RC caches    d  check failed
entry_unmarked        atomic         RC caches    d  check failed
weak_resurrects       cas_packed     RC refcount  d  $any
tally_undeclared      pthread        LK lock      i  $race
lock_nothing          pthread        LK lock      di $race
spin_relaxed          spin           LK lock      d  $race
exchange_relaxed      spin           LK lock      d  $race
pymutex_blind         pymutex        LK lock      di deadlock
pymutex_two_owners    pymutex        LK lock      d  $any
pymutex_take_relaxed  pymutex        LK lock      d  $race
pymutex_give_relaxed  pymutex        LK lock      d  $race
pymutex_pass_relaxed  pymutex        LK lock      d  $race
pymutex_woken_relaxed pymutex        LK lock      d  $race
pymutex_park_relaxed  pymutex        LK lock      d  $race
pymutex_forgets       pymutex        LK lock      d  deadlock
pymutex_neighbour     pymutex        LK lock      d  $any|deadlock
section_kept          critical_section LK lock    d  deadlock
section_innermost     critical_section LK lock    d  deadlock
section_forgotten     critical_section LK lock    d  $any
section_in_place      critical_section LK lock    d  $any
section_returns       critical_section LK lock    d  $any
section_outside       critical_section LK lock    d  deadlock
section_half          critical_section LK lock    d  deadlock
section_unordered     critical_section LK lock    d  deadlock
section_two           critical_section LK lock    d  $any
spin_unread           spin           LK lock      d  $any
futex3_unwoken        futex3         LK lock      d  deadlock
futex3_set_free       futex3         LK lock      d  deadlock
furtex_relaxed        futex3_recursive LK lock    d  $race|check failed
ticks_unwoken         gil_ticks      LK lock      d  deadlock
pooled_late           pooled         LK lock      d  $any
pooled_crosswise      pooled         LK lock      d  deadlock
rwlock_touches        rwlock         LK lock      d  $any
rwlock_intrudes       rwlock         LK lock      d  $any|deadlock
rwlock_starves        rwlock         LK lock      d  check failed
gil_assumed           pthread        LK container d  use after free
seqlock_hurried       seqlock        LK lock      d  check failed
seqlock_late          seqlock        LK lock      d  check failed
seqlock_barges        seqlock        LK lock      d  check failed
seqlock_once          seqlock        LK lock      d  check failed
copy_at_once          rcu_copy       LK reads     d  $race
copy_unacquired       rcu_copy       LK reads     di $race
mark_relaxed          optimistic     LK reads     d  $race
mark_ignored          optimistic     LK reads     d  $race
size_trusted          optimistic     LK reads     d  $any
look_once             optimistic     LK reads     d  $any
retire_at_once        optimistic     LK reads     d  $race
mark_unlocked         optimistic     LK reads     d  $race
insert_carries        optimistic     LK reads     d  check failed
slice_by_steps        optimistic     LK reads     d  check failed
default_by_steps      optimistic     LK reads     d  check failed
pop_by_steps          pthread        LK histories d  check failed
iterates_on           optimistic     LK reads     d  check failed
per_bin_at_once       per_bin        LK map       d  $any
per_bin_early         per_bin        LK map       d  $any
per_bin_blind         per_bin        LK map       d  $any
per_bin_unlocked      per_bin        LK map       d  $any
per_bin_relinks       per_bin        LK map       di $any
per_bin_unpinned      per_bin        LK map       d  $any
per_bin_shifts        per_bin        LK map       d  check failed
per_bin_in_turn       per_bin        LK map       d  check failed
ticket_relaxed        ticket         LK lock      d  $race
mcs_relaxed           mcs            LK lock      d  $race
lazy_relaxed          lazy           LK lock      d  $race
flags_relaxed         flags          LK lock      d  $race
flags_fence_early     flags          LK lock      di $race
flags_fence_weak      flags          LK lock      d  $race
unlink_late           qsbr           RL reclaim   d  $any
qsbr_unfenced         qsbr           RL reclaim   d  $any
qsbr_returns          qsbr           RL reclaim   d  $race
qsbr_relaxed          qsbr           RL reclaim   d  $race
qsbr_stale            qsbr           RL reclaim   d  $any
qsbr_retirer          qsbr           RL reclaim   di $any
batch_stamped         qsbr           RL reclaim   d  $any
leave_once            qsbr           RL reclaim   d  leak|check failed
ebr_inner             ebr            RL reclaim   d  $any
qsbr_lost             qsbr           RL reclaim   d  leak|check failed
gus_alone             gus            RL reclaim   d  $any
gus_deferred          gus            RL reclaim   d  $any
gus_forgets           gus            RL reclaim   d  $any
gus_poll_relaxed      gus            RL reclaim   d  $race
gus_plain             gus_old        RL reclaim   d  $any
ebr_early             ebr            RL reclaim   d  $any
ebr_unfenced          ebr            RL reclaim   d  $any
ebr_limbo             ebr            RL reclaim   d  $any
ebr_hasty             ebr            RL reclaim   d  $any
hazard_relaxed        hazard         RL reclaim   di $race
hazard_unfenced       hazard         RL reclaim   d  $any
heaps_at_once         heaps          AL alloc     d  $race|check failed
heaps_counts          heaps          AL alloc     d  $any
heaps_orphan          heaps          AL alloc     d  leak
heaps_take_relaxed    heaps          AL alloc     d  $race
heaps_push_relaxed    heaps          AL alloc     d  $race
heaps_woken_relaxed   heaps          AL alloc     d  $race
pool_unlock_relaxed   pool_locked    AL alloc     d  $race
END
)

# The scenarios of a layer, by their files, that every right scheme must pass; the first of them in the
# instrumented face too.
declare -A explored=([RC]='refcount late reuse cycles caches container' [LK]='lock container reads histories map' [RL]=reclaim
    [AL]='alloc reuse')
declare -A kind=([RC]=refcount [LK]=lock [RL]=reclaim [AL]=alloc)

# Wrong and right schemes by face: "face wrong from layer file expected"; wrong is - for the right ones,
# which are those of the tree, and of tests/broken what wrong ones are made from. Peers are not explored.
rows=$(
    while read -r wrong from layer file faces expected; do
        [[ $faces != *d* ]] || echo "declared $wrong $from $layer $file $expected"
        [[ $faces != *i* ]] || echo "instrumented $wrong $from $layer $file $expected"
    done <<<"$cases"
)
right() {
    local layer header traits
    for layer in RC LK RL AL; do
        for header in strategies/"${kind[$layer]}"/*.h; do
            traits=$(scripts/traits "$header")
            [[ $traits != *_NATIVE* ]] || continue
            echo "$(basename "$header" .h) $layer -"
            [[ $traits != *RC_BACKGROUND* ]] || echo "$(basename "$header" .h) $layer late"
            # reads without the lock meet counts that an object's owner keeps, and must publish
            [[ $traits != *LK_OPTIMISTIC* && $traits != *LK_COPIES* ]] ||
                printf "%s+$(basename "$header" .h) LK -\n" biased pep703
        done
    done
    awk '{ print $3, $4, "-" }' <<<"$rows"
}
rows=$(
    echo "$rows"
    right | sort -u | while read -r from layer file; do
        echo "declared - $from $layer $file -"
        [ "$file" != - ] || echo "instrumented - $from $layer ${explored[$layer]%% *} -"
    done
)

header() { # face wrong from layer file: of the scheme that is tried; of a pair, of its lock
    set -- "$1" "$2" "${3#*+}" "$4"
    if [ "$2" != - ]; then
        echo "tests/broken/$2.h"
    elif [ -e "tests/broken/$3.h" ]; then
        echo "tests/broken/$3.h"
    else
        echo "strategies/${kind[$4]}/$3.h"
    fi
}
program() { # face wrong from layer file
    local name=$2 lock=pthread header
    [ "$name" != - ] || name=$3
    header=$(header - - "${@:3}") # traits are those of the right one
    case $4 in # what needs a global lock goes with one, as rclab explore has it
    RC) scripts/traits "$header" | grep -qw RC_SHARED || lock=gil ;;
    AL) ! scripts/traits "$header" | grep -qw AL_UNLOCKED || lock=gil ;;
    esac
    case $4 in
    RC) name=$name+$lock && [ "$5" != late ] || name+=+qsbr+system ;; # what dies late may retire
    LK) [[ $name == *+* ]] || name=atomic+$name ;;
    RL) name=atomic+pthread+$name+system ;;
    AL) name=atomic+$lock+qsbr+$name ;;
    esac
    echo "$BUILD/${5/#-/$4}/explore/$1/$name"
}
# The scenarios that say something of these schemes; for the test the one that the document names, if it does.
scenarios() { # program, wrong, face
    ! $docs && awk -F ' [|] ' -v wrong="| $2" -v face="$3" '
        NF > 4 && $1 == wrong && $(NF - 3) == face { print $(NF - 1); found = 1 }
        END { exit !found }' docs/exploring.md || "$1" list | sed '/; omitted: /d; s/ .*//'
}

# One row: its program's output in log, and in result "schedules|scenario|failure", or nothing.
explore() { # log, face wrong from layer file expected
    local log=$1 program bound name command line
    program=$(cat "${log%.log}.program")
    shift
    rm -f "$log" "$log.result"
    if [ "$2" = - ]; then
        "$program" explore --schedules "$passes" >"$log" 2>&1 && echo passes >"$log.result"
        return
    fi
    for bound in "${bounds[@]}"; do
        for name in $(scenarios "$program" "$2" "$1"); do
            # a scenario that cannot even be set up shows no schedule
            "$program" explore "$name" --schedules "$bound" --as "$program explore" >"$log" 2>&1 ||
                ! grep -q '^replay: ' "$log" || break 2
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
    if ! cmp -s "$log.once" "$log.twice" || ! grep -qxF "$line" "$log.once" ||
        [ "$(tail -n 1 "$log.once")" != 1 ]; then
        { echo "replayed otherwise:" && cat "$log.once" "$log.twice"; } >>"$log"
        return
    fi
    sed -nE 's/^([a-z0-9_]+): ([0-9]+) schedules?, ([a-z ]+), .*/\2|\1|\3/p' "$log" >"$log.result"
}

declare -A places extra # programs, and the headers of tests/broken that they are made from
number=0
while read -r row; do
    number=$((number + 1))
    # shellcheck disable=SC2086
    program=$(program $row)
    echo "$program" >"$BUILD/$number.program"
    place=${program#"$BUILD"/}
    place=${place%%/*}
    [[ " ${places[$place]:-} " == *" $program "* ]] || places[$place]+=" $program"
    # shellcheck disable=SC2086
    header=$(header $row)
    [[ $header != tests/* || " ${extra[$place]:-} " == *" $header "* ]] || extra[$place]+=" $header"
done <<<"$rows"
for place in "${!places[@]}"; do
    # shellcheck disable=SC2086
    make --no-print-directory -k -j"$(nproc)" CI=1 "BUILD=$BUILD/$place" "EXTRA=${extra[$place]:-}" \
        "EXPLORED=${explored[$place]:-$place}" ${places[$place]} || bad=1
done >"$BUILD/make" 2>&1
[ -z "${bad:-}" ] || cat "$BUILD/make"

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
verdict() { # good or not, text, log
    n=$((n + 1))
    if [ "$1" = good ]; then
        echo "ok $n - $2"
    else
        echo "not ok $n - $2"
        tail -n 40 "$3" | sed 's/^/# /'
        failed=1
    fi
}
essay() { # wrong: what its head says, without its name
    sed -n '3,/^#/p' "tests/broken/$1.h" | sed -n 's/^\/\/ //p' | tr '\n' ' ' | sed -E 's/^[a-z0-9_]*: //; s/\. *$//'
}
tell() {
    local number=0 face wrong from layer file expected log result schedules scenario failure good
    : >"$BUILD/table"
    while read -r face wrong from layer file expected; do
        number=$((number + 1))
        log=$BUILD/$number.log
        result=$(cat "$log.result" 2>/dev/null)
        good=
        if [ "$wrong" = - ]; then
            [ "$result" != passes ] || good=good
            verdict "$good" "$from passes ($face)" "$log"
            continue
        fi
        IFS='|' read -r schedules scenario failure <<<"$result"
        [[ -z $result || "|$expected|" != *"|$failure|"* ]] || good=good
        verdict "$good" "$wrong: ${failure:-not found} ($face)" "$log"
        echo "| $wrong | $(essay "$wrong") | $face | $schedules | $scenario | $failure |" >>"$BUILD/table"
    done <<<"$rows"
}
# The document on stdin, with the table between its marks.
fill() {
    awk -v table="$BUILD/table" '
        /^<!-- end -->$/ { skipped = 0 }
        !skipped { print }
        /^<!-- planted -->$/ {
            skipped = 1
            print "| wrong scheme | what is wrong | face | schedules | scenario | failure |"
            print "| --- | --- | --- | ---: | --- | --- |"
            while ((getline line <table) > 0) print line
        }'
}

if $docs; then
    tell >&2
    fill
    exit "$failed"
fi
tell
for file in tests/broken/*.h; do
    name=$(basename "$file" .h)
    case " counted $harmless " in *" $name "*) continue ;; esac
    grep -q "^// $name: right, " "$file" || grep -q "^$name " <<<"$cases" || echo "$name"
done >"$BUILD/untried"
verdict "$([ -s "$BUILD/untried" ] || echo good)" 'every wrong scheme is tried' "$BUILD/untried"
fill <docs/exploring.md | diff docs/exploring.md - >"$BUILD/diff"
verdict "$([ -s "$BUILD/diff" ] || echo good)" 'docs/exploring.md has this table (make docs)' "$BUILD/diff"
echo "1..$n"
echo '# wrong scheme | what is wrong | face | schedules | scenario | failure'
sed 's/^| /# /; s/ |$//' "$BUILD/table"
exit "$failed"
