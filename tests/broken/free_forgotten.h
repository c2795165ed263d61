// SPDX-License-Identifier: MIT
//
// free_forgotten: system, but one in four of the blocks that are freed serves nobody again.
#ifndef AL_FREE_FORGOTTEN_H
#define AL_FREE_FORGOTTEN_H

#include "../../strategies/al.h"

#define al_free al_free_right
#include "../../strategies/alloc/system.h"
#undef al_free

API void al_free(struct thread *t, void *p)
{
    if (sync_rand(t) % 4 != 0)
        al_free_right(t, p);
}

#endif
