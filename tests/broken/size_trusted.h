// SPDX-License-Identifier: MIT
//
// size_trusted: optimistic, whose lists look for an element by a length that was read before the
// storage, and do not ask the block how long it is.
#ifndef BROKEN_SIZE_TRUSTED_H
#define BROKEN_SIZE_TRUSTED_H

#include "../../strategies/lock/optimistic.h"

// list.h's own definition gets another name, its caller this: `b` reads the storage.
#define list_look(t, l, b, i, how, h) LOOK_##t, l, b, i, how, h)
#define LOOK_struct list_look_right(struct
#define LOOK_t BROKEN_LOOK(t
#define BROKEN_LOOK(t, l, b, i, how, h)                                  \
    __extension__({                                                      \
        size_t length_ = container_get((l)->length);                     \
        struct list_block *b_ = (b);                                     \
        *(h) = NULL;                                                     \
        (i) >= length_ || container_take(t, &b_->slot[i], how, NULL, h); \
    })

#endif
