// SPDX-License-Identifier: MIT
//
// A list: an array of references that grows and shrinks at its end, as Objects/listobject.c has it
// in CPython.
//
// Semantics. A list holds a reference of its own to each element: list_append and list_set take one
// (the caller keeps what it has), list_get answers a new one, list_pop hands the list's one over.
//
// Invariant, whenever the lock is free: the first `length` slots of the block hold elements, those
// up to its capacity are empty, none is raw. It also holds whenever another lock may be waited for.
// Memory order: the lock's. The block's address is stored with release, for readers without a lock.
#ifndef LIST_H
#define LIST_H

#include "container.h"

// The capacity stands here for who has nothing but the block, and again in struct list for writers,
// who find it on the line of the length; CPython's free-threaded build keeps both as well.
struct list_block {
    size_t capacity;
    struct rc_slot slot[];
};
struct list {
    struct object base;
    struct lk_word lock;
    size_t length;           // slots in use
    size_t capacity;         // slots of the block
    _Atomic(void *) storage; // struct list_block, or NULL: capacity 0
};

// Relaxed: by a holder of the lock, or of the only reference.
API struct list_block *list_block(struct list *l)
{
    return atomic_load_explicit(&l->storage, memory_order_relaxed);
}

API void list_block_free(struct thread *t, void *p)
{
    al_free(t, p);
}
// ... with the references that a cleared list left in it.
API void list_block_release(struct thread *t, void *p)
{
    struct list_block *b = p;
    size_t n = sync_get(b->capacity);
    for (size_t i = 0; i < n; i++)
        rc_release(t, &b->slot[i]);
    al_free(t, b);
}

API void list_destroy(struct thread *t, struct object *o)
{
    struct list *l = (struct list *)o;
    struct list_block *b = list_block(l);
    size_t n = sync_get(l->length);
    for (size_t i = 0; i < n; i++)
        rc_clear(t, &b->slot[i]);
    if (b != NULL)
        al_free(t, b); // who still read it would hold a reference to the list
    lk_destroy(t, &l->lock);
}
API void list_traverse(struct object *o, rc_visit *visit, void *argument)
{
    struct list *l = (struct list *)o;
    struct list_block *b = list_block(l);
    size_t n = sync_get(l->length);
    for (size_t i = 0; i < n; i++)
        visit(argument, &b->slot[i]);
}
static const struct type list_type = {
    .name = "list",
    .destroy = list_destroy,
    .traverse = list_traverse,
};

// An empty list, with one counted reference.
API struct list *list_new(struct thread *t)
{
    struct list *l = object_new(t, &list_type, sizeof *l, AL_CONTAINER, 0);
    lk_init(t, &l->lock);
    sync_set(l->length, 0);
    sync_set(l->capacity, 0);
    atomic_store_explicit(&l->storage, NULL, memory_order_relaxed);
    return l;
}

// What list_resize in Objects/listobject.c allocates for a length: an eighth more, for appends that
// cost constant time on average; 4, 8, 16, 24, 32, 40, 52, 64, 76 and so on.
API size_t list_capacity_for(size_t length)
{
    return length == 0 ? 0 : (length + (length >> 3) + 6) & ~(size_t)3;
}

// Under the lock: moves the elements, of which there are no more than `capacity`, to a new block.
// The old one, or NULL, is the caller's to retire after lk_unlock.
static __attribute__((noinline, unused)) struct list_block *
list_resize(struct thread *t, struct list *l, size_t capacity)
{
    struct list_block *b = NULL;
    // first of all, while nothing is half done: an allocator may wait
    if (capacity != 0) {
        b = al_alloc(t, sizeof *b + capacity * sizeof b->slot[0], AL_STORAGE);
        sync_set(b->capacity, capacity);
    }
    rc_dirty(t, &l->base.rc);
    struct list_block *old = list_block(l);
    size_t n = sync_get(l->length), i = 0;
    for (; i < n; i++)
        rc_move(t, &l->base.rc, &b->slot[i], &old->slot[i]);
    for (; i < capacity; i++)
        rc_fill(t, &l->base.rc, &b->slot[i], NULL);
    // release: a reader without the lock finds a block without a raw slot
    atomic_store_explicit(&l->storage, b, memory_order_release);
    sync_set(l->capacity, capacity);
    return old;
}
API void list_retire(struct thread *t, struct list_block *old)
{
    if (old != NULL)
        lk_retire(t, old, list_block_free);
}

// Answers the new length. The reference is taken before the lock, as the holder may wait in it.
API size_t list_append(struct thread *t, struct list *l, struct rc_header *h)
{
    struct lk_guard g;
    struct list_block *old = NULL;
    rc_incref(t, h);
    lk_lock(t, &l->lock, &g);
    size_t n = sync_get(l->length);
    if (n == sync_get(l->capacity))
        old = list_resize(t, l, list_capacity_for(n + 1));
    rc_dirty(t, &l->base.rc);
    rc_swap(t, &l->base.rc, &list_block(l)->slot[n], h); // empty until now
    sync_set(l->length, n + 1);
    lk_unlock(t, &l->lock, &g);
    list_retire(t, old);
    return n + 1;
}

// The last element, with the reference that the list had; NULL if there is none. As in CPython the
// block shrinks when less than half of it is in use.
API struct rc_header *list_pop(struct thread *t, struct list *l)
{
    struct lk_guard g;
    struct list_block *old = NULL;
    struct rc_header *h = NULL;
    lk_lock(t, &l->lock, &g);
    size_t n = sync_get(l->length);
    if (n != 0) {
        rc_dirty(t, &l->base.rc); // before the length hides the slot
        h = rc_swap(t, &l->base.rc, &list_block(l)->slot[--n], NULL);
        sync_set(l->length, n);
        size_t capacity = sync_get(l->capacity);
        if (n < capacity / 2 && list_capacity_for(n) != capacity)
            old = list_resize(t, l, list_capacity_for(n));
    }
    lk_unlock(t, &l->lock, &g);
    list_retire(t, old);
    return h;
}

// A new counted reference, or NULL behind the end. Under the lock, or between read begin and end.
API struct rc_header *list_get_from(struct thread *t, struct list *l, struct list_block *b,
                                    size_t i)
{
    return i < sync_get(l->length) ? rc_read(t, &b->slot[i]) : NULL;
}
API struct rc_header *list_get(struct thread *t, struct list *l, size_t i)
{
    struct lk_guard g;
    if (lk_read_begin(t, &l->lock, &g)) {
        struct list_block *b = lk_read_watch(t, &g, &l->storage);
        struct rc_header *h = list_get_from(t, l, b, i);
        if (lk_read_end(t, &l->lock, &g))
            return h;
        if (h != NULL)
            rc_decref(t, h);
    }
    lk_lock(t, &l->lock, &g);
    struct rc_header *h = list_get_from(t, l, list_block(l), i);
    lk_unlock(t, &l->lock, &g);
    return h;
}

// False behind the end.
API bool list_set(struct thread *t, struct list *l, size_t i, struct rc_header *h)
{
    struct lk_guard g;
    rc_incref(t, h);
    lk_lock(t, &l->lock, &g);
    bool inside = i < sync_get(l->length);
    // what is left over: the displaced element, or what found no place
    struct rc_header *left = inside ? rc_swap(t, &l->base.rc, &list_block(l)->slot[i], h) : h;
    lk_unlock(t, &l->lock, &g);
    rc_decref(t, left);
    return inside;
}

API size_t list_length(struct thread *t, struct list *l)
{
    struct lk_guard g;
    if (lk_read_begin(t, &l->lock, &g)) {
        size_t n = sync_get(l->length);
        if (lk_read_end(t, &l->lock, &g))
            return n;
    }
    lk_lock(t, &l->lock, &g);
    size_t n = sync_get(l->length);
    lk_unlock(t, &l->lock, &g);
    return n;
}

// Answers how many elements it gave up. The list is empty before the first of them dies.
API size_t list_clear(struct thread *t, struct list *l)
{
    struct lk_guard g;
    lk_lock(t, &l->lock, &g);
    rc_dirty(t, &l->base.rc);
    struct list_block *old = list_block(l);
    size_t n = sync_get(l->length);
    atomic_store_explicit(&l->storage, NULL, memory_order_release);
    sync_set(l->length, 0);
    sync_set(l->capacity, 0);
    lk_unlock(t, &l->lock, &g);
    if (old != NULL)
        lk_retire(t, old, list_block_release);
    return n;
}

#endif
