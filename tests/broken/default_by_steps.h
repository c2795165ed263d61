// SPDX-License-Identifier: MIT
//
// default_by_steps: optimistic, whose dictionaries look whether a key has a value, and only then
// take the lock to set its default.
#ifndef BROKEN_DEFAULT_BY_STEPS_H
#define BROKEN_DEFAULT_BY_STEPS_H

#include "../../strategies/lock/optimistic.h"

// dict.h's own definition gets another name, callers this.
#define dict_setdefault(t, d, key, value) DEFAULT_##t, d, key, value)
#define DEFAULT_struct dict_setdefault_right(struct
#define DEFAULT_t BROKEN_DEFAULT(t
#define BROKEN_DEFAULT(t, d, key, value)            \
    __extension__({                                 \
        struct rc_header *h_ = dict_get(t, d, key); \
        if (h_ == NULL) {                           \
            dict_set(t, d, key, value);             \
            rc_incref(t, value);                    \
            h_ = (value);                           \
        }                                           \
        h_;                                         \
    })

#endif
