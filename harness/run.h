// SPDX-License-Identifier: MIT
//
// What the runner (runner.c), the catalogue and a workload agree on. It names no scheme: a cell
// hands the runner its workload and a table of cold calls through one ELF section, and the runner
// calls through pointers a few times a run or once a batch of operations, never per operation.
#ifndef RUN_H
#define RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sync.h"

struct thread;
struct world;

// A workload's parameter: a whole number. The list of a workload ends with an empty name.
struct param {
    const char *name, *summary;
    int64_t least, most, standard;
};
enum { PARAMS_MAX = 8 };

// Operations between two safepoints, at most.
enum { RUN_BATCH_MOST = 1 << 16 };

// How long each of many waits took: a histogram with 32 steps for each power of two, and one a ns
// below 64, so that a figure is right to 1.6 % (as G. Tene's HdrHistogram has it).
enum { LATENCY_FINE = 32, LATENCY_STEPS = 60 * LATENCY_FINE };
struct latency {
    uint64_t n, step[LATENCY_STEPS];
};
static inline void latency_add(struct latency *l, uint64_t ns)
{
    unsigned halved = ns < 2 * LATENCY_FINE ? 0 : 58 - (unsigned)__builtin_clzll(ns);
    l->step[halved * LATENCY_FINE + (ns >> halved)]++;
    l->n++;
}

// What a thread has sent to others by copy, where it could not share it.
struct sent {
    uint64_t messages, bytes;
};

// One sample's set-up, as workloads see it.
struct run {
    unsigned threads;
    unsigned worlds;           // in which they are: one, or one each
    int64_t param[PARAMS_MAX]; // in the order of the workload's list
    void *met;                 // what `meet` answered
    const char *program;       // a workload that runs programs: the path of the bytecode's text
};

// So begins what a process says on standard error that does not take its program; it ends with
// status 2. What the program is may show only when it runs: then `start` or `work` end it.
#define RUN_REFUSAL "the program cannot be run"

// The life of a sample, each sample in a world of its own (a workload that runs programs has read
// the program by then, with `load`):
//   meet                    the setting thread makes what lies outside all worlds
//     start                 the setting thread, which does not measure, makes what is shared
//       begin               each measuring thread makes what is its own
//       work(n) ...         n operations; warm-up, the timed window, and until all have been read
//       end                 each gives up what is its own; what it answers is summed
//     result                the setting thread tells what came out, if something did
//     finish                it gives up what is shared and judges
//   part                    the setting thread, when all worlds are closed
// All calls but the first and the last are made inside the runtime; a safepoint follows each work.
// Under an isolated lock scheme each measuring thread opens a world of its own, with start, begin,
// end and finish on one thread, and closes it: what start makes is that thread's alone. Threads
// then meet in plain memory only, and a thread may wait for another one in `end`: all get there.
struct workload {
    const char *name, *summary, *source;
    const char *operation; // what one operation is
    unsigned needs;        // bits of enum workload_need (pair.h)
    bool allocates;        // operations make or free memory, so that the choice of malloc matters
    // Objects that nobody refers to may be left in a world: what programs do is legal. The runner
    // tells how many, unless the refcount scheme collects cycles; there they are an error as ever,
    // so `finish` collects.
    bool leaves;
    const struct param *params;
    // The workload runs programs, and is compiled for runtimes instead of pairs of schemes: reads
    // run->program and checks it, once, before all samples and outside all worlds. What it keeps is
    // the same for all samples, and is not freed. NULL, or why the process shall end at once, with
    // status 2. A NULL pointer: the workload knows of no programs.
    const char *(*load)(const struct run *run);
    // Where worlds meet: plain memory, in which no object may be. NULL: they do not.
    void *(*meet)(const struct run *run);
    void (*part)(void *met);
    void *(*start)(struct thread *t, const struct run *run);
    void *(*begin)(struct thread *t, void *shared, unsigned index);
    void (*work)(struct thread *t, void *own, uint64_t n);
    // Operations that belong together, such as a pass over all objects: batches of a fixed time are
    // multiples of it, as far as that is no more than RUN_BATCH_MOST. NULL: any number will do.
    uint64_t (*unit)(const void *own);
    // Objects that this thread's part of the workload refers to; asked by the thread itself after
    // each work. What has been made, has not died and is referred to by nobody is dead and not
    // freed: deferral's memory. Below 0 where the thread drops what others count as theirs; the
    // sum over threads is what must be right. NULL: the workload does not tell.
    int64_t (*holds)(const void *own);
    // Objects that it refers to beside these, with start's and whatever begin shared; asked once,
    // when all threads have begun. NULL: none.
    int64_t (*shares)(const void *shared);
    // The waits of this thread that have ended, where their time is what matters, or NULL: it has
    // none. The runner clears them when its window begins, and reads them when it has ended. NULL:
    // the workload has no such waits.
    struct latency *(*latency)(void *own);
    // What this thread has sent, ever; the runner asks when its window begins and when it has
    // ended. NULL: the workload sends nothing.
    struct sent (*sent)(const void *own);
    // What came out, for people and to be compared between runtimes: UTF-8 of any length, whose
    // bytes stay until `finish` is called. NULL: nothing did. A NULL pointer: nothing ever does.
    // Where each thread has a world, that of the first is told.
    const char *(*result)(struct thread *t, void *shared);
    // done: operations that this thread was asked for. NULL if its own result is right, else what
    // is wrong with it: UTF-8 of any length, whose bytes stay until `part` has been called.
    const char *(*end)(struct thread *t, void *own, uint64_t done);
    // done: by all threads of the world.
    const char *(*finish)(struct thread *t, void *shared, uint64_t done);
};

// What the runner needs of the schemes.
struct cell_calls {
    struct world *(*world_open)(void);
    void (*world_close)(struct world *w);
    uint64_t (*world_live)(struct world *w);  // objects that have not died
    struct thread *(*enter)(struct world *w); // attach and enter the runtime
    void (*leave)(struct thread *t);          // drain, leave, detach
    bool (*drain)(struct thread *t);
    void (*safepoint)(struct thread *t);
    void (*blocking_begin)(struct thread *t);
    void (*blocking_end)(struct thread *t);
    // Objects that the thread made, less those that died on it; any thread may ask. Of the schemes'
    // own threads, which did not come by `enter`, all together.
    int64_t (*net)(const struct thread *t);
    int64_t (*net_background)(struct world *w);
    uint64_t (*pause)(struct thread *t); // ns: its longest one since it last asked
    bool frees;                          // objects die: none may live when a world is closed
    bool cycles;                         // ... also those that only refer to each other
    bool isolated;                       // a world for each thread
};

struct cell_program {
    const struct workload *workload;
    const struct cell_calls *calls;
};

// The section in which a cell's program, or all workloads of rclab, are found.
#define RUN_SECTION "rclab_workloads"

#endif
