// SPDX-License-Identifier: MIT
//
// per_bin_unpinned: per_bin, but who waits for a bin's lock does not pin the table, which may be
// gone when the lock is free.
#ifndef BROKEN_PER_BIN_UNPINNED_H
#define BROKEN_PER_BIN_UNPINNED_H

#include "../../strategies/lk_map.h"

struct per_bin_table;
static int broken_wait(struct thread *t, struct per_bin_table *table, size_t i);

// The definition in per_bin.h keeps its body under another name, its caller gets this one.
#define per_bin_wait(t, ...) WAIT_##t, __VA_ARGS__)
#define WAIT_struct          per_bin_wait_right(struct
#define WAIT_t               broken_wait(t
#include "../../strategies/lock/per_bin.h"
#undef per_bin_wait

static int broken_wait(struct thread *t, struct per_bin_table *table, size_t i)
{
    pymutex_lock(t, per_bin_mutex(table, i));
    if (!per_bin_forwarded(atomic_load_explicit(&table->bin[i], memory_order_relaxed)))
        return PER_BIN_WAITED;
    pymutex_unlock(t, per_bin_mutex(table, i));
    return PER_BIN_GONE;
}

#endif
