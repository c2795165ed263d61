# SPDX-License-Identifier: MIT
# The cost of an operation against the number of threads, a panel for each workload and parameters.
load "scripts/plots/common.gp"
# in the plan's order
panels = lines(rows("1", "$wl \"|\" $par \"|\" $thr")." | awk -F '|' '!seen[$0]++ { p = $1 \"|\" $2; if (++n[p] == 1) list[++m] = p } END { for (i = 1; i <= m; i++) if (n[list[i]] > 1) print list[i] }'")
count = words(panels)
if (count == 0) {
    printerr "scaling: no workload at two numbers of threads in this store"
} else {
    columns = count < 3 ? count : 3
    down = (count + columns - 1) / columns
    width = columns * 340 < 640 ? 640 : columns * 340
    height = down * 300 + 150
    eval start(width, height)
    set output output
    set multiplot
    set label 1 "Cost of an operation against threads: threads × time / operations, median of processes, 95 % interval" at screen 0.5, 1 - 22.0 / height center font ",12"
    set logscale xy
    workload(p) = p[1:strstrt(p, "|")-1]
    params(p) = spaced(p[strstrt(p, "|")+1:*])
    of(p) = sprintf("$wl == \"%s\" && $par == \"%s\"", workload(p), params(p))
    all = lines(rows("1", "$thr")." | sort -n -u")
    set xtics ()
    set for [t in all] xtics add (t t + 0)
    set xrange [word(all, 1) * 0.8:word(all, words(all)) * 1.25]
    set format y "%g"
    set key off
    points(p, s) = sprintf("< %s | sort -n -k 1,1 | awk '!seen[$1]++'", rows(of(p)." && ($rc \"+\" $lk) == \"".name(s)."\"", "$thr \"\\t\" $ns \"\\t\" $lo \"\\t\" $hi"))
    do for [i = 1:count] {
        p = word(panels, i)
        column = (i - 1) % columns
        row = (i - 1) / columns
        set lmargin at screen (column + 0.25) / columns
        set rmargin at screen (column + 0.96) / columns
        set tmargin at screen 1 - (row * 300 + 90.0) / height
        set bmargin at screen 1 - (row * 300 + 310.0) / height
        set title workload(p)."\n".params(p) font ",10" offset 0, -0.5
        if (row == down - 1 || i + columns > count) { set xlabel "threads" offset 0, 0.3 } else { unset xlabel }
        if (column == 0) { set ylabel "ns per operation" offset 1, 0 } else { unset ylabel }
        have = lines(rows(of(p), "$rc \"+\" $lk \":\" $rci \":\" $lki")." | sort -u")
        jitter(k) = 1 + 0.025 * (k - (words(have) + 1) / 2.0)
        plot for [k = 1:words(have)] points(p, word(have, k)) using ($1 * jitter(k)):2:3:4 with yerrorlines \
            lc rgb hue(word(have, k)) dt dash(word(have, k)) pt mark(word(have, k)) ps 0.8
        unset label 1
    }
    # one key for all panels
    series = lines(rows("1", "$rc \"+\" $lk \":\" $rci \":\" $lki")." | sort -u")
    set lmargin at screen 0.05
    set rmargin at screen 0.95
    set tmargin at screen 55.0 / height
    set bmargin at screen 5.0 / height
    unset logscale
    unset title
    unset xlabel
    unset ylabel
    unset border
    unset tics
    unset grid
    set xrange [0:1]
    set yrange [0:1]
    set key on center center horizontal Left reverse samplen 2 font ",10"
    plot for [s in series] NaN with linespoints lc rgb hue(s) dt dash(s) pt mark(s) ps 0.8 title name(s)
    unset multiplot
}
