// SPDX-License-Identifier: MIT
//
// frame_popped: pep703, but a call that ends leaves no frame, not that of its caller.
#ifndef BROKEN_FRAME_POPPED_H
#define BROKEN_FRAME_POPPED_H

#define rc_roots_pop pep703_roots_pop_right
#include "../../strategies/refcount/pep703.h"
#undef rc_roots_pop

API void rc_roots_pop(struct thread *t, struct rc_roots *r)
{
    (void)r;
    sync_set(rc_self(t)->roots, NULL);
}

#endif
