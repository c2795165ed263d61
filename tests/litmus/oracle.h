// SPDX-License-Identifier: MIT
//
// Litmus programs, and what C11's axioms allow of them, found without the explorer: all candidate
// executions (who reads from whom, and the modification order of each location) are enumerated, and
// those that break an axiom are thrown away. The axioms are those of Lahav, Vafeiadis, Kang, Hur
// and Dreyer, Repairing Sequential Consistency in C/C++11 (PLDI 2017): coherence, atomicity, no
// cycle of program order and reads-from; for seq_cst both theirs and C++20's wording, which allows
// less.
//
// A program in words: threads divided by |, operations that are KIND ORDER : LOCATION VALUES.
//   Rrlx:x       load                     Wrel:x1      store 1
//   Xacq:x2      exchange for 2           Aacr:x1      add 1
//   Cacq/rlx:x02 compare-exchange of 0 for 2; K instead of C: the weak one
//   Fsc          fence
// An outcome in words: what the operations that read have read, in the order of the text, then
// after a slash what x, y and z have in the end. A dot is any value; a compare-exchange that
// succeeded in exchanging 0, 1 ... has read A, B ...
#ifndef ORACLE_H
#define ORACLE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPS_MAX = 10, LOCATIONS = 3, EVENTS_MAX = OPS_MAX + LOCATIONS, OUTCOMES_MAX = 1 << 12 };
enum kind { LOAD, STORE, EXCHANGE, ADD, CAS, WEAK, FENCE };

struct op {
    enum kind kind;
    int order, failing;
    unsigned thread, location, value, expected;
};
struct program {
    unsigned threads, n;
    struct op op[OPS_MAX];
};

static bool op_reads(const struct op *o)
{
    return o->kind != STORE && o->kind != FENCE;
}

static int parse_order(const char **text)
{
    static const struct {
        const char *name;
        int order;
    } orders[] = {
        {"rlx", memory_order_relaxed}, {"acq", memory_order_acquire}, {"rel", memory_order_release},
        {"acr", memory_order_acq_rel}, {"sc", memory_order_seq_cst},
    };
    for (unsigned i = 0; i < sizeof orders / sizeof orders[0]; i++)
        if (strncmp(*text, orders[i].name, strlen(orders[i].name)) == 0) {
            *text += strlen(orders[i].name);
            return orders[i].order;
        }
    fprintf(stderr, "no memory order: %s\n", *text);
    abort();
}
static struct program parse(const char *text)
{
    struct program p = {.threads = 1};
    for (; *text != '\0'; text += *text == ' ') {
        if (*text == '|') {
            p.threads++;
            text++;
            continue;
        }
        struct op *o = &p.op[p.n++];
        *o = (struct op){.kind = (enum kind)(strchr("RWXACKF", *text) - "RWXACKF"),
                         .thread = p.threads};
        text++;
        o->order = parse_order(&text);
        if (*text == '/')
            o->failing = (text++, parse_order(&text));
        if (*text == ':') {
            o->location = (unsigned)text[1] - 'x';
            text += 2;
        }
        if (o->kind == CAS || o->kind == WEAK)
            o->expected = (unsigned)*text++ - '0';
        if (o->kind != LOAD && o->kind != FENCE)
            o->value = (unsigned)*text++ - '0';
    }
    return p;
}
static void print_program(const struct program *p)
{
    static const char *const order[] = {"rlx", "acq", "acq", "rel", "acr", "sc"};
    for (unsigned i = 0; i < p->n; i++) {
        const struct op *o = &p->op[i];
        bool cas = o->kind == CAS || o->kind == WEAK;
        printf("%s%c%s",
               i == 0                      ? ""
               : o->thread != o[-1].thread ? " | "
                                           : " ",
               "RWXACKF"[o->kind], order[o->order]);
        if (cas)
            printf("/%s", order[o->failing]);
        if (o->kind != FENCE)
            printf(":%c", 'x' + (char)o->location);
        if (cas)
            printf("%u", o->expected);
        if (o->kind != FENCE && o->kind != LOAD)
            printf("%u", o->value);
    }
    printf("\n");
}

// An outcome: for each read its value, and 16 more where a compare-exchange succeeded; then the
// last values.
static uint64_t outcome_of(const struct program *p, const unsigned *read, const bool *succeeded,
                           const unsigned *last)
{
    uint64_t outcome = 1;
    for (unsigned i = 0; i < p->n; i++)
        if (op_reads(&p->op[i]))
            outcome = outcome << 5 | read[i] | (uint64_t)succeeded[i] << 4;
    for (unsigned i = 0; i < LOCATIONS; i++)
        outcome = outcome << 4 | last[i];
    return outcome;
}
static const char *outcome_text(const struct program *p, uint64_t outcome)
{
    static char text[OPS_MAX + LOCATIONS + 2];
    unsigned reads = 0;
    for (unsigned i = 0; i < p->n; i++)
        reads += op_reads(&p->op[i]);
    text[reads] = '/';
    text[reads + 1 + LOCATIONS] = '\0';
    for (unsigned i = LOCATIONS; i-- > 0; outcome >>= 4)
        text[reads + 1 + i] = (char)('0' + (outcome & 15));
    for (unsigned i = reads; i-- > 0; outcome >>= 5)
        text[i] = (char)(((outcome & 16) != 0 ? 'A' : '0') + (outcome & 15));
    return text;
}
static bool outcome_matches(const struct program *p, uint64_t outcome, const char *pattern)
{
    const char *text = outcome_text(p, outcome);
    for (; *pattern != '\0'; pattern++, text++)
        if (*pattern != '.' && *pattern != *text)
            return false;
    return true;
}

struct outcomes {
    unsigned n;
    uint64_t at[OUTCOMES_MAX];
};
static bool outcome_in(const struct outcomes *s, uint64_t outcome)
{
    unsigned i = (unsigned)(outcome * 0x9e3779b97f4a7c15u >> 52);
    while (s->at[i] != 0 && s->at[i] != outcome)
        i = (i + 1) % OUTCOMES_MAX;
    return s->at[i] != 0;
}
static void outcome_add(struct outcomes *s, uint64_t outcome)
{
    unsigned i = (unsigned)(outcome * 0x9e3779b97f4a7c15u >> 52);
    while (s->at[i] != 0 && s->at[i] != outcome)
        i = (i + 1) % OUTCOMES_MAX;
    if (s->at[i] == 0 && ++s->n == OUTCOMES_MAX) {
        fprintf(stderr, "too many outcomes\n");
        abort();
    }
    s->at[i] = outcome;
}

// --- the axioms ---------------------------------------------------------------------------------

// For each event those that it is related to, as bits.
typedef struct {
    uint16_t of[EVENTS_MAX];
} relation;
#define EACH(e)          for (unsigned e = 0; e < x->n; e++)
#define RELATED(r, a, b) ((r)->of[a] >> (b)&1)

// A candidate execution; events 0, 1 and 2 are the initial stores of x, y and z.
struct execution {
    const struct program *p;
    unsigned n;
    unsigned from[EVENTS_MAX];                 // which store an event reads
    bool fails[EVENTS_MAX], known[EVENTS_MAX]; // a compare-exchange; values are known
    unsigned in[EVENTS_MAX], out[EVENTS_MAX];  // values
    unsigned place[EVENTS_MAX];                // in the modification order
    struct outcomes *cpp20, *rc11;
    uint64_t budget; // candidates that may still be looked at
};

static const struct op *op_of(const struct execution *x, unsigned e)
{
    return e < LOCATIONS ? NULL : &x->p->op[e - LOCATIONS];
}
static bool reads(const struct execution *x, unsigned e)
{
    return e >= LOCATIONS && op_reads(op_of(x, e));
}
static bool writes(const struct execution *x, unsigned e)
{
    return e < LOCATIONS ||
           (op_of(x, e)->kind != LOAD && op_of(x, e)->kind != FENCE && !x->fails[e]);
}
static unsigned location_of(const struct execution *x, unsigned e) // a fence has one of its own
{
    return e < LOCATIONS ? e : op_of(x, e)->kind == FENCE ? 16 + e : op_of(x, e)->location;
}
static int order_of(const struct execution *x, unsigned e)
{
    return e < LOCATIONS ? memory_order_relaxed
           : x->fails[e] ? op_of(x, e)->failing
                         : op_of(x, e)->order;
}
static bool acquiring(int o)
{
    return o == memory_order_acquire || o == memory_order_acq_rel || o == memory_order_seq_cst;
}
static bool releasing(int o)
{
    return o == memory_order_release || o == memory_order_acq_rel || o == memory_order_seq_cst;
}
static bool is_fence(const struct execution *x, unsigned e)
{
    return e >= LOCATIONS && op_of(x, e)->kind == FENCE;
}
static bool is_sc(const struct execution *x, unsigned e)
{
    return order_of(x, e) == memory_order_seq_cst;
}

static void close_relation(const struct execution *x, relation *r)
{
    EACH(k)
    EACH(a)
    if (RELATED(r, a, k))
        r->of[a] |= r->of[k];
}
static bool cyclic(const struct execution *x, relation r)
{
    close_relation(x, &r);
    EACH(e)
    if (RELATED(&r, e, e))
        return true;
    return false;
}
static relation compose(const struct execution *x, const relation *a, const relation *b)
{
    relation r = {{0}};
    EACH(e)
    EACH(k)
    if (RELATED(a, e, k))
        r.of[e] |= b->of[k];
    return r;
}
static relation either(const struct execution *x, const relation *a, const relation *b)
{
    relation r = *a;
    EACH(e)
    r.of[e] |= b->of[e];
    return r;
}

static void check(struct execution *x)
{
    relation sb = {{0}}, rf = {{0}}, mo = {{0}}, rb = {{0}}, hb;
    EACH(a)
    {
        EACH(b)
        {
            bool at_once = location_of(x, a) == location_of(x, b) && a != b;
            unsigned first = b < LOCATIONS || a < LOCATIONS ? 0 : op_of(x, a)->thread;
            if (b >= LOCATIONS && a < b && (a < LOCATIONS || first == op_of(x, b)->thread))
                sb.of[a] |= (uint16_t)(1u << b);
            if (reads(x, b) && x->from[b] == a)
                rf.of[a] |= (uint16_t)(1u << b);
            if (at_once && writes(x, a) && writes(x, b) && x->place[a] < x->place[b])
                mo.of[a] |= (uint16_t)(1u << b);
            if (at_once && reads(x, a) && writes(x, b) && x->place[x->from[a]] < x->place[b])
                rb.of[a] |= (uint16_t)(1u << b);
        }
    }
    relation cause = either(x, &sb, &rf);
    if (cyclic(x, cause))
        return;
    // atomicity: nothing stands between a read-modify-write and what it read
    EACH(e)
    if (reads(x, e) && writes(x, e) && x->place[e] != x->place[x->from[e]] + 1)
        return;
    // synchronises-with: through the store that was read and those that its read-modify-writes read
    hb = sb;
    EACH(r)
    if (reads(x, r))
        for (unsigned w = x->from[r];; w = x->from[w]) {
            EACH(a)
            EACH(b)
            if ((a == w || (is_fence(x, a) && RELATED(&sb, a, w))) && releasing(order_of(x, a)) &&
                (b == r || (is_fence(x, b) && RELATED(&sb, r, b))) && acquiring(order_of(x, b)))
                hb.of[a] |= (uint16_t)(1u << b);
            if (!reads(x, w))
                break;
        }
    close_relation(x, &hb);
    relation eco = either(x, &mo, &rb);
    eco = either(x, &eco, &rf);
    close_relation(x, &eco);
    EACH(a)
    EACH(b)
    if (RELATED(&eco, a, a) || (RELATED(&hb, a, b) && RELATED(&eco, b, a)))
        return;

    // seq_cst: what stands at the ends of an edge for a seq_cst event
    relation begins = {{0}}, ends = {{0}}, fences = {{0}}, far = {{0}}, near_hb = {{0}};
    EACH(a)
    {
        if (is_sc(x, a)) {
            begins.of[a] = (uint16_t)(1u << a | (is_fence(x, a) ? hb.of[a] : 0));
            if (is_fence(x, a))
                fences.of[a] = (uint16_t)(1u << a);
        }
        EACH(b)
        {
            if (is_sc(x, b) && (a == b || (is_fence(x, b) && RELATED(&hb, a, b))))
                ends.of[a] |= (uint16_t)(1u << b);
            if (location_of(x, a) != location_of(x, b))
                far.of[a] |= sb.of[a] & (uint16_t)(1u << b);
            else
                near_hb.of[a] |= hb.of[a] & (uint16_t)(1u << b);
        }
    }
    unsigned last[LOCATIONS] = {0}, most[LOCATIONS] = {0};
    EACH(e)
    for (unsigned l = 0; l < LOCATIONS; l++)
        if (writes(x, e) && location_of(x, e) == l && x->place[e] >= most[l]) {
            most[l] = x->place[e];
            last[l] = x->out[e];
        }
    bool succeeded[OPS_MAX] = {false};
    EACH(e)
    if (e >= LOCATIONS && (op_of(x, e)->kind == CAS || op_of(x, e)->kind == WEAK))
        succeeded[e - LOCATIONS] = !x->fails[e];
    uint64_t outcome = outcome_of(x->p, x->in + LOCATIONS, succeeded, last);

    // RC11: psc
    relation t = compose(x, &far, &hb), scb = compose(x, &t, &far);
    scb = either(x, &scb, &sb);
    scb = either(x, &scb, &near_hb);
    scb = either(x, &scb, &mo);
    scb = either(x, &scb, &rb);
    t = compose(x, &begins, &scb);
    relation psc = compose(x, &t, &ends);
    t = compose(x, &hb, &eco);
    t = compose(x, &t, &hb);
    t = either(x, &t, &hb);
    t = compose(x, &fences, &t);
    t = compose(x, &t, &fences);
    psc = either(x, &psc, &t);
    if (!cyclic(x, psc))
        outcome_add(x->rc11, outcome);
    // C++20: strongly happens before, and coherence-ordered before
    t = compose(x, &sb, &hb);
    t = compose(x, &t, &sb);
    t = either(x, &t, &sb);
    EACH(a)
    EACH(b)
    if (!is_sc(x, a) || !is_sc(x, b))
        t.of[a] &= (uint16_t) ~(1u << b);
    relation s = compose(x, &begins, &eco);
    s = compose(x, &s, &ends);
    s = either(x, &s, &t);
    if (!cyclic(x, s))
        outcome_add(x->cpp20, outcome);
}

// All modification orders: event e goes to each place among the stores before it in number.
static void each_modification_order(struct execution *x, unsigned e)
{
    if (x->budget == 0)
        return;
    if (e == x->n) {
        x->budget--;
        check(x);
        return;
    }
    if (!writes(x, e)) {
        each_modification_order(x, e + 1);
        return;
    }
    unsigned l = location_of(x, e), others = 0;
    for (unsigned i = LOCATIONS; i < e; i++)
        others += writes(x, i) && location_of(x, i) == l;
    unsigned before[EVENTS_MAX];
    memcpy(before, x->place, sizeof before);
    for (unsigned place = 1; place <= others + 1; place++) {
        for (unsigned i = LOCATIONS; i < e; i++)
            if (writes(x, i) && location_of(x, i) == l && x->place[i] >= place)
                x->place[i]++;
        x->place[e] = place;
        each_modification_order(x, e + 1);
        memcpy(x->place, before, sizeof before);
    }
}
// The values that follow from who reads whom, if they do.
static void evaluate(struct execution *x)
{
    memset(x->known, 0, sizeof x->known);
    for (unsigned round = 0; round < x->n; round++)
        EACH(e)
        {
            const struct op *o = op_of(x, e);
            if (x->known[e] || (reads(x, e) && !x->known[x->from[e]]))
                continue;
            x->known[e] = true;
            x->in[e] = reads(x, e) ? x->out[x->from[e]] : 0;
            x->out[e] = o == NULL ? 0 : o->kind == ADD ? x->in[e] + o->value : o->value;
            bool cas = o != NULL && (o->kind == CAS || o->kind == WEAK),
                 equal = cas && x->in[e] == o->expected;
            if (cas && (x->fails[e] ? equal && o->kind == CAS : !equal))
                return;
        }
    EACH(e)
    if (!x->known[e])
        return;
    each_modification_order(x, LOCATIONS);
}
static void each_source(struct execution *x, unsigned e)
{
    if (e == x->n) {
        EACH(r)
        if (reads(x, r) && !writes(x, x->from[r]))
            return;
        evaluate(x);
        return;
    }
    bool cas = e >= LOCATIONS && (op_of(x, e)->kind == CAS || op_of(x, e)->kind == WEAK);
    for (unsigned fails = 0; fails <= cas; fails++) {
        x->fails[e] = fails != 0;
        if (!reads(x, e))
            each_source(x, e + 1);
        for (unsigned w = 0; reads(x, e) && w < x->n; w++)
            if (w != e && location_of(x, w) == location_of(x, e) && (w > e || writes(x, w)) &&
                (w < LOCATIONS || op_of(x, w)->kind != LOAD)) {
                x->from[e] = w;
                each_source(x, e + 1);
            }
    }
    x->fails[e] = false;
}
// False: the program has more than so many candidate executions.
static bool oracle(const struct program *p, uint64_t candidates, struct outcomes *cpp20,
                   struct outcomes *rc11)
{
    struct execution x = {
        .p = p, .n = p->n + LOCATIONS, .cpp20 = cpp20, .rc11 = rc11, .budget = candidates};
    memset(cpp20, 0, sizeof *cpp20);
    memset(rc11, 0, sizeof *rc11);
    each_source(&x, 0);
    return x.budget > 0;
}

#endif
