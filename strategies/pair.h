// SPDX-License-Identifier: MIT
//
// What schemes say of themselves in bits, and the rules, over these bits, of which schemes go
// together. cell.h asserts the rules when a cell is compiled; `rclab` asks them before that.
#ifndef PAIR_H
#define PAIR_H

// Refcount schemes (RC_TRAITS).
enum rc_trait {
    RC_SHARED = 1 << 0,      // several threads may count at a time
    RC_FREES = 1 << 1,       // objects die when the last reference goes; without it never
    RC_LATE = 1 << 2,        // they may die after the last decref: at a safepoint or drain
    RC_COUNTS = 1 << 3,      // rc_try_incref tells the living from the dead at once (schemes with
                             // logs or epochs: what was seen since the last safepoint is valid)
    RC_WEAK = 1 << 4,        // weak references work
    RC_TRY_FREED = 1 << 5,   // rc_try_incref may read the count words of a freed block: optimistic
                             // readers then need an allocator that keeps them counts
    RC_ROOTS = 1 << 6,       // locals stand in registered frames (rc_roots_push)
    RC_GIVES = 1 << 7,       // a counted reference ends on the thread where it began, unless handed
                             // over by rc_give and rc_take (SNZI departs where it arrived)
    RC_WAITS = 1 << 8,       // rc_incref may wait for another thread, so it is a safepoint, and no
                             // optimistic reader may hold storage across it; rc_try_load must not
                             // wait but answer false (safethread's promotion)
    RC_PROTECTS = 1 << 9,    // needs a reclaimer with rl_protect
    RC_BACKGROUND = 1 << 10, // has a thread of its own
    RC_STOPS = 1 << 11,      // stops the world: threads then answer at safepoints and when back
    RC_NATIVE = 1 << 12,     // a peer: its accesses do not pass through sync.h
    RC_TRY_HELD = 1 << 13,   // rc_try_incref needs a block that is not freed, whatever allocator
                             // keeps its count (a lock lies in it): no optimistic readers
    RC_UNCOUNTED = 1 << 14,  // an object made with RC_IMMORTAL is not counted: nobody writes its
                             // header, and no number of decrements ends it
    RC_CYCLES = 1 << 15,     // rc_collect ends objects that only refer to each other
    RC_VISITS = 1 << 16,     // finds its objects through the allocator (al_visit)
    RC_DEFERS = 1 << 17,     // a local reference to an object made with RC_DEFERRED writes nothing
                             // shared; rc_local_get may look at the header of a freed block
    RC_SPREADS = 1 << 18,    // each thread has a count of its own of an object made with RC_HOT
};

// Lock schemes (LK_TRAITS).
enum lk_trait {
    LK_EXCLUDES = 1 << 0,   // lk_lock keeps other threads out of the container
    LK_GLOBAL = 1 << 1,     // ... out of the whole runtime: schemes without RC_SHARED may run
    LK_ISOLATED = 1 << 2,   // one world a thread: nobody else is in it, so that no lock excludes
    LK_OPTIMISTIC = 1 << 3, // readers run beside a writer and validate what they found
    LK_COPIES = 1 << 4,     // a writer replaces the storage by a changed copy
    LK_GRACE = 1 << 5,      // needs a reclaimer with grace periods
    LK_BRINGS_MAP = 1 << 6, // has a concurrent map of its own
    LK_DEADLOCKS = 1 << 7,  // lk_lock2 takes the locks in argument order, as its original did
    LK_NATIVE = 1 << 8,     // a peer: its accesses do not pass through sync.h
    LK_VERSIONED = 1 << 9,  // ... and that nothing at all was changed (LK_OPTIMISTIC)
    LK_TURNS = 1 << 10,     // who waits has a turn, and spins until it has come without ever giving
                            // up the processor: if the next one does not run, nobody goes on
    LK_SUSPENDS = 1 << 11,  // who waits for a lock has given up those that it held, and has them
                            // back when the inner one ends: nested locks cannot deadlock, and
                            // exclude only as long as nothing is waited for
    LK_URCU = 1 << 12,      // a library that it stands on waits for liburcu's readers
};

// Reclaimers (RL_TRAITS).
enum rl_trait {
    RL_GRACE = 1 << 0,      // what a reader saw in a section stays allocated until it leaves
    RL_STAMPS = 1 << 1,     // rl_stamp and rl_passed work
    RL_PROTECTS = 1 << 2,   // rl_protect works
    RL_NATIVE = 1 << 3,     // a peer: its accesses do not pass through sync.h
    RL_BACKGROUND = 1 << 4, // has a thread of its own; how much waits to be freed is not bounded
    RL_TLS = 1 << 5,        // what it knows of a reader is the system's thread's, which can be
                            // attached once at a time
    RL_URCU = 1 << 6,       // its readers are those of liburcu's flavour by quiescent states
};

// Allocators (AL_TRAITS).
enum al_trait {
    AL_TYPE_STABLE = 1 << 0, // count words of a freed block stay count words
    AL_STAMPS = 1 << 1,      // needs a reclaimer with rl_stamp
    AL_WHOLE = 1 << 2,       // everything is given back when the world ends: nothing can leak
    AL_UNLOCKED = 1 << 3,    // threads must exclude each other (a pool under a GIL)
    AL_VISITS = 1 << 4,      // al_visit works
};

#define PAIR_HAS(traits, bit) (((traits) & (bit)) != 0)

// rule(condition that must hold, what is needed) for a composition of four schemes.
// clang-format off
#define PAIR_RULES(rule, rc, lk, rl, al)                                                       \
    rule(PAIR_HAS(rc, RC_FREES) || PAIR_HAS(al, AL_WHOLE),                                     \
         "a refcount scheme that never frees needs an allocator that is given back whole")     \
    rule(!PAIR_HAS(lk, LK_OPTIMISTIC) || !PAIR_HAS(rc, RC_TRY_FREED) ||                        \
             PAIR_HAS(al, AL_TYPE_STABLE),                                                     \
         "optimistic reads with this refcount scheme need a type-stable allocator")            \
    rule(!PAIR_HAS(lk, LK_OPTIMISTIC) || !PAIR_HAS(rc, RC_TRY_HELD),                           \
         "optimistic reads try objects that may be freed: not with this refcount scheme")      \
    rule(!PAIR_HAS(lk, LK_GRACE) || PAIR_HAS(rl, RL_GRACE),                                    \
         "this lock scheme needs a reclaimer with grace periods")                              \
    rule(!PAIR_HAS(lk, LK_URCU) || PAIR_HAS(rl, RL_URCU),                                      \
         "this lock scheme needs the reclaimer whose readers are liburcu's")                   \
    rule(!PAIR_HAS(rc, RC_PROTECTS) || PAIR_HAS(rl, RL_PROTECTS),                              \
         "this refcount scheme needs a reclaimer that protects single pointers")               \
    rule(!PAIR_HAS(al, AL_STAMPS) || PAIR_HAS(rl, RL_STAMPS),                                  \
         "this allocator needs a reclaimer with stamps")                                       \
    rule(!PAIR_HAS(rc, RC_VISITS) || PAIR_HAS(al, AL_VISITS),                                  \
         "this refcount scheme needs an allocator that shows its blocks")                      \
    rule(!PAIR_HAS(rc, RC_DEFERS) || PAIR_HAS(al, AL_TYPE_STABLE),                             \
         "this refcount scheme looks at freed objects: it needs a type-stable allocator")
// clang-format on

// What a workload asks of the schemes; bits of struct workload.needs.
enum workload_need {
    NEEDS_EXCLUSION = 1 << 0, // its threads change a container together
    NEEDS_SHARING = 1 << 1,   // its threads see the same objects, and have no messages to send
                              // instead where each has a world of its own
    NEEDS_WEAK = 1 << 2,      // it uses weak references
    NEEDS_CYCLES = 1 << 3,    // its objects refer to each other in circles
    NEEDS_TWICE = 1 << 4,     // a thread of the system is attached twice at a time: offline, and as
                              // a short-lived one that it plays meanwhile
    NEEDS_PAIRS = 1 << 5,     // its threads lock two containers at a time, in any order
};

// The rules for a run with more than one thread.
// clang-format off
#define PAIR_THREAD_RULES(rule, rc, lk, al, needs)                                             \
    rule(PAIR_HAS(rc, RC_SHARED) || PAIR_HAS(lk, LK_GLOBAL | LK_ISOLATED),                     \
         "this refcount scheme needs a global lock when there is more than one thread")        \
    rule(!PAIR_HAS(needs, NEEDS_EXCLUSION) || PAIR_HAS(lk, LK_EXCLUDES),                       \
         "this workload needs a lock scheme that excludes when there is more than one thread") \
    rule(!PAIR_HAS(needs, NEEDS_PAIRS) || !PAIR_HAS(lk, LK_DEADLOCKS),                         \
         "this workload locks two containers in any order: this lock scheme would deadlock")   \
    rule(!PAIR_HAS(needs, NEEDS_SHARING) || !PAIR_HAS(lk, LK_ISOLATED),                        \
         "this workload shares objects, which isolated heaps cannot")                          \
    rule(!PAIR_HAS(al, AL_UNLOCKED) || PAIR_HAS(lk, LK_GLOBAL | LK_ISOLATED),                  \
         "this allocator needs a global lock when there is more than one thread")
// clang-format on

// The rules for a run with more threads than CPUs.
// clang-format off
#define PAIR_CROWD_RULES(rule, lk)                                                             \
    rule(!PAIR_HAS(lk, LK_TURNS),                                                              \
         "this lock's waiters take turns and keep their CPUs meanwhile, so each turn of a thread " \
         "that does not run costs a time slice: no more threads than CPUs")
// clang-format on

// The rules for a workload, whatever the number of threads.
// clang-format off
#define PAIR_WORKLOAD_RULES(rule, rc, rl, needs)                                               \
    rule(!PAIR_HAS(needs, NEEDS_WEAK) || PAIR_HAS(rc, RC_WEAK),                                \
         "this workload needs a refcount scheme with weak references")                         \
    rule(!PAIR_HAS(needs, NEEDS_CYCLES) || PAIR_HAS(rc, RC_CYCLES) || !PAIR_HAS(rc, RC_FREES), \
         "this workload needs a refcount scheme that collects cycles, or never frees")         \
    rule(!PAIR_HAS(needs, NEEDS_TWICE) || !PAIR_HAS(rl, RL_TLS),                               \
         "this workload attaches a thread of the system twice at a time: not with this "       \
         "reclaimer, whose readers are thread-local")
// clang-format on

#endif
