# SPDX-License-Identifier: MIT
# What all threads do together against their number, beside what the best single thread promises.
load "scripts/plots/common.gp"
load shape('BEGIN { at_least = 2 } \
    finite($ns) && $ns > 0 { all = 1e3 * $threads; \
        interval = finite($ns_low) && finite($ns_high) && $ns_low > 0; \
        point(key($workload, $params, $placement, $memory, $allocator), $threads, all / $ns, \
            interval ? all / $ns_high : "NaN", interval ? all / $ns_low : "NaN") }')
if (panels == 0) {
    printerr "throughput: no workload at two numbers of threads in this store"
} else {
    heading = "Throughput of all threads against their number"
    note = "threads / cost of an operation, median of processes, 95 % interval"
    about = marks > 0 ? marks_note : ""
    y_label = "million operations per second (log scale)"
    if ((sum [i = 1:panels] panel_best[i]) > 0) { extra_key = "ideal: best × threads" }
    most = word(all_x, words(all_x)) + 0
    high(i) = panel_high[i] > panel_best[i] * most ? panel_high[i] : panel_best[i] * most
    scale = threads_x(260).'eval log_y(panel_low[i] / 1.3, band(panel_low[i], high(i)) * high(i)); eval draw_marks; \
        if (panel_best[i] > 0) { set arrow from 1, panel_best[i] to most, panel_best[i] * most nohead lc rgb faint dt 2 back }'
    draw = lines_of_panel
    load "scripts/plots/pages.gp"
}
