// SPDX-License-Identifier: MIT
//
// heaps: each thread allocates from pages of its own, one heap for each enum al_heap, and a page
// holds blocks of one size class of one heap. That is mimalloc (D. Leijen, B. Zorn, L. de Moura,
// APLAS 2019) with what PEP 703 asks of it, so that a reader without a lock may try the count of an
// object that has died: a freed block may be reused at once for another object of its heap and
// class, whose count words lie at the same place, but a page changes its class or heap, or goes
// back, only after a grace period of the reclaimer since it became empty.
//
// Invariant: until that period has passed nobody but the refcount scheme touches the first
// sizeof(struct rc_header) bytes of a block of AL_OBJECT or AL_CONTAINER; the link of a free block
// lies behind them. Storage has no count words, and rl_retire delays its al_free: its pages change
// at once.
//
// Pages lie in segments, aligned so that a block's address tells its page. A page's blocks are
//     out        with a user, or on the list from which its thread allocates (class.free)
//     free       page->free: freed by the page's own thread
//     foreign    page->foreign: freed by other threads, who push them; the owner takes all at once
//     unmade     not yet linked, behind the first `made`
// and `used` counts those that are not on page->free. When class.free is empty a thread takes a
// whole list of the page, or links more blocks, or goes to another page; so al_alloc and al_free
// have a load, a store and a test each on their usual way. A page without anything left is FULL and
// on no list: the first foreign free finds that mark in the place of a list and puts the page on
// its owner's `woken`. No page can be given back under a thread that does so, for the owner counts
// the block as used until it has found the page there.
//
// Empty pages stay with their class, which may use them again, and stand in a queue with the stamp
// of the moment when they became empty, as CPython's _PyMem_mi_page_maybe_free has it; when the
// stamp has passed they are anybody's. A block of more than a quarter of a page has a segment of
// its own, which waits in the same manner; some of those that have come back are kept for the next
// blocks of about their size, since the system's memory costs a call and faults for each page, and
// mimalloc, whose pages of up to 4 MiB serve such blocks, does not ask for it either. A thread's
// slot is its heap: who detaches leaves it with all its pages to the next thread in the slot, and
// frees of others go on meanwhile.
//
// Memory order. Who pushes on `foreign` releases what it did to the block, the owner's exchange
// acquires it; every push is a read-modify-write, so a list is one release sequence. rl_passed
// orders what readers did with a page before its next life. Segments are under the world's mutex.
//
// The explorer's pages are small, so that scenarios see all of this and a schedule's copy of memory
// stays short.
#ifndef AL_HEAPS_H
#define AL_HEAPS_H

#include "al.h"
#include "rl.h"

#define AL_SUMMARY "heaps of pages for each thread; a page changes its class after a grace period"
#define AL_SOURCE  "mimalloc (D. Leijen, B. Zorn, L. de Moura, APLAS 2019), as PEP 703 uses it"
#define AL_WHEN    "readers try counts of freed objects, or a collector looks for its objects"
#define AL_TRAITS  (AL_TYPE_STABLE | AL_STAMPS | AL_VISITS)
#define AL_RECLAIM gus

#ifdef SYNC_EXPLORE
#define HEAPS_PAGE  1024
#define HEAPS_PAGES 4
#else
#define HEAPS_PAGE  65536 // bytes; a power of two
#define HEAPS_PAGES 16    // of a segment
#endif

enum {
    HEAPS_KINDS = 3, // enum al_heap
    HEAPS_SEGMENT = HEAPS_PAGE * HEAPS_PAGES,
    HEAPS_LARGEST = HEAPS_PAGE / 4, // bytes of a block in a page
    HEAPS_CLASSES = 9 + 4 * (__builtin_ctz(HEAPS_LARGEST) - 7),
    HEAPS_LINKED = HEAPS_PAGE / 16, // bytes of new blocks that are linked at a time
    HEAPS_ALL = (1u << HEAPS_PAGES) - 1,
    HEAPS_SPARE = 64 * HEAPS_PAGE,                // bytes of large blocks that are kept
    HEAPS_SIZES = __builtin_ctz(HEAPS_SPARE) + 1, // powers of two up to that
};

struct heaps_block {
    _Alignas(8) char counts[sizeof(struct rc_header)];
    struct heaps_block *next;
};
enum {
    HEAPS_COUNTS = offsetof(struct heaps_block, next),
    HEAPS_LEAST = (sizeof(struct heaps_block) + 15) / 16 * 16,
};

// A circular list; its head is one too.
struct heaps_link {
    struct heaps_link *next, *before;
};

struct heaps_page {
    // The owner's.
    _Alignas(SYNC_LINE) struct al_thread *owner; // NULL: a free page, or one large block
    struct heaps_block *free;
    uint32_t used;
    uint32_t wakes; // al_free looks closer when no more than this are used: 0, or all when full
    uint32_t made, room; // room 0: one large block
    size_t size;         // of a block
    uint8_t kind, class;
    bool empty;                 // in the queue
    struct heaps_link of_class; // pages that have blocks left and are not the class's current one
    // Everybody's: how many blocks << 32 | the first one's offset in the segment, or HEAPS_FULL.
    _Alignas(SYNC_LINE) _Atomic(uint64_t) foreign;
    struct heaps_page *woken; // the next one, by who puts it there
    struct heaps_link queue;  // the owner's again
    uint64_t stamp;           // since then empty
};
enum { HEAPS_FULL = 1 };

struct heaps_segment {
    struct heaps_link link; // in the world, those with free pages first
    uint32_t free;          // pages, as bits
    bool large;             // one block, and page[0] is about it
    struct heaps_page page[HEAPS_PAGES];
};

struct al_thread {
    struct heaps_class {
        struct heaps_block *free;
        struct heaps_page *page; // the current one, from which they are; or NULL
        struct heaps_link pages;
    } class[HEAPS_KINDS][HEAPS_CLASSES];
    struct heaps_link empty; // pages and large blocks, oldest first
    _Alignas(SYNC_LINE) _Atomic(struct heaps_page *) woken;
};
struct al_world {
    sync_mutex mutex; // guards what follows, and the segments' own fields
    struct heaps_link segments;
    uint32_t free; // pages
    size_t
        spared; // bytes of large blocks that are kept, by their powers of two, linked by link.next
    struct heaps_segment *spare[HEAPS_SIZES];
};

// --- lists, addresses, sizes --------------------------------------------------------------------

API void heaps_list(struct heaps_link *l)
{
    sync_set(l->next, l);
    sync_set(l->before, l);
}
// Behind `at`.
API void heaps_put(struct heaps_link *at, struct heaps_link *l)
{
    struct heaps_link *next = sync_get(at->next);
    sync_set(l->next, next);
    sync_set(l->before, at);
    sync_set(next->before, l);
    sync_set(at->next, l);
}
API void heaps_remove(struct heaps_link *l)
{
    struct heaps_link *next = sync_get(l->next), *before = sync_get(l->before);
    sync_set(before->next, next);
    sync_set(next->before, before);
}
#define HEAPS_OF(link, type, member) ((type *)((char *)(link)-offsetof(type, member)))

API struct heaps_segment *heaps_segment_of(const void *p)
{
    return (struct heaps_segment *)((uintptr_t)p & ~(uintptr_t)(HEAPS_SEGMENT - 1));
}
API struct heaps_page *heaps_page_of(const void *p)
{
    return &heaps_segment_of(p)->page[((uintptr_t)p & (HEAPS_SEGMENT - 1)) / HEAPS_PAGE];
}
// Where a page's blocks begin; those of the first one stand behind the segment's head.
API char *heaps_area(const struct heaps_page *page)
{
    struct heaps_segment *s = heaps_segment_of(page);
    size_t i = (size_t)(page - s->page);
    return i == 0 ? (char *)(s + 1) : (char *)s + i * HEAPS_PAGE;
}
API size_t heaps_area_size(const struct heaps_page *page)
{
    return HEAPS_PAGE - (size_t)(heaps_area(page) - (char *)heaps_segment_of(page)) % HEAPS_PAGE;
}
// Steps of 16 bytes up to 128, then four for each doubling: a multiple of a line is in a class that
// is one.
API unsigned heaps_class_of(size_t size)
{
    if (size <= 128)
        return (unsigned)((size + 15) / 16);
    unsigned top = 63 - (unsigned)__builtin_clzll(size - 1);
    return 9 + (top - 7) * 4 + (unsigned)((size - 1) >> (top - 2) & 3);
}
API size_t heaps_class_size(unsigned class)
{
    return class <= 8 ? 16 * class : ((class - 9u) % 4 + 5) << ((class - 9u) / 4 + 5);
}

// What is free is poisoned, but for what readers may try.
API void heaps_poison(const struct heaps_page *page, struct heaps_block *b)
{
    size_t kept = sync_get(page->kind) == AL_STORAGE ? 0 : HEAPS_COUNTS;
    sync_poison((char *)b + kept, sync_get(page->size) - kept);
}
API struct heaps_block *heaps_next(struct heaps_block *b)
{
    sync_unpoison(&b->next, sizeof b->next);
    struct heaps_block *next = sync_get(b->next);
    sync_poison(&b->next, sizeof b->next);
    return next;
}
API void heaps_set_next(struct heaps_block *b, struct heaps_block *next)
{
    sync_unpoison(&b->next, sizeof b->next);
    sync_set(b->next, next);
    sync_poison(&b->next, sizeof b->next);
}
API struct heaps_block *heaps_first_foreign(const struct heaps_page *page, uint64_t foreign)
{
    return foreign <= HEAPS_FULL
               ? NULL
               : (struct heaps_block *)((char *)heaps_segment_of(page) + (uint32_t)foreign);
}

// --- segments -----------------------------------------------------------------------------------

// A page that nobody has.
static __attribute__((noinline, cold, unused)) struct heaps_page *heaps_take(struct thread *t,
                                                                             bool grow)
{
    struct al_world *aw = al_world(t);
    struct heaps_page *page = NULL;
    sync_mutex_lock(&aw->mutex);
    if (sync_get(aw->free) == 0 && grow) {
        struct heaps_segment *s = sync_heap_aligned(HEAPS_SEGMENT, HEAPS_SEGMENT);
        sync_set(s->large, false);
        for (unsigned i = 0; i < HEAPS_PAGES; i++) {
            atomic_init(&s->page[i].foreign, 0);
            sync_set(s->page[i].owner, NULL);
            sync_poison(heaps_area(&s->page[i]), heaps_area_size(&s->page[i]));
        }
        sync_set(s->free, HEAPS_ALL);
        sync_set(aw->free, HEAPS_PAGES);
        heaps_put(&aw->segments, &s->link);
    }
    if (sync_get(aw->free) != 0) {
        struct heaps_segment *s = HEAPS_OF(sync_get(aw->segments.next), struct heaps_segment, link);
        uint32_t bits = sync_get(s->free);
        page = &s->page[__builtin_ctz(bits)];
        sync_set(s->free, bits & (bits - 1));
        sync_set(aw->free, sync_get(aw->free) - 1);
        if (sync_get(s->free) == 0) {
            heaps_remove(&s->link);
            heaps_put(sync_get(aw->segments.before), &s->link);
        }
    }
    sync_mutex_unlock(&aw->mutex);
    return page;
}
// The page is nobody's any more. A segment goes back when all its pages are free, and enough
// others.
static __attribute__((noinline, unused)) void heaps_give(struct thread *t, struct heaps_page *page)
{
    struct al_world *aw = al_world(t);
    struct heaps_segment *s = heaps_segment_of(page);
    sync_set(page->owner, NULL);
    sync_mutex_lock(&aw->mutex);
    uint32_t bits = sync_get(s->free) | 1u << (page - s->page);
    sync_set(s->free, bits);
    sync_set(aw->free, sync_get(aw->free) + 1);
    heaps_remove(&s->link);
    if (bits == HEAPS_ALL && sync_get(aw->free) > HEAPS_PAGES) {
        sync_set(aw->free, sync_get(aw->free) - HEAPS_PAGES);
        sync_heap_free(s);
    } else {
        heaps_put(&aw->segments, &s->link);
    }
    sync_mutex_unlock(&aw->mutex);
}

// --- empty pages --------------------------------------------------------------------------------

// What has waited longest, out of all lists, if its time has come; or NULL.
API struct heaps_page *heaps_ripe(struct thread *t)
{
    struct heaps_link *first = sync_get(al_self(t)->empty.next);
    struct heaps_page *page = HEAPS_OF(first, struct heaps_page, queue);
    if (first == &al_self(t)->empty || !rl_passed(t, sync_get(page->stamp)))
        return NULL;
    heaps_remove(&page->queue);
    if (sync_get(page->room) != 0) {
        heaps_remove(&page->of_class);
        sync_poison(heaps_area(page), heaps_area_size(page)); // the counts too, from now on
    }
    return page;
}
// What a segment for one large block has room for: a power of two, so that others fit, unless it is
// too large to be kept.
API unsigned heaps_large_class(size_t size)
{
    return 64 - (unsigned)__builtin_clzll(size - 1);
}
API size_t heaps_large_room(size_t size)
{
    return size <= HEAPS_SPARE ? (size_t)1 << heaps_large_class(size) : size;
}
// Under the mutex: a block of this class that is kept, or NULL.
API struct heaps_segment *heaps_spare(struct al_world *aw, unsigned class)
{
    struct heaps_segment *s = sync_get(aw->spare[class]);
    if (s != NULL) {
        sync_set(aw->spare[class], (struct heaps_segment *)sync_get(s->link.next));
        sync_set(aw->spared, sync_get(aw->spared) - ((size_t)1 << class));
    }
    return s;
}
API struct heaps_segment *heaps_large_take(struct thread *t, size_t size)
{
    struct al_world *aw = al_world(t);
    struct heaps_segment *s = NULL;
    size_t room = heaps_large_room(size), used = (size + 7) / 8 * 8;
    if (size <= HEAPS_SPARE) {
        sync_mutex_lock(&aw->mutex);
        s = heaps_spare(aw, heaps_large_class(size));
        sync_mutex_unlock(&aw->mutex);
    }
    if (s == NULL)
        s = sync_heap_aligned(HEAPS_SEGMENT, sizeof *s + room);
    sync_unpoison(s + 1, used);
    if (used < room)
        sync_poison((char *)(s + 1) + used, room - used);
    return s;
}
static __attribute__((noinline, unused)) void heaps_large_back(struct thread *t,
                                                               struct heaps_page *page)
{
    struct al_world *aw = al_world(t);
    struct heaps_segment *s = heaps_segment_of(page);
    size_t size = sync_get(page->size), room = heaps_large_room(size);
    sync_poison(s + 1, room);
    sync_mutex_lock(&aw->mutex);
    heaps_remove(&s->link);
    if (room > HEAPS_SPARE) {
        sync_heap_free(s);
    } else {
        // the largest go first
        for (unsigned class = HEAPS_SIZES - 1; sync_get(aw->spared) + room > HEAPS_SPARE;) {
            struct heaps_segment *old = heaps_spare(aw, class);
            if (old != NULL)
                sync_heap_free(old);
            else
                class --;
        }
        struct heaps_segment **spare = &aw->spare[heaps_large_class(size)];
        sync_set(s->link.next, (struct heaps_link *)sync_get(*spare));
        sync_set(*spare, s);
        sync_set(aw->spared, sync_get(aw->spared) + room);
    }
    sync_mutex_unlock(&aw->mutex);
}
// Gives back what has waited longest. Whenever one is queued by al_free, and all that may go before
// a thread takes another page, so that the queue does not grow while readers go on.
static __attribute__((noinline, unused)) bool heaps_settle(struct thread *t)
{
    struct heaps_page *page = heaps_ripe(t);
    if (page == NULL)
        return false;
    if (sync_get(page->room) == 0)
        heaps_large_back(t, page);
    else
        heaps_give(t, page);
    return true;
}
API void heaps_enqueue(struct thread *t, struct heaps_page *page)
{
    sync_set(page->stamp, rl_stamp(t));
    heaps_put(sync_get(al_self(t)->empty.before), &page->queue);
}
// A page on its class's list whose blocks are all free, `foreign` of them or none. No other page
// leaves a list.
static __attribute__((noinline, unused)) void heaps_emptied(struct thread *t,
                                                            struct heaps_page *page)
{
    // acquire: pairs with the pushes in heaps_free_foreign
    if (atomic_load_explicit(&page->foreign, memory_order_relaxed) != 0)
        atomic_exchange_explicit(&page->foreign, 0, memory_order_acquire);
    sync_set(page->free, NULL);
    sync_set(page->used, 0);
    sync_set(page->made, 0);
    if (sync_get(page->kind) == AL_STORAGE) {
        heaps_remove(&page->of_class);
        heaps_give(t, page);
    } else {
        sync_set(page->empty, true);
        heaps_enqueue(t, page);
    }
}
// Relaxed: seen late, they are seen at the next look.
API bool heaps_is_empty(struct heaps_page *page)
{
    uint64_t foreign = atomic_load_explicit(&page->foreign, memory_order_relaxed);
    return !sync_get(page->empty) && foreign >> 32 == sync_get(page->used);
}
// Pages that others emptied say so to nobody.
static __attribute__((noinline, unused)) void heaps_sweep(struct thread *t)
{
    for (unsigned kind = 0; kind < HEAPS_KINDS; kind++)
        for (unsigned i = 0; i < HEAPS_CLASSES; i++) {
            struct heaps_link *head = &al_self(t)->class[kind][i].pages, *next;
            for (struct heaps_link *l = sync_get(head->next); l != head; l = next) {
                struct heaps_page *page = HEAPS_OF(l, struct heaps_page, of_class);
                next = sync_get(l->next);
                if (heaps_is_empty(page))
                    heaps_emptied(t, page);
            }
        }
}

// --- allocation ---------------------------------------------------------------------------------

// All blocks of a list of the page, or new ones; they are its class's from now on.
API struct heaps_block *heaps_blocks(struct heaps_page *page)
{
    struct heaps_block *b = sync_get(page->free);
    size_t made = sync_get(page->made), size = sync_get(page->size);
    if (b != NULL) {
        sync_set(page->free, NULL);
        sync_set(page->used, (uint32_t)made);
        return b;
    }
    // acquire: pairs with the pushes in heaps_free_foreign. Relaxed at the first look.
    if (atomic_load_explicit(&page->foreign, memory_order_relaxed) != 0)
        return heaps_first_foreign(
            page, atomic_exchange_explicit(&page->foreign, 0, memory_order_acquire));
    size_t end = made + (size < HEAPS_LINKED ? HEAPS_LINKED / size : 1);
    if (end > sync_get(page->room))
        end = sync_get(page->room);
    for (size_t i = end; i-- > made;) {
        struct heaps_block *next = b;
        b = (struct heaps_block *)(heaps_area(page) + i * size);
        heaps_set_next(b, next);
    }
    sync_set(page->made, (uint32_t)end);
    sync_set(page->used, (uint32_t)end);
    return b;
}
// Nothing is left of the page. False: something has just come.
API bool heaps_full(struct heaps_page *page)
{
    uint64_t none = 0;
    sync_set(page->wakes, UINT32_MAX);
    // release: pairs with who finds the mark, and writes page->woken
    if (atomic_compare_exchange_strong_explicit(&page->foreign, &none, HEAPS_FULL,
                                                memory_order_release, memory_order_relaxed))
        return true;
    sync_set(page->wakes, 0);
    return false;
}
// The page is no longer full.
API void heaps_wake(struct thread *t, struct heaps_page *page)
{
    sync_set(page->wakes, 0);
    heaps_put(&al_self(t)->class[sync_get(page->kind)][sync_get(page->class)].pages,
              &page->of_class);
}
API void heaps_wake_all(struct thread *t)
{
    struct al_thread *at = al_self(t);
    if (atomic_load_explicit(&at->woken, memory_order_relaxed) == NULL)
        return;
    // acquire: pairs with the push in heaps_free_foreign
    struct heaps_page *page = atomic_exchange_explicit(&at->woken, NULL, memory_order_acquire);
    for (struct heaps_page *next; page != NULL; page = next) {
        next = sync_get(page->woken);
        heaps_wake(t, page);
    }
}
static __attribute__((noinline, cold, unused)) struct heaps_page *
heaps_new_page(struct thread *t, unsigned kind, unsigned class)
{
    while (heaps_settle(t))
        ;
    struct heaps_page *page = heaps_take(t, false);
    if (page == NULL) {
        heaps_sweep(t);
        page = heaps_take(t, true);
    }
    size_t size = heaps_class_size(class);
    sync_set(page->owner, al_self(t));
    sync_set(page->free, NULL);
    sync_set(page->used, 0);
    sync_set(page->wakes, 0);
    sync_set(page->made, 0);
    sync_set(page->room, (uint32_t)(heaps_area_size(page) / size));
    sync_set(page->size, size);
    sync_set(page->kind, (uint8_t)kind);
    sync_set(page->class, (uint8_t) class);
    sync_set(page->empty, false);
    return page;
}
static __attribute__((noinline, unused)) struct heaps_block *
heaps_refill(struct thread *t, unsigned kind, unsigned class)
{
    struct heaps_class *c = &al_self(t)->class[kind][class];
    struct heaps_page *page = sync_get(c->page);
    for (;;) {
        struct heaps_block *b = page != NULL ? heaps_blocks(page) : NULL;
        if (b != NULL) {
            sync_set(c->page, page);
            return b;
        }
        if (page != NULL && !heaps_full(page))
            continue;
        heaps_wake_all(t);
        struct heaps_link *l = sync_get(c->pages.next);
        if (l == &c->pages) {
            page = heaps_new_page(t, kind, class);
            continue;
        }
        page = HEAPS_OF(l, struct heaps_page, of_class);
        heaps_remove(l);
        if (sync_get(page->empty))
            heaps_remove(&page->queue);
        sync_set(page->empty, false);
    }
}
static __attribute__((noinline, unused)) void *heaps_large(struct thread *t, size_t size,
                                                           enum al_heap heap)
{
    struct al_world *aw = al_world(t);
    heaps_settle(t);
    struct heaps_segment *s = heaps_large_take(t, size);
    struct heaps_page *page = &s->page[0];
    sync_set(s->large, true);
    sync_set(s->free, 0);
    sync_set(page->owner, NULL);
    sync_set(page->size, size);
    sync_set(page->room, 0);
    sync_set(page->used, 1);
    sync_set(page->kind, (uint8_t)heap);
    sync_mutex_lock(&aw->mutex);
    heaps_put(sync_get(aw->segments.before), &s->link);
    sync_mutex_unlock(&aw->mutex);
    return s + 1;
}
API void *al_alloc(struct thread *t, size_t size, enum al_heap heap)
{
    sync_uncounted();
    size_t most = size > HEAPS_LEAST ? size : HEAPS_LEAST;
    if (__builtin_expect(most > HEAPS_LARGEST, 0))
        return heaps_large(t, size, heap);
    unsigned class = heaps_class_of(most);
    struct heaps_class *c = &al_self(t)->class[heap][class];
    struct heaps_block *b = sync_get(c->free);
    if (__builtin_expect(b == NULL, 0))
        b = heaps_refill(t, heap, class);
    sync_unpoison(b, most);
    sync_set(c->free, sync_get(b->next));
    return b;
}

// --- freeing ------------------------------------------------------------------------------------

static __attribute__((noinline, unused)) void heaps_large_free(struct thread *t,
                                                               struct heaps_page *page)
{
    if (sync_get(page->kind) == AL_STORAGE) {
        heaps_large_back(t, page);
        return;
    }
    heaps_poison(page, (struct heaps_block *)(heaps_segment_of(page) + 1));
    sync_set(page->used, 0);
    heaps_enqueue(t, page);
    heaps_settle(t);
}
static __attribute__((noinline, unused)) void heaps_free_foreign(struct thread *t,
                                                                 struct heaps_page *page, void *p)
{
    struct heaps_block *b = p;
    if (sync_get(page->room) == 0) {
        heaps_large_free(t, page);
        return;
    }
    uint64_t offset = (uint64_t)((char *)b - (char *)heaps_segment_of(page));
    uint64_t old = atomic_load_explicit(&page->foreign, memory_order_relaxed), next;
    heaps_poison(page, b);
    do {
        heaps_set_next(b, heaps_first_foreign(page, old));
        next = ((old >> 32) + 1) << 32 | offset;
        // release: what this thread did to the block, for who takes the list; acquire: pairs with
        // heaps_full, whose thread has read page->woken for the last time
    } while (!atomic_compare_exchange_weak_explicit(&page->foreign, &old, next,
                                                    memory_order_acq_rel, memory_order_relaxed));
    if (old != HEAPS_FULL)
        return;
    struct al_thread *owner = sync_get(page->owner);
    struct heaps_page *first = atomic_load_explicit(&owner->woken, memory_order_relaxed);
    do {
        sync_set(page->woken, first);
        // release: pairs with heaps_wake_all
    } while (!atomic_compare_exchange_weak_explicit(&owner->woken, &first, page,
                                                    memory_order_release, memory_order_relaxed));
}
// The page was full, or is empty.
static __attribute__((noinline, unused)) void heaps_freed(struct thread *t, struct heaps_page *page)
{
    if (sync_get(page->wakes) != 0) {
        uint64_t full = HEAPS_FULL;
        // relaxed: what is taken away is this thread's own mark. If it has gone the page comes by
        // way of `woken`.
        if (atomic_load_explicit(&page->foreign, memory_order_relaxed) != HEAPS_FULL ||
            !atomic_compare_exchange_strong_explicit(&page->foreign, &full, 0, memory_order_relaxed,
                                                     memory_order_relaxed))
            return;
        heaps_wake(t, page);
    }
    if (sync_get(page->used) == 0 &&
        sync_get(al_self(t)->class[sync_get(page->kind)][sync_get(page->class)].page) != page) {
        heaps_emptied(t, page);
        heaps_settle(t);
    }
}
API void al_free(struct thread *t, void *p)
{
    sync_uncounted();
    struct heaps_page *page = heaps_page_of(p);
    struct heaps_block *b = p;
    if (__builtin_expect(sync_get(page->owner) != al_self(t), 0)) {
        heaps_free_foreign(t, page, p);
        return;
    }
    sync_set(b->next, sync_get(page->free));
    heaps_poison(page, b);
    sync_set(page->free, b);
    uint32_t used = sync_get(page->used) - 1;
    sync_set(page->used, used);
    if (__builtin_expect(used <= sync_get(page->wakes), 0))
        heaps_freed(t, page);
}

// --- threads and worlds -------------------------------------------------------------------------

API void al_thread_attach(struct thread *t)
{
    struct al_thread *at = al_self(t);
    if (at->empty.next != NULL)
        return;
    heaps_list(&at->empty);
    for (unsigned kind = 0; kind < HEAPS_KINDS; kind++)
        for (unsigned i = 0; i < HEAPS_CLASSES; i++)
            heaps_list(&at->class[kind][i].pages);
}
// What the thread had ready goes back to its pages, so that empty ones are known.
API void al_thread_detach(struct thread *t)
{
    for (unsigned kind = 0; kind < HEAPS_KINDS; kind++)
        for (unsigned i = 0; i < HEAPS_CLASSES; i++) {
            struct heaps_class *c = &al_self(t)->class[kind][i];
            struct heaps_page *page = sync_get(c->page);
            if (page == NULL)
                continue;
            for (struct heaps_block *b = sync_get(c->free), *next; b != NULL; b = next) {
                next = heaps_next(b);
                heaps_set_next(b, sync_get(page->free));
                sync_set(page->free, b);
                sync_set(page->used, sync_get(page->used) - 1);
            }
            sync_set(c->free, NULL);
            sync_set(c->page, NULL);
            heaps_put(&c->pages, &page->of_class);
        }
    heaps_wake_all(t);
    heaps_sweep(t);
    while (heaps_settle(t))
        ;
}

API void al_world_init(struct al_world *aw, struct world *w)
{
    (void)w;
    sync_mutex_init(&aw->mutex);
    heaps_list(&aw->segments);
    aw->free = 0;
    aw->spared = 0;
    for (unsigned i = 0; i < HEAPS_SIZES; i++)
        aw->spare[i] = NULL;
}
// Nobody reads any more. A segment with a block that was never freed is left behind, so that what
// looks for leaks finds it.
API bool heaps_leaks(struct heaps_segment *s)
{
    if (s->large)
        return s->page[0].used != 0;
    for (unsigned i = 0; i < HEAPS_PAGES; i++)
        if (s->page[i].owner != NULL &&
            s->page[i].used !=
                atomic_load_explicit(&s->page[i].foreign, memory_order_relaxed) >> 32)
            return true;
    return false;
}
API void al_world_fini(struct al_world *aw)
{
    for (struct heaps_link *l = aw->segments.next, *next; l != &aw->segments; l = next) {
        struct heaps_segment *s = HEAPS_OF(l, struct heaps_segment, link);
        next = l->next;
        if (!heaps_leaks(s))
            sync_heap_free(s);
    }
    for (unsigned i = 0; i < HEAPS_SIZES; i++)
        for (struct heaps_segment *s = aw->spare[i], *next; s != NULL; s = next) {
            next = (struct heaps_segment *)s->link.next;
            sync_heap_free(s);
        }
    sync_mutex_destroy(&aw->mutex);
}

// --- visits -------------------------------------------------------------------------------------

// Which blocks are in use is not kept, for that would be a write more for each al_alloc and
// al_free; a visit marks those that are on the page's lists.
struct heaps_marks {
    uint64_t bits[(HEAPS_PAGE / 16 + 63) / 64];
};
API void heaps_mark(struct heaps_marks *m, const struct heaps_page *page, struct heaps_block *b)
{
    for (; b != NULL; b = heaps_next(b)) {
        size_t i = (size_t)((char *)b - heaps_area(page)) / sync_get(page->size);
        m->bits[i / 64] |= (uint64_t)1 << i % 64;
    }
}
API void heaps_visit_page(struct heaps_page *page, al_visit_fn *visit, void *argument)
{
    struct heaps_marks m = {0};
    struct heaps_class *c =
        &sync_get(page->owner)->class[sync_get(page->kind)][sync_get(page->class)];
    heaps_mark(&m, page, sync_get(page->free));
    // relaxed: the world stands, so what other threads did is known
    heaps_mark(
        &m, page,
        heaps_first_foreign(page, atomic_load_explicit(&page->foreign, memory_order_relaxed)));
    if (sync_get(c->page) == page)
        heaps_mark(&m, page, sync_get(c->free));
    for (size_t i = 0; i < sync_get(page->made); i++)
        if ((m.bits[i / 64] >> i % 64 & 1) == 0)
            visit(argument, heaps_area(page) + i * sync_get(page->size));
}
API void al_visit(struct thread *t, enum al_heap heap, al_visit_fn *visit, void *argument)
{
    struct heaps_link *head = &al_world(t)->segments;
    for (struct heaps_link *l = sync_get(head->next); l != head; l = sync_get(l->next)) {
        struct heaps_segment *s = HEAPS_OF(l, struct heaps_segment, link);
        for (unsigned i = 0; i < HEAPS_PAGES && !sync_get(s->large); i++)
            if (sync_get(s->page[i].owner) != NULL && sync_get(s->page[i].kind) == heap)
                heaps_visit_page(&s->page[i], visit, argument);
        if (sync_get(s->large) && sync_get(s->page[0].used) != 0 &&
            sync_get(s->page[0].kind) == heap)
            visit(argument, s + 1);
    }
}

#endif
