// SPDX-License-Identifier: MIT
//
// heaps_unwoken: heaps, but a full page stays on no list when another thread is the first to free a
// block of it.
#ifndef AL_HEAPS_UNWOKEN_H
#define AL_HEAPS_UNWOKEN_H

#define al_free heaps_free_right
#include "../../strategies/alloc/heaps.h"
#undef al_free

API void al_free(struct thread *t, void *p)
{
    struct heaps_page *page = heaps_page_of(p);
    uint64_t full = HEAPS_FULL;
    if (sync_get(page->owner) != al_self(t))
        atomic_compare_exchange_strong_explicit(&page->foreign, &full, 0, memory_order_relaxed,
                                                memory_order_relaxed);
    heaps_free_right(t, p);
}

#endif
