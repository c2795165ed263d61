// SPDX-License-Identifier: MIT
//
// per_bin_blind: per_bin, but a reader takes a bin that was forwarded for an empty one.
#ifndef BROKEN_PER_BIN_BLIND_H
#define BROKEN_PER_BIN_BLIND_H

#define lk_map_get lk_map_get_right
#include "../../strategies/lock/per_bin.h"
#undef lk_map_get

API struct rc_header *lk_map_get(struct thread *t, struct lk_map *m, struct rc_header *key,
                                 uint64_t hash, lk_map_equal *equal)
{
    rl_enter(t);
    struct per_bin_table *table = per_bin_table(m);
    struct rc_header *h = NULL;
    if (table != NULL && !per_bin_forwarded(per_bin_look(&table->bin[per_bin_index(table, hash)])))
        h = lk_map_get_right(t, m, key, hash, equal);
    rl_leave(t);
    return h;
}

#endif
