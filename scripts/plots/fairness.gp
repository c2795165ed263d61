# SPDX-License-Identifier: MIT
# How evenly the threads got their turns, by Jain's index, against their number.
load "scripts/plots/common.gp"
load shape('$threads > 1 \
    { point(key($workload, $params, $placement, $memory, $allocator), $threads, $fairness, $fairness_low, $fairness_high) }')
if (panels == 0) {
    printerr "fairness: no cell with more than one thread in this store"
} else {
    heading = "Fairness against threads"
    note = "Jain's index of the threads' own operations: 1 if all did as many, 1 / threads if one did all"
    y_label = "Jain's index"
    extra_key = "1 / threads"
    scale = threads_x(260).'eval linear_y(1.05)'
    draw = lines_of_panel.', 1 / x with lines lc rgb faint dt 2'
    load "scripts/plots/pages.gp"
}
