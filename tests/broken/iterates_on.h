// SPDX-License-Identifier: MIT
//
// iterates_on: optimistic, under which an iterator takes an empty entry for a hole, though the lock
// alone could tell it from one that has moved to the next block.
#ifndef BROKEN_ITERATES_ON_H
#define BROKEN_ITERATES_ON_H

#include "../../strategies/lock/optimistic.h"

// dict_table.h's own definition gets another name, its callers this.
#define dict_next_in(t, it, b, locked, step, key, value) NEXT_##t, it, b, locked, step, key, value)
#define NEXT_struct dict_next_in_right(struct
#define NEXT_t BROKEN_NEXT(t
#define BROKEN_NEXT(t, it, b, locked, step, key, value)                              \
    __extension__({                                                                  \
        struct dict_block *b_ = (b);                                                 \
        size_t n_ = b_ != NULL ? container_get(b_->entries) : 0;                     \
        while ((it)->next < n_ && rc_peek(&dict_entry(b_, (it)->next)->key) == NULL) \
            (it)->next++;                                                            \
        dict_next_in_right(t, it, b_, locked, step, key, value);                     \
    })

#endif
