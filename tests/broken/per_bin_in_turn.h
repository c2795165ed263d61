// SPDX-License-Identifier: MIT
//
// per_bin_in_turn: per_bin, but an iteration goes from bin to bin by their numbers: in a table that
// has grown meanwhile, keys that it has met are in bins that it has not come to.
#ifndef BROKEN_PER_BIN_IN_TURN_H
#define BROKEN_PER_BIN_IN_TURN_H

#define lk_map_next lk_map_next_right
#include "../../strategies/lock/per_bin.h"
#undef lk_map_next

API bool lk_map_next(struct thread *t, struct lk_map *m, struct lk_map_at *at,
                     struct rc_header **key, struct rc_header **value)
{
    struct per_bin_node *n = NULL;
    rl_enter(t);
    struct per_bin_table *table = per_bin_table(m);
    while (table != NULL) {
        size_t i = per_bin_index(table, at->hash);
        n = per_bin_behind(table, i, at);
        if (n != NULL || i + 1 == sync_get(table->bins))
            break;
        *at = (struct lk_map_at){.hash = i + 1};
    }
    if (n != NULL) {
        *at = (struct lk_map_at){sync_get(n->hash), (uintptr_t)rc_peek(&n->entry.key)};
        *key = lk_map_take(t, &n->entry.key);
        *value = lk_map_take(t, &n->entry.value);
    }
    rl_leave(t);
    return n != NULL;
}

#endif
