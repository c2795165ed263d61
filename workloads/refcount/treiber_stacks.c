// SPDX-License-Identifier: MIT
//
// Lock-free stacks (Treiber, IBM RJ 5118, 1986) whose links are counted references. An update pops
// from one stack and pushes the value on another; the rest look a value up, walking one stack from
// its top. All of them begin at a head, so the heads' slots and the counts of the nodes at the top
// are what is contended for.
//
// No ABA. A pop compares the head with a node to which it holds a reference from before it read the
// node's next link until after the exchange, so the node's block cannot be freed and be another
// node's meanwhile. A node is pushed once, and its link never changes from then on; so if the head
// is that node, what was read from it is what lies below it. A push, too, holds a reference to the
// head that it expects: it has put it into its node's link.
//
// As in the original, a look-up holds one reference, to the top. Each node's link keeps the next
// one alive, so the walk needs no more; a scheme with cheap local references has one of them a
// look-up. A node that was popped keeps those below alive while someone walks there, and what dies
// in the end dies iteratively, as everything does (rc_die).
//
// With a refcount scheme that never frees (`none`) each update takes memory for good, and costs
// mostly that of fresh pages; the arena's bound of 4 GiB ends the process, with a message, after
// 134 million updates in a sample.
#include "numbered.h"

enum { STACKS, SIZE, UPDATES };
static const struct param params[] = {
    [STACKS] = {"stacks", "stacks", 1, 1 << 16, 10},
    [SIZE] = {"nodes", "nodes of a stack at first, and different values", 1, 1 << 16, 20},
    [UPDATES] = {"updates", "percent of the operations that pop and push; others look up", 0, 100,
                 10},
    {0},
};

struct node {
    struct numbered base; // the number is its value
    struct rc_slot next;
};
struct stack {
    _Alignas(SYNC_LINE) struct rc_slot head;
};
struct shared {
    unsigned threads;
    uint64_t stacks, values;
    unsigned updates;
    // by threads that have ended: what they pushed at first
    _Alignas(SYNC_LINE) _Atomic(uint64_t) nodes;
    _Atomic(uint64_t) sum; // of the values
    struct stack stack[];
};
struct own {
    struct shared *shared;
    uint64_t nodes, sum; // as in struct shared
    bool dead;           // a walk or a pop came to a node that had died
};

static void node_destroy(struct thread *t, struct object *o)
{
    rc_clear(t, &((struct node *)o)->next);
    numbered_destroy(t, o);
}
static void node_traverse(struct object *o, rc_visit *visit, void *argument)
{
    visit(argument, &((struct node *)o)->next);
}
static const struct type node_type = {
    .name = "node of a stack", .destroy = node_destroy, .traverse = node_traverse};

static void push(struct thread *t, struct stack *s, uint64_t value)
{
    struct node *node = object_new(t, &node_type, sizeof *node, AL_CONTAINER, 0);
    struct rc_header *h = &node->base.base.rc, *top = rc_load(t, &s->head);
    node->base.number = value;
    rc_fill(t, h, &node->next, top);
    while (!rc_compare_exchange(t, NULL, &s->head, top, h)) {
        struct rc_header *before = rc_swap(t, h, &node->next, top = rc_load(t, &s->head));
        if (before != NULL)
            rc_decref(t, before);
    }
    rc_decref(t, h);
}
// No value: what an empty stack gives.
#define STACK_EMPTY (NUMBERED_DEAD - 1)
static uint64_t pop(struct thread *t, struct stack *s, struct rc_local *local)
{
    for (;;) {
        struct rc_header *top = rc_local_get(t, local, &s->head);
        if (top == NULL)
            return STACK_EMPTY;
        // the link is the node's, and never changes: this reference to the node is enough to hold
        // what it refers to
        struct rc_header *next = rc_peek(&((struct node *)top)->next);
        bool done = rc_compare_exchange(t, NULL, &s->head, top, next);
        uint64_t value = numbered_of(top);
        rc_local_drop(t, local);
        if (done)
            return value;
    }
}
// The number at which the walk ended: the value, STACK_EMPTY if it is not there, or NUMBERED_DEAD.
static uint64_t find(struct thread *t, struct stack *s, struct rc_local *local, uint64_t value)
{
    struct rc_header *top = rc_local_get(t, local, &s->head);
    uint64_t number = STACK_EMPTY;
    if (top == NULL)
        return number;
    for (struct rc_header *h = top; h != NULL; h = rc_peek(&((struct node *)h)->next)) {
        number = numbered_of(h);
        if (number == value || number == NUMBERED_DEAD)
            break;
        number = STACK_EMPTY;
    }
    rc_local_drop(t, local);
    return number;
}

static void *start(struct thread *t, const struct run *run)
{
    uint64_t stacks = (uint64_t)run->param[STACKS];
    struct shared *s = sync_alloc(sizeof *s + stacks * sizeof s->stack[0]);
    s->threads = run->threads;
    s->stacks = stacks;
    s->values = (uint64_t)run->param[SIZE];
    s->updates = (unsigned)run->param[UPDATES];
    for (uint64_t i = 0; i < stacks; i++)
        rc_fill(t, NULL, &s->stack[i].head, NULL);
    return s;
}

// Each thread pushes its part of the nodes that there are at first.
static void *begin(struct thread *t, void *shared, unsigned index)
{
    struct shared *s = shared;
    struct own *own = sync_alloc(sizeof *own);
    own->shared = s;
    for (uint64_t i = index; i < s->stacks * s->values; i += s->threads) {
        uint64_t value = sync_rand(t) % s->values;
        push(t, &s->stack[i % s->stacks], value);
        own->nodes++;
        own->sum += value;
    }
    return own;
}

// A number below `below`, of 32 bits that are drawn.
API uint64_t scaled(uint64_t drawn, uint64_t below)
{
    return (uint64_t)(uint32_t)drawn * below >> 32;
}

static void work(struct thread *t, void *p, uint64_t n)
{
    struct own *own = p;
    struct shared *s = own->shared;
    struct rc_local local = {0};
    struct rc_roots frame;
    rc_roots_push(t, &frame, &local, 1);
    for (; n != 0; n--) {
        uint64_t what = sync_rand(t), where = sync_rand(t);
        struct stack *first = &s->stack[scaled(where, s->stacks)];
        uint64_t number;
        if ((uint32_t)what % 100 < s->updates) {
            number = pop(t, first, &local);
            if (number != STACK_EMPTY)
                push(t, &s->stack[scaled(where >> 32, s->stacks)], number);
        } else {
            number = find(t, first, &local, scaled(what >> 32, s->values));
        }
        own->dead |= number == NUMBERED_DEAD;
    }
    rc_roots_pop(t, &frame);
}

// Whoever popped a node has pushed another one.
static int64_t shares(const void *shared)
{
    const struct shared *s = shared;
    return (int64_t)(s->stacks * s->values);
}

static const char *end(struct thread *t, void *p, uint64_t done)
{
    struct own *own = p;
    struct shared *s = own->shared;
    (void)t, (void)done;
    const char *wrong = own->dead ? "a stack led to a node that had died" : NULL;
    atomic_fetch_add_explicit(&s->nodes, own->nodes, memory_order_relaxed);
    atomic_fetch_add_explicit(&s->sum, own->sum, memory_order_relaxed);
    sync_free(own);
    return wrong;
}

// The measuring threads have been joined: relaxed loads see all they counted, and links stay.
static const char *finish(struct thread *t, void *shared, uint64_t done)
{
    struct shared *s = shared;
    (void)done;
    uint64_t nodes = atomic_load_explicit(&s->nodes, memory_order_relaxed), n = 0;
    uint64_t sum = atomic_load_explicit(&s->sum, memory_order_relaxed);
    for (uint64_t i = 0; i < s->stacks; i++) {
        // no more than there can be, if links should lead in a circle
        for (struct rc_header *h = rc_peek(&s->stack[i].head); h != NULL && n <= nodes; n++) {
            sum -= numbered_of(h);
            h = rc_peek(&((struct node *)h)->next);
        }
        rc_store(t, NULL, &s->stack[i].head, NULL);
    }
    sync_free(s);
    const char *wrong = numbered_all_died(t);
    return n != nodes || sum != 0 ? "the stacks lost or doubled a node" : wrong;
}

static const struct workload treiber_stacks = {
    .name = "treiber_stacks",
    .summary = "threads pop, push and look up on lock-free stacks whose links are counted",
    .source = "figures 6e-h of Anderson, Blelloch, Wei, PLDI 2021 (10 stacks of 20; 1, 10, 50 %"
              " updates)",
    .operation = "one look-up, or one pop and push",
    .needs = NEEDS_SHARING,
    .allocates = true,
    .params = params,
    .start = start,
    .begin = begin,
    .work = work,
    .holds = holds_nothing,
    .shares = shares,
    .end = end,
    .finish = finish,
};
WORKLOAD(treiber_stacks)
