# SPDX-License-Identifier: MIT
# The cost of sharing between two threads by how far apart they run.
load "scripts/plots/common.gp"
load shape('BEGIN { split("SMT sibling,same cache,same package,other package", far, ","); \
        for (k in far) ranks[far[k]] = k } \
    ($workload == "hot_object" || $workload == "handoff") && $threads == 2 && $distance in ranks \
    { name = $distance; sub(/ /, "\n", name); \
      point(key($workload, $params, $memory, $allocator), category(name, ranks[$distance]), $ns, $ns_low, $ns_high) }')
if (panels == 0) {
    printerr "sharing_distance: no hot_object or handoff of two threads whose distance is known in this store"
} else {
    heading = "Cost of sharing between two threads by their distance"
    array far[4] = ["SMT\nsibling", "same\ncache", "same\npackage", "other\npackage"]
    array far_text[4] = ["SMT sibling", "same cache", "same package", "other package"]
    lacking = ""
    do for [k = 1:4] {
        if ((sum [c = 1:categories] category_name[c] eq far[k]) == 0) { lacking = lacking.(lacking eq "" ? "" : ", ").far_text[k] }
    }
    note = "median of processes, 95 % interval"
    about = lacking eq "" ? "" : "not measured: ".lacking
    panel_width = 400
    columns_most = 2
    x_space = 55
    eval points_by_category
    load "scripts/plots/pages.gp"
}
