// SPDX-License-Identifier: MIT
//
// slice_by_steps: optimistic, whose slices are read element by element.
#ifndef BROKEN_SLICE_BY_STEPS_H
#define BROKEN_SLICE_BY_STEPS_H

#include "../../strategies/lock/optimistic.h"

// list.h's own definition gets another name, callers this.
#define list_slice(t, l, from, to) SLICE_##t, l, from, to)
#define SLICE_struct list_slice_right(struct
#define SLICE_t BROKEN_SLICE(t
#define BROKEN_SLICE(t, l, from, to)                                             \
    __extension__({                                                              \
        struct list *slice_ = list_new(t);                                       \
        struct rc_header *h_;                                                    \
        for (size_t i_ = (from); i_ < (to) && (h_ = list_get(t, l, i_)); i_++) { \
            list_append(t, slice_, h_);                                          \
            rc_decref(t, h_);                                                    \
        }                                                                        \
        slice_;                                                                  \
    })

#endif
