// SPDX-License-Identifier: MIT
//
// per_bin_unlocked: per_bin, but a removal unlinks its node without the bin's lock.
#ifndef BROKEN_PER_BIN_UNLOCKED_H
#define BROKEN_PER_BIN_UNLOCKED_H

#define lk_map_remove lk_map_remove_right
#include "../../strategies/lock/per_bin.h"
#undef lk_map_remove

API struct rc_header *lk_map_remove(struct thread *t, struct rc_header *owner, struct lk_map *m,
                                    struct rc_header *key, uint64_t hash, lk_map_equal *equal)
{
    (void)owner;
    rl_enter(t);
    struct per_bin_table *table = per_bin_table(m);
    while (table != NULL) {
        size_t i = per_bin_index(table, hash);
        uintptr_t word = per_bin_look(&table->bin[i]);
        if (per_bin_forwarded(word)) {
            table = per_bin_forward(word);
            continue;
        }
        _Atomic(uintptr_t) *link = per_bin_seek(table, i, key, hash, equal);
        struct per_bin_node *n = per_bin_node(per_bin_look(link));
        if (n == NULL)
            break;
        per_bin_link(link, per_bin_look(&n->next));
        struct rc_header *value = lk_map_take(t, &n->entry.value);
        rl_retire(t, n, per_bin_release);
        lk_map_count(t, &m->keys, -1);
        rl_leave(t);
        return value;
    }
    rl_leave(t);
    return NULL;
}

#endif
