# SPDX-License-Identifier: MIT
# An artificial store, as rclab export prints it once its lines are sorted: awk -f tests/store.awk |
# LC_ALL=C sort. Its ratios to the baseline, plain, are by family:
#     speeds    atomic 3.0 in 12 fast blocks, 4.4 in 8 slow ones; biased 1.002 in 12 and 3; two checks
#               of atomic: a copy, and 5 % extra. biased has 640 or 650 dead objects at most and a pause
#               of 1.5 us, plain none; both 72.5 bytes an object
#     slow      atomic 2, in slow blocks alone
#     restless  atomic 2 and biased 3, in a fast machine; 5 and 2 blocks of 20 are mixed, 3 and 1 were
#               measured again, 3 and 1 were disturbed to the last
#     layouts   atomic 2 to 2.4 by its layout, of 5; biased 1, which crashed once
#     few       seven of 2: one of 6 blocks, which are enough for a claim of its own, the others of 5
function cell(rc, member, value, key) {
    key = rc (member == "" ? "" : " " member "=" value)
    printf "{\"cell\":{\"json\":{\"alloc\":\"system\",\"allocator\":\"glibc\",%s\"lock\":\"none\"," \
        "\"params\":{\"objects\":16},\"placement\":\"cores\",\"rc\":\"%s\",\"reclaimer\":\"immediate\"," \
        "\"threads\":1,\"workload\":\"private_objects\"},\"key\":\"%s\",\"workload\":" \
        "\"private_objects\"}}\n", member == "" ? "" : "\"" member "\":" value ",", rc, key
    return key
}
# One process with one sample; the kernel of arithmetic took 100 where the machine was fast.
function measured(family, rank, key, ns, before, after, attempt, disturbed, status) {
    printf "{\"invocation\":{\"attempt\":%d,\"began\":\"2026-01-02 03:04:05.678\",\"block\":%d," \
        "\"cell\":\"%s\",\"disturbed\":\"%s\",\"environment\":\"6917e9fb35757277b806e95b8560eeee\"," \
        "\"family\":\"%s\",\"layout\":%d,\"load\":0.5,\"message\":\"%s\",\"padding\":0,\"position\":%d," \
        "\"rank\":%d,\"round\":%d,\"status\":\"%s\",\"sweep\":\"%s\",\"wall_ns\":9}}\n", attempt, block, \
        key, disturbed, family, family == "layouts" ? round * (rank + 1) % 5 : 0, \
        status == "ok" ? "" : "ended by signal 6", rank, rank, round, status, sweep
    if (status == "ok")
        printf "{\"sample\":{\"attempt\":%d,\"block\":%d,\"cell\":\"%s\",\"json\":{\"cpu_ns\":100.5," \
            "%s\"fairness\":1.0,\"ns_per_op\":%.4f1,\"ops\":100,\"ops_per_s\":1000000.5," \
            "\"ping_ns\":%s,\"probes\":[{\"alu_ns\":[%d.5,%d.5],\"cpu\":0}],\"verified\":true},\"number\":0," \
            "\"sweep\":\"%s\"}}\n", attempt, block, key, memory(family, key), ns * (1 + 0.0005 * (round % 3)), \
            round % 4 == 0 ? "null" : round % 4 == 1 ? 225.5 : 47.5, before, after, sweep
}
function memory(family, key) {
    if (family == "restless" && key == atomic)
        return sprintf("\"base_kib\":1000,\"latencies\":38,\"latency_ns\":%d,\"latency_p99_ns\":6357000," \
            "\"message_bytes\":640,\"messages\":10,\"peak_kib\":3048,", 5046000 + 1000 * (round % 2))
    if (family != "speeds" || key !~ /^(plain|biased)$/)
        return ""
    return sprintf("\"dead_peak\":%d,\"object_bytes\":72.5,\"pause_ns\":%d,\"header_bytes\":%d,", \
        key == "plain" ? 0 : round % 2 ? 650 : 640, key == "plain" ? 0 : 1500, key == "plain" ? 8 : 16)
}
function fast(family, rank, key, ns) { measured(family, rank, key, ns, 100, 101, 0, "", "ok") }
function slow(family, rank, key, ns) { measured(family, rank, key, ns, 180, 181, 0, "", "ok") }
BEGIN {
    sweep = "11111111111111111111111111111111"
    print "{\"archive\":{\"version\":3}}"
    print "{\"environment\":{\"hash\":\"6917e9fb35757277b806e95b8560eeee\",\"json\":{},\"machine\":\"m\"}}"
    print "{\"machine\":{\"identity\":\"m\"}}"
    printf "{\"sweep\":{\"cells\":\"\",\"finished\":true,\"identity\":\"%s\",\"machine\":\"m\"," \
        "\"plan\":\"made up\",\"plan_text\":\"\",\"seed\":7,\"shard\":\"1/1\"}}\n", sweep
    printf "{\"stop\":{\"family\":\"speeds\",\"reason\":\"narrow\",\"rounds\":20,\"sweep\":\"%s\"}}\n", sweep
    printf "{\"stop\":{\"family\":\"slow\",\"reason\":\"rounds\",\"rounds\":20,\"sweep\":\"%s\"}}\n", sweep
    plain = cell("plain"); atomic = cell("atomic"); biased = cell("biased")
    copy = cell("atomic", "copy", 1); extra = cell("atomic", "extra", 5)
    few[0] = plain
    for (i = 1; i < 8; i++)
        few[i] = cell("few_" i)
    for (round = 0; round < 20; round++) {
        block = 5 * round
        if (round < 12) {
            fast("speeds", 0, plain, 10)
            fast("speeds", 1, atomic, 30)
            fast("speeds", 2, biased, 10.02)
            fast("speeds", 3, copy, 30.01)
            fast("speeds", 4, extra, 31.5)
        } else {
            slow("speeds", 0, plain, 20)
            slow("speeds", 1, atomic, 88)
            if (round < 15)
                slow("speeds", 2, biased, 20.04)
        }
        block++
        slow("slow", 0, plain, 20)
        slow("slow", 1, atomic, 40)
        block++
        fast("restless", 0, plain, 10)
        if (round < 3)
            measured("restless", 1, atomic, 1000, 100, 100, 0, "a thread lost", "ok")
        measured("restless", 1, atomic, 20, 100, round >= 15 ? 180 : 100, round < 3, \
            round < 6 && round >= 3 ? "a thread lost" : "", "ok")
        if (round < 1)
            measured("restless", 2, biased, 1000, 100, 100, 0, "a thread lost", "ok")
        measured("restless", 2, biased, 30, 100, round >= 18 ? 180 : 100, round < 1, \
            round == 1 ? "a thread lost" : "", "ok")
        block++
        fast("layouts", 0, plain, 10)
        fast("layouts", 1, atomic, 20 + round * 2 % 5)
        measured("layouts", 2, biased, 10, 100, 100, 0, "", round == 0 ? "crashed" : "ok")
        block++
        for (i = 0; i < 8 && round < 6; i++)
            if (i < 2 || round < 5)
                fast("few", i, few[i], i == 0 ? 10 : 20)
    }
}
