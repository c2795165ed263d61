# SPDX-License-Identifier: MIT
# What a biased scheme costs by the share of the counting that the owner does.
load "scripts/plots/common.gp"
here = "$wl == \"owner_share\" && $thr == 1"
series = lines(rows(here, "$rc \"+\" $lk \":\" $rci \":\" $lki")." | sort -u")
if (words(series) == 0) {
    printerr "ownership: no owner_share on one thread in this store"
} else {
    eval start(720, 420)
    set output output
    set title "Uncontended counting by the share of own objects"
    set xlabel "objects that the counting thread made itself (%)"
    set ylabel "ns per incref and decref"
    set yrange [0:*]
    set xrange [-3:103]
    set key outside right top Left reverse samplen 2
    curve(s) = sprintf("< %s | sed 's/.*share=\\([0-9]*\\)[^\\t]*\\t/\\1\\t/' | sort -n -k 1,1", rows(here." && ($rc \"+\" $lk) == \"".name(s)."\"", "$par \"\\t\" $ns \"\\t\" $lo \"\\t\" $hi"))
    plot for [s in series] curve(s) using 1:2:3:4 with yerrorlines lc rgb hue(s) dt dash(s) pt mark(s) ps 0.9 title name(s)
}
