// SPDX-License-Identifier: MIT
//
// A local reference is a counted one; frames need not be registered.
//
// Where borrows are in use (RC_LOCAL_BORROWS) a bit of the local's word says that it is a borrowed
// one: what it was borrowed from holds the count. Elsewhere the bit is none, every test of it is
// the compiler's, and who borrows gets a count of its own.
#ifndef RC_LOCAL_COUNTED_H
#define RC_LOCAL_COUNTED_H

#include "rc_census.h"

#ifdef RC_LOCAL_BORROWS
enum { RC_LOCAL_BORROWED = 1 };
#else
enum { RC_LOCAL_BORROWED = 0 };
#endif
struct rc_local {
    uintptr_t word; // the object's address, and RC_LOCAL_BORROWED; 0: empty
};

API void rc_roots_push(struct thread *t, struct rc_roots *r, struct rc_local *local, unsigned n)
{
    (void)t, (void)r, (void)local, (void)n;
}
API void rc_roots_pop(struct thread *t, struct rc_roots *r)
{
    (void)t, (void)r;
}
API bool rc_local_borrowed(const struct rc_local *l)
{
    return (l->word & RC_LOCAL_BORROWED) != 0;
}
API struct rc_header *rc_local_peek(const struct rc_local *l)
{
    return (struct rc_header *)(l->word & ~(uintptr_t)RC_LOCAL_BORROWED);
}
API void rc_local_take(struct thread *t, struct rc_local *l, struct rc_header *h)
{
    (void)t;
    l->word = (uintptr_t)h;
}
API struct rc_header *rc_local_get(struct thread *t, struct rc_local *l, struct rc_slot *s)
{
    struct rc_header *h = rc_load(t, s);
    rc_local_take(t, l, h);
    return h;
}
API bool rc_try_local(struct thread *t, struct rc_local *l, struct rc_slot *s, struct rc_header **h)
{
    if (!rc_try_load(t, s, h))
        return false;
    rc_local_take(t, l, *h);
    return true;
}
API void rc_local_of(struct thread *t, struct rc_local *l, struct rc_header *h)
{
    rc_incref(t, h);
    rc_local_take(t, l, h);
}
API void rc_local_dup(struct thread *t, struct rc_local *to, const struct rc_local *from)
{
    rc_local_of(t, to, rc_local_peek(from));
}
API void rc_local_borrow(struct thread *t, struct rc_local *to, const struct rc_local *from)
{
    if (RC_LOCAL_BORROWED != 0)
        to->word = from->word | RC_LOCAL_BORROWED;
    else
        rc_local_dup(t, to, from);
}
API void rc_local_move(struct thread *t, struct rc_local *to, struct rc_local *from)
{
    (void)t;
    to->word = from->word;
    from->word = 0;
}
API void rc_local_drop(struct thread *t, struct rc_local *l)
{
    if (!rc_local_borrowed(l))
        rc_decref(t, (struct rc_header *)l->word);
    l->word = 0;
}
API struct rc_header *rc_local_own(struct thread *t, struct rc_local *l)
{
    struct rc_header *h = rc_local_peek(l);
    if (rc_local_borrowed(l))
        rc_incref(t, h);
    l->word = 0;
    return h;
}

#endif
