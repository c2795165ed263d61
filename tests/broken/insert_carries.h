// SPDX-License-Identifier: MIT
//
// insert_carries: optimistic, whose lists make room for an element from the place on where it goes:
// what was displaced last is in the writer's hand, and in no slot.
#ifndef BROKEN_INSERT_CARRIES_H
#define BROKEN_INSERT_CARRIES_H

#include "../../strategies/lock/optimistic.h"

// list.h's own definition gets another name, callers this. There is room in the block.
#define list_insert(t, l, i, h) INSERT_##t, l, i, h)
#define INSERT_struct list_insert_right(struct
#define INSERT_t BROKEN_INSERT(t
#define BROKEN_INSERT(t, l, i, h)                                                     \
    __extension__({                                                                   \
        struct lk_guard g_;                                                           \
        struct rc_header *carried_ = (h);                                             \
        rc_incref(t, carried_);                                                       \
        lk_lock(t, &(l)->lock, &g_);                                                  \
        size_t n_ = container_get((l)->length);                                       \
        container_set((l)->length, n_ + 1);                                           \
        for (size_t j_ = (i); j_ <= n_; j_++)                                         \
            carried_ = rc_swap(t, &(l)->base.rc, &list_block(l)->slot[j_], carried_); \
        lk_unlock(t, &(l)->lock, &g_);                                                \
    })

#endif
