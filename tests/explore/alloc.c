// SPDX-License-Identifier: MIT
//
// Allocators: a block is nobody else's, and what was done to it before its al_free happens before
// its next life; what a thread leaves is found by the next one; a page becomes another's only after
// a grace period. Pages are small here, so a few blocks fill one.
#include "common.h"

#define STABLE PAIR_HAS(AL_TRAITS, AL_TYPE_STABLE)

enum {
    BLOCK = 64,
    MANY = 20,     // blocks that do not fit into one page
    QUARTER = 256, // bytes: the largest that share a page
};
struct scene {
    struct stage stage; // first
    void *block[MANY];
    _Atomic(void *) box;
    _Atomic(struct rc_header *) seen;
};

// A block that its holder knows by its first and its last word.
static void *block_new(struct thread *t, size_t size, enum al_heap heap, uint64_t content)
{
    uint64_t *word = al_alloc(t, size, heap);
    sync_set(word[0], content);
    sync_set(word[size / sizeof *word - 1], content);
    return word;
}
static void block_free(struct thread *t, void *p, size_t size, uint64_t content)
{
    const uint64_t *word = p;
    sync_check(sync_get(word[0]) == content && sync_get(word[size / sizeof *word - 1]) == content,
               "a block was written by somebody else");
    al_free(t, p);
}
static void send(struct scene *s, void *p)
{
    atomic_store_explicit(&s->box, p, memory_order_release); // pairs with receive
}
static void *receive(struct scene *s)
{
    return atomic_exchange_explicit(&s->box, NULL, memory_order_acquire);
}
static void nothing_is_left(struct scene *s, struct thread *t)
{
    void *p = receive(s);
    if (p != NULL)
        block_free(t, p, BLOCK, 9);
}

// --- frees of others -----------------------------------------------------------------------------

// As many blocks as fill a page and more, so that frees meet full pages and current ones.
static void make_blocks(struct scene *s, unsigned maker)
{
    struct thread *t = stage_as(&s->stage, maker);
    for (unsigned i = 0; i < MANY; i++)
        s->block[i] = block_new(t, BLOCK, AL_OBJECT, i);
}
static unsigned third(unsigned i)
{
    return i * MANY / 3;
}
static void foreign_frees_setup(struct scene *s)
{
    make_blocks(s, 1);
}
static void foreign_frees_run(struct scene *s, struct thread *t, unsigned i)
{
    // two of each third: of full pages, and of the current one
    for (unsigned k = third(i) - 2; k < third(i); k++)
        block_free(t, s->block[k], BLOCK, k);
    if (i == 1) {
        void *a = block_new(t, BLOCK, AL_OBJECT, 100), *b = block_new(t, BLOCK, AL_OBJECT, 101),
             *c = block_new(t, BLOCK, AL_OBJECT, 102);
        block_free(t, a, BLOCK, 100);
        block_free(t, b, BLOCK, 101);
        block_free(t, c, BLOCK, 102);
    }
}
static void foreign_frees_end(struct scene *s, struct thread *t)
{
    for (unsigned i = 1; i <= 3; i++)
        for (unsigned k = third(i - 1); k < third(i) - 2; k++)
            block_free(t, s->block[k], BLOCK, k);
}
SCENE(foreign_frees, 3, UNLESS_THREADED, foreign_frees_end,
      "two threads free blocks of a third one, which allocates and frees meanwhile");

// The block goes to and fro.
static void block_handed_setup(struct scene *s)
{
    (void)s;
}
static void block_handed_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 1) {
        send(s, block_new(t, BLOCK, AL_OBJECT, 9));
        void *mine = block_new(t, BLOCK, AL_OBJECT, 1);
        block_free(t, mine, BLOCK, 1);
        mine = block_new(t, BLOCK, AL_OBJECT, 2);
        block_free(t, mine, BLOCK, 2);
    } else {
        void *p = receive(s), *mine = block_new(t, BLOCK, AL_OBJECT, 3);
        if (p != NULL)
            block_free(t, p, BLOCK, 9);
        block_free(t, mine, BLOCK, 3);
    }
}
SCENE(block_handed, 3, UNLESS_THREADED, nothing_is_left,
      "a thread hands out a block and goes on, another frees it, a third looks for one too");

// One page is full, the other one is the maker's current one and has nothing left.
static void full_pages_setup(struct scene *s)
{
    for (unsigned i = 0; i < 5; i++)
        s->block[i] = block_new(stage_as(&s->stage, 1), QUARTER, AL_OBJECT, i);
}
static void full_pages_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 1) {
        for (unsigned k = 0; k < 2; k++) {
            void *p = block_new(t, QUARTER, AL_OBJECT, 9);
            p = atomic_exchange_explicit(&s->box, p, memory_order_acq_rel);
            if (p != NULL)
                block_free(t, p, QUARTER, 9);
        }
    } else {
        block_free(t, s->block[i - 2], QUARTER, i - 2);
        void *p = receive(s);
        if (p != NULL)
            block_free(t, p, QUARTER, 9);
    }
}
static void full_pages_end(struct scene *s, struct thread *t)
{
    void *p = receive(s);
    if (p != NULL)
        block_free(t, p, QUARTER, 9);
    for (unsigned i = 2; i < 5; i++)
        block_free(t, s->block[i], QUARTER, i);
}
SCENE(full_pages, 3, UNLESS_THREADED, full_pages_end,
      "two threads free blocks of pages in which nothing is left, and whose thread asks for more");

// A page that was full is so again.
static void full_again_setup(struct scene *s)
{
    for (unsigned i = 0; i < 9; i++)
        s->block[i] = block_new(stage_as(&s->stage, 1), QUARTER, AL_OBJECT, i);
}
static void full_again_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 1) {
        for (unsigned k = 9; k < 11; k++)
            s->block[k] = block_new(t, QUARTER, AL_OBJECT, k);
    } else {
        block_free(t, s->block[i], QUARTER, i);
    }
}
static void full_again_end(struct scene *s, struct thread *t)
{
    for (unsigned k = 0; k < 11; k++)
        if (k != 2 && k != 3)
            block_free(t, s->block[k], QUARTER, k);
}
SCENE(full_again, 3, UNLESS_THREADED, full_again_end,
      "two threads free blocks of a full page, whose thread needs what comes back at once");

// Pages of storage have no grace period. All that there are have nothing left.
enum { HALF = QUARTER / 2, ALL = 13 };
static void storage_emptied_setup(struct scene *s)
{
    for (unsigned i = 0; i < ALL; i++)
        s->block[i] = block_new(stage_as(&s->stage, 1), QUARTER, AL_STORAGE, i);
}
static void storage_emptied_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 1) {
        for (unsigned k = ALL; k < ALL + 3; k++)
            s->block[k] = block_new(t, HALF, AL_STORAGE, k);
    } else {
        for (unsigned k = 1; k < 5; k++)
            block_free(t, s->block[k], QUARTER, k);
    }
}
static void storage_emptied_end(struct scene *s, struct thread *t)
{
    for (unsigned k = 0; k < ALL; k++)
        if (k == 0 || k >= 5)
            block_free(t, s->block[k], QUARTER, k);
    for (unsigned k = ALL; k < ALL + 3; k++)
        block_free(t, s->block[k], HALF, k);
}
SCENE(storage_emptied, 2, UNLESS_THREADED, storage_emptied_end,
      "a thread empties another one's page, which that one needs for blocks of another size");

// --- threads that go -----------------------------------------------------------------------------

static void exit_with_blocks_setup(struct scene *s)
{
    for (unsigned i = 0; i < 3; i++)
        s->block[i] = block_new(stage_as(&s->stage, 1), BLOCK, AL_OBJECT, i);
    stage_as(&s->stage, 0);
}
static void exit_with_blocks_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 1) {
        void *mine = block_new(t, BLOCK, AL_OBJECT, 7);
        block_free(t, mine, BLOCK, 7);
        stage_exit(&s->stage, 1);
    } else if (i == 2) {
        block_free(t, s->block[0], BLOCK, 0);
        block_free(t, s->block[1], BLOCK, 1);
    } else {
        // in the slot of the one that has gone, or in a new one
        struct thread *heir = thread_attach(t->world);
        void *a = block_new(heir, BLOCK, AL_OBJECT, 8), *b = block_new(heir, BLOCK, AL_OBJECT, 9);
        block_free(heir, a, BLOCK, 8);
        block_free(heir, b, BLOCK, 9);
        thread_detach(heir);
    }
}
static void exit_with_blocks_end(struct scene *s, struct thread *t)
{
    block_free(t, s->block[2], BLOCK, 2);
}
SCENE(exit_with_blocks, 3, UNLESS_THREADED, exit_with_blocks_end,
      "a thread goes while others have blocks of it, which they free; a new one comes");

// --- pages that become another's -----------------------------------------------------------------

// The page has one object left, and another page is the current one of its class.
static void page_changes_setup(struct scene *s)
{
    struct thread *t = stage_as(&s->stage, 1);
    struct rc_header *h[MANY];
    for (unsigned i = 0; i < MANY; i++)
        h[i] = node_new(t, 7);
    for (unsigned i = 1; i < MANY; i++)
        rc_decref(t, h[i]);
    rc_publish(t, h[0]);
    atomic_init(&s->seen, h[0]);
}
static void page_changes_run(struct scene *s, struct thread *t, unsigned i)
{
    struct rc_header *h;
    if (i == 1) {
        h = atomic_load_explicit(&s->seen, memory_order_relaxed);
        atomic_store_explicit(&s->seen, NULL, memory_order_relaxed);
        rc_decref(t, h);
        thread_safepoint(t);
        void *a = block_new(t, QUARTER, AL_STORAGE, 1), *b = block_new(t, QUARTER, AL_OBJECT, 2);
        block_free(t, a, QUARTER, 1);
        block_free(t, b, QUARTER, 2);
    } else {
        rl_enter(t);
        h = atomic_load_explicit(&s->seen, memory_order_acquire); // pairs with rc_publish
        if (h != NULL && rc_try_incref(t, h)) {
            node_use(h, 7);
            rc_decref(t, h);
        }
        rl_leave(t);
    }
    thread_safepoint(t);
}
static void nothing(struct scene *s, struct thread *t)
{
    (void)s, (void)t;
}
#define TRIES_FREED                                                                           \
    UNLESS(STABLE &&PAIR_HAS(RC_TRAITS, RC_TRY_FREED) && !PAIR_HAS(RC_TRAITS, RC_TRY_HELD) && \
               PAIR_HAS(RC_TRAITS, RC_COUNTS),                                                \
           "no counts of freed blocks are tried")
SCENE(page_changes, 2, TRIES_FREED, nothing,
      "a reader tries the count of an object that dies, and whose page becomes another's");
