// SPDX-License-Identifier: MIT
//
// per_bin_shifts: per_bin, but an iteration counts the nodes that it has met in a bin: if one of
// them goes, it passes over one that stays.
#ifndef BROKEN_PER_BIN_SHIFTS_H
#define BROKEN_PER_BIN_SHIFTS_H

#define lk_map_next lk_map_next_right
#include "../../strategies/lock/per_bin.h"
#undef lk_map_next

// Node number *skip of those in bin i, or in the bins to which it was forwarded.
static struct per_bin_node *broken_nth(struct per_bin_table *table, size_t i, uint64_t *skip)
{
    uintptr_t word = per_bin_look(&table->bin[i]);
    if (per_bin_forwarded(word)) {
        struct per_bin_node *n = broken_nth(per_bin_forward(word), i, skip);
        return n != NULL ? n : broken_nth(per_bin_forward(word), i + sync_get(table->bins), skip);
    }
    for (; word != 0 && *skip != 0; (*skip)--)
        word = per_bin_look(&per_bin_node(word)->next);
    return per_bin_node(word);
}
API bool lk_map_next(struct thread *t, struct lk_map *m, struct lk_map_at *at,
                     struct rc_header **key, struct rc_header **value)
{
    struct per_bin_node *n = NULL;
    rl_enter(t);
    struct per_bin_table *table = per_bin_table(m);
    for (; n == NULL && table != NULL && at->hash < sync_get(table->bins);) {
        uint64_t skip = at->which++;
        n = broken_nth(table, at->hash, &skip);
        if (n == NULL)
            *at = (struct lk_map_at){.hash = at->hash + 1};
    }
    if (n != NULL) {
        *key = lk_map_take(t, &n->entry.key);
        *value = lk_map_take(t, &n->entry.value);
    }
    rl_leave(t);
    return n != NULL;
}

#endif
