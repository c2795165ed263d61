// SPDX-License-Identifier: MIT
//
// pop_by_steps: pthread, whose lists read their last element under the lock and remove what is the
// last one when they have it again. Nothing races, nobody uses what is dead, and nothing is lost;
// but an answer may be that of an element that is still there.
#ifndef BROKEN_POP_BY_STEPS_H
#define BROKEN_POP_BY_STEPS_H

#include "../../strategies/lock/pthread.h"

// list.h's own definition gets another name, callers this.
#define list_pop(t, l) POP_##t, l)
#define POP_struct list_pop_right(struct
#define POP_t BROKEN_POP(t
#define BROKEN_POP(t, l)                                      \
    __extension__({                                           \
        size_t n_ = list_length(t, l);                        \
        struct rc_header *h_ = list_get(t, l, n_ - (n_ > 0)); \
        struct rc_header *last_ = list_pop_right(t, l);       \
        if (last_ != NULL)                                    \
            rc_decref(t, last_);                              \
        h_;                                                   \
    })

#endif
