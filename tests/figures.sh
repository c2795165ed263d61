#!/bin/bash
# SPDX-License-Identifier: MIT
# tests/figures.sh: each figure of artificial tables (tests/tables.awk) is drawn, or says in one line
# why not; nothing else is said, and what is drawn is whole. TAP.
set -u
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. tests/tap.sh

figures=$(basename -s .gp scripts/plots/*.gp | grep -vxE 'common|pages')

# A PNG ends with its last chunk, an SVG with its last tag.
whole() { # file
    case $1 in
    *.png) tail -c 12 "$1" | grep -aq IEND ;;
    *.svg) tail -n 2 "$1" | grep -q '</svg>' ;;
    esac
}
draw() { # kind of table: into $work/KIND
    awk -v kind="$1" -f tests/tables.awk >"$work/$1.tsv"
    scripts/figures none "$work/$1.tsv" "$work/$1" >"$work/$1.out" 2>"$work/$1.err"
    case_is $? "$1: drawn"
    sed 's/^/# /' "$work/$1.err"
}
# Each figure: drawn in both forms, or the line and no file. Those that must be drawn are named.
judge() { # kind, directory, figures
    local figure pages lines file
    for figure in $figures; do
        pages=$(find "$2" -maxdepth 1 -name "$figure.png" -o -maxdepth 1 -name "$figure-[0-9]*.png" | wc -l)
        lines=$(grep -c "^$figure: no " "$work/$1.err")
        case " $3 " in
        *" $figure "*) [ "$pages" -gt 0 ] && [ "$lines" = 0 ] ;;
        *) [ "$pages" = 0 ] && [ "$lines" = 1 ] ;;
        esac
        case_is $? "$1: $figure: drawn, or one line and no file"
    done
    [ "$(grep -cvE "^($(echo $figures | tr ' ' '|')): no " "$work/$1.err")" = 0 ]
    case_is $? "$1: nothing else is said"
    [ "$(find "$2" -name '*.png' | wc -l)" = "$(find "$2" -name '*.svg' | wc -l)" ] &&
        find "$2" -name '*.png' -o -name '*.svg' | { while read -r file; do whole "$file" || exit 1; done; }
    case_is $? "$1: every file is whole"
    [ "$(sort "$work/$1.out")" = "$(find "$2" -name '*.png' -o -name '*.svg' | sort)" ]
    case_is $? "$1: every file is named, and no other"
}
old='scaling throughput fairness allocators one_core ownership sharing_degree'
kinds=(large "$old memory sharing_distance" many one_core two "$old" bare "$old" single one_core empty ''
    odd "$old memory sharing_distance" programs 'scaling throughput fairness programs')
for ((i = 0; i < ${#kinds[@]}; i += 2)); do
    draw "${kinds[i]}"
    judge "${kinds[i]}" "$work/${kinds[i]}" "${kinds[i + 1]}"
done

# What figures say: text in the SVG, where tags are left out.
says() { # file, text...
    local text=$1 wanted
    text=$(sed 's/<[^>]*>//g; s/&quot;/"/g; s/&lt;/</g; s/&gt;/>/g; s/&#39;/'\''/g; s/&amp;/\&/g' "$1")
    for wanted in "${@:2}"; do
        grep -qF -e "$wanted" <<<"$text" || { echo "# no '$wanted' in $(basename "$1")"; return 1; }
    done
}
says "$work/large/scaling-1.svg" 'private_objects, compact' 'objects=256 size=64' threads 'ns per operation' \
    cache package cores CPUs 192 plain_immortal+gil 'machine threadripper'
case_is $? 'scaling names panels, placements, axes, marks, schemes and the machine'
! says "$work/two/scaling-1.svg" dashed >/dev/null
case_is $? 'scaling has no marks where the table knows none'
says "$work/large/throughput-1.svg" 'million operations per second' ideal
case_is $? 'throughput has the ideal line'
says "$work/large/sharing_distance.svg" 'not measured: same package' sibling handoff
case_is $? 'sharing_distance names the distances that are lacking'
says "$work/large/allocators-1.svg" jemalloc '192 threads' biased+pymutex
case_is $? 'allocators names allocators, threads and schemes'
says "$work/programs/programs.svg" fib, n=10 richards, gil-1.4 gil-3.11 gil-3.12-immortal pep703 '2 threads'
case_is $? 'programs has a panel for each program, and names runtimes'
distinct() { # figure, kind of table: the same colour and mark for no two series
    gnuplot -e "table='$work/$2.tsv'; output='/dev/null'" -e 'set print "-"' \
        -e 'load "scripts/plots/common.gp"; '"$1"'; do for [s = 1:series] { print hue(s), dash(s), mark(s) }' |
        sort | uniq -d | { ! grep -q .; }
}
distinct 'load shape("{ point(key($workload, $params), $threads, $ns, $ns_low, $ns_high) }"); if (series != 12) { exit status 1 }' \
    programs
case_is $? 'each runtime is a series, unlike all others, whatever its schemes'
odd="'\"\`\$(x)%d{a}_^<b>&\\@#;|*ä"
says "$work/odd/allocators-1.svg" "jemalloc$odd" "tree$odd" "machine ../box$odd" &&
    says "$work/odd/scaling-1.svg" "atomic$odd+none" "window=256$odd"
case_is $? 'names stand as they are, whatever characters they have'
[ "$(cat "$work"/large/scaling-*.svg | grep -c 'private_objects, compact')" = 1 ]
case_is $? 'a panel stands on one page'
crowded=0
for page in "$work"/large/scaling-*.svg; do
    [[ $(grep -c '>threads<' "$page") = [1-9] ]] || { crowded=1; echo "# $page"; }
done
case_is "$crowded" 'every page has one to nine panels'

# A value is where it belongs: columns go by their names, whatever their order.
awk -v kind=two -f tests/tables.awk |
    awk -F '\t' -v OFS='\t' '{ out = $NF; for (i = NF - 1; i > 0; i--) out = out OFS $i; print out }' >"$work/turned.tsv"
scripts/figures none "$work/turned.tsv" "$work/turned" >/dev/null 2>&1
cmp -s "$work/two/scaling-1.svg" "$work/turned/scaling-1.svg" &&
    cmp -s "$work/two/allocators-1.svg" "$work/turned/allocators-1.svg"
case_is $? 'the order of the columns does not matter'

# Several machines: a directory each, also when their names differ only in what a path cannot have.
draw machines
[ -f "$work/machines/small_one/scaling-1.svg" ] && [ -f "$work/machines/small_one_/allocators-1.svg" ] &&
    ! compgen -G "$work/machines/*.svg" >/dev/null && [ ! -f "$work/machines/small_one/allocators-1.svg" ]
case_is $? 'machines: a directory each'
says "$work/machines/small_one/scaling-1.svg" 'machine small one' &&
    says "$work/machines/small_one_/scaling-1.svg" 'machine small/one'
case_is $? 'machines: each figure names its own'

# Pages of an earlier table do not stay, and a table that cannot be read is an error.
awk -v kind=single -f tests/tables.awk >"$work/large.tsv"
scripts/figures none "$work/large.tsv" "$work/large" >/dev/null 2>&1
! compgen -G "$work/large/scaling*" >/dev/null
case_is $? 'figures that are no longer there are removed'
! scripts/figures none "$work/none.tsv" "$work/none" >/dev/null 2>&1
case_is $? 'a table that cannot be read is an error'
gnuplot -e "table='$work/two.tsv'; output='$work/alone.svg'" scripts/plots/one_core.gp 2>"$work/alone.err"
[ $? = 0 ] && [ ! -s "$work/alone.err" ] && whole "$work/alone.svg"
case_is $? 'one figure alone'
plan
