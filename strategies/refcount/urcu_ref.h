// SPDX-License-Identifier: MIT
//
// urcu_ref: a peer. The count that userspace RCU ships beside it (urcu/ref.h), after the Linux
// kernel's kref: a get is a compare-exchange loop that refuses to overflow, a put subtracts and
// calls a function when nothing is left. All of it is inline; what it orders are full barriers, on
// every machine. glib.h says what is not asked of a peer.
//
// Invariant: refcount = number of counted references and slots that refer to the object.
// Memory order: of liburcu's uatomic operations that answer a value, each a full barrier
// (doc/uatomic-api.md); init is a store that orders nothing, and urcu_ref_get_unless_zero demands
// that the count be there: no optimistic readers (RC_TRY_HELD).
//
// The function that urcu_ref_put calls is told the count and nothing else, so it asks sync_self()
// for the thread.
#ifndef RC_URCU_REF_H
#define RC_URCU_REF_H

#include "rc.h"

#if !__has_include(<urcu/ref.h>)
#error "no <urcu/ref.h>: make deps installs liburcu-dev"
#endif
#include <urcu/ref.h>

#define RC_SUMMARY "urcu_ref_get and urcu_ref_put of the liburcu that is installed"
#define RC_SOURCE  "Jan Blunck, Mathieu Desnoyers, userspace RCU (urcu/ref.h), 2009"
#define RC_WHEN    "as the yardstick: what a library that is at hand costs"
#define RC_TRAITS  (RC_SHARED | RC_FREES | RC_COUNTS | RC_WEAK | RC_TRY_HELD | RC_NATIVE)
#define RC_CENSUS(op)

struct rc_header {
    struct urcu_ref ref;
};

API void rc_init(struct thread *t, struct rc_header *h, unsigned flags)
{
    (void)t, (void)flags;
    urcu_ref_init(&h->ref);
}
API void rc_incref(struct thread *t, struct rc_header *h)
{
    (void)t;
    urcu_ref_get(&h->ref);
}
API void urcu_ref_last(struct urcu_ref *ref)
{
    rc_die(sync_self(), (struct rc_header *)ref);
}
API void rc_decref(struct thread *t, struct rc_header *h)
{
    (void)t;
    urcu_ref_put(&h->ref, urcu_ref_last);
}
API bool rc_try_incref(struct thread *t, struct rc_header *h)
{
    (void)t;
    return urcu_ref_get_unless_zero(&h->ref);
}
API void rc_publish(struct thread *t, struct rc_header *h)
{
    (void)t, (void)h;
}

#include "rc_eager.h"

#endif
