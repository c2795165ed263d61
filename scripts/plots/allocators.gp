# SPDX-License-Identifier: MIT
# What an operation costs under one malloc and another, by scheme, a panel for each number of threads.
load "scripts/plots/common.gp"
load shape('BEGIN { at_least = 2 } \
    { point(key($workload, $params, $threads " thread" ($threads == 1 ? "" : "s"), $placement, $memory), \
          category($allocator), $ns, $ns_low, $ns_high) }')
if (panels == 0) {
    printerr "allocators: no workload under two allocators in this store"
} else {
    heading = "Cost of an operation by scheme and allocator"
    note = "threads × time / operations, median of processes, 95 % interval"
    y_label = "ns per operation"
    eval bars_by_scheme
    load "scripts/plots/pages.gp"
}
