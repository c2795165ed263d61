// SPDX-License-Identifier: MIT
//
// Which schemes go together: the rules stand here once, over trait bits. cell.h asserts them when a
// cell is compiled, `rclab` asks them before it compiles one.
#ifndef PAIR_H
#define PAIR_H

#include "al.h"
#include "lk.h"
#include "rc.h"
#include "rl.h"

#define PAIR_HAS(traits, bit) (((traits) & (bit)) != 0)

// rule(condition that must hold, what is needed) for a composition of four schemes.
#define PAIR_RULES(rule, rc, lk, rl, al)                                                           \
    rule(PAIR_HAS(rc, RC_FREES) || PAIR_HAS(al, AL_WHOLE),                                         \
         "a refcount scheme that never frees needs an allocator that is given back whole")         \
    rule(!PAIR_HAS(lk, LK_OPTIMISTIC) || !PAIR_HAS(rc, RC_TRY_FREED) ||                            \
             PAIR_HAS(al, AL_TYPE_STABLE),                                                         \
         "optimistic reads with this refcount scheme need a type-stable allocator")                \
    rule(!PAIR_HAS(lk, LK_GRACE) || PAIR_HAS(rl, RL_GRACE),                                        \
         "this lock scheme needs a reclaimer with grace periods")                                  \
    rule(!PAIR_HAS(rc, RC_PROTECTS) || PAIR_HAS(rl, RL_PROTECTS),                                  \
         "this refcount scheme needs a reclaimer that protects single pointers")                   \
    rule(!PAIR_HAS(al, AL_STAMPS) || PAIR_HAS(rl, RL_STAMPS),                                      \
         "this allocator needs a reclaimer with stamps")

// What a workload asks of the schemes; bits of struct workload.needs.
enum workload_need {
    NEEDS_EXCLUSION = 1 << 0, // its threads change a container together
    NEEDS_SHARING = 1 << 1,   // its threads see the same objects
    NEEDS_WEAK = 1 << 2,      // it uses weak references
};

// The rules for a run with more than one thread.
#define PAIR_THREAD_RULES(rule, rc, lk, al, needs)                                                 \
    rule(PAIR_HAS(rc, RC_SHARED) || PAIR_HAS(lk, LK_GLOBAL | LK_ISOLATED),                         \
         "this refcount scheme needs a global lock when there is more than one thread")            \
    rule(!PAIR_HAS(needs, NEEDS_EXCLUSION) || PAIR_HAS(lk, LK_EXCLUDES),                           \
         "this workload needs a lock scheme that excludes when there is more than one thread")     \
    rule(!PAIR_HAS(needs, NEEDS_SHARING) || !PAIR_HAS(lk, LK_ISOLATED),                            \
         "this workload shares objects, which isolated heaps cannot")                              \
    rule(!PAIR_HAS(al, AL_UNLOCKED) || PAIR_HAS(lk, LK_GLOBAL | LK_ISOLATED),                      \
         "this allocator needs a global lock when there is more than one thread")

// The rules for a workload, whatever the number of threads.
#define PAIR_WORKLOAD_RULES(rule, rc, needs)                                                       \
    rule(!PAIR_HAS(needs, NEEDS_WEAK) || PAIR_HAS(rc, RC_WEAK),                                    \
         "this workload needs a refcount scheme with weak references")

#endif
