// SPDX-License-Identifier: MIT
//
// Refcount schemes: objects that threads share and drop, try, load from slots and store there, hand
// over, and refer to weakly. Thread 1 made the object where nothing else is said, so it is the
// owner where a scheme has owners. Nobody waits for another thread, so a part that finds nothing to
// do ends.
#define RC_LOCAL_BORROWS
#include "common.h"

#define WEAK UNLESS(PAIR_HAS(RC_TRAITS, RC_WEAK), "this refcount scheme has no weak references")

struct scene {
    struct stage stage; // first
    struct rc_header *h, *second;
    struct rc_slot slot;
    struct rc_weak cell[3], *own;
    _Atomic(struct rc_header *) box; // a counted reference under way, or NULL
    _Atomic(uint32_t) told;
    sync_mutex mutex; // guards entry
    struct rc_header *entry;
    bool won[SIM_THREADS_MAX]; // each thread's own
};

// The object that thread 1 makes, and the reference that the others get.
static struct rc_header *make(struct scene *s, uint32_t payload)
{
    return node_new(stage_as(&s->stage, 1), payload);
}
static void share(struct scene *s, unsigned to)
{
    stage_share(&s->stage, s->h, 1, to);
}
// ... which leaves thread 1 none.
static void pass(struct scene *s, unsigned to)
{
    rc_give(stage_as(&s->stage, 1), s->h);
    rc_take(stage_as(&s->stage, to), s->h);
}

// --- share and drop -----------------------------------------------------------------------------

static void share_and_drop_setup(struct scene *s)
{
    s->h = make(s, 7);
    share(s, 2);
    share(s, 3);
}
static void share_and_drop_run(struct scene *s, struct thread *t, unsigned i)
{
    (void)i;
    rc_incref(t, s->h);
    use_and_drop(t, s->h, 7);
    use_and_drop(t, s->h, 7);
}
SCENE(share_and_drop, 3, UNLESS_THREADED, nothing_left,
      "three threads share an object and drop it; the last one destroys it");

static void share_and_drain_setup(struct scene *s)
{
    share_and_drop_setup(s);
}
static void share_and_drain_run(struct scene *s, struct thread *t, unsigned i)
{
    (void)i;
    rc_incref(t, s->h);
    use_and_drop(t, s->h, 7);
    thread_safepoint(t);
    use_and_drop(t, s->h, 7);
    thread_safepoint(t);
    thread_drain(t);
}
SCENE(share_and_drain, 3, UNLESS_THREADED, nothing_left,
      "three threads share an object and drop it, with safepoints, and drain");

static void last_two_setup(struct scene *s)
{
    s->h = make(s, 7);
    share(s, 2);
}
static void last_two_run(struct scene *s, struct thread *t, unsigned i)
{
    (void)i;
    use_and_drop(t, s->h, 7);
    thread_safepoint(t);
}
SCENE(last_two, 2, UNLESS_THREADED, nothing_left,
      "the owner and another thread drop the last two references");

// The owner's safepoints and drains meet the drops of the others: what it merges, they may end.
static void merge_beside_drops_setup(struct scene *s)
{
    s->h = make(s, 7);
    share(s, 2);
    pass(s, 3);
}
static void merge_beside_drops_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 1) {
        thread_safepoint(t);
        thread_drain(t);
        thread_safepoint(t);
    } else {
        use_and_drop(t, s->h, 7);
        thread_safepoint(t);
    }
}
SCENE(merge_beside_drops, 3, UNLESS_THREADED, nothing_left,
      "two threads drop what a third one made, which passes safepoints");

// The same, while one of the others counts on.
static void merge_beside_counts_setup(struct scene *s)
{
    merge_beside_drops_setup(s);
}
static void merge_beside_counts_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 1) {
        thread_safepoint(t);
        thread_safepoint(t);
        return;
    }
    if (i == 3) {
        rc_incref(t, s->h);
        use_and_drop(t, s->h, 7);
    }
    use_and_drop(t, s->h, 7);
}
SCENE(merge_beside_counts, 3, UNLESS_THREADED, nothing_left,
      "one thread drops and one counts what a third one made, which passes safepoints");

// What a dying object holds is held by another thread too, and was made by a third one.
static void chain_setup(struct scene *s)
{
    s->h = make(s, 7);
    struct rc_header *child = s->second = node_new(stage_as(&s->stage, 3), 8);
    stage_share(&s->stage, child, 3, 1);
    struct thread *t = stage_as(&s->stage, 1);
    rc_dirty(t, s->h);
    rc_swap(t, s->h, &node_of(s->h)->left, child);
    share(s, 2);
}
static void chain_run(struct scene *s, struct thread *t, unsigned i)
{
    struct rc_header *child = s->second;
    if (i == 3) {
        use_and_drop(t, child, 8);
    } else {
        if (i == 2)
            child = rc_load(t, &node_of(s->h)->left);
        use_and_drop(t, s->h, 7);
        if (i == 2)
            use_and_drop(t, child, 8);
    }
    thread_safepoint(t);
}
SCENE(chain, 3, UNLESS_THREADED, nothing_left,
      "an object dies while threads hold and load what it refers to");

// --- try ----------------------------------------------------------------------------------------

// Thread 0 holds a reference all the time.
static void drop_last(struct scene *s, struct thread *t)
{
    use_and_drop(t, s->h, 7);
}
static void try_while_held(struct scene *s, struct thread *t)
{
    if (atomic_load_explicit(&s->told, memory_order_acquire) == 0)
        return;
    bool got = rc_try_incref(t, s->h);
    sync_check(got || !COUNTS || PAIR_HAS(RC_TRAITS, RC_WAITS),
               "a published object that lives refuses to be counted");
    if (got)
        use_and_drop(t, s->h, 7);
}
static void tell(struct scene *s, struct thread *t)
{
    rc_publish(t, s->h);
    atomic_store_explicit(&s->told, 1, memory_order_release);
}

// Thread 0's reference is the owner's; another thread's comes and goes.
static void publish_setup(struct scene *s)
{
    s->h = make(s, 7);
    share(s, 0);
    rc_incref(stage_as(&s->stage, 3), s->h);
}
static void publish_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 1) {
        tell(s, t);
        thread_safepoint(t);
        rc_decref(t, s->h);
        thread_safepoint(t);
    } else if (i == 2) {
        try_while_held(s, t);
    } else {
        rc_decref(t, s->h);
    }
}
SCENE(publish, 3, UNLESS_THREADED, drop_last,
      "a published object is tried while another thread drops its own reference");

// Thread 0's reference is one of its own, so the owner gives up all that it has.
static void publish_and_drop_setup(struct scene *s)
{
    s->h = make(s, 7);
    rc_incref(stage_as(&s->stage, 0), s->h);
}
static void publish_and_drop_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 1) {
        tell(s, t);
        rc_decref(t, s->h);
    } else {
        try_while_held(s, t);
    }
}
SCENE(publish_and_drop, 3, UNLESS_THREADED, drop_last,
      "a published object is tried while its owner gives up all its references");

// A table of objects that it does not refer to: they take themselves out when they die, so what is
// there can be tried under the table's mutex, dead or alive.
struct entry {
    struct node n; // first
    struct scene *table;
};
static void entry_destroy(struct thread *t, struct object *o)
{
    struct scene *s = ((struct entry *)o)->table;
    sync_mutex_lock(&s->mutex);
    sync_check(!rc_try_incref(t, &o->rc), "a dead object was counted");
    sync_set(s->entry, NULL);
    sync_mutex_unlock(&s->mutex);
    node_destroy(t, o);
}
static const struct type entry_type = {
    .name = "entry", .destroy = entry_destroy, .traverse = node_traverse, .weaks = node_weaks};

static void table_setup(struct scene *s)
{
    struct thread *t = stage_as(&s->stage, 1);
    sync_mutex_init(&s->mutex);
    s->h = s->entry = node_new_type(t, &entry_type, sizeof(struct entry), 7, 0);
    ((struct entry *)s->h)->table = s;
    rc_publish(t, s->h);
    share(s, 3);
}
static void table_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i != 2) {
        use_and_drop(t, s->h, 7);
        thread_safepoint(t);
        return;
    }
    sync_mutex_lock(&s->mutex);
    struct rc_header *h = sync_get(s->entry);
    bool got = h != NULL && rc_try_incref(t, h);
    sync_mutex_unlock(&s->mutex);
    if (got)
        use_and_drop(t, h, 7);
}
static void table_ends(struct scene *s, struct thread *t)
{
    // an object that dies late still needs it
    for (unsigned round = 0; FREES && sync_get(s->entry) != NULL && round < 100; round++)
        for (unsigned i = 0; i <= s->stage.threads; i++) {
            t = stage_as(&s->stage, i);
            thread_safepoint(t);
            thread_drain(t);
        }
    sync_mutex_destroy(&s->mutex);
}
#define RC_TRY_UNDER_LOCK                                                              \
    (!COUNTS ? UNLESS(false, "this refcount scheme does not tell the dead when tried") \
             : UNLESS(!PAIR_HAS(RC_TRAITS, RC_WAITS),                                  \
                      "this refcount scheme may wait when it is tried"))
SCENE(table, 3, RC_TRY_UNDER_LOCK, table_ends, "an object is tried while its last references go");

// --- slots --------------------------------------------------------------------------------------

static void empty_slot(struct scene *s, struct thread *t)
{
    rc_store(t, NULL, &s->slot, NULL);
}
// The slot gets a new object of thread i, which keeps a reference if `held`.
static struct rc_header *put(struct scene *s, unsigned i, uint32_t payload, bool held)
{
    struct thread *t = stage_as(&s->stage, i);
    struct rc_header *h = node_new(t, payload);
    rc_store(t, NULL, &s->slot, h);
    if (!held)
        rc_decref(t, h);
    return h;
}
// What is found was put there by somebody: 7, 8 or 9, or nothing.
static void load_and_drop(struct scene *s, struct thread *t)
{
    struct rc_header *h = rc_load(t, &s->slot);
    if (h == NULL)
        return;
    uint32_t payload = node_payload(h);
    sync_check(payload >= 7 && payload <= 9, "a slot gave what nobody put there");
    use_and_drop(t, h, payload);
}

static void load_store_setup(struct scene *s)
{
    rc_fill(s->stage.thread[0], NULL, &s->slot, NULL);
    put(s, 1, 7, false);
}
static void load_store_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 1) {
        struct rc_header *h = node_new(t, 8);
        rc_store(t, NULL, &s->slot, h);
        rc_decref(t, h);
    } else {
        load_and_drop(s, t);
    }
    thread_safepoint(t);
}
SCENE(load_store, 3, UNLESS_THREADED, empty_slot,
      "two threads load from a slot while its object is replaced by a new one");

// A slot of an object.
static void load_clear_setup(struct scene *s)
{
    s->second = node_new(s->stage.thread[0], 1);
    struct thread *t = stage_as(&s->stage, 1);
    struct rc_header *h = node_new(t, 7);
    rc_store(t, s->second, &node_of(s->second)->left, h);
    rc_decref(t, h);
}
static void load_clear_run(struct scene *s, struct thread *t, unsigned i)
{
    struct rc_slot *slot = &node_of(s->second)->left;
    if (i == 1) {
        rc_store(t, s->second, slot, NULL);
    } else {
        struct rc_header *h = rc_load(t, slot);
        if (h != NULL)
            use_and_drop(t, h, 7);
    }
    thread_safepoint(t);
}
static void drop_second(struct scene *s, struct thread *t)
{
    rc_decref(t, s->second);
}
SCENE(load_clear, 3, UNLESS_THREADED, drop_second,
      "two threads load from a slot of an object while it is emptied");

static void two_stores_setup(struct scene *s)
{
    load_store_setup(s);
    s->h = node_new(stage_as(&s->stage, 1), 8);
    s->second = node_new(stage_as(&s->stage, 2), 9);
}
static void two_stores_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 3) {
        load_and_drop(s, t);
    } else {
        struct rc_header *h = i == 1 ? s->h : s->second;
        rc_store(t, NULL, &s->slot, h);
        use_and_drop(t, h, i == 1 ? 8 : 9);
    }
    thread_safepoint(t);
}
SCENE(two_stores, 3, UNLESS_THREADED, empty_slot,
      "two threads store to a slot, a third one loads from it");

// Two threads replace the same object, of which each has a reference: one of them does it.
static void two_exchanges_setup(struct scene *s)
{
    rc_fill(s->stage.thread[0], NULL, &s->slot, NULL);
    s->h = put(s, 1, 7, true);
    share(s, 2);
}
static void two_exchanges_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 3) {
        load_and_drop(s, t);
    } else {
        struct rc_header *mine = node_new(t, 7 + i);
        s->won[i] = rc_compare_exchange(t, NULL, &s->slot, s->h, mine);
        rc_decref(t, mine);
        use_and_drop(t, s->h, 7);
    }
    thread_safepoint(t);
}
static void one_has_won(struct scene *s, struct thread *t)
{
    sync_check(s->won[1] != s->won[2], "not one of two compare-exchanges succeeded");
    struct rc_header *h = rc_load(t, &s->slot);
    use_and_drop(t, h, s->won[1] ? 8 : 9);
    empty_slot(s, t);
}
SCENE(two_exchanges, 3, UNLESS_THREADED, one_has_won,
      "two threads compare-exchange a slot's object, a third one loads it");

static void exchange_store_setup(struct scene *s)
{
    two_exchanges_setup(s);
}
static void exchange_store_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 3) {
        load_and_drop(s, t);
    } else {
        struct rc_header *mine = node_new(t, 7 + i);
        if (i == 1)
            rc_compare_exchange(t, NULL, &s->slot, s->h, mine);
        else
            rc_store(t, NULL, &s->slot, mine);
        rc_decref(t, mine);
        rc_decref(t, s->h);
    }
    thread_safepoint(t);
}
static void stored(struct scene *s, struct thread *t)
{
    struct rc_header *h = rc_load(t, &s->slot);
    use_and_drop(t, h, 9);
    empty_slot(s, t);
}
SCENE(exchange_store, 3, UNLESS_THREADED, stored,
      "a slot is compare-exchanged, stored to and loaded from");

// --- local references ---------------------------------------------------------------------------

static void locals_setup(struct scene *s)
{
    load_store_setup(s);
}
static void locals_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 1) {
        struct rc_header *h = node_new(t, 8);
        rc_store(t, NULL, &s->slot, h);
        rc_decref(t, h);
        thread_safepoint(t);
        return;
    }
    struct rc_local local[3] = {};
    struct rc_roots frame;
    rc_roots_push(t, &frame, local, 3);
    struct rc_header *h = rc_local_get(t, &local[0], &s->slot);
    uint32_t payload = node_payload(h);
    thread_safepoint(t);
    node_use(h, payload);
    if (i == 2) { // the duplicate becomes a counted reference, which outlives the frame
        rc_local_dup(t, &local[1], &local[0]);
        rc_local_drop(t, &local[0]);
        h = rc_local_own(t, &local[1]);
        rc_roots_pop(t, &frame);
        thread_safepoint(t);
        use_and_drop(t, h, payload);
    } else {
        rc_local_borrow(t, &local[1], &local[0]);
        thread_safepoint(t);
        node_use(rc_local_peek(&local[1]), payload);
        rc_local_dup(t, &local[2], &local[1]); // good without the one that was borrowed from
        rc_local_drop(t, &local[1]);
        rc_local_drop(t, &local[0]);
        thread_safepoint(t);
        node_use(rc_local_peek(&local[2]), payload);
        rc_local_drop(t, &local[2]);
        rc_roots_pop(t, &frame);
    }
}
SCENE(locals, 3, UNLESS_THREADED, empty_slot,
      "two threads use local references to what a slot held while it is replaced");

// --- hand-over and exit -------------------------------------------------------------------------

static void receive_and_drop(struct scene *s, struct thread *t)
{
    struct rc_header *h = node_receive(t, &s->box);
    if (h != NULL)
        use_and_drop(t, h, 7);
}

static void hand_over_setup(struct scene *s)
{
    (void)s;
}
static void hand_over_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 1) {
        struct rc_header *h = node_new(t, 7);
        rc_incref(t, h);
        node_send(t, &s->box, h);
        thread_safepoint(t);
        use_and_drop(t, h, 7);
    } else {
        receive_and_drop(s, t);
    }
    thread_safepoint(t);
}
SCENE(hand_over, 3, UNLESS_THREADED, receive_and_drop,
      "a reference to a new object is handed to one of two threads");

static void hand_over_and_exit_setup(struct scene *s)
{
    (void)s;
}
static void hand_over_and_exit_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 1) {
        struct rc_header *h = node_new(t, 7);
        node_send(t, &s->box, h);
        stage_exit(&s->stage, i);
    } else {
        receive_and_drop(s, t);
        thread_drain(t);
    }
}
SCENE(hand_over_and_exit, 3, UNLESS_THREADED, receive_and_drop,
      "a thread hands its only reference over and goes");

// What others drop is the owner's to end, who goes without a look at it.
static void exit_undrained_setup(struct scene *s)
{
    merge_beside_drops_setup(s);
}
static void exit_undrained_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 1) {
        stage_exit(&s->stage, i);
        return;
    }
    use_and_drop(t, s->h, 7);
    if (i == 3)
        thread_drain(t);
}
SCENE(exit_undrained, 3, UNLESS_THREADED, nothing_left,
      "two threads drop what a third one made, which goes without draining");

// Thread 3 comes while thread 1 goes or when it has gone, perhaps in its place, and counts what
// thread 1 made while thread 2 drops it.
static void successor_setup(struct scene *s)
{
    stage_as(&s->stage, 3);
    stage_exit(&s->stage, 3);
    s->h = make(s, 7);
    share(s, 2);
    rc_give(stage_as(&s->stage, 1), s->h);
}
static void successor_act(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 3) {
        rc_take(t, s->h);
        rc_incref(t, s->h);
        use_and_drop(t, s->h, 7);
    }
    use_and_drop(t, s->h, 7);
    thread_safepoint(t);
}
static void successor_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 1)
        stage_exit(&s->stage, i);
    else
        successor_act(s, t, i);
}
SCENE(successor, 3, UNLESS_THREADED, nothing_left,
      "a thread comes while the owner goes, and counts while another one drops");

static void heir_setup(struct scene *s)
{
    stage_as(&s->stage, 3);
    stage_exit(&s->stage, 3);
    s->h = make(s, 7);
    share(s, 2);
    rc_give(stage_as(&s->stage, 1), s->h);
    stage_exit(&s->stage, 1);
}
static void heir_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 1) // in the owner's slot, or in the one that is left
        thread_safepoint(t);
    else
        successor_act(s, t, i);
}
SCENE(heir, 3, UNLESS_THREADED, nothing_left,
      "two threads come when the owner has gone; one counts while another one drops");

// ... while what was queued for the former owner is drained.
static void queue_left_setup(struct scene *s)
{
    s->h = make(s, 7);
    share(s, 2);
    s->second = node_new(stage_as(&s->stage, 1), 8);
    stage_share(&s->stage, s->second, 1, 2);
    rc_decref(stage_as(&s->stage, 2), s->h);
    rc_decref(stage_as(&s->stage, 2), s->second);
    rc_give(stage_as(&s->stage, 1), s->h);
    rc_decref(stage_as(&s->stage, 1), s->second);
    stage_exit(&s->stage, 1);
    stage_as(&s->stage, 0);
}
static void queue_left_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 2) {
        thread_drain(t);
        return;
    }
    rc_take(t, s->h);
    rc_incref(t, s->h);
    use_and_drop(t, s->h, 7);
    thread_safepoint(t);
    use_and_drop(t, s->h, 7);
}
SCENE(queue_left, 2, UNLESS_THREADED, nothing_left,
      "a thread comes when the owner has gone and counts, while another one drains what is queued");

// References come back to the owner that it does not count itself, so it merges an object which
// thread 2 is about to put on its queue.
static void merged_while_queued_setup(struct scene *s)
{
    s->h = make(s, 7);
    share(s, 2);
    share(s, 3);
}
static void receive_two_and_drop(struct scene *s, struct thread *t)
{
    struct rc_header *h = node_receive(t, &s->box);
    if (h == NULL)
        return;
    rc_take(t, h);
    rc_decref(t, h);
    use_and_drop(t, h, 7);
}
static void merged_while_queued_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 3) {
        rc_incref(t, s->h);
        rc_give(t, s->h);
        node_send(t, &s->box, s->h);
        return;
    }
    if (i == 1)
        receive_two_and_drop(s, t);
    use_and_drop(t, s->h, 7);
}
SCENE(merged_while_queued, 3, UNLESS_THREADED, receive_two_and_drop,
      "the owner drops more than it counts while another thread drops what it does count");

// ... and goes: who still sees it as the owner finds nobody there.
static void merged_and_gone_setup(struct scene *s)
{
    merged_while_queued_setup(s);
}
static void merged_and_gone_run(struct scene *s, struct thread *t, unsigned i)
{
    merged_while_queued_run(s, t, i);
    if (i == 1)
        stage_exit(&s->stage, i);
}
SCENE(merged_and_gone, 3, UNLESS_THREADED, receive_two_and_drop, "the same, and the owner goes");

// Two threads go and leave what thread 3 dropped; who drains must find both queues or leave the
// task.
static void two_exits_setup(struct scene *s)
{
    for (unsigned i = 1; i <= 2; i++) {
        struct rc_header *h = node_new(stage_as(&s->stage, i), 7);
        rc_give(stage_as(&s->stage, i), h);
        struct thread *t = stage_as(&s->stage, 3);
        rc_take(t, h);
        rc_decref(t, h);
    }
}
static void two_exits_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 3)
        thread_drain(t);
    else
        stage_exit(&s->stage, i);
}
SCENE(two_exits, 3, UNLESS_THREADED, nothing_left,
      "two threads go without draining while a third one drains");

// Thread 2 comes, where nobody was before if thread 1 is still there, and goes.
static void guest_setup(struct scene *s)
{
    two_exits_setup(s);
    stage_as(&s->stage, 2);
    if (!BACKGROUND) // which does not run yet
        thread_drain(s->stage.thread[2]);
    stage_exit(&s->stage, 2);
    s->stage.threads = 4; // one more, in the place of 2
    s->stage.thread[4] = thread_attach(s->stage.world);
    thread_offline(s->stage.thread[4]);
    stage_as(&s->stage, 0);
}
static void guest_run(struct scene *s, struct thread *t, unsigned i)
{
    two_exits_run(s, t, i);
}
SCENE(guest, 3, UNLESS_THREADED, nothing_left,
      "a thread comes and goes while another one goes and a third one drains");

// --- weak references ----------------------------------------------------------------------------

static void get_and_drop(struct scene *s, struct thread *t, unsigned cell)
{
    struct rc_header *h = rc_weak_get(t, &s->cell[cell]);
    if (h == NULL)
        return;
    uint32_t payload = node_payload(h);
    use_and_drop(t, h, payload);
}
static void no_cell_is_full(struct scene *s, struct thread *t)
{
    for (unsigned i = 0; i < 3; i++)
        rc_weak_drop(t, &s->cell[i]);
}

static void weak_get_setup(struct scene *s)
{
    s->h = make(s, 7);
    rc_weak_make(stage_as(&s->stage, 1), &s->cell[0], s->h);
}
static void weak_get_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 1)
        use_and_drop(t, s->h, 7);
    else
        get_and_drop(s, t, 0);
    thread_safepoint(t);
}
SCENE(weak_get, 3, WEAK, no_cell_is_full,
      "two threads ask a weak cell while the owner drops the last reference");

static void weak_get_foreign_setup(struct scene *s)
{
    weak_get_setup(s);
    pass(s, 3);
}
static void weak_get_foreign_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 2)
        get_and_drop(s, t, 0);
    if (i == 3)
        use_and_drop(t, s->h, 7);
    thread_safepoint(t);
}
SCENE(weak_get_foreign, 3, WEAK, no_cell_is_full,
      "a weak cell is asked while another thread than the owner drops the last reference");

// Cells of one object: one is there, one is made, one made and dropped; then the object dies.
static void weak_cells_setup(struct scene *s)
{
    s->h = make(s, 7);
    share(s, 2);
    share(s, 3);
    rc_weak_make(stage_as(&s->stage, 3), &s->cell[2], s->h);
}
static void weak_cells_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i != 3)
        rc_weak_make(t, &s->cell[i - 1], s->h);
    if (i != 1)
        rc_weak_drop(t, &s->cell[i - 1]);
    use_and_drop(t, s->h, 7);
}
SCENE(weak_cells, 3, WEAK, no_cell_is_full,
      "weak cells of an object are made and dropped by three threads until it dies");

// A cell is dropped by who does not hold the object, which dies meanwhile.
static void weak_drop_setup(struct scene *s)
{
    weak_get_setup(s);
    rc_weak_make(stage_as(&s->stage, 1), &s->cell[1], s->h);
}
static void weak_drop_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 1)
        use_and_drop(t, s->h, 7);
    else
        rc_weak_drop(t, &s->cell[i - 2]);
}
SCENE(weak_drop, 3, WEAK, no_cell_is_full, "two threads drop weak cells of an object that dies");

// Once a cell is dropped its memory is the caller's, also where the death had emptied it.
static void weak_free_setup(struct scene *s)
{
    s->h = make(s, 7);
    s->own = sync_alloc(sizeof *s->own);
    rc_weak_make(stage_as(&s->stage, 1), s->own, s->h);
}
static void weak_free_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 1) {
        use_and_drop(t, s->h, 7);
    } else {
        rc_weak_drop(t, s->own);
        sync_free(s->own);
    }
}
SCENE(weak_free, 2, WEAK, nothing_left,
      "a weak cell of an object that dies is dropped, and its memory freed");

// A cell leaves an object that dies for a new one, under the eyes of those who ask it.
static void weak_move_setup(struct scene *s)
{
    weak_get_setup(s);
}
static void weak_move_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i != 1) {
        get_and_drop(s, t, 0);
        return;
    }
    rc_decref(t, s->h);
    struct rc_header *h = node_new(t, 8);
    rc_weak_drop(t, &s->cell[0]); // the former object may still live
    rc_weak_make(t, &s->cell[0], h);
    rc_decref(t, h);
}
SCENE(weak_move, 3, WEAK, no_cell_is_full,
      "a weak cell moves from a dead object to a new one while two threads ask it");

// Three objects in turn, each thread in an order of its own: more than a small table has room for.
static void in_turn_setup(struct scene *s)
{
    struct rc_header **each[] = {&s->h, &s->second, &s->entry};
    for (unsigned k = 0; k < 3; k++) {
        *each[k] = node_new(stage_as(&s->stage, k + 1), 7 + k);
        for (unsigned i = 1; i <= 3; i++)
            if (i != k + 1)
                stage_share(&s->stage, *each[k], k + 1, i);
    }
}
static void in_turn_run(struct scene *s, struct thread *t, unsigned i)
{
    struct rc_header *each[] = {s->h, s->second, s->entry};
    for (unsigned n = 0; n < 3; n++)
        rc_incref(t, each[(i + n) % 3]);
    for (unsigned n = 0; n < 6; n++)
        use_and_drop(t, each[(i + n) % 3], 7 + (i + n) % 3);
    if (i == 3)
        thread_drain(t);
}
SCENE(in_turn, 3, UNLESS_THREADED, nothing_left,
      "three threads count three objects in turn, one of each, and one drains");

// --- immortal objects ---------------------------------------------------------------------------

static void immortal_setup(struct scene *s)
{
    struct thread *t = stage_as(&s->stage, 1);
    s->h = node_new_flags(t, 7, RC_IMMORTAL);
    rc_fill(t, NULL, &s->slot, NULL);
    rc_store(t, NULL, &s->slot, s->h);
}
static void immortal_run(struct scene *s, struct thread *t, unsigned i)
{
    struct rc_header *h = rc_load(t, &s->slot);
    rc_incref(t, h);
    rc_incref(t, h); // a count that wraps would be at one now
    use_and_drop(t, h, 7);
    use_and_drop(t, h, 7);
    thread_safepoint(t);
    if (PAIR_HAS(RC_TRAITS, RC_UNCOUNTED) && i == 1) // more than there ever were
        use_and_drop(t, h, 7);
    use_and_drop(t, h, 7);
}
static void end_immortal(struct scene *s, struct thread *t)
{
    t = stage_as(&s->stage, 1); // its maker
    empty_slot(s, t);
    node_use(s->h, 7);
    rc_end_immortal(t, s->h);
}
SCENE(immortal, 3, UNLESS_THREADED, end_immortal,
      "three threads count an immortal object, which its maker ends when they are done");

// --- deferred and hot objects -------------------------------------------------------------------

#define DEFERS \
    UNLESS(PAIR_HAS(RC_TRAITS, RC_DEFERS), "this refcount scheme counts every local reference")
#define SPREADS                             \
    UNLESS(PAIR_HAS(RC_TRAITS, RC_SPREADS), \
           "in this refcount scheme threads have no counts of their own")

// Only locals of threads 2 and 3 are left of a deferred object when thread 1 collects.
static void deferred_local_setup(struct scene *s)
{
    struct thread *t = stage_as(&s->stage, 1);
    struct rc_header *h = node_new_flags(t, 7, RC_DEFERRED);
    rc_fill(t, NULL, &s->slot, NULL);
    rc_store(t, NULL, &s->slot, h);
    rc_decref(t, h);
}
static void deferred_local_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 1) {
        rc_store(t, NULL, &s->slot, NULL);
        rc_collect(t);
        return;
    }
    struct rc_local local[2] = {};
    struct rc_roots frame;
    rc_roots_push(t, &frame, local, 2);
    struct rc_header *h = rc_local_get(t, &local[0], &s->slot);
    if (h != NULL) {
        thread_safepoint(t);
        node_use(h, 7);
        rc_local_dup(t, &local[1], &local[0]);
        rc_local_drop(t, &local[0]);
        thread_safepoint(t);
        node_use(h, 7);
        if (i == 2)
            rc_local_drop(t, &local[1]);
        else
            h = rc_local_own(t, &local[1]);
    }
    rc_roots_pop(t, &frame);
    if (h != NULL && i == 3) {
        thread_safepoint(t);
        use_and_drop(t, h, 7);
    }
}
SCENE(deferred_local, 3, DEFERS, empty_slot,
      "two threads have local references to a deferred object while a third one collects");

// Thread 2 counts a hot object and goes; what it counted down was counted up by thread 1.
static void hot_exit_setup(struct scene *s)
{
    s->h = node_new_flags(stage_as(&s->stage, 1), 7, RC_HOT);
    share(s, 2);
    share(s, 3);
}
static void hot_exit_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 1) {
        use_and_drop(t, s->h, 7);
        rc_collect(t);
    } else if (i == 2) {
        use_and_drop(t, s->h, 7);
        stage_exit(&s->stage, i);
    } else {
        thread_safepoint(t);
        use_and_drop(t, s->h, 7);
    }
}
SCENE(hot_exit, 3, SPREADS, nothing_left,
      "a thread that counts a hot object goes while another one collects");

// More hot objects are made than there was room for, while a thread goes that has counted one.
static void hot_exit_beside_more_setup(struct scene *s)
{
    s->h = node_new_flags(stage_as(&s->stage, 1), 7, RC_HOT);
    share(s, 2);
}
static void hot_exit_beside_more_run(struct scene *s, struct thread *t, unsigned i)
{
    use_and_drop(t, s->h, 7);
    if (i == 2)
        stage_exit(&s->stage, i);
    else
        for (unsigned n = 0; n < RC_LOG_SIZE; n++)
            use_and_drop(t, node_new_flags(t, 8, RC_HOT), 8);
}
SCENE(hot_exit_beside_more, 2, SPREADS, nothing_left,
      "a thread that counts a hot object goes while another one makes more of them");

// A number is used again while threads have counts of the object that had it before.
static void hot_again_setup(struct scene *s)
{
    s->h = node_new_flags(stage_as(&s->stage, 1), 7, RC_HOT);
    share(s, 2);
}
static void hot_again_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 2) {
        use_and_drop(t, s->h, 7);
        thread_safepoint(t);
        return;
    }
    use_and_drop(t, s->h, 7);
    rc_collect(t);
    struct rc_header *h = node_new_flags(t, 8, RC_HOT);
    rc_collect(t);
    use_and_drop(t, h, 8);
}
SCENE(hot_again, 2, SPREADS, nothing_left,
      "a hot object dies while two threads have counted it, and another one is made");
