#!/bin/bash
# SPDX-License-Identifier: MIT
# tests/listing.sh [BUILD]: what `explore` tells of a schedule that fails: the failure, a shortened
# schedule that fails in the same way, the source lines that it is about, and commands that give both
# schedules again, whatever addresses the system hands out. TAP.
set -u
cd "$(dirname "$0")/.." || exit 1
build=$(realpath -m "${1:-build}")/planted
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. tests/tap.sh

# Anything that is a rate, and the command's own name.
steady() {
    sed -e 's|, [0-9]*/s$||' -e "s|$build||g"
}

# Program, scenario, failure, and the line of the source that the listing marks.
cases=$(cat <<'END'
declared/atomic+spin_relaxed           lock_unlock     data_race       lock.c sync_set(s->n
declared/atomic+pymutex_two_owners     lock_unlock     data_race       lock.c sync_set(s->n
declared/atomic+pymutex_blind          lock_unlock     deadlock        pymutex_blind.h sync_park(&p->woken
declared/decrement_relaxed+pthread     share_and_drop  data_race       common.h sync_set(n->alive, NODE_DEAD)
instrumented/decrement_relaxed+pthread share_and_drop  data_race       common.h sync_set(n->alive, NODE_DEAD)
declared/premature_free+pthread        last_two        check_failed    common.h sync_check(world_live(s->world) == 0
declared/weak_late+pthread             weak_get        use_after_free  system.h sync_heap_free(p)
END
)
mapfile -t programs < <(awk -v b="$build" '{print b "/explore/" $1}' <<<"$cases")
make --no-print-directory -j"$(nproc)" CI=1 "BUILD=$build" EXTRA=tests/broken "${programs[@]}" \
    >"$work/make" 2>&1 || cat "$work/make"

# Of "replay: COMMAND  # 19 steps, schedule HASH": the command, the steps, and all behind the #.
command_of() { # label
    sed -n "s/^$1: \(.*\)  # .*/\1/p" "$work/out"
}
told() { # label
    sed -n "s/^$1: .*  # //p" "$work/out"
}

while read -r name scenario failure file text; do
    program=$build/explore/$name
    failure=${failure//_/ }
    "$program" explore "$scenario" --as "$program explore" >"$work/out"
    [ $? = 1 ] && grep -q "^$scenario: [0-9]* schedules*, $failure, " "$work/out"
    case_is $? "$name: $scenario fails: $failure"
    grep -q "^$failure: ." "$work/out" &&
        grep -F "$text" "$work/out" | grep -q "^\*\{0,2\} *[0-9]*  $file:[0-9]* "
    case_is $? "$name: the listing has the line in $file"
    # a deadlock and a failed check are told in a line of their own
    [ "$(grep -c '^\*\* ' "$work/out")" = 1 ] &&
        if [[ $failure == deadlock ]]; then true; else grep '^\*' "$work/out" | grep -qF "$text"; fi
    case_is $? "$name: what fails is marked"
    # where a line is shown, the file has it there
    awk '/^(\*\*|\* |  ) +[0-9]+  [^ ]+:[0-9]+ +[0-9]\| /' "$work/out" | while read -r line; do
        place=$(grep -o '[^ ]*\.[ch]:[0-9]*' <<<"$line" | head -n 1)
        source=$(find strategies workloads harness tests -name "${place%:*}" \
            -exec sed -n "${place#*:}p" {} + | sed 's/^ *//')
        # one of the files of that name
        while read -r candidate; do
            [[ -n $candidate && $line == *"$candidate" ]] && continue 2
        done <<<"$source"
        echo "$line"
    done >"$work/wrong"
    [ ! -s "$work/wrong" ]
    case_is $? "$name: sources are those of the places"
    sed 's/^/# /' "$work/wrong"

    read -r first_steps first_switches steps switches < <(sed -n \
        's/^found after .* with \(.*\) steps and \(.*\) switches; this one has \(.*\) and \(.*\)$/\1 \2 \3 \4/p' \
        "$work/out")
    [ "$steps" -le "$first_steps" ] && [ "$switches" -le "$first_switches" ]
    case_is $? "$name: no longer than what the seed found ($first_steps steps, $first_switches switches; $steps, $switches)"

    replay=$(command_of replay) seed=$(command_of seed)
    told=$(told replay) told_seed=$(told seed)
    bash -c "$replay" >"$work/replayed"
    status=$?
    [ $status = 1 ] && grep -q "^$scenario: $failure, ${told%%,*}$" "$work/replayed" &&
        [ "$(sed -n 's/^replay: .*  # //p' "$work/replayed")" = "$told" ]
    case_is $? "$name: replayed: $told"
    diff <(sed -n "/^$failure: /,/^$/p" "$work/out") <(sed -n "/^$failure: /,/^$/p" "$work/replayed") \
        >"$work/diff"
    case_is $? "$name: the listing of the replay is the same"
    sed 's/^/# /' "$work/diff"
    bash -c "$seed" >"$work/seeded"
    [ $? = 1 ] && [ "$(sed -n 's/^seed: .*  # //p' "$work/seeded")" = "$told_seed" ] &&
        grep -q "^$scenario: 1 schedule, $failure, " "$work/seeded"
    case_is $? "$name: the seed alone: $told_seed"
    # none of the deviations that are left can be left out
    deviations=$(grep -o "'[^']*'$" <<<"$replay" | tr -d "'")
    count=$(tr ',' '\n' <<<"$deviations" | wc -l)
    shorter=0
    for ((i = 1; count > 1 && i <= count; i++)); do
        without=$(tr ',' '\n' <<<"$deviations" | sed "${i}d" | paste -sd,)
        "$program" explore "$scenario" --seed "$(grep -o 'seed [0-9]*' <<<"$replay" | tr -dc 0-9)" \
            --replay "$without" >"$work/less"
        left=$(sed -n "s/^$scenario: $failure, \([0-9]*\) steps$/\1/p" "$work/less")
        [ -z "$left" ] || [ "$left" -ge "$steps" ] || shorter=$((shorter + 1))
    done
    [ $shorter = 0 ]
    case_is $? "$name: no deviation of $deviations is superfluous"

    for _ in 1 2; do
        "$program" explore "$scenario" --as "$program explore"
    done | steady >"$work/again"
    cmp -s <(steady <"$work/out"; steady <"$work/out") "$work/again"
    case_is $? "$name: the same thrice"
done <<<"$cases"

program=$build/explore/declared/atomic+spin_relaxed
(cd / && "$program" explore lock_unlock) | grep -q 'spin_relaxed.h:.* relaxed .*atomic_store_explicit(&l->locked, 0'
case_is $? 'sources are found from another directory'

"$program" explore share_and_drop --replay default >"$work/out" &&
    grep -q "^share_and_drop: no failure" "$work/out"
case_is $? 'a schedule that passes is replayed, and said to pass'
"$program" explore share_and_drop --replay '1.60000>2' | grep -q '^1 of 1 deviations did not occur'
case_is $? 'a deviation that does not occur is told'
while IFS='|' read -r text where; do
    "$program" explore lock_unlock --replay "$text" >"$work/out" 2>"$work/error"
    [ $? = 2 ] && [ ! -s "$work/out" ] && grep -qF "at character $where" "$work/error"
    case_is $? "refused: --replay '$text': at character $where"
done <<'END'
|1: a thread from 0 to 
x|1: a thread
9.1>2|1: a thread
1|2: '.'
1.|3: the number
1.70000>2|3: the number
1.7|4: '>'
1.7:2|4: '>'
1.7>|5: a thread from 1
1.7>0|5: a thread from 1
1.7>9|5: a thread from 1
1.7=0|5: an outcome
1.7=-1|5: an outcome
1.7>2,|7: a thread
1.7>2 |6: ','
1.7>2;1.8>2|6: ','
1.7>2,1.7>3|7: this is decided twice
default,1.7>2|1: a thread
END
while read -r options; do
    # shellcheck disable=SC2086
    "$program" explore $options >/dev/null 2>"$work/error"
    [ $? = 2 ] && [ -s "$work/error" ]
    case_is $? "refused: explore $options"
done <<'END'
no_such_scenario
--mode sideways
--mode pct --depth 0
--depth 3
--schedules 0
--schedules 10x
--seed -1
--replay default
--replay default lock_unlock lock_again
--replay default lock_unlock --mode pct
END

"$program" explore share_and_drop --schedules 1 >/dev/full 2>/dev/null
case_is $((! $?)) 'a full disk is told by the status'
"$program" explore share_and_drop --schedules 1000000000000 >"$work/out" &
pid=$!
sleep 1 # long enough to have begun; if not, it ends all the same
kill -INT $pid
wait $pid
status=$?
[ $status = 130 ]
case_is $? "an interrupt ends it as one ($status)"
"$program" explore last_two --mode exhaustive --depth 3 >"$work/out" &&
    grep -q '^last_two: [0-9]* schedules (all with at most 3 deviations), no failure' "$work/out"
case_is $? 'exhaustive: all schedules were run'
"$program" explore last_two --mode exhaustive --depth 3 --schedules 5 |
    grep -q '^last_two: 5 schedules (not all with at most 3 deviations), no failure'
case_is $? 'exhaustive: not all schedules were run'
plan
