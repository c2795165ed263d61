// SPDX-License-Identifier: MIT
//
// load_relaxed: atomic_relaxed, but a shared slot is locked by a relaxed compare-exchange: who
// loads the reference may not find what the object's maker wrote. x86-64 forgives it.
#ifndef BROKEN_LOAD_RELAXED_H
#define BROKEN_LOAD_RELAXED_H

#include "../../strategies/rc.h"

static uintptr_t broken_slot_lock(struct rc_slot *s);

// The definition in rc_slot_locked.h keeps its body under another name, its callers get this one.
#define rc_slot_lock(s) LOCK_##s)
#define LOCK_struct rc_slot_lock_right(struct
#define LOCK_s broken_slot_lock(s
#include "../../strategies/refcount/atomic_relaxed.h"
#undef rc_slot_lock

static __attribute__((noinline)) uintptr_t broken_slot_lock(struct rc_slot *s)
{
    uintptr_t word = atomic_load_explicit(&s->word, memory_order_relaxed);
    for (;;) {
        if ((word & RC_SLOT_LOCKED) != 0)
            sync_await(((word = atomic_load_explicit(&s->word, memory_order_relaxed)) &
                        RC_SLOT_LOCKED) == 0);
        if (atomic_compare_exchange_weak_explicit(&s->word, &word, word | RC_SLOT_LOCKED,
                                                  memory_order_relaxed, memory_order_relaxed))
            return word;
    }
}

#endif
