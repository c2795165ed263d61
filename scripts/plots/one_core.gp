# SPDX-License-Identifier: MIT
# The cost of counting on one core: bars by refcount scheme and size of the working set.
load "scripts/plots/common.gp"
here = "$wl == \"private_objects\" && $thr == 1 && $lk == \"none\""
series = lines(rows(here, "$rc \":\" $rci \":\" $lki")." | sort -u -t : -k 2,2n")
sets = lines(rows(here, "$par")." | awk '!seen[$0]++'")
if (words(series) == 0) {
    printerr "one_core: no private_objects on one thread without a lock in this store"
} else {
    eval start(860, 420)
    set output output
    set title "Counting private objects on one core: one incref and one decref"
    set ylabel "ns per operation (log scale)"
    set xlabel "objects of the thread, bytes of an object"
    set logscale y
    set yrange [0.1:*]
    set style fill solid 0.85 noborder
    set errorbars lc rgb "#333333"
    set xrange [0.4:words(sets) + 0.6]
    label(set) = system(sprintf("echo '%s' | sed -E 's/~?[a-z]+=/ × /g; s/^ × //'", set))
    set xtics ()
    set for [i = 1:words(sets)] xtics add (label(word(sets, i)) i)
    set key outside right top Left reverse samplen 1.5
    # where the bar of a scheme stands around its working set
    width = 0.8 / words(series)
    shift(i) = (i - (words(series) + 1) / 2.0) * width
    bar(s, k) = sprintf("< %s | head -n 1", rows(here." && $rc == \"".name(s)."\" && $par == \"".spaced(word(sets, k))."\"", "$ns, $lo, $hi"))
    plot for [k = 1:words(sets)] for [i = 1:words(series)] bar(word(series, i), k) \
            using (k + shift(i)):1:2:3:(0.9 * width) with boxerrorbars lc rgb hue(word(series, i)) title (k == 1 ? name(word(series, i)) : ""), \
         for [k = 1:words(sets)] for [i = 1:words(series)] bar(word(series, i), k) \
            using (k + shift(i)):3:(sprintf("%.3g", $1)) with labels offset 0, 0.6 font ",9" tc rgb "#333333"
}
