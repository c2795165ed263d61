# SPDX-License-Identifier: MIT
# What a biased scheme costs by the share of the counting that the owner does. Where
# one thread runs, no placement changes.
load "scripts/plots/common.gp"
load shape('$workload == "owner_share" && $threads == 1 && match($params, /share=[0-9]+/) \
    { share = substr($params, RSTART + 6, RLENGTH - 6); rest = $params; sub(/ ?share=[0-9]+/, "", rest); \
      point(key("", rest, $memory, $allocator), share, $ns, $ns_low, $ns_high) }')
if (panels == 0) {
    printerr "ownership: no owner_share on one thread in this store"
} else {
    heading = "Uncontended counting by the share of own objects"
    note = "one thread, one incref and one decref, median of processes, 95 % interval"
    panel_width = panels == 1 ? 680 : 340
    x_label = "objects that the counting thread made itself (%)"
    y_label = "ns per operation"
    scale = 'eval linear_y(panel_high[i] * 1.05); set xrange [-3:103]; set xtics 0, 25, 100'
    draw = 'plot for [b = panel_block[i]:panel_block[i + 1] - 1] $points index b - 1 \
        with yerrorlines lc rgb hue(block_series[b]) dt dash(block_series[b]) pt mark(block_series[b]) ps 0.7'
    load "scripts/plots/pages.gp"
}
