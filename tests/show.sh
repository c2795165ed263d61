#!/bin/bash
# SPDX-License-Identifier: MIT
# tests/show.sh RCLAB: the tables of an artificial store (tests/store.awk) say what is in it, and
# leave nothing out without a word. TAP.
set -u
cd "$(dirname "$0")/.."
rclab=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. tests/tap.sh

# The lines of a family or section, of the last table.
section() { # name
    awk -v head="[$1]" 'index($0, head) == 1 { on = 1; print; next } /^(\[|$)/ { on = 0 } on' "$work/text"
}
# Each text is on one line of the section, blanks counting as one.
says() { # section, text...
    local text wanted
    text=$(section "$1" | tr -s ' ')
    for wanted in "${@:2}"; do
        grep -qF -e "$wanted" <<<"$text" || { echo "# no '$wanted' in:"; sed 's/^/# /' <<<"$text"; return 1; }
    done
}
lacks() { ! says "$@" >/dev/null; }
head_says() { # text...
    local wanted
    for wanted; do
        sed '/^$/q' "$work/text" | tr '\n' ' ' | grep -qF -e "$wanted" ||
            { echo "# no '$wanted'"; sed '/^$/q' "$work/text" | sed 's/^/# /'; return 1; }
    done
}
awk -f tests/store.awk | LC_ALL=C sort >"$work/store.txt"
ok 'the artificial store is one' "$rclab" import --store "$work/store.db" "$work/store.txt" 2>/dev/null
"$rclab" show --store "$work/store.db" >"$work/text"
ok 'it is shown' [ $? = 0 ]

ok 'a ratio, its interval and its verdict' says speeds ' atomic+none 30 [30, 88] 3 [3, 3] worse ' \
    ' biased+none 10 [10, 10] 1.002 [1.002, 1.002] equivalent '
ok 'the baseline is called so' says speeds ' plain+none 10 [10, 20] 1 [1, 1] (baseline) '
ok 'the other speed: an interval, or too few blocks for one' says speeds \
    ' atomic+none: above when fast, 12 blocks; when slow 4.4 [4.4, 4.4], 8 blocks' \
    ' too seldom for an interval: 1 ratio, in at most 3 blocks'
ok 'a machine that was slow throughout' says slow ' atomic+none: above when slow, 20 blocks'
ok 'a verdict is one of many' says few ' few_1+none 20 [20, 20] 2 [2, 2] undecided '
ok 'nothing of speeds where there was one' lacks restless 'by the speed'
ok 'what is left out of a row, where it matters' says restless \
    ' of 20 blocks: 5 without a common speed, 3 measured again, 3 disturbed to the last'
ok 'and not where it hardly does' [ "$(section restless | grep -c 'of 20 blocks')" = 1 ]
ok 'the order of linking' says layouts 'verdict layout fair' ' worse 100 % '
ok 'and nothing of it where it did not change' lacks speeds 'layout'
ok 'memory beside time' says speeds ' memory dead [95 %] bytes/object [95 %] pause us [95 %] header' \
    ' plain+none 0 72.5 [72.5, 72.5] 0 8' ' biased+none 640 [640, 650] 72.5 [72.5, 72.5] 1.5 [1.5, 1.5] 16'
ok 'and nothing where nothing is told' lacks slow 'memory'
ok 'what waits took, what was sent and what the process took' says restless ' memory MiB [95 %] latency us [95 %] its p99 us [95 %] sent B [95 %] header' \
    ' atomic+none 2 [2, 2] 5046 [5046, 5047] 6357 [6357, 6357] 6.4 [6.4, 6.4] -'
ok 'and nothing where there are none' lacks speeds 'latency'
ok 'what did not end well' says layouts '0 void, 1 crashed, 0 hung; the last: ended by signal 6'
ok 'checks stand apart, each with its original' says checks ' A/A 1 [1, 1] equivalent 12 atomic+none [speeds]' \
    ' +5 % 1.05 [1.05, 1.05] worse 12 atomic+none [speeds]'
ok 'and not in their family' [ "$(section speeds | grep -c '^  atomic+none ')" = 1 ]
ok 'all of it is summed up' head_says '214 fast, 59 slow, 7 mixed, 0 unknown' 'blocks without a common speed: 7;' \
    'measured again, for a disturbance: 4;' 'disturbed to the last: 4' 'corrected for 14 ratios' 'margin of 1 %'
ok 'how far apart cores were' head_says 'from core to core, one way: 48 ns, nine in ten of ' ' from 48 to 226'
ok 'why a family ended, if not with the last round' says speeds ' narrow enough after 20 rounds'
ok 'and nothing of it if so' lacks slow 'rounds'
ok 'in lines of at most 100 characters' [ -z "$(tail -n +2 "$work/text" | awk 'length > 100')" ]
ok 'no peer is told of where there is none' lacks speeds '*'

sed 's/biased/glib/g' "$work/store.txt" | LC_ALL=C sort >"$work/peer.txt"
"$rclab" import --store "$work/peer.db" "$work/peer.txt" 2>/dev/null
"$rclab" show --store "$work/peer.db" >"$work/text"
ok 'a peer is marked' says speeds ' glib+none* 10 ' ' atomic+none 30 '
ok 'and the mark explained' head_says '*: with a peer'

"$rclab" show --store "$work/store.db" --workload hot_object >"$work/text"
ok 'another workload: nothing of this one' [ "$(grep -c '^\[' "$work/text")" = 0 ]

"$rclab" show --store "$work/store.db" --format tsv >"$work/tsv"
ok 'the figures have the table that they are tested with' \
    [ "$(head -n 1 "$work/tsv")" = "$(awk -v kind=single -f tests/tables.awk | head -n 1)" ]
cell() { # family, refcount: ratio, verdict and speed
    awk -F '\t' -v family="$1" -v rc="$2" '
        NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i }
        $c["family"] == family && $c["rc"] == rc { print $c["ratio"], $c["verdict"], $c["speed"] }' "$work/tsv"
}
ok 'a line a cell, of checks none' [ "$(wc -l <"$work/tsv")" = 20 ]
ok 'verdict and speed are in it' [ "$(cell speeds atomic), $(cell slow atomic)" = '3 worse fast, 2 worse slow' ]
ok 'and not of a baseline' [ "$(cell speeds plain)" = '1 - -' ]
plan
