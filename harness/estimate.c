// SPDX-License-Identifier: MIT
#include "estimate.h"

struct kind {
    const struct workload *workload;
    unsigned threads;
    uint64_t left, seen; // invocations
    double guess_ns;     // of one
    double took_ns;      // all that were seen
};
struct estimate {
    struct effort effort;
    unsigned cpus;
    struct kind *kind;
    size_t kinds;
};

struct estimate *estimate_new(const struct effort *effort, unsigned cpus)
{
    struct estimate *e = calloc(1, sizeof *e);
    if (e != NULL) {
        e->effort = *effort;
        e->cpus = cpus;
    }
    return e;
}

void estimate_free(struct estimate *e)
{
    if (e != NULL)
        free(e->kind);
    free(e);
}

// The start of a process, with its ping-pong and its probe; of each sample the set-up, the warm-up
// and the probe; and where threads have to wait for a CPU, until each of them has had its turn to
// arrive and another one to leave.
static double guess_ns(const struct estimate *e, unsigned threads)
{
    enum { START_NS = 9000000, SET_UP_NS = 7000000, TURN_NS = 8000000, OPERATION_NS = 20 };
    double sample = e->effort.time_ns != 0
                        ? (double)e->effort.time_ns
                        : (double)e->effort.ops * OPERATION_NS *
                              (e->cpus != 0 && threads > e->cpus ? threads / e->cpus : 1);
    if (e->cpus != 0 && threads > e->cpus)
        sample += TURN_NS * (double)threads / e->cpus;
    return START_NS + e->effort.samples * (SET_UP_NS + sample);
}

static struct kind *find(const struct estimate *e, const struct spec *s)
{
    for (size_t i = 0; i < e->kinds; i++)
        if (e->kind[i].workload == s->workload && e->kind[i].threads == s->threads)
            return &e->kind[i];
    return NULL;
}

bool estimate_expect(struct estimate *e, const struct spec *s, uint64_t n)
{
    struct kind *k = find(e, s);
    if (k == NULL) {
        struct kind *bigger = realloc(e->kind, (e->kinds + 1) * sizeof *bigger);
        if (bigger == NULL)
            return false;
        e->kind = bigger;
        k = &e->kind[e->kinds++];
        *k = (struct kind){
            .workload = s->workload, .threads = s->threads, .guess_ns = guess_ns(e, s->threads)};
    }
    k->left += n;
    return true;
}

void estimate_skip(struct estimate *e, const struct spec *s)
{
    struct kind *k = find(e, s);
    if (k != NULL && k->left != 0)
        k->left--;
}

void estimate_took(struct estimate *e, const struct spec *s, uint64_t ns)
{
    struct kind *k = find(e, s);
    if (k == NULL)
        return;
    estimate_skip(e, s);
    k->seen++;
    k->took_ns += (double)ns;
}

uint64_t estimate_left_ns(const struct estimate *e)
{
    double guessed = 0, took = 0, left = 0;
    for (size_t i = 0; i < e->kinds; i++) {
        guessed += (double)e->kind[i].seen * e->kind[i].guess_ns;
        took += e->kind[i].took_ns;
    }
    double beyond = guessed > 0 ? took / guessed : 1;
    for (size_t i = 0; i < e->kinds; i++) {
        const struct kind *k = &e->kind[i];
        double each = k->seen != 0 ? k->took_ns / (double)k->seen : k->guess_ns * beyond;
        left += (double)k->left * each;
    }
    return (uint64_t)left;
}
