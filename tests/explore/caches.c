// SPDX-License-Identifier: MIT
//
// Caches that are read without a lock: an instruction's, and an entry of the table of methods. What
// is found at a version is what was put there with it, and lives while it is held. The wrong ones
// of tests/broken bring a header of their own in the place of the cache's.
#include "common.h"

#include "../../workloads/container/inline_cache.h"
#include "../../workloads/container/method_cache.h"

struct scene {
    struct stage stage; // first
    struct inline_cache site;
    struct method_cache_entry entry;
    char name[2]; // of methods: by address
};

// What a type with this version has under this name.
static uint32_t payload_of(uint64_t version, unsigned name)
{
    return (uint32_t)version * 2 + name;
}
static void use(struct thread *t, struct rc_local *l, struct rc_header *h, uint32_t payload)
{
    if (h == NULL)
        return;
    node_use(h, payload);
    rc_local_drop(t, l);
}

// --- inline caches ------------------------------------------------------------------------------

static void specialise(struct scene *s, struct thread *t, uint64_t version)
{
    struct rc_header *h = node_new_flags(t, payload_of(version, 0), RC_DEFERRED);
    inline_cache_fill(t, &s->site, version, h);
    rc_decref(t, h);
}
static void load(struct scene *s, struct thread *t, uint64_t first, uint64_t last)
{
    struct rc_local local = {0};
    struct rc_roots frame;
    rc_roots_push(t, &frame, &local, 1);
    for (uint64_t version = first; version <= last; version++)
        use(t, &local, inline_cache_get(t, &s->site, version, &local), payload_of(version, 0));
    rc_roots_pop(t, &frame);
}
static void inline_cache_setup(struct scene *s)
{
    struct thread *t = stage_as(&s->stage, 1);
    inline_cache_init(t, &s->site);
    specialise(s, t, 1);
}
static void inline_cache_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 1) {
        specialise(s, t, 2);
        specialise(s, t, 3);
    } else {
        load(s, t, i - 1, i);
    }
    thread_safepoint(t);
}
static void inline_cache_ends(struct scene *s, struct thread *t)
{
    inline_cache_end(t, &s->site);
}
SCENE(inline_cache, 3, UNLESS_THREADED, inline_cache_ends,
      "a site is specialised twice while two threads run it");

// --- the cache of methods -----------------------------------------------------------------------

static void put(struct scene *s, struct thread *t, uint64_t version, unsigned name)
{
    struct rc_header *h = node_new_flags(t, payload_of(version, name), RC_DEFERRED);
    method_cache_put(t, &s->entry, version, &s->name[name], h);
    rc_decref(t, h);
}
static void look(struct scene *s, struct thread *t, struct rc_local *l, uint64_t version,
                 unsigned name)
{
    use(t, l, method_cache_get(t, &s->entry, version, &s->name[name], l),
        payload_of(version, name));
}
static void method_cache_setup(struct scene *s)
{
    struct thread *t = stage_as(&s->stage, 1);
    method_cache_init(t, &s->entry);
    put(s, t, 1, 0);
}
static void method_cache_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 1) { // another version of the type
        put(s, t, 2, 0);
    } else if (i == 2) { // another name of the same version
        put(s, t, 1, 1);
    } else {
        struct rc_local local = {0};
        struct rc_roots frame;
        rc_roots_push(t, &frame, &local, 1);
        look(s, t, &local, 1, 0);
        look(s, t, &local, 2, 0);
        look(s, t, &local, 1, 1);
        rc_roots_pop(t, &frame);
    }
    thread_safepoint(t);
}
static void method_cache_ends(struct scene *s, struct thread *t)
{
    method_cache_end(t, &s->entry);
}
SCENE(method_cache, 3, UNLESS_THREADED, method_cache_ends,
      "two threads write one entry while a third one reads it");
