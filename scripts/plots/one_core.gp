# SPDX-License-Identifier: MIT
# The cost of counting on one core: bars by refcount scheme and size of the working set.
# Where one thread runs, no placement changes.
load "scripts/plots/common.gp"
load shape('$workload == "private_objects" && $threads == 1 && $lock == "none" \
    { set = " " $params; gsub(/ [a-z_]+=/, " × ", set); sub(/^ × /, "", set); \
      point(key("", "", $memory, $allocator), category(set, set + 0), $ns, $ns_low, $ns_high) }')
if (panels == 0) {
    printerr "one_core: no private_objects on one thread without a lock in this store"
} else {
    heading = "Counting private objects on one core: one incref and one decref"
    note = "median of processes, 95 % interval"
    bars = categories * series
    panel_width = bars * 17 < 760 ? 840 : bars * 17 < 1500 ? bars * 17 + 80 : 1580
    bar_pixels = 0.85 * (panel_width - 80) / bars
    columns_most = 1
    rows_most = 2
    panel_height = 360
    x_label = "objects of the thread × bytes of an object"
    y_label = "ns per operation (log scale)"
    at_x(x, b) = x + (block_series[b] - (series + 1) / 2.0) * 0.85 / series
    figures(y) = bar_pixels < 11 ? "" : sprintf("%.3g", y)
    turned = bar_pixels < 28 ? 90 : 0
    scale = names_x.'; eval log_y(panel_low[i] / 2, panel_high[i] * (turned ? 2.5 : 1.6))'
    draw = 'plot for [b = panel_block[i]:panel_block[i + 1] - 1] $points index b - 1 using (at_x($1, b)):2:3:4:(0.78 / series) with boxerrorbars fc rgb fill(block_series[b]), \
        for [b = panel_block[i]:panel_block[i + 1] - 1] $points index b - 1 using (at_x($1, b)):4:(figures($2)) with labels rotate by turned offset 0, (turned ? 1.2 : 0.6) font font_9 tc rgb ink'
    keys = "boxes"
    load "scripts/plots/pages.gp"
}
