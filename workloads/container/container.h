// SPDX-License-Identifier: MIT
//
// What list.h and dict.h have in common: how they use a lock scheme, of whichever kind it is.
//
// Writers stand between lk_lock and lk_unlock, readers between lk_read_begin and lk_read_end; a
// reader whom either of the two refuses, or who does not get hold of an element, reads again
// between lk_lock_read and lk_unlock. The structure (lengths, indices, hashes) goes through
// sync_get and sync_set, elements are slots of the refcount scheme, storage is one block behind one
// pointer:
//   - a block is complete, every slot of it filled, before the pointer is stored, with release;
//   - a block that was replaced goes to lk_retire, one that a clear took away goes there with its
//     elements, because a reader that has no lock may still follow both;
//   - both, and every decrement, come after lk_unlock: they may run destructors that lock.
// Who fills a container passes a safepoint after each element, as an interpreter's loop does: what
// growth leaves behind is given back there.
//
// Three kinds of scheme:
//   readers exclude     what they see does not move.
//   LK_OPTIMISTIC       a writer changes the block while they read. What both touch goes through
//                       container_get and container_set; an element is tried (rc_try_load), and
//                       looked for in the block alone, whose size stands in it; a slot that is
//                       empty was emptied meanwhile. What was refused because no other thread had
//                       seen it yet is published under the lock.
//   LK_COPIES           a published block does not change any more: each writer makes another one.
//                       It holds references of its own, so a reader's element is alive. How many
//                       elements there are stands in the block, for the object's own number is
//                       another instant's.
#ifndef CONTAINER_H
#define CONTAINER_H

#include "../object.h"

enum {
    CONTAINER_OPTIMISTIC = PAIR_HAS(LK_TRAITS, LK_OPTIMISTIC),
    CONTAINER_COPIES = PAIR_HAS(LK_TRAITS, LK_COPIES),
    // a counted reference may be refused: the scheme must not wait where it counts
    CONTAINER_TRIES = CONTAINER_OPTIMISTIC || (CONTAINER_COPIES && PAIR_HAS(RC_TRAITS, RC_WAITS)),
};

// A number that optimistic readers see change; x is a plain field of 1 to 8 bytes. Orders nothing.
#define container_get(x)                                                              \
    (CONTAINER_OPTIMISTIC                                                             \
         ? atomic_load_explicit((_Atomic(__typeof__(x)) *)&(x), memory_order_relaxed) \
         : sync_get(x))
#define container_set(x, value)                                                               \
    (CONTAINER_OPTIMISTIC                                                                     \
         ? atomic_store_explicit((_Atomic(__typeof__(x)) *)&(x), value, memory_order_relaxed) \
         : sync_set(x, value))

// What a new container is made of: a language may have kept the memory of a dead one.
#ifndef CONTAINER_NEW
#define CONTAINER_NEW(t, type, size) object_new(t, type, size, AL_CONTAINER, 0)
#endif

// What a reader gets of an element: a counted reference, a local one, or none at all, which is good
// only while something else is known to keep it. A constant where these are inlined.
enum container_take { TAKE_COUNTED, TAKE_LOCAL, TAKE_BORROWED };

// By a reader, of a slot that is in use. l: of TAKE_LOCAL. False: not without the lock.
API bool container_take(struct thread *t, struct rc_slot *s, enum container_take how,
                        struct rc_local *l, struct rc_header **h)
{
    if (CONTAINER_TRIES && how == TAKE_COUNTED)
        return rc_try_load(t, s, h);
    if (CONTAINER_TRIES && how == TAKE_LOCAL)
        return rc_try_local(t, l, s, h);
    *h = how == TAKE_COUNTED ? rc_read(t, s) : rc_peek(s);
    if (how == TAKE_LOCAL)
        rc_local_of(t, l, *h);
    return !CONTAINER_OPTIMISTIC || *h != NULL; // emptied meanwhile
}
// By a reader who has taken h and must look again.
API void container_give_back(struct thread *t, enum container_take how, struct rc_local *l,
                             struct rc_header *h)
{
    if (how == TAKE_COUNTED)
        rc_decref(t, h);
    else if (how == TAKE_LOCAL)
        rc_local_drop(t, l);
}
// Under the lock, for a reader who was refused; the next one shall not be.
API struct rc_header *container_take_locked(struct thread *t, struct rc_slot *s,
                                            enum container_take how, struct rc_local *l)
{
    if (CONTAINER_TRIES && how != TAKE_BORROWED)
        rc_publish(t, rc_peek(s));
    struct rc_header *h = how == TAKE_COUNTED ? rc_read(t, s) : rc_peek(s);
    if (how == TAKE_LOCAL)
        rc_local_of(t, l, h);
    return h;
}

#endif
