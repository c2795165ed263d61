// SPDX-License-Identifier: MIT
//
// A list: an array of references that grows and shrinks at its end, as Objects/listobject.c has it
// in CPython.
//
// Semantics. A list holds a reference of its own to each element: what puts one in takes it (the
// caller keeps what it has), list_get answers a new one, list_pop hands the list's one over. Each
// operation is one step for all others under the locks that it takes, two of them where it is about
// two lists. A list iterator is no more than an index, as CPython's is: it sees what changes.
//
// Invariant, whenever the lock is free: the first `length` slots of the block hold elements, those
// up to its capacity are empty, none is raw. It also holds whenever another lock may be waited for,
// but that elements may stand behind the length, which list_extend is putting there.
// Memory order: the lock's. The block's address is stored with release, for readers without a lock.
// The length orders nothing for them: whether a slot has its element yet, the slot says.
//
// What readers without a lock see of elements that move within a block (list_insert, list_pop_at;
// not where readers are told of every change, LK_VERSIONED). Elements are shifted one by one from
// the side to which they go, each written to its new slot before its old one is written over, as in
// CPython's ins1: an element is in two slots for a moment, and never in none. A slot in use is
// never empty, and holds what was there before the operation or what is there after it, so each
// list_get alone is as if it came before or after; several are not of one instant. Who goes from
// index to index upwards
//   - beside an insertion meets every element that stays, perhaps one of them twice: what was
//     shifted at one index was shifted at all higher ones before;
//   - beside a removal may miss the element behind the removed one, or meet it twice.
// Only the last would not happen if each operation were a single step. The slot that has an element
// for a moment beside its own is lent the reference: no count changes, as no reader can take one
// away.
//
// Where writers copy (LK_COPIES) every change makes a new block without a free slot, and what a
// reader finds is always one instant's.
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

// A block with the references that are still in it.
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
    size_t n = container_get(l->length);
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
    size_t n = container_get(l->length);
    for (size_t i = 0; i < n; i++)
        visit(argument, &b->slot[i]);
}
static const struct type list_type = {
    .name = "list",
    .destroy = list_destroy,
    .traverse = list_traverse,
    TYPE_SLOTS(list)
};

// An empty list, with one counted reference.
API struct list *list_new(struct thread *t)
{
    struct list *l = CONTAINER_NEW(t, &list_type, sizeof *l);
    lk_init(t, &l->lock);
    container_set(l->length, 0);
    sync_set(l->capacity, 0);
    atomic_store_explicit(&l->storage, NULL, memory_order_relaxed);
    return l;
}

// --- storage ----------------------------------------------------------------------------------

// What list_resize in Objects/listobject.c allocates for a length, of which `added` are new: an
// eighth more, for appends that cost constant time on average; 4, 8, 16, 24, 32, 40, 52, 64, 76 and
// so on. But what comes all at once gets no more than a multiple of four, if that eighth is less.
API size_t list_capacity_for(size_t length, size_t added)
{
    if (length == 0)
        return 0;
    size_t capacity = (length + (length >> 3) + 6) & ~(size_t)3;
    return added > capacity - length ? (length + 3) & ~(size_t)3 : capacity;
}

// Its slots are raw. NULL for no slots.
API struct list_block *list_block_new(struct thread *t, size_t capacity)
{
    if (capacity == 0)
        return NULL;
    struct list_block *b = al_alloc(t, sizeof *b + capacity * sizeof b->slot[0], AL_STORAGE);
    sync_set(b->capacity, capacity);
    return b;
}
// Under the lock: b, which is complete, is the list's from now on.
API void list_publish(struct list *l, struct list_block *b, size_t length)
{
    // release: a reader without the lock finds a block without a raw slot
    atomic_store_explicit(&l->storage, b, memory_order_release);
    container_set(l->length, length);
    sync_set(l->capacity, b != NULL ? sync_get(b->capacity) : 0);
}

// Under the lock: moves the elements, of which there are no more than `capacity`, to a new block.
// The old one, or NULL, is the caller's to retire after lk_unlock.
static __attribute__((noinline, unused)) struct list_block *
list_resize(struct thread *t, struct list *l, size_t capacity)
{
    // first of all, while nothing is half done: an allocator may wait
    struct list_block *b = list_block_new(t, capacity);
    rc_dirty(t, &l->base.rc);
    struct list_block *old = list_block(l);
    size_t n = container_get(l->length), i = 0;
    for (; i < n; i++)
        rc_move(t, &l->base.rc, &b->slot[i], &old->slot[i]);
    for (; i < capacity; i++)
        rc_fill(t, &l->base.rc, &b->slot[i], NULL);
    list_publish(l, b, n);
    return old;
}
// LK_COPIES, under the lock: a new block in which the `gone` elements from `at` on are replaced by
// h, unless it is NULL: the caller's counted reference to it is the list's. The old block, or NULL,
// is the caller's to retire after lk_unlock.
static __attribute__((noinline, unused)) struct list_block *
list_splice(struct thread *t, struct list *l, size_t at, size_t gone, struct rc_header *h)
{
    struct list_block *old = list_block(l);
    size_t n = container_get(l->length), to = 0;
    size_t length = n - gone + (h != NULL);
    struct list_block *b = list_block_new(t, length);
    for (size_t i = 0; i < at; i++)
        rc_copy(t, &b->slot[to++], &old->slot[i]);
    if (h != NULL)
        rc_fill(t, &l->base.rc, &b->slot[to++], h);
    for (size_t i = at + gone; i < n; i++)
        rc_copy(t, &b->slot[to++], &old->slot[i]);
    rc_dirty(t, &l->base.rc);
    list_publish(l, b, length);
    return old;
}
// After lk_unlock; `old` may be NULL.
API void list_retire(struct thread *t, struct list *l, struct list_block *old, rl_free_fn *fn)
{
    if (old != NULL)
        lk_retire(t, &l->lock, old, fn);
}
// What was replaced has lost its elements to its successor, unless that is a copy.
API void list_retire_replaced(struct thread *t, struct list *l, struct list_block *old)
{
    list_retire(t, l, old, CONTAINER_COPIES ? list_block_release : al_free);
}

// --- reading ----------------------------------------------------------------------------------

// By a reader, in block b, which may be NULL.
API size_t list_length_in(struct list *l, struct list_block *b)
{
    if (CONTAINER_COPIES)
        return b != NULL ? sync_get(b->capacity) : 0;
    return container_get(l->length);
}
// By a reader, in block b: element i, or NULL behind the end. False: not without the lock.
API bool list_look(struct thread *t, struct list *l, struct list_block *b, size_t i,
                   enum container_take how, struct rc_header **h)
{
    *h = NULL;
    if (i >= list_length_in(l, b))
        return true;
    // the length may be another block's
    if (CONTAINER_OPTIMISTIC && (b == NULL || i >= sync_get(b->capacity)))
        return false;
    return container_take(t, &b->slot[i], how, NULL, h);
}
static __attribute__((noinline, unused)) struct rc_header *
list_read_locked(struct thread *t, struct list *l, size_t i, enum container_take how)
{
    struct lk_guard g;
    struct rc_header *h = NULL;
    lk_lock_read(t, &l->lock, &g);
    if (i < container_get(l->length))
        h = container_take_locked(t, &list_block(l)->slot[i], how, NULL);
    lk_unlock(t, &l->lock, &g);
    return h;
}
API struct rc_header *list_read(struct thread *t, struct list *l, size_t i, enum container_take how)
{
    struct lk_guard g;
    struct rc_header *h;
    if (lk_read_begin(t, &l->lock, &g)) {
        bool taken = list_look(t, l, lk_read_watch(t, &g, &l->storage), i, how, &h);
        if (lk_read_end(t, &l->lock, &g) && taken)
            return h;
        if (taken && h != NULL)
            container_give_back(t, how, NULL, h);
    }
    return list_read_locked(t, l, i, how);
}
// A new counted reference, or NULL behind the end.
API struct rc_header *list_get(struct thread *t, struct list *l, size_t i)
{
    return list_read(t, l, i, TAKE_COUNTED);
}
// The same without a reference: good only while something else is known to keep the element.
API struct rc_header *list_get_borrowed(struct thread *t, struct list *l, size_t i)
{
    return list_read(t, l, i, TAKE_BORROWED);
}

API size_t list_length(struct thread *t, struct list *l)
{
    struct lk_guard g;
    if (lk_read_begin(t, &l->lock, &g)) {
        size_t n = list_length_in(l, lk_read_watch(t, &g, &l->storage));
        if (lk_read_end(t, &l->lock, &g))
            return n;
    }
    lk_lock_read(t, &l->lock, &g);
    size_t n = container_get(l->length);
    lk_unlock(t, &l->lock, &g);
    return n;
}

// By a reader or, with `locked`, by a holder of the lock: s, which is new, gets what stands in
// [from, to) of block b. False: some element only with the lock, s has a part.
static __attribute__((noinline, unused)) bool list_slice_in(struct thread *t, struct list *s,
                                                            struct list *l, struct list_block *b,
                                                            size_t from, size_t to, bool locked)
{
    size_t n = list_length_in(l, b), i = 0;
    to = to < n ? to : n;
    n = from < to ? to - from : 0;
    struct list_block *slice = list_block_new(t, n);
    for (; i < n; i++) {
        struct rc_header *h;
        if (locked && CONTAINER_COPIES)
            h = container_take_locked(t, &b->slot[from + i], TAKE_COUNTED, NULL);
        else if (locked)
            h = rc_read(t, &b->slot[from + i]);
        else if (!container_take(t, &b->slot[from + i], TAKE_COUNTED, NULL, &h))
            break;
        rc_fill(t, &s->base.rc, &slice->slot[i], h);
    }
    size_t taken = i;
    for (; i < n; i++)
        rc_fill(t, &s->base.rc, &slice->slot[i], NULL);
    rc_dirty(t, &s->base.rc);
    list_publish(s, slice, taken);
    return taken == n;
}
// A new list of the elements [from, to), as far as there are so many: all of one instant. Beside a
// writer only the lock can tell that; there nobody's element is published, as none was refused.
static __attribute__((noinline, unused)) struct list *list_slice(struct thread *t, struct list *l,
                                                                 size_t from, size_t to)
{
    struct list *s = list_new(t);
    struct lk_guard g;
    if (!CONTAINER_OPTIMISTIC && lk_read_begin(t, &l->lock, &g)) {
        struct list_block *b = lk_read_watch(t, &g, &l->storage);
        bool whole = list_slice_in(t, s, l, b, from, to, false);
        if (lk_read_end(t, &l->lock, &g) && whole)
            return s;
        rc_decref(t, &s->base.rc);
        s = list_new(t);
    }
    lk_lock_read(t, &l->lock, &g);
    list_slice_in(t, s, l, list_block(l), from, to, true);
    lk_unlock(t, &l->lock, &g);
    return s;
}

// A new list of the elements from, from + step and so on, as far as there are any, at most `count`:
// all of one instant. step is not 0.
static __attribute__((noinline, unused)) struct list *
list_slice_step(struct thread *t, struct list *l, size_t from, int64_t step, size_t count)
{
    struct list *s = list_new(t);
    struct lk_guard g;
    lk_lock_read(t, &l->lock, &g);
    struct list_block *b = list_block(l);
    size_t n = container_get(l->length);
    while (step < 0 && count != 0 && from >= n) { // the list has become shorter
        from += (size_t)step;
        count--;
    }
    size_t most = 0;
    if (from < n)
        most = step < 0 ? from / (size_t)-step + 1 : (n - 1 - from) / (size_t)step + 1;
    count = count < most ? count : most;
    struct list_block *slice = list_block_new(t, count);
    for (size_t i = 0; i < count; i++, from += (size_t)step) {
        struct rc_header *h = CONTAINER_COPIES
                                  ? container_take_locked(t, &b->slot[from], TAKE_COUNTED, NULL)
                                  : rc_read(t, &b->slot[from]);
        rc_fill(t, &s->base.rc, &slice->slot[i], h);
    }
    lk_unlock(t, &l->lock, &g);
    rc_dirty(t, &s->base.rc);
    list_publish(s, slice, count);
    return s;
}

// An iterator, which refers to the list without a reference. Each element is looked up by its index
// when it is asked for, and the first index behind the end is the end for good.
struct list_iter {
    struct list *list; // NULL: at the end
    size_t next;
};
API struct list_iter list_iterate(struct list *l)
{
    return (struct list_iter){.list = l};
}
// A new counted reference, or NULL at the end.
API struct rc_header *list_next(struct thread *t, struct list_iter *it)
{
    struct rc_header *h = it->list != NULL ? list_get(t, it->list, it->next++) : NULL;
    if (h == NULL)
        it->list = NULL;
    return h;
}

// --- changing ---------------------------------------------------------------------------------

// More elements at the end, under the lock: list_grow_begin, so many list_grow, list_grow_end.
struct list_growth {
    struct list_block *block; // LK_COPIES: the next one, raw behind the elements that there are
    struct list_block *old;   // or NULL: the caller's to retire after lk_unlock
    size_t length;
};
API struct list_growth list_grow_begin(struct thread *t, struct list *l, size_t added)
{
    struct list_growth e = {.length = container_get(l->length)};
    size_t needed = e.length + added;
    if (CONTAINER_COPIES) {
        e.old = list_block(l);
        e.block = list_block_new(t, needed);
        for (size_t i = 0; i < e.length; i++)
            rc_copy(t, &e.block->slot[i], &e.old->slot[i]);
    } else {
        if (needed > sync_get(l->capacity))
            e.old = list_resize(t, l, list_capacity_for(needed, added));
        e.block = list_block(l);
    }
    return e;
}
// The caller's counted reference is the list's.
API void list_grow(struct thread *t, struct list *l, struct list_growth *e, struct rc_header *h)
{
    struct rc_slot *s = &e->block->slot[e->length++];
    if (CONTAINER_COPIES)
        rc_fill(t, &l->base.rc, s, h);
    else
        rc_swap(t, &l->base.rc, s, h); // empty until now
}
API void list_grow_end(struct thread *t, struct list *l, struct list_growth *e)
{
    rc_dirty(t, &l->base.rc);
    if (CONTAINER_COPIES)
        list_publish(l, e->block, e->length);
    else
        container_set(l->length, e->length);
}

// Answers the new length. The reference is taken before the lock, as the holder may wait in it.
API size_t list_append(struct thread *t, struct list *l, struct rc_header *h)
{
    struct lk_guard g;
    rc_incref(t, h);
    lk_lock(t, &l->lock, &g);
    struct list_growth e = list_grow_begin(t, l, 1);
    list_grow(t, l, &e, h);
    list_grow_end(t, l, &e);
    lk_unlock(t, &l->lock, &g);
    list_retire_replaced(t, l, e.old);
    return e.length;
}

// All elements of `from`, of one instant, to the end of l, which may be the same list. Answers how
// many. A reader of l without a lock may find the first of them before it finds the length.
static __attribute__((noinline, unused)) size_t list_extend(struct thread *t, struct list *l,
                                                            struct list *from)
{
    struct lk_guard g[2];
    struct list_growth e = {0};
    lk_lock2(t, &l->lock, &from->lock, g);
    size_t n = container_get(from->length);
    if (n != 0) {
        e = list_grow_begin(t, l, n);
        struct list_block *b = list_block(from); // now: it may be l's
        for (size_t i = 0; i < n; i++)
            list_grow(t, l, &e, rc_read(t, &b->slot[i]));
        list_grow_end(t, l, &e);
    }
    lk_unlock2(t, &l->lock, &from->lock, g);
    list_retire_replaced(t, l, e.old);
    return n;
}

// h becomes element i or, behind the end, the last one. Answers the new length.
static __attribute__((noinline, unused)) size_t list_insert(struct thread *t, struct list *l,
                                                            size_t i, struct rc_header *h)
{
    struct lk_guard g;
    struct list_block *old = NULL;
    rc_incref(t, h);
    lk_lock(t, &l->lock, &g);
    size_t n = container_get(l->length);
    i = i < n ? i : n;
    if (CONTAINER_COPIES) {
        old = list_splice(t, l, i, 0, h);
    } else {
        struct list_growth e = list_grow_begin(t, l, 1);
        struct rc_slot *s = e.block->slot;
        old = e.old;
        // the length as soon as the slot is in use: who meets what was shifted finds the last one
        // too
        list_grow(t, l, &e, i < n ? rc_peek(&s[n - 1]) : h);
        list_grow_end(t, l, &e);
        for (size_t j = n - (i < n); j > i; j--)
            rc_swap(t, &l->base.rc, &s[j], rc_peek(&s[j - 1])); // lent, until s[j - 1] is written
        if (i < n)
            rc_swap(t, &l->base.rc, &s[i], h);
    }
    lk_unlock(t, &l->lock, &g);
    list_retire_replaced(t, l, old);
    return n + 1;
}

// Under the lock: element i, which there is, comes out with the list's reference. As in CPython the
// block shrinks when less than half of it is in use. *old, or NULL, is the caller's to retire.
API struct rc_header *list_take_out(struct thread *t, struct list *l, size_t i,
                                    struct list_block **old)
{
    struct rc_slot *s = list_block(l)->slot;
    struct rc_header *h;
    if (CONTAINER_COPIES) {
        h = rc_read(t, &s[i]);
        *old = list_splice(t, l, i, 1, NULL);
        return h;
    }
    size_t n = container_get(l->length) - 1;
    rc_dirty(t, &l->base.rc); // before the length hides the slot
    h = rc_peek(&s[i]);
    for (; i < n; i++)
        rc_swap(t, &l->base.rc, &s[i], rc_peek(&s[i + 1])); // lent, until s[i + 1] is written
    rc_swap(t, &l->base.rc, &s[n], NULL);
    container_set(l->length, n);
    size_t capacity = sync_get(l->capacity);
    if (n < capacity / 2 && list_capacity_for(n, 0) != capacity)
        *old = list_resize(t, l, list_capacity_for(n, 0));
    return h;
}
// Element i, with the reference that the list had, or NULL behind the end.
static __attribute__((noinline, unused)) struct rc_header *list_pop_at(struct thread *t,
                                                                       struct list *l, size_t i)
{
    struct lk_guard g;
    struct list_block *old = NULL;
    struct rc_header *h = NULL;
    lk_lock(t, &l->lock, &g);
    if (i < container_get(l->length))
        h = list_take_out(t, l, i, &old);
    lk_unlock(t, &l->lock, &g);
    list_retire_replaced(t, l, old);
    return h;
}
// The last element, with the reference that the list had; NULL if there is none.
API struct rc_header *list_pop(struct thread *t, struct list *l)
{
    struct lk_guard g;
    struct list_block *old = NULL;
    struct rc_header *h = NULL;
    lk_lock(t, &l->lock, &g);
    size_t n = container_get(l->length);
    if (n != 0)
        h = list_take_out(t, l, n - 1, &old);
    lk_unlock(t, &l->lock, &g);
    list_retire_replaced(t, l, old);
    return h;
}
// The last element of `from` becomes the last one of `to`, which may be the same list. False if
// there is none. It is in both for a moment, and never in none; but a length orders nothing for
// optimistic readers, who may find the one list shorter before they find the other one longer.
static __attribute__((noinline, unused)) bool list_move(struct thread *t, struct list *to,
                                                        struct list *from)
{
    struct lk_guard g[2];
    struct list_growth e = {0};
    struct list_block *old = NULL;
    lk_lock2(t, &to->lock, &from->lock, g);
    size_t n = container_get(from->length);
    if (n != 0 && to != from) {
        struct rc_slot *last = &list_block(from)->slot[n - 1];
        e = list_grow_begin(t, to, 1);
        // where writers copy, from's last block keeps the reference that it has; else it is lent
        list_grow(t, to, &e, CONTAINER_COPIES ? rc_read(t, last) : rc_peek(last));
        list_grow_end(t, to, &e);
        if (CONTAINER_COPIES)
            old = list_splice(t, from, n - 1, 1, NULL);
        else
            list_take_out(t, from, n - 1, &old);
    }
    lk_unlock2(t, &to->lock, &from->lock, g);
    list_retire_replaced(t, to, e.old);
    list_retire_replaced(t, from, old);
    return n != 0;
}

// False behind the end.
API bool list_set(struct thread *t, struct list *l, size_t i, struct rc_header *h)
{
    struct lk_guard g;
    struct list_block *old = NULL;
    rc_incref(t, h);
    lk_lock(t, &l->lock, &g);
    bool inside = i < container_get(l->length);
    struct rc_header *left = NULL; // over: the displaced element, or what found no place
    if (!inside)
        left = h;
    else if (CONTAINER_COPIES)
        old = list_splice(t, l, i, 1, h);
    else
        left = rc_swap(t, &l->base.rc, &list_block(l)->slot[i], h);
    lk_unlock(t, &l->lock, &g);
    if (left != NULL)
        rc_decref(t, left);
    list_retire_replaced(t, l, old);
    return inside;
}

// Answers how many elements it gave up. The list is empty before the first of them dies.
API size_t list_clear(struct thread *t, struct list *l)
{
    struct lk_guard g;
    lk_lock(t, &l->lock, &g);
    rc_dirty(t, &l->base.rc);
    struct list_block *old = list_block(l);
    size_t n = container_get(l->length);
    list_publish(l, NULL, 0);
    lk_unlock(t, &l->lock, &g);
    list_retire(t, l, old, list_block_release);
    return n;
}

// --- changing many ----------------------------------------------------------------------------

// Places of a list that change together: so many, from `at` on, `step` apart.
struct list_places {
    size_t at, step, n;
};
// LK_COPIES, under the lock: as list_splice, of many (list_replace).
static __attribute__((noinline, unused)) struct list_block *
list_splice_many(struct thread *t, struct list *l, struct list_places p, struct rc_header **item,
                 size_t n)
{
    struct list_block *old = list_block(l);
    size_t length = container_get(l->length), to = 0, given = 0, gone = 0;
    struct list_block *b = list_block_new(t, length - p.n + n);
    for (size_t i = 0; i <= length; i++) {
        if (i == p.at && gone < p.n) {
            if (given < n)
                rc_fill(t, &l->base.rc, &b->slot[to++], item[given++]);
            p.at += ++gone < p.n ? p.step : 1;
            continue;
        }
        while (i == p.at && given < n) // what is more than goes stands behind it
            rc_fill(t, &l->base.rc, &b->slot[to++], item[given++]);
        if (i < length)
            rc_copy(t, &b->slot[to++], &old->slot[i]);
    }
    rc_dirty(t, &l->base.rc);
    list_publish(l, b, to);
    return old;
}
// Under the lock: takes out the elements at p, with the list's references. Those behind are lent to
// their new slots, as in list_take_out.
API void list_cut(struct thread *t, struct list *l, struct list_places p, struct rc_header **out)
{
    struct rc_slot *s = list_block(l)->slot;
    size_t n = container_get(l->length), to = p.at, next = p.at, found = 0, taken = 0;
    rc_dirty(t, &l->base.rc);
    for (size_t i = p.at; i < n + p.n; i++) {
        if (i < n && found < p.n && i == p.at + found * p.step) {
            found++;
            continue;
        }
        struct rc_header *left = rc_swap(t, &l->base.rc, &s[to], i < n ? rc_peek(&s[i]) : NULL);
        if (taken < p.n && to == next) {
            out[taken++] = left;
            next += p.step;
        }
        to++;
    }
    container_set(l->length, n - p.n);
}
// Under the lock: n elements more, at index `at` and behind, in slots that the block has. Those
// behind are lent to their new slots, and the length follows, as in list_insert.
API void list_part(struct thread *t, struct list *l, size_t at, struct rc_header **item, size_t n)
{
    struct rc_slot *s = list_block(l)->slot;
    size_t length = container_get(l->length);
    for (size_t i = length + n; i-- > at;) {
        if (i + 1 == length)
            container_set(l->length, length + n);
        rc_swap(t, &l->base.rc, &s[i], i < at + n ? item[i - at] : rc_peek(&s[i - n]));
    }
    container_set(l->length, length + n);
}

// The elements at p, as far as there are so many, are replaced by `item`, one by one. With a step
// of 1 there may be more items, which then stand behind, or fewer: then what is left over is taken
// out. The caller's references to the items become the list's, and what comes out, or finds no
// place, is in `out`, which has room for p.n and n: answers how many, for the caller to give up.
static __attribute__((noinline, unused)) size_t list_replace(struct thread *t, struct list *l,
                                                             struct list_places p,
                                                             struct rc_header **item, size_t n,
                                                             struct rc_header **out)
{
    struct lk_guard g;
    struct list_block *old = NULL;
    size_t left = 0;
    lk_lock(t, &l->lock, &g);
    size_t length = container_get(l->length);
    p.at = p.at < length ? p.at : length;
    size_t most = p.at == length ? 0 : (length - 1 - p.at) / p.step + 1;
    p.n = p.n < most ? p.n : most;
    while (p.step != 1 && n > p.n) // the list has become shorter
        out[left++] = item[--n];
    if (CONTAINER_COPIES) {
        old = list_splice_many(t, l, p, item, n);
    } else {
        size_t longer = length - p.n + n, both = n < p.n ? n : p.n;
        if (longer > sync_get(l->capacity))
            old = list_resize(t, l, list_capacity_for(longer, longer - length));
        rc_dirty(t, &l->base.rc);
        for (size_t i = 0; i < both; i++)
            out[left++] = rc_swap(t, &l->base.rc, &list_block(l)->slot[p.at + i * p.step], item[i]);
        if (n > both) {
            list_part(t, l, p.at + both, item + both, n - both);
        } else if (p.n > both) {
            list_cut(t, l, (struct list_places){p.at + both * p.step, p.step, p.n - both},
                     out + left);
            left += p.n - both;
            size_t capacity = sync_get(l->capacity);
            if (longer < capacity / 2 && list_capacity_for(longer, 0) != capacity)
                old = list_resize(t, l, list_capacity_for(longer, 0));
        }
    }
    lk_unlock(t, &l->lock, &g);
    list_retire_replaced(t, l, old);
    return left;
}

// The last element becomes the first, and so on. Beside it a reader without the lock may find an
// element twice, or not at all, if it goes from index to index.
static __attribute__((noinline, unused)) void list_reverse(struct thread *t, struct list *l)
{
    struct lk_guard g;
    struct list_block *old = NULL;
    lk_lock(t, &l->lock, &g);
    size_t n = container_get(l->length);
    if (CONTAINER_COPIES) {
        struct list_block *b = list_block_new(t, n);
        old = list_block(l);
        for (size_t i = 0; i < n; i++)
            rc_copy(t, &b->slot[i], &old->slot[n - 1 - i]);
        rc_dirty(t, &l->base.rc);
        list_publish(l, b, n);
    } else {
        rc_dirty(t, &l->base.rc);
        for (size_t i = 0; i < n / 2; i++) {
            struct rc_slot *s = list_block(l)->slot;
            struct rc_header *h = rc_swap(t, &l->base.rc, &s[i], rc_peek(&s[n - 1 - i]));
            rc_swap(t, &l->base.rc, &s[n - 1 - i], h);
        }
    }
    lk_unlock(t, &l->lock, &g);
    list_retire_replaced(t, l, old);
}

// The elements stand in the list so many times, one row of them behind the other; at least once.
static __attribute__((noinline, unused)) void list_repeat(struct thread *t, struct list *l,
                                                          size_t times)
{
    struct lk_guard g;
    struct list_growth e = {0};
    lk_lock(t, &l->lock, &g);
    size_t n = container_get(l->length), added = n * (times - 1);
    if (added != 0) {
        e = list_grow_begin(t, l, added);
        for (size_t i = 0; i < added; i++)
            list_grow(t, l, &e, rc_read(t, &e.block->slot[i]));
        list_grow_end(t, l, &e);
    }
    lk_unlock(t, &l->lock, &g);
    list_retire_replaced(t, l, e.old);
}

// All elements come out, with the list's references, if there are no more than `room`. Answers how
// many there are; the list is empty then.
static __attribute__((noinline, unused)) size_t list_take_all(struct thread *t, struct list *l,
                                                              struct rc_header **out, size_t room)
{
    struct lk_guard g;
    struct list_block *old = NULL;
    lk_lock(t, &l->lock, &g);
    size_t n = container_get(l->length);
    if (n <= room) {
        old = list_block(l);
        rc_dirty(t, &l->base.rc);
        for (size_t i = 0; CONTAINER_COPIES && i < n; i++)
            out[i] = rc_read(t, &old->slot[i]);
        list_publish(l, NULL, 0);
        for (size_t i = 0; !CONTAINER_COPIES && i < n; i++)
            out[i] = rc_swap(t, &l->base.rc, &old->slot[i], NULL);
    }
    lk_unlock(t, &l->lock, &g);
    list_retire_replaced(t, l, old);
    return n;
}

#endif
