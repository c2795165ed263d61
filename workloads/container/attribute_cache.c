// SPDX-License-Identifier: MIT
//
// Threads run instructions that load a method, each with an inline cache: LOAD_ATTR as PEP 659
// specialises it. A site reads the version of its receiver's type; if its cache has that version,
// the method in it is the answer (inline_cache.h). Else the site is specialised: under the type
// lock, as CPython's free-threaded build does, the method is looked up and put into the cache with
// the version; who waited for the lock meanwhile finds it there.
//
// That is a specialising interpreter's problem with threads: the caches are written rarely, read at
// every instruction, and what is in them is counted. PEP 703 would have each site specialised only
// once; CPython 3.14 gives each thread a copy of the bytecode (thread-local bytecode), with caches
// of its own. Here shared=1 is one set of sites for all threads, to be specialised again and again,
// and shared=0 is 3.14's: more memory, and each thread specialises for itself; the types and their
// methods are the same for all threads in both. The lock scheme hardly matters: dictionaries are
// looked into only to specialise.
//
// Each type is changed now and then: `changes` in a million operations, drawn at random among the
// methods, replace one by a new method. All sites of its type are then specialised again when they
// are next run. Until then a site keeps its method alive: what was replaced and stands in some site
// is counted as dead and not freed. It is memory that the caches cost.
//
// Simplified: a site sees one type only, whose address stands in the site instead of the receiver,
// so one dependent load is missing; a type that changes too often is not given up (backoff); and
// sites are not padded, as bytecode is not.
#include "../workload.h"
#include "choice.h"
#include "class.h"
#include "inline_cache.h"

enum { SHARED, SITES, TYPES, CHANGES };
static const struct param params[] = {
    [SHARED] = {"shared", "1: the same sites for all threads; 0: sites of each thread", 0, 1, 1},
    [SITES] = {"sites", "instructions that load a method", 1, 1 << 20, 1024},
    [TYPES] = {"types", "types that they see, each with 8 methods", 1, 1 << 12, 64},
    [CHANGES] = {"changes", "in a million operations, a type's method is replaced before so many",
                 0, 1000000, 100},
    {0},
};
enum { METHODS = 8 };

struct site {
    struct inline_cache cache;
    struct class *type; // of the receiver
    uint32_t number;    // of the method
};
struct shared {
    struct classes *classes;
    size_t sites;
    uint64_t changes;
    struct site *site; // NULL: each thread makes its own
};
struct own {
    struct shared *shared;
    struct site *site;
    uint32_t *order; // of sites
    size_t next;
    struct class_reader reader;
};

static struct site *sites_new(struct thread *t, const struct shared *s)
{
    struct site *site = sync_alloc(s->sites * sizeof site[0]);
    for (size_t i = 0; i < s->sites; i++) {
        size_t type = i % s->classes->types, method = i / s->classes->types % METHODS;
        inline_cache_init(t, &site[i].cache);
        site[i].number = (uint32_t)(type * METHODS + method);
        site[i].type = class_type(s->classes, site[i].number);
    }
    return site;
}
static void sites_free(struct thread *t, const struct shared *s, struct site *site)
{
    for (size_t i = 0; i < s->sites; i++)
        inline_cache_end(t, &site[i].cache);
    sync_free(site);
}

static void *start(struct thread *t, const struct run *run)
{
    struct shared *s = sync_alloc(sizeof *s);
    s->sites = (size_t)run->param[SITES];
    s->changes = (uint64_t)run->param[CHANGES];
    s->classes = classes_new(t, (size_t)run->param[TYPES], 1, METHODS);
    s->site = run->param[SHARED] != 0 ? sites_new(t, s) : NULL;
    return s;
}

static void *begin(struct thread *t, void *shared, unsigned index)
{
    struct shared *s = shared;
    struct own *own = sync_alloc(sizeof *own);
    (void)index;
    own->shared = s;
    own->site = s->site != NULL ? s->site : sites_new(t, s);
    own->order = choice_order(t, s->sites);
    class_reader_open(t, &own->reader, s->classes, s->changes);
    return own;
}

// The method as a local reference, or NULL.
static __attribute__((noinline)) struct rc_header *specialise(struct thread *t, struct classes *cs,
                                                              struct site *site, struct rc_local *l)
{
    classes_lock(t, cs);
    uint64_t version = class_version(site->type);
    struct rc_header *h = inline_cache_get(t, &site->cache, version, l), *found = NULL;
    if (h == NULL) {
        h = found = class_find(t, site->type, class_name(cs, site->number));
        if (found != NULL) {
            inline_cache_fill(t, &site->cache, version, found);
            rc_local_of(t, l, found);
        }
    }
    classes_unlock(cs);
    if (found != NULL)
        rc_decref(t, found);
    return h;
}

static void work(struct thread *t, void *p, uint64_t n)
{
    struct own *own = p;
    struct classes *cs = own->shared->classes;
    size_t next = own->next, sites = own->shared->sites;
    struct rc_local local = {0};
    struct rc_roots frame;
    rc_roots_push(t, &frame, &local, 1);
    for (; n != 0; n--) {
        class_reader_turn(t, cs, &own->reader);
        struct site *site = sync_opaque(&own->site[own->order[next]]);
        struct rc_header *h = inline_cache_get(t, &site->cache, class_version(site->type), &local);
        if (__builtin_expect(h == NULL, 0))
            h = specialise(t, cs, site, &local);
        if (__builtin_expect(h == NULL, 0)) {
            own->reader.missing = true;
        } else {
            class_reader_saw(&own->reader, site->number, h);
            rc_local_drop(t, &local);
        }
        next = next + 1 == sites ? 0 : next + 1;
    }
    rc_roots_pop(t, &frame);
    own->next = next;
}

static int64_t shares(const void *shared)
{
    return (int64_t)classes_objects(((const struct shared *)shared)->classes);
}

static const char *end(struct thread *t, void *p, uint64_t done)
{
    struct own *own = p;
    struct shared *s = own->shared;
    (void)done;
    if (s->site == NULL)
        sites_free(t, s, own->site);
    const char *wrong = class_reader_close(&own->reader, s->classes);
    sync_free(own->order);
    sync_free(own);
    return wrong;
}

// The measuring threads have left the world, so that this thread's drain does whatever is left.
static const char *finish(struct thread *t, void *shared, uint64_t done)
{
    struct shared *s = shared;
    (void)done;
    if (s->site != NULL)
        sites_free(t, s, s->site);
    const char *wrong = classes_judge(t, s->classes);
    classes_free(t, s->classes);
    sync_free(s);
    return wrong;
}

static const struct workload attribute_cache_workload = {
    .name = "attribute_cache",
    .summary = "threads load methods through inline caches, while types are changed now and then",
    .source = "PEP 659's LOAD_ATTR; PEP 703 and CPython 3.14 on specialising with threads",
    .operation = "one load through a site",
    .needs = NEEDS_SHARING,
    .params = params,
    .start = start,
    .begin = begin,
    .work = work,
    .holds = holds_nothing,
    .shares = shares,
    .end = end,
    .finish = finish,
};
WORKLOAD(attribute_cache_workload)
