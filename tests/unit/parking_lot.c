// SPDX-License-Identifier: MIT
//
// The parking lot's queues: words that share a bucket do not share their sleepers.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../../workloads/object.h"
#include "parking_lot.h"

static struct parking_lot *lot;
// The first and the last share a bucket.
static _Atomic(uint8_t) word[PARKING_BUCKETS + 1];
static void *const A = &word[0], *const B = &word[PARKING_BUCKETS];

static int open_lot(void **state)
{
    (void)state;
    lot = sync_alloc(sizeof *lot);
    parking_init(lot);
    return 0;
}
static int close_lot(void **state)
{
    (void)state;
    parking_fini(lot); // finds no sleeper
    sync_free(lot);
    return 0;
}

static void append(struct parked *p, const void *address)
{
    struct parking_bucket *b = parking_enter(lot, address);
    parking_append(b, p, address);
    parking_leave(b);
}
static struct parked *take(const void *address, bool *empty)
{
    struct parking_bucket *b = parking_enter(lot, address);
    struct parked *p = parking_take(b, address);
    *empty = parking_empty(b);
    parking_leave(b);
    return p;
}

static void each_word_has_its_own_order(void **state)
{
    struct parked p[6];
    bool empty;
    (void)state;
    assert_ptr_equal(parking_enter(lot, A), &lot->bucket[sync_address(B) % PARKING_BUCKETS]);
    parking_leave(&lot->bucket[sync_address(B) % PARKING_BUCKETS]);
    assert_null(take(A, &empty));
    assert_true(empty);
    for (unsigned i = 0; i < 6; i++)
        append(&p[i], i % 2 == 0 ? A : B);
    // from the middle, the front, the end; then the end again, which is another by now
    assert_ptr_equal(take(B, &empty), &p[1]);
    assert_ptr_equal(take(A, &empty), &p[0]);
    assert_ptr_equal(take(B, &empty), &p[3]);
    assert_ptr_equal(take(B, &empty), &p[5]);
    assert_null(take(B, &empty));
    assert_false(empty);
    append(&p[1], B);
    assert_ptr_equal(take(A, &empty), &p[2]);
    assert_ptr_equal(take(A, &empty), &p[4]);
    assert_false(empty);
    assert_ptr_equal(take(B, &empty), &p[1]);
    assert_true(empty);
    append(&p[2], A); // the end of a queue that was empty
    append(&p[3], A);
    assert_ptr_equal(take(A, &empty), &p[2]);
    assert_ptr_equal(take(A, &empty), &p[3]);
    assert_true(empty);
}

static void who_finds_the_word_changed_does_not_sleep(void **state)
{
    struct parked p;
    bool empty;
    (void)state;
    atomic_store_explicit(&word[0], 2, memory_order_relaxed);
    assert_false(parking_park(lot, &word[0], 3, &p));
    assert_null(take(A, &empty));
    assert_true(empty);
}

static void *sleeper(void *p)
{
    return parking_park(lot, &word[0], 3, p) ? p : NULL;
}
static void who_sleeps_is_woken(void **state)
{
    struct parked p, *found = NULL;
    pthread_t thread;
    bool empty;
    void *slept;
    (void)state;
    atomic_store_explicit(&word[0], 3, memory_order_relaxed);
    assert_int_equal(pthread_create(&thread, NULL, sleeper, &p), 0);
    sync_await((found = take(A, &empty)) != NULL);
    assert_ptr_equal(found, &p);
    parking_wake(found);
    pthread_join(thread, &slept);
    assert_ptr_equal(slept, &p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_word_has_its_own_order),
        cmocka_unit_test(who_finds_the_word_changed_does_not_sleep),
        cmocka_unit_test(who_sleeps_is_woken),
    };
    alarm(120);
    return cmocka_run_group_tests_name("parking lot", tests, open_lot, close_lot);
}
