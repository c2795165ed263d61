// SPDX-License-Identifier: MIT
//
// What a workload does next to a dictionary, drawn beforehand and repeated: a ring of 4 bytes a
// step, at least 256 KiB a thread, walked in order. It costs an operation a sixteenth of a cache
// line, which the processor fetches ahead, beside the lines of key, index, entry and value at
// random places. The processor cannot foresee whether a step reads or writes: with half of them
// writes it guesses wrong every other time, and that is part of what the operation costs.
#ifndef STEPS_H
#define STEPS_H

#include "choice.h"

enum {
    STEPS_LEAST = 1 << 16, // steps of a ring
    STEPS_KEYS = 4,        // ... and for each key: a uniform ring misses one key in fifty
};
// A step: the key's number above two bits that say what is done with it.
enum step { STEP_READ, STEP_SET, STEP_REMOVE, STEP_BITS = 2, STEP_MASK = 3 };

// Steps of a ring over so many keys: a power of two.
static inline size_t steps_length(size_t keys)
{
    size_t n = STEPS_LEAST;
    while (n < STEPS_KEYS * keys)
        n *= 2;
    return n;
}
// Fills a ring for the keys of `choice`, of which `writes` per cent write, and `removes` per cent
// of these remove.
static inline void steps_draw(struct thread *t, uint32_t *step, const struct choice *choice,
                              unsigned writes, unsigned removes)
{
    for (size_t i = 0, n = steps_length(choice->n); i < n; i++) {
        enum step what = sync_rand(t) % 100 >= writes    ? STEP_READ
                         : sync_rand(t) % 100 >= removes ? STEP_SET
                                                         : STEP_REMOVE;
        step[i] = choice_draw(t, choice) << STEP_BITS | what;
    }
}

#endif
