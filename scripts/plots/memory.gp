# SPDX-License-Identifier: MIT
# How much memory a process took at most, by scheme and allocator, where operations allocate: at the
# least and the greatest number of threads.
load "scripts/plots/common.gp"
load shape('function mib(kib) { return finite(kib) ? kib / 1024 : "NaN" } \
    BEGIN { ends = 3 } \
    $workload ~ /^(tree|cross_thread_free|dict_mixed|list_append)/ && finite($memory_kib) \
    { point(key($workload, $params, $threads " thread" ($threads == 1 ? "" : "s"), $placement, $memory), \
          category($allocator), mib($memory_kib), mib($memory_low), mib($memory_high)) }')
if (panels == 0) {
    printerr "memory: no resident memory of a workload that allocates in this store"
} else {
    heading = "Peak resident memory by scheme and allocator"
    note = "of the process, beyond what it had at its start; median, 95 % interval; least and greatest number of threads"
    y_label = "MiB"
    eval bars_by_scheme
    load "scripts/plots/pages.gp"
}
