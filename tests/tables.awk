# SPDX-License-Identifier: MIT
# Artificial tables of cells, as rclab show --format tsv prints them, to draw figures from:
#     awk -v kind=KIND -f tests/tables.awk
#     large     192 threads, two packages: every workload, 12 pairs of schemes, placements, allocators
#     many      the same workloads' one-thread cells under 20 refcount schemes
#     two       two CPUs, five schemes, fewer columns: what older stores have
#     bare      two, without intervals
#     single    one row
#     empty     the line of names alone
#     machines  two machines in one table
#     programs  three programs under nine runtimes, of which eight have the same schemes; a workload beside
#     odd       names with characters that shells, awk and gnuplot would take for theirs
# The figures follow from the names by formulas and a fixed sequence of pseudo-random numbers.
function noise() {
    state = (state * 16807) % 2147483647
    return state / 2147483647
}
# Figures look for some names: those stay.
function quirk(name) {
    return kind != "odd" || name ~ /^(none|private_objects|hot_object|handoff|owner_share)$/ ? name : name odd
}
# What an operation costs, some shape of it: counting by the scheme, a hot line by the distance.
function cost(workload, scheme, threads,    own, hot) {
    own = 0.6 + 0.9 * (scheme % 7) + (scheme % 3 == 2 ? 14 : 0)
    hot = workload ~ /hot|handoff|append|free/ ? 12 : workload ~ /private|tree/ ? 0.02 : 2
    return own * (threads > 96 ? 1.4 : 1) * (1 + hot * (threads - 1) * (scheme % 4 ? 0.3 : 0.02))
}
function distance_of(placement) {
    return placement == "compact" ? "SMT sibling" : placement == "cores" ? "same cache" : "other package"
}
function row(family, workload, scheme, threads, placement, params, allocator, machine,
             runtime, runtime_index, program, ns, wide, fills, old) {
    ns = cost(workload, scheme, threads) * (0.95 + 0.1 * noise())
    if (allocator != "glibc")
        ns *= 0.8 + 0.3 * noise()
    wide = 0.02 + 0.06 * noise()
    old = kind == "two" || kind == "bare"
    fills = placement == "compact" ? "16 96 191 192" : placement == "cores" ? "8 48 96 192" : "96 96 96 192"
    if (cpus == 2) fills = "2 2 2 2"
    gsub(" ", "\t", fills)
    printf "%s\t%s\t%s\t%s\timmediate\tsystem\t%s\t%d\t%s\t%s\t0", family, quirk(workload), \
        quirk(refcount[scheme]), quirk(lock[scheme]), quirk(allocator), threads, quirk(placement), \
        quirk(params)
    if (kind == "bare")
        printf "\t%.6g\tNaN\tNaN\t1\tNaN\tNaN", ns
    else
        printf "\t%.6g\t%.6g\t%.6g\t1\t0.9\t1.1", ns, ns * (1 - wide), ns * (1 + wide)
    printf "\t%.6g\t%.6g\t%.4g\t%d\t0\t0\t0\t%d\t%d", threads * 1e9 / ns, ns, \
        threads == 1 ? 1 : 1 - (scheme % 5) * 0.15 * (1 - 1 / threads), kind == "bare" ? 3 : 12, \
        rc_index[refcount[scheme]], lock_index[lock[scheme]]
    if (!old)
        printf "\t%s\tfirst_touch\t%s\t%s\t%s", quirk(machine), threads == 2 ? cpus == 2 ? "same cache" : \
            distance_of(placement) : "-", workload ~ /tree|free|mixed|append/ ? \
            resident = int(300 * threads * (1 + scheme % 4) * (0.5 + noise())) : "NaN", fills \
            "\t0.5\t1\t" 0.9 * resident "\t" 1.1 * resident "\tundecided\tfast" \
            "\t5\t4\t6\t72\t70\t74\t0\t0\t0\t0\t0\t0\t8\tNaN\tNaN\tNaN\tNaN\tNaN\tNaN\tNaN\tNaN\tNaN" \
            "\t" (runtime == "" ? "-" : runtime) "\t" runtime_index "\t" (program == "" ? "-" : program)
    printf "\n"
}
# Every program under runtimes of which the most have the same schemes.
function program_rows(runtimes,    n, r, i, k, program, s) {
    n = split("fib nbody richards", program, " ")
    split(runtimes, r, " ")
    for (i = 1; i <= n; i++)
        for (k = 1; k in r; k++) {
            s = k == 1 ? 2 : 3
            row(program[i], "program", s, 1, "cores", "program=" program[i] " n=" 10 * i, "glibc", "small", \
                r[k], k - 1, program[i])
            row(program[i], "program", s, 2, "cores", "program=" program[i] " n=" 10 * i, "glibc", "small", \
                r[k], k - 1, program[i])
        }
}
function header() {
    printf "family\tworkload\trc\tlock\treclaimer\talloc\tallocator\tthreads\tplacement\tparams\trank\tns\t" \
        "ns_low\tns_high\tratio\tratio_low\tratio_high\tops_per_s\tcpu_ns\tfairness\tprocesses\tvoid\t" \
        "crashed\thung\trc_index\tlock_index"
    if (kind != "two" && kind != "bare")
        printf "\tmachine\tmemory\tdistance\tmemory_kib\tfill_cache\tfill_package\tfill_core\tfill_all\t" \
            "fairness_low\tfairness_high\tmemory_low\tmemory_high\tverdict\tspeed\tdead_peak\tdead_low\t" \
            "dead_high\tobject_bytes\tobject_low\tobject_high\tpause_ns\tpause_low\tpause_high\t" \
            "background_ns\tbackground_low\tbackground_high\theader_bytes\tlatency_ns\tlatency_low\t" \
            "latency_high\tlatency_p99_ns\tlatency_p99_low\tlatency_p99_high\tsent_bytes\tsent_low\tsent_high\t" \
            "runtime\truntime_index\tprogram"
    printf "\n"
}
# Everything that a sweep of one machine measures.
function machine_rows(name, threads_list, placement_list, allocator_list, pairs,
                      n, t, p, a, s, w, i, k, m) {
    n = split("private_objects hot_object handoff cross_thread_free tree list_append list_get dict_get " \
        "dict_mixed messages", w, " ")
    detail["private_objects"] = "objects=256 size=64"
    detail["hot_object"] = "local=0 owner=0"
    detail["handoff"] = "uses=4 window=64"
    detail["cross_thread_free"] = "size=64 window=256"
    detail["tree"] = "depth=12 size=64"
    detail["list_append"] = "length=4096 shared=1"
    detail["list_get"] = "length=4096 shared=1"
    detail["dict_get"] = "incref=1 keys=1024"
    detail["dict_mixed"] = "keys=1024 removes=1 shared=1 writes=10 zipf=99"
    detail["messages"] = "-"
    t = split(threads_list, count, " ")
    p = split(placement_list, place, " ")
    a = split(allocator_list, preload, " ")
    for (i = 1; i <= n; i++)
        for (k = 1; k <= t; k++)
            for (m = 1; m <= p; m++)
                for (s = 1; s <= pairs; s++)
                    row("scaling", w[i], s, count[k], place[m], detail[w[i]], preload[1], name)
    for (i = 4; i <= 9; i++)
        for (k = 1; k <= t; k += t - 1)
            for (m = 2; m <= a; m++)
                for (s = 1; s <= pairs; s++)
                    row("allocators", w[i], s, count[k], place[1], detail[w[i]], preload[m], name)
    one_core_rows(name, place[1], pairs)
    for (k = 0; k <= 100; k += 25)
        for (s = 1; s <= pairs; s += 3)
            row("ownership", "owner_share", s, 1, place[1], "objects=1024 share=" k, "glibc", name)
}
function one_core_rows(name, placement, pairs,    k, s) {
    for (k = 16; k <= 16384; k *= 32)
        for (s = 1; s <= pairs; s++)
            if (lock[s] == "none")
                row("one core", "private_objects", s, 1, placement, "objects=" k " size=64", "glibc", name)
}
BEGIN {
    FS = "\t"
    state = 20
    odd = "'\"`$(x)%d{a}_^<b>&\\@#;|*ä"
    pairs = split("none+none plain+gil atomic+none atomic_relaxed+none biased+none object_mutex+none " \
        "atomic+pthread biased+pthread biased+pymutex striped_mutex+none plain_immortal+gil " \
        "global_mutex+none", pair, " ")
    if (kind == "many")
        for (pairs = 0; pairs < 20;)
            pair[++pairs] = sprintf("scheme_%02d+none", pairs)
    for (i = 1; i <= pairs; i++) {
        split(pair[i], half, "+")
        refcount[i] = half[1]
        lock[i] = half[2]
    }
    # the place of a name among the sorted ones
    for (i = 1; i <= pairs; i++) {
        for (k = 1; k <= pairs; k++) {
            if (refcount[k] < refcount[i] && !met[i, refcount[k]]++)
                smaller[i]++
            if (lock[k] < lock[i] && !known[i, lock[k]]++)
                below[i]++
        }
        rc_index[refcount[i]] = smaller[i] + 0
        lock_index[lock[i]] = below[i] + 0
    }
    header()
    cpus = kind == "large" || kind == "many" ? 192 : 2
    if (kind == "large")
        machine_rows("threadripper", "1 2 3 4 6 8 12 16 24 32 48 64 96 128 192", "compact cores scatter", \
            "glibc jemalloc mimalloc tcmalloc", 12)
    else if (kind == "many")
        one_core_rows("threadripper", "cores", 20)
    else if (kind == "two" || kind == "bare")
        machine_rows("", "1 2", "cores", "glibc jemalloc", 5)
    else if (kind == "single")
        row("alone", "private_objects", 3, 1, "cores", "objects=16 size=64", "glibc", "small")
    else if (kind == "machines") {
        machine_rows("small one", "1 2", "cores", "glibc", 3)
        machine_rows("small/one", "1 2", "cores", "glibc jemalloc", 3)
    } else if (kind == "programs") {
        program_rows("gil-1.4 gil-2.6 gil-3.6 gil-3.9 gil-3.11 gil-3.12 gil-3.12-immortal gil-3.14 pep703")
        for (i = 1; i <= 3; i++)
            row("beside", "dict_get", i, 1, "cores", "incref=1", "glibc", "small")
    } else if (kind == "odd")
        machine_rows("../box", "1 2", "cores", "glibc jemalloc", 5)
}
