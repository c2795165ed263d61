// SPDX-License-Identifier: MIT
//
// Containers: elements that belong to the refcount scheme in storage that belongs to the lock
// scheme, in a container that does what lk.h and rc.h ask of one; and the lists and dictionaries of
// the workloads.
#include "common.h"

#include "../../workloads/container/dict.h"
#include "../../workloads/container/list.h"

#define OPTIMISTIC PAIR_HAS(LK_TRAITS, LK_OPTIMISTIC)
#define COPIES     PAIR_HAS(LK_TRAITS, LK_COPIES)

#define UNLESS_EXCLUDES \
    UNLESS(PAIR_HAS(LK_TRAITS, LK_EXCLUDES), "this lock scheme does not exclude")

// --- storage is replaced beside readers ---------------------------------------------------------

enum { CAPACITY = 2 };
struct block {
    struct rc_slot slot[CAPACITY];
};
struct box {
    struct object base;
    struct lk_word lock;
    _Atomic(void *) storage; // struct block
};
// Relaxed: by a holder of the lock, or of the only reference.
static struct block *box_block(struct box *b)
{
    return atomic_load_explicit(&b->storage, memory_order_relaxed);
}
static void box_destroy(struct thread *t, struct object *o)
{
    struct box *b = (struct box *)o;
    struct block *block = box_block(b);
    for (unsigned i = 0; i < CAPACITY; i++)
        rc_clear(t, &block->slot[i]);
    al_free(t, block);
    lk_destroy(t, &b->lock);
}
static void box_traverse(struct object *o, rc_visit *visit, void *argument)
{
    struct block *block = box_block((struct box *)o);
    for (unsigned i = 0; i < CAPACITY; i++)
        visit(argument, &block->slot[i]);
}
static const struct type box_type = {
    .name = "box", .destroy = box_destroy, .traverse = box_traverse};

static struct box *box_new(struct thread *t, struct rc_header *h)
{
    struct box *b = object_new(t, &box_type, sizeof *b, AL_CONTAINER, 0);
    struct block *block = al_alloc(t, sizeof *block, AL_STORAGE);
    lk_init(t, &b->lock);
    rc_fill(t, &b->base.rc, &block->slot[0], h);
    rc_fill(t, &b->base.rc, &block->slot[1], NULL);
    atomic_init(&b->storage, block);
    return b;
}

// A reference to the first element, or NULL. Under the lock what optimistic readers could not take
// is published for them.
static struct rc_header *box_read_locked(struct thread *t, struct box *b)
{
    struct lk_guard g;
    lk_lock_read(t, &b->lock, &g);
    struct rc_header *h = rc_read(t, &box_block(b)->slot[0]);
    if (OPTIMISTIC && h != NULL)
        rc_publish(t, h);
    lk_unlock(t, &b->lock, &g);
    return h;
}
static struct rc_header *box_read(struct thread *t, struct box *b)
{
    struct lk_guard g;
    struct rc_header *h = NULL;
    if (!lk_read_begin(t, &b->lock, &g))
        return box_read_locked(t, b);
    struct block *block = lk_read_watch(t, &g, &b->storage);
    bool loaded = true;
    if (OPTIMISTIC)
        loaded = rc_try_load(t, &block->slot[0], &h);
    else
        h = rc_read(t, &block->slot[0]);
    if (lk_read_end(t, &b->lock, &g) && loaded)
        return h;
    if (loaded && h != NULL)
        rc_decref(t, h);
    return box_read_locked(t, b);
}
static void block_free(struct thread *t, void *p)
{
    al_free(t, p);
}
static void block_release(struct thread *t, void *p)
{
    struct block *block = p;
    for (unsigned i = 0; i < CAPACITY; i++)
        rc_release(t, &block->slot[i]);
    al_free(t, block);
}
// The elements go to a new block: moved or, where readers go on in the old one, copied.
static void box_grow(struct thread *t, struct box *b)
{
    struct lk_guard g;
    struct block *block = al_alloc(t, sizeof *block, AL_STORAGE);
    lk_lock(t, &b->lock, &g);
    struct block *old = box_block(b);
    rc_dirty(t, &b->base.rc);
    for (unsigned i = 0; i < CAPACITY; i++)
        if (COPIES)
            rc_copy(t, &block->slot[i], &old->slot[i]);
        else
            rc_move(t, &b->base.rc, &block->slot[i], &old->slot[i]);
    // release: a reader without the lock finds a block without a raw slot
    atomic_store_explicit(&b->storage, block, memory_order_release);
    lk_unlock(t, &b->lock, &g);
    lk_retire(t, &b->lock, old, COPIES ? block_release : block_free);
}
// h, whose reference the caller gives up, takes the place of the first element, which is dropped
// when the lock is free again.
static void box_replace(struct thread *t, struct box *b, struct rc_header *h)
{
    struct lk_guard g;
    struct block *block = COPIES ? al_alloc(t, sizeof *block, AL_STORAGE) : NULL;
    lk_lock(t, &b->lock, &g);
    struct block *old = box_block(b);
    if (COPIES) {
        rc_dirty(t, &b->base.rc);
        rc_fill(t, &b->base.rc, &block->slot[0], h);
        rc_copy(t, &block->slot[1], &old->slot[1]);
        atomic_store_explicit(&b->storage, block, memory_order_release);
        lk_unlock(t, &b->lock, &g);
        lk_retire(t, &b->lock, old, block_release);
    } else {
        struct rc_header *displaced = rc_swap(t, &b->base.rc, &old->slot[0], h);
        lk_unlock(t, &b->lock, &g);
        if (displaced != NULL)
            rc_decref(t, displaced);
    }
}

struct grown {
    struct stage stage; // first
    struct box *b;
};
static void *grown_setup(unsigned threads)
{
    struct grown *s = sync_alloc(sizeof *s);
    struct thread *t = stage_open(&s->stage, threads);
    s->b = box_new(t, node_new(t, 1));
    stage_begin(&s->stage);
    return s;
}
static void grown_finish(void *state)
{
    struct grown *s = state;
    struct thread *t = stage_back(&s->stage);
    rc_decref(t, &s->b->base.rc);
    stage_close(&s->stage);
}
// The first element, which has one payload or the other, lives while it is held.
static void read_element(struct thread *t, struct box *b)
{
    struct rc_header *h = box_read(t, b);
    sync_check(h != NULL, "a container that is never empty seems empty");
    node_use(h, sync_get(node_of(h)->payload) == 2 ? 2 : 1);
    rc_decref(t, h);
}

static void *moved_setup(void)
{
    return grown_setup(2);
}
static void moved_run(void *state, unsigned thread)
{
    struct grown *s = state;
    struct thread *t = stage_enter(&s->stage, thread);
    if (thread == 1)
        box_grow(t, s->b);
    else
        read_element(t, s->b);
    thread_safepoint(t);
    stage_leave(t);
}
static const struct sim_scenario storage_moves = {
    .name = "storage_moves",
    .summary = "a reader beside a writer that moves the elements to new storage",
    .omitted = UNLESS_EXCLUDES,
    .threads = 2,
    .setup = moved_setup,
    .run = moved_run,
    .finish = grown_finish,
};
SIM_SCENARIO(storage_moves);

static void *replaced_setup(void)
{
    return grown_setup(3);
}
static void replaced_run(void *state, unsigned thread)
{
    struct grown *s = state;
    struct thread *t = stage_enter(&s->stage, thread);
    if (thread == 1)
        box_grow(t, s->b);
    else if (thread == 2)
        box_replace(t, s->b, node_new(t, 2));
    else
        read_element(t, s->b);
    thread_safepoint(t);
    stage_leave(t);
}
static const struct sim_scenario element_replaced = {
    .name = "element_replaced",
    .summary = "a reader while the element is replaced and dropped, and the storage moves",
    .omitted = UNLESS_EXCLUDES,
    .threads = 3,
    .setup = replaced_setup,
    .run = replaced_run,
    .finish = grown_finish,
};
SIM_SCENARIO(element_replaced);

// --- lists
// ----------------------------------------------------------------------------------------

struct lists {
    struct stage stage; // first
    struct list *l;
    struct rc_header *appended; // by thread 1, whose reference the list takes over
};
// An element is dead: the lock of the list that held it is free.
struct caller {
    struct object base;
    struct list *l;
};
static void caller_destroy(struct thread *t, struct object *o)
{
    list_length(t, sync_get(((struct caller *)o)->l));
}
static const struct type caller_type = {.name = "caller", .destroy = caller_destroy};

static void list_put(struct thread *t, struct list *l, struct rc_header *h)
{
    list_append(t, l, h);
    rc_decref(t, h);
}
static void list_take(struct thread *t, struct list *l)
{
    struct rc_header *h = list_pop(t, l);
    if (h != NULL) {
        node_use(h, 1);
        rc_decref(t, h);
    }
}
static struct lists *lists_open(unsigned threads, unsigned length)
{
    struct lists *s = sync_alloc(sizeof *s);
    struct thread *t = stage_open(&s->stage, threads);
    s->l = list_new(t);
    for (unsigned i = 0; i < length; i++)
        list_put(t, s->l, node_new(t, 1));
    return s;
}
static void lists_finish(void *state)
{
    struct lists *s = state;
    struct thread *t = stage_back(&s->stage);
    stage_settle(&s->stage); // destructors may still ask for the list
    rc_decref(t, &s->l->base.rc);
    stage_close(&s->stage);
}

static void *ends_setup(void)
{
    struct lists *s = lists_open(3, 1);
    stage_begin(&s->stage);
    return s;
}
// Of the list's capacity of 4 a single element is in use: it shrinks when that goes, and grows
// again.
static void ends_run(void *state, unsigned thread)
{
    struct lists *s = state;
    struct thread *t = stage_enter(&s->stage, thread);
    struct rc_header *h;
    switch (thread) {
    case 1:
        list_put(t, s->l, node_new(t, 1));
        break;
    case 2:
        list_take(t, s->l);
        break;
    default:
        h = list_get(t, s->l, 0);
        if (h != NULL) {
            node_use(h, 1);
            rc_decref(t, h);
        }
    }
    thread_safepoint(t);
    stage_leave(t);
}
static void ends_finish(void *state)
{
    struct lists *s = state;
    sync_check(container_get(s->l->length) == 1, "one was appended and one popped");
    lists_finish(state);
}
static const struct sim_scenario append_and_pop = {
    .name = "append_and_pop",
    .summary = "a list of one element: one thread appends, one pops, one reads; it shrinks, grows",
    .omitted = UNLESS_EXCLUDES,
    .threads = 3,
    .setup = ends_setup,
    .run = ends_run,
    .finish = ends_finish,
};
SIM_SCENARIO(append_and_pop);

static void *calls_setup(void)
{
    struct lists *s = lists_open(2, 0);
    struct thread *t = s->stage.thread[0];
    struct caller *c = object_new(t, &caller_type, sizeof *c, AL_CONTAINER, 0);
    c->l = s->l;
    list_put(t, s->l, &c->base.rc);
    stage_begin(&s->stage);
    return s;
}
static void calls_run(void *state, unsigned thread)
{
    struct lists *s = state;
    struct thread *t = stage_enter(&s->stage, thread);
    if (thread == 1) {
        struct rc_header *h = node_new(t, 1);
        list_set(t, s->l, 0, h);
        rc_decref(t, h);
    } else {
        list_clear(t, s->l);
    }
    thread_safepoint(t);
    stage_leave(t);
}
static const struct sim_scenario destructor_locks = {
    .name = "destructor_locks",
    .summary = "an element whose destructor locks the list is displaced, or the list cleared",
    .omitted = UNLESS_EXCLUDES,
    .threads = 2,
    .setup = calls_setup,
    .run = calls_run,
    .finish = lists_finish,
};
SIM_SCENARIO(destructor_locks);

// --- dictionaries
// ---------------------------------------------------------------------------------

struct dicts {
    struct stage stage; // first
    struct dict *d;
    struct rc_header *key[6];
};
// One key is left in a block without a free entry: the next one makes a new block.
static void *full_setup(void)
{
    struct dicts *s = sync_alloc(sizeof *s);
    struct thread *t = stage_open(&s->stage, 3);
    s->d = dict_new(t);
    for (int i = 0; i < 6; i++)
        s->key[i] = object_new(t, &integer_type, sizeof(struct integer), AL_OBJECT, RC_IMMORTAL);
    for (int i = 0; i < 6; i++)
        ((struct integer *)s->key[i])->value = i;
    for (unsigned i = 0; i < 5; i++) {
        struct rc_header *value = node_new(t, 1);
        dict_set(t, s->d, s->key[i], value);
        rc_decref(t, value);
    }
    for (unsigned i = 1; i < 5; i++)
        dict_remove(t, s->d, s->key[i]);
    stage_begin(&s->stage);
    return s;
}
static void full_run(void *state, unsigned thread)
{
    struct dicts *s = state;
    struct thread *t = stage_enter(&s->stage, thread);
    struct rc_header *h;
    switch (thread) {
    case 1:
        h = node_new(t, 1);
        dict_set(t, s->d, s->key[5], h);
        rc_decref(t, h);
        break;
    case 2:
        dict_remove(t, s->d, s->key[0]);
        break;
    default:
        h = dict_get(t, s->d, s->key[0]);
        if (h != NULL) {
            node_use(h, 1);
            rc_decref(t, h);
        }
    }
    thread_safepoint(t);
    stage_leave(t);
}
static void full_finish(void *state)
{
    struct dicts *s = state;
    struct thread *t = stage_back(&s->stage);
    sync_check(dict_length(t, s->d) == 1, "one key was added and one removed");
    rc_decref(t, &s->d->base.rc);
    stage_settle(&s->stage); // what holds keys may die late
    for (unsigned i = 0; i < 6; i++)
        rc_end_immortal(t, s->key[i]);
    stage_close(&s->stage);
}
static const struct sim_scenario set_and_remove = {
    .name = "set_and_remove",
    .summary = "a full dictionary: one thread adds a key, one removes one, one reads it",
    .omitted = UNLESS_EXCLUDES,
    .threads = 3,
    .setup = full_setup,
    .run = full_run,
    .finish = full_finish,
};
SIM_SCENARIO(set_and_remove);

// A borrowed reference is counted by nobody: it lasts until the other thread, which replaces the
// value, may run. Under a global lock that is the borrower's next safepoint. The dictionary's own
// lock is free again when the borrower uses what it got (tests/broken/gil_assumed.h). It does so
// when it sees that the other one is done, who is then ordered before it: what is wrong is no race,
// but that the object is gone.
struct borrowed {
    struct dicts dicts; // first
    _Atomic(uint32_t) replaced;
};
static void *borrowed_setup(void)
{
    struct borrowed *s = sync_alloc(sizeof *s);
    struct dicts *d = &s->dicts;
    struct thread *t = stage_open(&d->stage, 2);
    d->d = dict_new(t);
    d->key[0] = object_new(t, &integer_type, sizeof(struct integer), AL_OBJECT, RC_IMMORTAL);
    ((struct integer *)d->key[0])->value = 0;
    struct rc_header *value = node_new(t, 1);
    dict_set(t, d->d, d->key[0], value);
    rc_decref(t, value);
    atomic_init(&s->replaced, 0);
    stage_begin(&d->stage);
    return s;
}
static void borrowed_run(void *state, unsigned thread)
{
    struct borrowed *s = state;
    struct dicts *d = &s->dicts;
    struct thread *t = stage_enter(&d->stage, thread);
    if (thread == 1) {
        struct rc_header *h = node_new(t, 2);
        dict_set(t, d->d, d->key[0], h);
        rc_decref(t, h);
        atomic_store_explicit(&s->replaced, 1, memory_order_release);
    } else {
        struct rc_header *h = dict_get_borrowed(t, d->d, d->key[0]);
        if (atomic_load_explicit(&s->replaced, memory_order_acquire) != 0)
            node_use(h, 2);
    }
    thread_safepoint(t);
    stage_leave(t);
}
static void borrowed_finish(void *state)
{
    struct dicts *d = state;
    struct thread *t = stage_back(&d->stage);
    rc_decref(t, &d->d->base.rc);
    stage_settle(&d->stage);
    rc_end_immortal(t, d->key[0]);
    stage_close(&d->stage);
}
static const struct sim_scenario borrowed_reference = {
    .name = "borrowed_reference",
    .summary = "one thread uses a dictionary's value without a count, the other one replaces it",
    .omitted = UNLESS(PAIR_HAS(LK_TRAITS, LK_GLOBAL), "borrowed references need a global lock"),
    .threads = 2,
    .setup = borrowed_setup,
    .run = borrowed_run,
    .finish = borrowed_finish,
};
SIM_SCENARIO(borrowed_reference);
