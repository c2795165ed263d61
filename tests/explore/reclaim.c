// SPDX-License-Identifier: MIT
//
// Reclaimers: nothing is freed while a reader may hold it, and everything at last. What users owe
// to them is tried too: with UNLINK_LATE (tests/broken/unlink_late.h) they unlink when it is too
// late.
#include "common.h"

#ifndef UNLINK_LATE
#define UNLINK_LATE false
#endif

#define GRACE    PAIR_HAS(RL_TRAITS, RL_GRACE)
#define PROTECTS PAIR_HAS(RL_TRAITS, RL_PROTECTS)

#define UNLESS_GRACE    UNLESS(GRACE, "this reclaimer knows no read sections")
#define UNLESS_PROTECTS UNLESS(PROTECTS, "this reclaimer does not protect single pointers")
#define UNLESS_STAMPS   UNLESS(PAIR_HAS(RL_TRAITS, RL_STAMPS), "this reclaimer has no stamps")
#define UNLESS_DEFERS   UNLESS(GRACE || PROTECTS, "this reclaimer frees at once")

enum { RECORD_LIVES = 0x600d, RECORD_DEAD = 0xdead };
struct records;
struct record {
    struct records *state;
    uint32_t content;
};
struct records {
    struct stage stage;            // first
    _Atomic(void *) source;        // the linked record
    _Atomic(uint32_t) away, freed; // freed: records
    uint32_t replaced;             // records, by all threads in the end
    struct unlinked {
        struct record *record; // which awaits a stamp; NULL: none
        uint64_t stamp;
    } unlinked[3]; // by thread
};
static struct record *record_new(struct thread *t, struct records *s)
{
    struct record *r = al_alloc(t, sizeof *r, AL_STORAGE);
    sync_set(r->state, s);
    sync_set(r->content, RECORD_LIVES);
    return r;
}
static void record_free(struct thread *t, void *p)
{
    struct record *r = p;
    sync_check(sync_get(r->content) == RECORD_LIVES, "a record is given back twice");
    sync_set(r->content, RECORD_DEAD);
    atomic_fetch_add_explicit(&sync_get(r->state)->freed, 1, memory_order_relaxed);
    al_free(t, r);
}
static uint32_t frees(struct records *s)
{
    return atomic_load_explicit(&s->freed, memory_order_relaxed);
}
static void record_use(const struct record *r)
{
    sync_check(sync_get(r->content) == RECORD_LIVES, "a record was given back under its reader");
}
static struct record *linked(struct records *s)
{
    return atomic_load_explicit(&s->source, memory_order_acquire);
}
static struct record *replace(struct thread *t, struct records *s)
{
    // release: the record is seen complete; acquire: so is the one that the caller may free
    return atomic_exchange_explicit(&s->source, record_new(t, s), memory_order_acq_rel);
}

static void read_in_section(struct thread *t, struct records *s)
{
    rl_enter(t);
    const struct record *r = linked(s);
    rl_enter(t); // within: what the outer one holds stays
    rl_leave(t);
    record_use(r);
    rl_leave(t);
}
static void read_announced(struct thread *t, struct records *s)
{
    void *p;
    do {
        p = atomic_load_explicit(&s->source, memory_order_relaxed);
        rl_protect(t, 1, p);
    } while (p != linked(s));
    record_use(p);
}
static void read_somehow(struct thread *t, struct records *s)
{
    if (GRACE) {
        read_in_section(t, s);
    } else {
        read_announced(t, s);
        rl_protect(t, 1, NULL);
    }
}

// Of the scenario's threads the first `attached` are attached; the others attach themselves.
static void *linked_setup(unsigned attached, unsigned replaced)
{
    struct records *s = sync_alloc(sizeof *s);
    struct thread *t = stage_open(&s->stage, attached);
    atomic_init(&s->source, record_new(t, s));
    s->replaced = replaced;
    stage_begin(&s->stage);
    return s;
}
static void *one_setup(void)
{
    return linked_setup(1, 1);
}
static void *two_setup(void)
{
    return linked_setup(2, 1);
}
static void *three_setup(void)
{
    return linked_setup(3, 1);
}
static void *twice_setup(void)
{
    return linked_setup(3, 2);
}
static void linked_finish(void *state)
{
    struct records *s = state;
    struct thread *t = stage_back(&s->stage);
    stage_settle(&s->stage);
    for (unsigned i = 1; i < 3; i++)
        if (s->unlinked[i].record != NULL) {
            sync_check(rl_passed(t, s->unlinked[i].stamp),
                       "a stamp has not passed though nobody reads");
            record_free(t, s->unlinked[i].record);
        }
    sync_check(frees(s) == s->replaced, "what was retired is not freed though nobody holds it");
    record_free(t, atomic_load_explicit(&s->source, memory_order_relaxed));
    stage_close(&s->stage);
}

// --- a reader beside a thread that unlinks and retires
// --------------------------------------------

static void retire_and_drain(struct thread *t, struct records *s)
{
    rl_retire(t, UNLINK_LATE ? linked(s) : replace(t, s), record_free);
    thread_safepoint(t);
    rl_drain(t);
    if (UNLINK_LATE)
        replace(t, s);
}
static void section_run(void *state, unsigned thread)
{
    struct records *s = state;
    struct thread *t = stage_enter(&s->stage, thread);
    if (thread == 1) {
        retire_and_drain(t, s);
    } else {
        read_in_section(t, s);
        if (thread == 2)
            read_in_section(t, s);
        thread_safepoint(t);
    }
    stage_leave(t);
}
static const struct sim_scenario section_holds = {
    .name = "section_holds",
    .summary = "two threads read in sections what a third one unlinks, retires and drains",
    .omitted = UNLESS_GRACE,
    .threads = 3,
    .setup = three_setup,
    .run = section_run,
    .finish = linked_finish,
};
SIM_SCENARIO(section_holds);

// The second announcement takes the place of the first.
static void announcement_run(void *state, unsigned thread)
{
    struct records *s = state;
    struct thread *t = stage_enter(&s->stage, thread);
    if (thread == 1) {
        retire_and_drain(t, s);
    } else {
        read_announced(t, s);
        read_announced(t, s);
        rl_protect(t, 1, NULL);
        thread_safepoint(t);
    }
    stage_leave(t);
}
static const struct sim_scenario announcement_holds = {
    .name = "announcement_holds",
    .summary = "a thread announces what another one unlinks, retires and drains",
    .omitted = UNLESS_PROTECTS,
    .threads = 2,
    .setup = two_setup,
    .run = announcement_run,
    .finish = linked_finish,
};
SIM_SCENARIO(announcement_holds);

static void two_retire_run(void *state, unsigned thread)
{
    struct records *s = state;
    struct thread *t = stage_enter(&s->stage, thread);
    if (thread != 3) {
        retire_and_drain(t, s);
    } else {
        read_somehow(t, s);
        thread_safepoint(t);
        read_somehow(t, s);
    }
    stage_leave(t);
}
static const struct sim_scenario two_retire = {
    .name = "two_retire",
    .summary = "two threads unlink, retire and drain, a third one reads and passes a safepoint",
    .omitted = UNLESS_DEFERS,
    .threads = 3,
    .setup = twice_setup,
    .run = two_retire_run,
    .finish = linked_finish,
};
SIM_SCENARIO(two_retire);

// The same, and the reader comes back from waiting: what it then finds was linked when it came.
static void two_retire_return_run(void *state, unsigned thread)
{
    struct records *s = state;
    struct thread *t = stage_enter(&s->stage, thread);
    if (thread != 3) {
        retire_and_drain(t, s);
    } else {
        lk_blocking_begin(t);
        lk_blocking_end(t);
        read_somehow(t, s);
    }
    stage_leave(t);
}
static const struct sim_scenario two_retire_return = {
    .name = "two_retire_return",
    .summary = "two threads unlink, retire and drain, a third one blocks and reads",
    .omitted = UNLESS_DEFERS,
    .threads = 3,
    .setup = twice_setup,
    .run = two_retire_return_run,
    .finish = linked_finish,
};
SIM_SCENARIO(two_retire_return);

// What is retired later waits longer, whatever waits already: in a batch that is full, in one that
// has its stamp, and in one that has none yet.
static void retires_again_run(void *state, unsigned thread)
{
    struct records *s = state;
    struct thread *t = stage_enter(&s->stage, thread);
    if (thread == 1) {
        retire_and_drain(t, s);
        for (unsigned i = 0; i < 3; i++)
            rl_retire(t, replace(t, s), record_free);
        thread_safepoint(t);
        rl_drain(t);
    } else {
        read_somehow(t, s);
        thread_safepoint(t);
        read_somehow(t, s);
    }
    stage_leave(t);
}
static void *again_setup(void)
{
    return linked_setup(2, 4);
}
static const struct sim_scenario retires_again = {
    .name = "retires_again",
    .summary = "a thread retires, drains and retires more beside one that reads",
    .omitted = UNLESS_DEFERS,
    .threads = 2,
    .setup = again_setup,
    .run = retires_again_run,
    .finish = linked_finish,
};
SIM_SCENARIO(retires_again);

// Thread 2 retires what nobody else has seen, and goes on with what it reads.
static void retire_within_run(void *state, unsigned thread)
{
    struct records *s = state;
    struct thread *t = stage_enter(&s->stage, thread);
    if (thread == 1) {
        retire_and_drain(t, s);
    } else {
        rl_enter(t);
        const struct record *r = linked(s);
        rl_retire(t, record_new(t, s), record_free);
        record_use(r);
        rl_leave(t);
    }
    stage_leave(t);
}
static void *within_setup(void)
{
    return linked_setup(2, 2);
}
static const struct sim_scenario retires_within = {
    .name = "retires_within",
    .summary = "a thread retires within its section while another one unlinks what it reads",
    .omitted = UNLESS_GRACE,
    .threads = 2,
    .setup = within_setup,
    .run = retire_within_run,
    .finish = linked_finish,
};
SIM_SCENARIO(retires_within);

// Thread 2 unlinks and retires in a section that has begun before: thread 3 may have found what
// goes since, and drains may have carried the reclaimer on.
static void section_retires_run(void *state, unsigned thread)
{
    struct records *s = state;
    struct thread *t = stage_enter(&s->stage, thread);
    if (thread == 2) {
        rl_enter(t);
        for (unsigned i = 0; i < 2; i++)
            rl_retire(t, replace(t, s), record_free);
        rl_leave(t);
        rl_drain(t);
    } else if (thread == 1) {
        retire_and_drain(t, s);
    } else {
        read_in_section(t, s);
        read_in_section(t, s);
    }
    stage_leave(t);
}
static void *section_setup(void)
{
    return linked_setup(3, 3);
}
static const struct sim_scenario section_retires = {
    .name = "section_retires",
    .summary =
        "a thread unlinks and retires in a section beside one that drains and one that reads",
    .omitted = UNLESS_GRACE,
    .threads = 3,
    .setup = section_setup,
    .run = section_retires_run,
    .finish = linked_finish,
};
SIM_SCENARIO(section_retires);

// --- stamps
// ---------------------------------------------------------------------------------------

static void unlink_and_poll(struct thread *t, struct records *s, unsigned thread)
{
    struct unlinked *u = &s->unlinked[thread];
    if (UNLINK_LATE)
        u->stamp = rl_stamp(t);
    u->record = replace(t, s);
    if (!UNLINK_LATE)
        u->stamp = rl_stamp(t);
    for (unsigned tries = 0; tries < 2 && u->record != NULL; tries++) {
        thread_safepoint(t);
        if (rl_passed(t, u->stamp)) {
            record_free(t, u->record);
            u->record = NULL;
        }
    }
}
static void stamp_run(void *state, unsigned thread)
{
    struct records *s = state;
    struct thread *t = stage_enter(&s->stage, thread);
    if (thread == 1) {
        unlink_and_poll(t, s, 1);
    } else {
        read_in_section(t, s);
        read_in_section(t, s);
        thread_safepoint(t);
    }
    stage_leave(t);
}
static const struct sim_scenario stamp_passes = {
    .name = "stamp_passes",
    .summary = "a thread reads in sections what another one unlinks, and frees by stamp",
    .omitted = UNLESS_STAMPS,
    .threads = 2,
    .setup = two_setup,
    .run = stamp_run,
    .finish = linked_finish,
};
SIM_SCENARIO(stamp_passes);

static void two_stamps_run(void *state, unsigned thread)
{
    struct records *s = state;
    struct thread *t = stage_enter(&s->stage, thread);
    if (thread != 3) {
        unlink_and_poll(t, s, thread);
    } else {
        read_in_section(t, s);
        thread_safepoint(t);
        read_in_section(t, s);
    }
    stage_leave(t);
}
static const struct sim_scenario two_stamps = {
    .name = "two_stamps",
    .summary = "two threads unlink and free by stamp, a third one reads and passes a safepoint",
    .omitted = UNLESS_STAMPS,
    .threads = 3,
    .setup = twice_setup,
    .run = two_stamps_run,
    .finish = linked_finish,
};
SIM_SCENARIO(two_stamps);

// Who merely polls carries the reclaimer on for all, but past no reader.
static void poll_run(void *state, unsigned thread)
{
    struct records *s = state;
    struct thread *t = stage_enter(&s->stage, thread);
    if (thread == 1)
        unlink_and_poll(t, s, 1);
    else if (thread == 2)
        rl_passed(t, rl_stamp(t));
    else
        read_in_section(t, s);
    stage_leave(t);
}
static const struct sim_scenario others_poll = {
    .name = "others_poll",
    .summary = "a thread unlinks and frees by stamp, another one polls, a third one reads",
    .omitted = UNLESS_STAMPS,
    .threads = 3,
    .setup = three_setup,
    .run = poll_run,
    .finish = linked_finish,
};
SIM_SCENARIO(others_poll);

// Also who polls within its section.
static void poll_within_run(void *state, unsigned thread)
{
    struct records *s = state;
    struct thread *t = stage_enter(&s->stage, thread);
    if (thread == 1) {
        unlink_and_poll(t, s, 1);
    } else {
        rl_enter(t);
        const struct record *r = linked(s);
        rl_passed(t, rl_stamp(t));
        record_use(r);
        rl_leave(t);
    }
    stage_leave(t);
}
static const struct sim_scenario reader_polls = {
    .name = "reader_polls",
    .summary = "a thread polls within its section while another one unlinks, and frees by stamp",
    .omitted = UNLESS_STAMPS,
    .threads = 2,
    .setup = two_setup,
    .run = poll_within_run,
    .finish = linked_finish,
};
SIM_SCENARIO(reader_polls);

static void newcomer_run(void *state, unsigned thread)
{
    struct records *s = state;
    struct thread *t = stage_enter(&s->stage, thread);
    if (thread == 1) {
        unlink_and_poll(t, s, 1);
        stage_leave(t);
    } else {
        read_in_section(t, s);
        stage_exit(&s->stage, thread);
    }
}
static const struct sim_scenario stamp_newcomer = {
    .name = "stamp_newcomer",
    .summary = "a thread attaches and reads while another one unlinks, and frees by stamp",
    .omitted = UNLESS_STAMPS,
    .threads = 2,
    .setup = one_setup,
    .run = newcomer_run,
    .finish = linked_finish,
};
SIM_SCENARIO(stamp_newcomer);

// --- threads that wait and go
// ---------------------------------------------------------------------

enum { ROUNDS = 8 }; // of safepoint and drain, in which all is freed that nobody holds
// Thread 2 waits, in a section, until what it read there is freed; then the section goes on.
static void wait_run(void *state, unsigned thread)
{
    struct records *s = state;
    struct thread *t = stage_enter(&s->stage, thread);
    if (thread == 1) {
        rl_retire(t, replace(t, s), record_free);
        lk_blocking_begin(t);
        sync_await(atomic_load_explicit(&s->away, memory_order_acquire) == 1);
        lk_blocking_end(t);
        for (unsigned i = 0; i < ROUNDS && frees(s) == 0; i++) {
            thread_safepoint(t);
            thread_drain(t);
        }
        sync_check(frees(s) == 1, "who waits offline keeps memory from being freed");
    } else {
        rl_enter(t);
        record_use(linked(s));
        lk_blocking_begin(t);
        // release: who sees it sees that this thread is offline
        atomic_store_explicit(&s->away, 1, memory_order_release);
        sync_await(frees(s) == 1);
        lk_blocking_end(t);
        record_use(linked(s));
        rl_leave(t);
    }
    stage_leave(t);
}
static const struct sim_scenario offline_holds_nothing = {
    .name = "offline_holds_nothing",
    .summary = "a thread waits offline until what it read before is unlinked and freed",
    .omitted = UNLESS_GRACE,
    .threads = 2,
    .setup = two_setup,
    .run = wait_run,
    .finish = linked_finish,
};
SIM_SCENARIO(offline_holds_nothing);

static void return_run(void *state, unsigned thread)
{
    struct records *s = state;
    struct thread *t = stage_enter(&s->stage, thread);
    if (thread == 1) {
        retire_and_drain(t, s);
    } else {
        read_somehow(t, s);
        lk_blocking_begin(t);
        lk_blocking_end(t);
        read_somehow(t, s);
    }
    stage_leave(t);
}
static const struct sim_scenario reader_returns = {
    .name = "reader_returns",
    .summary = "a thread reads, blocks and reads what another one unlinks, retires and drains",
    .omitted = UNLESS_DEFERS,
    .threads = 2,
    .setup = two_setup,
    .run = return_run,
    .finish = linked_finish,
};
SIM_SCENARIO(reader_returns);

// Thread 1 goes with what it retired; thread 3 comes, and may inherit it.
static void gone_run(void *state, unsigned thread)
{
    struct records *s = state;
    struct thread *t = stage_enter(&s->stage, thread);
    if (thread == 1) {
        rl_retire(t, replace(t, s), record_free);
        stage_exit(&s->stage, thread);
        return;
    }
    read_somehow(t, s);
    thread_safepoint(t);
    rl_drain(t);
    if (thread == 3)
        stage_exit(&s->stage, thread);
    else
        stage_leave(t);
}
static const struct sim_scenario retired_left = {
    .name = "retired_left",
    .summary = "a thread detaches with retired memory beside a reader and a thread that attaches",
    .omitted = UNLESS_DEFERS,
    .threads = 3,
    .setup = two_setup,
    .run = gone_run,
    .finish = linked_finish,
};
SIM_SCENARIO(retired_left);

// Two threads go at once, one of them with several batches, while a third one takes what is left.
static void two_leave_run(void *state, unsigned thread)
{
    struct records *s = state;
    struct thread *t = stage_enter(&s->stage, thread);
    if (thread == 3) {
        read_somehow(t, s);
        thread_safepoint(t);
        rl_drain(t);
        read_somehow(t, s);
        stage_leave(t);
        return;
    }
    rl_retire(t, replace(t, s), record_free);
    if (thread == 1) {
        rl_drain(t);
        rl_retire(t, replace(t, s), record_free);
    }
    stage_exit(&s->stage, thread);
}
static void *leave_setup(void)
{
    return linked_setup(3, 3);
}
static const struct sim_scenario two_leave = {
    .name = "two_leave",
    .summary = "two threads detach with retired memory while a third one reads and drains",
    .omitted = UNLESS_DEFERS,
    .threads = 3,
    .setup = leave_setup,
    .run = two_leave_run,
    .finish = linked_finish,
};
SIM_SCENARIO(two_leave);
