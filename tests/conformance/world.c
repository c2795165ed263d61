// SPDX-License-Identifier: MIT
//
// The services that cell.h composes for all schemes: threads' slots and ids, the death of objects,
// and stopping the world, which needs a scheme that does so (stopping.h).
#define RC_HEADER "../tests/conformance/stopping.h"
#include "common.h"

enum { THREADS = 3, ROUNDS = 300 };

static struct shared {
    struct world *world;
    uint64_t a, b;                // equal whenever a thread passes a safepoint
    _Atomic(uint32_t) mutators;   // threads that still change them
    _Atomic(uint32_t) stops;
    sync_mutex mutex;
} shared;

// Changes the pair in two steps, under a mutex against the other mutators only: the stopper, who
// takes none, may never see it between the two.
static void *mutate(void *argument)
{
    struct thread *t = enter(shared.world);
    (void)argument;
    while (atomic_load_explicit(&shared.stops, memory_order_relaxed) < ROUNDS) {
        sync_mutex_lock(&shared.mutex);
        sync_set(shared.a, sync_get(shared.a) + 1);
        sync_pause();
        sync_set(shared.b, sync_get(shared.b) + 1);
        sync_mutex_unlock(&shared.mutex);
        thread_safepoint(t);
        if (sync_rand(t) % 8 == 0) {
            lk_blocking_begin(t); // offline: the stopper does not wait for it
            sched_yield();
            lk_blocking_end(t);
        }
    }
    atomic_fetch_sub_explicit(&shared.mutators, 1, memory_order_relaxed);
    leave(t, true);
    return NULL;
}
static void *stopper(void *argument)
{
    struct thread *t = enter(shared.world);
    (void)argument;
    for (unsigned i = 0; i < ROUNDS; i++) {
        world_stop(t);
        uint64_t a = sync_get(shared.a);
        sync_check(a == sync_get(shared.b), "a stopped world moves");
        sched_yield();
        sync_check(a == sync_get(shared.a), "a stopped world moves");
        world_start(t);
        atomic_fetch_add_explicit(&shared.stops, 1, memory_order_relaxed);
        thread_safepoint(t);
    }
    leave(t, true);
    return NULL;
}

static void test_stop(void **state)
{
    (void)state;
    pthread_t thread[THREADS + 2];
    shared.world = world_open();
    sync_mutex_init(&shared.mutex);
    atomic_store_explicit(&shared.mutators, THREADS, memory_order_relaxed);
    for (unsigned i = 0; i < THREADS + 2; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, i < THREADS ? mutate : stopper, NULL), 0);
    for (unsigned i = 0; i < THREADS + 2; i++)
        pthread_join(thread[i], NULL);
    assert_int_equal(atomic_load_explicit(&shared.stops, memory_order_relaxed), 2 * ROUNDS);
    assert_true(shared.a == shared.b);
    sync_mutex_destroy(&shared.mutex);
    world_close(shared.world);
}

static void test_slots(void **state)
{
    (void)state;
    struct world *w = world_open();
    struct thread *a = thread_attach(w), *b = thread_attach(w);
    assert_int_not_equal(thread_id(a), thread_id(b));
    assert_ptr_equal(thread_of_id(a, thread_id(b)), b);
    assert_ptr_equal(thread_nth(a, (unsigned)thread_id(b) - 1), b);
    assert_int_equal(thread_slots(a), 2);
    thread_detach(b);
    assert_null(thread_nth(a, (unsigned)thread_id(b) - 1));
    assert_ptr_equal(thread_slot(a, (unsigned)thread_id(b) - 1), b);
    assert_ptr_equal(thread_attach(w), b); // the slot and its id are used again
    assert_int_equal(thread_slots(a), 2);
    thread_detach(b);
    thread_detach(a);
    world_close(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slots),
        cmocka_unit_test(test_stop),
    };
    return RUN("world", tests);
}
