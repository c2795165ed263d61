// SPDX-License-Identifier: MIT
//
// Each thread builds a binary tree, walks it, and drops its root: allocation, counting and death
// together, as programs have them. Children are made before their parent; the walk takes a local
// reference to each child, as an interpreter's frame does; the root takes the whole tree with it.
//
// Where a scheme never frees, the workload gives back the memory itself, as a program in C would:
// the floor is allocation without counts, not ever more memory.
#include "../workload.h"

enum { DEPTH, SIZE };
enum { SIZE_LEAST = 48 };
static const struct param params[] = {
    // a tree is one unit: the deepest one is RUN_BATCH_MOST - 1 nodes
    [DEPTH] = {"depth", "levels of a tree, which has 2^depth - 1 nodes", 1, 16, 10},
    [SIZE] = {"size", "bytes of a node, or what it needs; multiples of 64 have their own lines",
              SIZE_LEAST, 4096, SIZE_LEAST},
    {0},
};
_Static_assert((1 << 16) - 1 <= RUN_BATCH_MOST, "the deepest tree fits no batch");

enum { CHILDREN = 2 };
struct node {
    struct object base;
    struct rc_slot child[CHILDREN];
};

struct shared {
    uint64_t nodes;
    size_t size;
};
struct own {
    uint64_t nodes; // of a whole tree
    size_t size;
    uint64_t visited;
    uint64_t died_before; // objects that had died on this thread in begin
};

static void node_destroy(struct thread *t, struct object *o)
{
    for (unsigned i = 0; i < CHILDREN; i++)
        rc_clear(t, &((struct node *)o)->child[i]);
}
static void node_traverse(struct object *o, rc_visit *visit, void *argument)
{
    for (unsigned i = 0; i < CHILDREN; i++)
        visit(argument, &((struct node *)o)->child[i]);
}
static const struct type node_type = {
    .name = "node", .destroy = node_destroy, .traverse = node_traverse};

// The subtree of node i of n, numbered level by level as a heap is; NULL beyond the last one.
static struct rc_header *tree_build(struct thread *t, size_t size, uint64_t i, uint64_t n)
{
    if (i >= n)
        return NULL;
    struct rc_header *child[CHILDREN];
    for (unsigned k = 0; k < CHILDREN; k++)
        child[k] = tree_build(t, size, CHILDREN * i + 1 + k, n);
    struct node *node = object_new(t, &node_type, size, AL_CONTAINER, 0);
    for (unsigned k = 0; k < CHILDREN; k++)
        rc_fill(t, &node->base.rc, &node->child[k], child[k]);
    return &node->base.rc;
}

// Nodes of the subtree, whose root the caller holds.
static uint64_t tree_walk(struct thread *t, struct rc_header *h)
{
    struct node *node = (struct node *)h;
    struct rc_local local = {0};
    struct rc_roots frame;
    uint64_t visited = 1;
    rc_roots_push(t, &frame, &local, 1);
    for (unsigned k = 0; k < CHILDREN; k++) {
        struct rc_header *child = rc_peek(&node->child[k]);
        if (child == NULL)
            continue;
        rc_local_of(t, &local, child);
        visited += tree_walk(t, child);
        rc_local_drop(t, &local);
    }
    rc_roots_pop(t, &frame);
    return visited;
}

// Without RC_FREES: the memory of a tree that was dropped.
static void tree_free(struct thread *t, struct rc_header *h)
{
    struct node *node = (struct node *)h;
    for (unsigned k = 0; k < CHILDREN; k++)
        if (rc_peek(&node->child[k]) != NULL)
            tree_free(t, rc_peek(&node->child[k]));
    al_free(t, h);
}

static void *start(struct thread *t, const struct run *run)
{
    (void)t;
    struct shared *s = sync_alloc(sizeof *s);
    s->nodes = ((uint64_t)1 << run->param[DEPTH]) - 1;
    s->size = object_size(run->param[SIZE], sizeof(struct node));
    return s;
}

static void *begin(struct thread *t, void *shared, unsigned index)
{
    const struct shared *s = shared;
    struct own *own = sync_alloc(sizeof *own);
    (void)index;
    own->nodes = s->nodes;
    own->size = s->size;
    own->died_before = thread_died(t);
    return own;
}

// The runner asks for whole trees where time is fixed. Else the last tree of a batch may have fewer
// nodes, its lowest level then being incomplete; each is still built, visited and freed once.
static void work(struct thread *t, void *p, uint64_t n)
{
    struct own *own = p;
    while (n != 0) {
        uint64_t nodes = own->nodes < n ? own->nodes : n;
        struct rc_header *root = tree_build(t, own->size, 0, nodes);
        own->visited += tree_walk(t, sync_opaque(root));
        rc_decref(t, root);
        if ((RC_TRAITS & RC_FREES) == 0)
            tree_free(t, root);
        n -= nodes;
    }
}

static uint64_t unit(const void *own)
{
    return ((const struct own *)own)->nodes;
}

// A tree that was dropped is nobody's.

static const char *end(struct thread *t, void *p, uint64_t done)
{
    struct own *own = p;
    const char *wrong = NULL;
    if (own->visited != done)
        wrong = "a tree had another number of nodes than were made";
    else if (!died_since(t, own->died_before, done))
        wrong = "not every node died with its tree";
    sync_free(own);
    return wrong;
}

static const char *finish(struct thread *t, void *shared, uint64_t done)
{
    (void)t, (void)done;
    sync_free(shared);
    return NULL;
}

static const struct workload tree = {
    .name = "tree",
    .summary = "each thread builds a binary tree, walks it and frees it",
    .source = "GCBench (J. Ellis, P. Kovac, H. Boehm); binary-trees of the Computer Language"
              " Benchmarks Game",
    .operation = "one node built, visited and freed",
    .allocates = true,
    .params = params,
    .start = start,
    .begin = begin,
    .work = work,
    .unit = unit,
    .holds = holds_nothing,
    .end = end,
    .finish = finish,
};
WORKLOAD(tree)
