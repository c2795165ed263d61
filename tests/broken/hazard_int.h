// SPDX-License-Identifier: MIT
//
// hazard_int: hazard, but addresses are compared by the sign of an int: right as long as all blocks
// lie within 2 GiB.
#ifndef RL_HAZARD_INT_H
#define RL_HAZARD_INT_H

#include "../../strategies/rl.h"

API int hazard_compare(const void *a, const void *b)
{
    return (int)(*(const uintptr_t *)a - *(const uintptr_t *)b);
}
// The definition in hazard.h has arguments, what qsort and bsearch are given has none.
#define hazard_compare(a, b) hazard_compare_right(a, b)
#include "../../strategies/reclaim/hazard.h"
#undef hazard_compare

#endif
