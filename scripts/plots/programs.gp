# SPDX-License-Identifier: MIT
# What a call of a program's bench(n) takes under each runtime, a panel for each program.
load "scripts/plots/common.gp"
load shape('function ms(ns) { return finite(ns) ? ns / 1e6 : "NaN" } \
    $program !~ /^-?$/ { n = $params; sub(/^program=[^ ]* /, "", n); \
      point(key($program ", " n, "", $placement, $memory, $allocator), \
          category($threads " thread" ($threads == 1 ? "" : "s"), $threads), ms($ns), ms($ns_low), ms($ns_high)) }')
if (panels == 0) {
    printerr "programs: no program in this store"
} else {
    heading = "A call of bench(n) by runtime"
    note = "threads × time / calls, median of processes, 95 % interval"
    y_label = "ms"
    eval bars_by_scheme
    columns_most = 3
    panel_width = 340
    load "scripts/plots/pages.gp"
}
