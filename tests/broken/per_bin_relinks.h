// SPDX-License-Identifier: MIT
//
// per_bin_relinks: per_bin, but a bin is moved by linking its nodes anew: a reader that stands on
// one of them goes on in the list of another bin.
#ifndef BROKEN_PER_BIN_RELINKS_H
#define BROKEN_PER_BIN_RELINKS_H

#include "../../strategies/lk_map.h"

struct per_bin_table;
static void broken_move(struct thread *t, struct rc_header *owner, struct per_bin_table *table,
                        struct per_bin_table *next, size_t i);

// The definition in per_bin.h keeps its body under another name, its callers get this one.
#define per_bin_move(t, ...) MOVE_##t, __VA_ARGS__)
#define MOVE_struct          per_bin_move_right(struct
#define MOVE_t               broken_move(t
#include "../../strategies/lock/per_bin.h"
#undef per_bin_move

static void broken_move(struct thread *t, struct rc_header *owner, struct per_bin_table *table,
                        struct per_bin_table *next, size_t i)
{
    size_t bins = sync_get(table->bins);
    struct per_bin_node *to[2] = {NULL, NULL};
    per_bin_lock(t, table, i);
    uintptr_t word = per_bin_look(&table->bin[i]), forward = (uintptr_t)next | PER_BIN_FORWARD;
    if (word == 0) { // somebody may fill it meanwhile
        per_bin_unlock(t, table, i);
        per_bin_move_right(t, owner, table, next, i);
        return;
    }
    for (struct per_bin_node *n = per_bin_node(word), *after; n != NULL; n = after) {
        bool high = (sync_get(n->hash) & bins) != 0;
        after = per_bin_after(n);
        per_bin_link(&n->next, (uintptr_t)to[high]);
        to[high] = n;
    }
    atomic_store_explicit(&next->bin[i], (uintptr_t)to[0], memory_order_relaxed);
    atomic_store_explicit(&next->bin[i + bins], (uintptr_t)to[1], memory_order_relaxed);
    per_bin_link(&table->bin[i], forward);
    per_bin_unlock(t, table, i);
}

#endif
