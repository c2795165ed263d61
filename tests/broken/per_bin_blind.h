// SPDX-License-Identifier: MIT
//
// per_bin_blind: per_bin, but a reader takes a bin that was forwarded for an empty one.
#ifndef BROKEN_PER_BIN_BLIND_H
#define BROKEN_PER_BIN_BLIND_H

#include "../../strategies/lk_map.h"

#define lk_map_find lk_map_find_right
#include "../../strategies/lock/per_bin.h"
#undef lk_map_find

API struct lk_map_entry *lk_map_find(struct lk_map *m, struct rc_header *key, uint64_t hash,
                                     lk_map_equal *equal)
{
    struct per_bin_table *table = per_bin_table(m);
    return table == NULL || per_bin_forwarded(per_bin_look(&table->bin[per_bin_index(table, hash)]))
               ? NULL
               : lk_map_find_right(m, key, hash, equal);
}

#endif
