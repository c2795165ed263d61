# SPDX-License-Identifier: MIT
# The cost of an operation against the number of threads, a panel for each workload and parameters.
load "scripts/plots/common.gp"
load shape('BEGIN { at_least = 2 } \
    { point(key($workload, $params, $placement, $memory, $allocator), $threads, $ns, $ns_low, $ns_high) }')
if (panels == 0) {
    printerr "scaling: no workload at two numbers of threads in this store"
} else {
    heading = "Cost of an operation against threads"
    note = "threads × time / operations, median of processes, 95 % interval"
    about = marks > 0 ? marks_note : ""
    y_label = "ns per operation (log scale)"
    scale = threads_x(260).'eval log_y(panel_low[i] / 1.3, panel_high[i] * band(panel_low[i], panel_high[i])); eval draw_marks'
    draw = lines_of_panel
    load "scripts/plots/pages.gp"
}
