// SPDX-License-Identifier: MIT
//
// What a read of a shared container costs, exactly (with SYNC_CENSUS), and what it may look at.
#include "common.h"

#include "../../workloads/container/dict.h"
#include "../../workloads/container/list.h"

#define EXCLUDES                                                       \
    (true PAIR_THREAD_RULES(RULE_AND, RC_TRAITS, LK_TRAITS, AL_TRAITS, \
                            NEEDS_EXCLUSION | NEEDS_SHARING))
#define OPTIMISTIC PAIR_HAS(LK_TRAITS, LK_OPTIMISTIC)
// Who reads needs no lock and no version that a writer of something else would change.
#define APART ((OPTIMISTIC && !PAIR_HAS(LK_TRAITS, LK_VERSIONED)) || PAIR_HAS(LK_TRAITS, LK_COPIES))

// As whose operation the scheme states what a dictionary's read costs.
#ifdef LK_MAP_H
#define DICT_READ "map_get"
#else
#define DICT_READ "read"
#endif

// --- read-modify-writes -------------------------------------------------------------------------

#ifdef SYNC_CENSUS
enum { FOREIGN, OWN, IMMORTAL, ELEMENTS };
struct shelf {
    struct list *list;
    struct dict *dict; // the same elements, by key
    struct rc_header *key[ELEMENTS];
    struct phase phase;
};
static struct sync_counts since(struct sync_counts from)
{
    struct sync_counts now = sync_here.counts;
#define SUBTRACT(field) now.field -= from.field;
    SYNC_COUNTS(SUBTRACT)
#undef SUBTRACT
    return now;
}
static struct sync_counts stated_read(const char *operation)
{
    for (unsigned i = 0; i != LK_CENSUS_LINES; i++)
        if (strcmp(lk_census[i].operation, operation) == 0)
            return lk_census[i].counts;
    return (struct sync_counts){0};
}
// Of the value's count: by a look that must try, or by one that finds what is alive.
static struct sync_counts stated_count(unsigned element)
{
    if (element == IMMORTAL && UNCOUNTED)
        return (struct sync_counts){0};
    if (element == OWN)
        return stated("incref_own");
    return stated(OPTIMISTIC ? "try_incref" : "incref_other");
}
// What readers without a lock are there for, whatever is stated: nothing of the container is
// written, and of the value one count at most: none by an owner that counts apart, none if immortal
// objects are not counted.
static void check_optimistic(const struct sync_counts *read, unsigned element)
{
    bool written = !(element == OWN && LATE) && !(element == IMMORTAL && UNCOUNTED);
    sync_check(read->lock_pair == 0, "an optimistic read took a lock");
    sync_check(read->rmw == written, "an optimistic read has not the one read-modify-write of its "
                                     "value's count, or one where none is needed");
}
static void check_read(const struct sync_counts *read, unsigned element, const char *operation)
{
    if (OPTIMISTIC && COUNTS)
        check_optimistic(read, element);
    struct sync_counts count = stated_count(element), own = stated_read(operation);
    sync_check(read->rmw == count.rmw + own.rmw, "a read has more or fewer read-modify-writes than "
                                                 "its lock scheme and its value's count state");
    sync_check(read->lock_pair == count.lock_pair + own.lock_pair,
               "a read takes more or fewer locks than its schemes state");
    sync_check(read->failed_cas == 0 && read->park == 0, "a read without a rival was in vain");
}
static void read_all(struct thread *t, void *argument, unsigned index)
{
    struct shelf *s = argument;
    (void)index;
    struct rc_header *h = integer_new(t, OWN);
    list_set(t, s->list, OWN, h);
    dict_set(t, s->dict, s->key[OWN], h);
    rc_decref(t, h);
    for (unsigned round = 0; round < 3; round++)
        for (unsigned i = 0; i < 2 * ELEMENTS; i++) {
            bool of_list = i < ELEMENTS;
            unsigned element = i % ELEMENTS;
            struct sync_counts from = sync_here.counts;
            h = of_list ? list_get(t, s->list, element) : dict_get(t, s->dict, s->key[element]);
            struct sync_counts read = since(from);
            sync_check(h != NULL && integer_value(h) == element, "an element is not what it was");
            if (round != 0) // the first one may have to mark the container, and publish the element
                check_read(&read, element, of_list ? "read" : DICT_READ);
            rc_decref(t, h);
        }
}
static void shelve(struct thread *t, struct shelf *s, struct rc_header *h)
{
    list_append(t, s->list, h);
    dict_set(t, s->dict, s->key[list_length(t, s->list) - 1], h);
}
static void shelf_open(struct thread *t, struct shelf *s)
{
    *s = (struct shelf){.list = list_new(t), .dict = dict_new(t)};
    for (unsigned i = 0; i < ELEMENTS; i++)
        s->key[i] = string_new(t, &"abc"[i], 1, true);
    for (unsigned i = FOREIGN; i <= OWN; i++) {
        struct rc_header *h = integer_new(t, i);
        shelve(t, s, h);
        rc_decref(t, h);
    }
}
static void shelf_close(struct thread *t, struct shelf *s)
{
    rc_decref(t, &s->list->base.rc);
    rc_decref(t, &s->dict->base.rc);
    for (unsigned i = 0; i < ELEMENTS; i++)
        rc_decref(t, s->key[i]);
}
static void a_read_costs_what_its_schemes_state(void **state)
{
    struct shelf s;
    (void)state;
    struct thread *t = open_world();
    shelf_open(t, &s);
    struct integer *immortal =
        object_new(t, &integer_type, sizeof *immortal, AL_OBJECT, RC_IMMORTAL);
    immortal->value = IMMORTAL;
    shelve(t, &s, &immortal->base.rc);
    team_run(t, 1, read_all, &s);
    shelf_close(t, &s);
    thread_drain(t);
    rc_end_immortal(t, &immortal->base.rc);
    close_world(t);
}

// One thread sets element 0 all the time, one reads element 1: no read of it takes the lock, so the
// sum of its read-modify-writes is what the element's count costs.
enum { READS = 20000 };
static void set_or_read(struct thread *t, void *argument, unsigned index)
{
    struct shelf *s = argument;
    if (index == 0) {
        for (int64_t i = 0; phase_now(&s->phase) != 2; i++) {
            struct rc_header *h = integer_new(t, i);
            list_set(t, s->list, 0, h);
            rc_decref(t, h);
            if (i == 100)
                phase_set(&s->phase, 1);
            thread_safepoint(t);
        }
        return;
    }
    struct rc_header *h = list_get(t, s->list, 1); // the first one marks and publishes
    rc_decref(t, h);
    phase_await(t, &s->phase, 1);
    uint64_t rmw = 0, pairs = 0;
    for (unsigned i = 0; i < READS; i++) {
        struct sync_counts from = sync_here.counts;
        h = list_get(t, s->list, 1);
        struct sync_counts read = since(from);
        rmw += read.rmw;
        pairs += read.lock_pair;
        sync_check(integer_value(h) == 1, "an element is not what it was");
        rc_decref(t, h);
    }
    phase_set(&s->phase, 2);
    struct sync_counts count = stated_count(FOREIGN);
    sync_check(rmw == READS * count.rmw && pairs == READS * count.lock_pair,
               "a writer of one element sent readers of another one to the lock");
}
static void writers_leave_readers_of_other_elements_alone(void **state)
{
    struct shelf s;
    (void)state;
    struct thread *t = open_world();
    shelf_open(t, &s);
    team_run(t, 2, set_or_read, &s);
    shelf_close(t, &s);
    close_world(t);
}
#endif

// --- between the look at a pointer and the try at its count -------------------------------------

// Two threads of the world, played by one of the system.
static struct thread *as(struct thread *t)
{
    return sync_here.self = t;
}
static void put(struct thread *t, struct list *l, int64_t value)
{
    struct rc_header *h = integer_new(t, value);
    list_append(t, l, h);
    rc_decref(t, h);
}
// OTHERS integers are more than a page, OF_ANOTHER_SIZE strings more than all integers' pages.
enum { OTHERS = 4000, GROUPS = 3, OF_ANOTHER_SIZE = 12000 };

static void integers_new(struct thread *t, struct rc_header **to)
{
    for (unsigned i = 0; i < OTHERS; i++)
        to[i] = integer_new(t, -1);
}
// Does a string lie on a byte of what was an integer?
static bool lies_on(struct rc_header *string, struct rc_header *integer)
{
    uintptr_t from = sync_address(string);
    return from + sizeof(struct string) > sync_address(integer) &&
           from < sync_address(integer) + sizeof(struct integer);
}

// A reader has found an element and not tried its count yet. The element is dropped and dies; its
// block becomes another object; that one dies with all that lies around it, and their page would
// serve another size, did the reader not stand where it stands. It does when the reader has gone.
static void a_reader_may_hold_what_is_freed(void **state)
{
    static struct rc_header *other[GROUPS][OTHERS], *large[2 * OF_ANOTHER_SIZE];
    unsigned n = 0;
    bool reused = false;
    (void)state;
    struct thread *writer = open_world(), *reader = enter(writer->world);
    as(writer);
    struct list *l = list_new(writer);
    struct rc_header *next = integer_new(writer, 8); // lives on, and pages away from the element
    integers_new(writer, other[0]);
    put(writer, l, 7);
    struct rc_header *h = list_get(as(reader), l, 0); // shared and published
    rc_decref(reader, h);
    as(writer);
    integers_new(writer, other[1]); // the element's page is full
    thread_safepoint(as(reader));

    struct rc_slot *slot = &list_block(l)->slot[0];
    struct rc_header *seen = rc_peek(slot); // the look
    as(writer);
    list_set(writer, l, 0, next);
    rc_decref(writer, next);
    assert_false(rc_try_incref(as(reader), seen)); // dead, and its block nobody's

    as(writer);
    struct rc_header *heir = NULL;  // the object that its block becomes
    integers_new(writer, other[2]); // and the page on which the next ones would lie is another one
    for (unsigned i = 0; i < OTHERS; i++)
        if (other[2][i] == seen)
            heir = seen;
    assert_ptr_equal(heir, seen);
    rc_publish(writer, heir);
    assert_true(rc_try_incref(as(reader), seen)); // a stranger's count
    assert_ptr_not_equal(rc_peek(slot), seen);    // the second look tells
    rc_decref(reader, seen);

    as(writer);
    thread_safepoint(writer); // what others counted comes home; a drain might wait for the reader
    for (unsigned group = 0; group < GROUPS; group++)
        for (unsigned i = 0; i < OTHERS; i++)
            rc_decref(writer, other[group][i]);
    thread_safepoint(writer);
    for (; n < OF_ANOTHER_SIZE; n++) {
        large[n] = string_new(writer, "", 0, false);
        assert_false(lies_on(large[n], seen));
    }
    assert_false(rc_try_incref(as(reader), seen)); // still a count, still dead
    leave(as(reader), false);                      // a drain might wait for the writer
    as(writer);
    thread_safepoint(writer);
    for (; n < 2 * OF_ANOTHER_SIZE && !reused; n++) {
        large[n] = string_new(writer, "", 0, false);
        reused = lies_on(large[n], seen);
    }
    assert_true(reused); // the page was empty, and only the reader was waited for
    while (n != 0)
        rc_decref(writer, large[--n]);
    rc_decref(writer, &l->base.rc);
    close_world(writer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#ifdef SYNC_CENSUS
        WHEN(EXCLUDES && LK_SEEN && RC_SEEN, a_read_costs_what_its_schemes_state),
        WHEN(EXCLUDES && APART && COUNTS, writers_leave_readers_of_other_elements_alone),
#endif
        WHEN(OPTIMISTIC && PAIR_HAS(RC_TRAITS, RC_TRY_FREED), a_reader_may_hold_what_is_freed),
    };
    return RUN("reads", tests);
}
