// SPDX-License-Identifier: MIT
//
// Which of n items comes next: a shuffled order that visits each once a round, or a random choice
// with given frequencies. Both are set-up: a workload stores what was chosen and walks through it.
#ifndef CHOICE_H
#define CHOICE_H

#include "../../harness/sync.h"

#include <math.h>

// 0 to n - 1 in random order; the caller's to sync_free.
static inline uint32_t *choice_order(struct thread *t, size_t n)
{
    uint32_t *item = sync_alloc(n * sizeof item[0]);
    for (size_t i = 0; i < n; i++)
        item[i] = (uint32_t)i;
    for (size_t i = n - 1; i > 0; i--) { // Fisher-Yates
        size_t j = sync_rand(t) % (i + 1);
        uint32_t moved = item[i];
        item[i] = item[j];
        item[j] = moved;
    }
    return item;
}
// What `done` steps through the order add up to when item i is worth i + 1, modulo 2^64: what a
// reader whose values are these must have seen.
static inline uint64_t choice_order_sum(const uint32_t *item, size_t n, uint64_t done)
{
    uint64_t round = 0, rest = 0;
    for (size_t i = 0; i < n; i++) {
        round += item[i] + (uint64_t)1;
        if (i < done % n)
            rest += item[i] + (uint64_t)1;
    }
    return done / n * round + rest;
}

// Zipf's law: the item of rank r, from 1, is chosen with a probability in proportion to
// r^-exponent; exponent 0 is the uniform choice. Ranks are dealt to items by a shuffle, so that hot
// items are no neighbours. The choice is exact for any exponent, by the alias method (A. J. Walker,
// ACM TOMS 3(3), 1977; set up as M. D. Vose did, IEEE TSE 17(9), 1991): item i has a column of
// height 1, of which the part below `keep` is its own and the rest that of one other item; a draw
// takes a column and a height. The mean of all columns makes up each item's probability.
struct choice {
    size_t n;
    struct choice_column {
        double keep;
        uint32_t alias;
    } column[];
};

// The caller's to sync_free.
static inline struct choice *choice_zipf(struct thread *t, size_t n, double exponent)
{
    struct choice *c = sync_alloc(sizeof *c + n * sizeof c->column[0]);
    uint32_t *item = choice_order(t, n); // by rank
    double sum = 0;
    c->n = n;
    for (size_t r = n; r > 0; r--) // the small ones first: they would be lost on a large sum
        sum += c->column[item[r - 1]].keep = pow((double)r, -exponent);
    // From here on column i is as high as item i has probability left, in units of 1 / n. The items
    // that do not fill their column wait at the front of the array, the others at its back.
    size_t low = 0, high = n;
    for (size_t i = 0; i < n; i++) {
        c->column[i].keep *= (double)n / sum;
        item[c->column[i].keep < 1 ? low++ : --high] = (uint32_t)i;
    }
    while (low > 0 && high < n) {
        struct choice_column *poor = &c->column[item[--low]], *rich = &c->column[item[high]];
        poor->alias = item[high];
        rich->keep -= 1 - poor->keep;
        if (rich->keep < 1)
            item[low++] = item[high++];
    }
    // one of the two is used up; what is left of the other is full but for rounding
    while (low > 0)
        c->column[item[--low]].keep = 1;
    while (high < n)
        c->column[item[high++]].keep = 1;
    sync_free(item);
    return c;
}

static inline uint32_t choice_draw(struct thread *t, const struct choice *c)
{
    size_t i = sync_rand(t) % c->n;
    double height = (double)(sync_rand(t) >> 11) * 0x1p-53; // below 1
    return height < c->column[i].keep ? (uint32_t)i : c->column[i].alias;
}

#endif
