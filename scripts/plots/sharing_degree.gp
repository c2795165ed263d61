# SPDX-License-Identifier: MIT
# The cost of counting when threads have objects of their own and when they share one.
load "scripts/plots/common.gp"
load shape('BEGIN { choosy = 1 } \
    ($workload == "private_objects" || $workload == "hot_object") && $threads > 1 \
    { panel = key($threads " threads", "", $placement, $memory, $allocator); met[panel, $workload] = 1; \
      if ((panel, "private_objects") in met && (panel, "hot_object") in met) complete[panel] = 1; \
      name = ($workload == "hot_object" ? "shared" : "private") " " $params; gsub(/ /, "\n", name); \
      point(panel, category(name, $workload == "hot_object" ? 2 : 1), $ns, $ns_low, $ns_high) }')
if (panels == 0) {
    printerr "sharing_degree: no private_objects and hot_object at one number of threads in this store"
} else {
    heading = "Cost of counting by the degree of sharing"
    note = "private_objects and hot_object, median of processes, 95 % interval"
    panel_width = categories < 4 ? 340 : 90 + 90 * categories
    columns_most = categories < 4 ? 3 : 1100 / panel_width + (panel_width > 1100)
    x_space = 75
    eval points_by_category
    load "scripts/plots/pages.gp"
}
