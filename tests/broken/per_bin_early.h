// SPDX-License-Identifier: MIT
//
// per_bin_early: per_bin, but the map gets its new table from whoever has moved what was claimed
// last, though others may still move what they claimed before.
#ifndef BROKEN_PER_BIN_EARLY_H
#define BROKEN_PER_BIN_EARLY_H

#include "../../strategies/lk_map.h"

struct per_bin_table;
static bool broken_help(struct thread *t, struct rc_header *owner, struct lk_map *m,
                        struct per_bin_table *table);

// The definition in per_bin.h keeps its body under another name, its callers get this one.
#define per_bin_help(t, ...) HELP_##t, __VA_ARGS__)
#define HELP_struct          per_bin_help_right(struct
#define HELP_t               broken_help(t
#include "../../strategies/lock/per_bin.h"
#undef per_bin_help

static bool broken_help(struct thread *t, struct rc_header *owner, struct lk_map *m,
                        struct per_bin_table *table)
{
    struct per_bin_table *next = atomic_load_explicit(&table->next, memory_order_acquire);
    size_t bins = sync_get(table->bins), from;
    while ((from = atomic_fetch_add_explicit(&table->claimed, 1, memory_order_relaxed)) < bins) {
        per_bin_move(t, owner, table, next, from);
        if (from + 1 == bins) {
            atomic_store_explicit(&m->table, next, memory_order_release);
            rl_retire(t, table, per_bin_unpin);
            return true;
        }
    }
    return false;
}

#endif
