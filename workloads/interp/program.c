// SPDX-License-Identifier: MIT
//
// A Python program in the virtual machine, which is built for a runtime: four schemes, and the era
// of the interpreter whose costs it has (era.h). Each thread calls the program's bench(n); they share
// its codes, classes and globals.
//
// The setting thread runs the module's statements and calls bench(n) once: what that answers, as
// text, is the result, and every later call must answer the same.
//
// Reference cycles are legal, and nobody is blamed for them: where no collector finds them they are
// left, and told.
#include "value.h"

#include "number.h"

#include "text.h"
#include "text_methods.h"
#include "format.h"
#include "percent.h"

#include "tuple.h"
#include "sequence.h"
#include "mapping.h"
#include "iterators.h"

#include "class.h"
#include "call.h"
#include "operations.h"
#include "builtins.h"
#include "lower.h"
#include "steps.h"
#include "eval.h"
#include "machine.h"

enum { N };
static const struct param params[] = {
    [N] = {"n", "what bench is called with", 0, (int64_t)1 << 53, 10}, {0}};

enum { WRONG_SIZE = 1024 };
static struct bytecode *loaded;

static const char *load(const struct run *run)
{
    static char why[WRONG_SIZE];
    FILE *f = fopen(run->program, "r");
    char *bytes = NULL;
    size_t length = 0, room = 0;
    while (f != NULL && !feof(f) && !ferror(f)) {
        if (length == room) {
            char *more = sync_alloc(room = room != 0 ? 2 * room : 1 << 16);
            if (bytes != NULL)
                memcpy(more, bytes, length);
            sync_free(bytes);
            bytes = more;
        }
        length += fread(bytes + length, 1, room - length, f);
    }
    if (f == NULL || ferror(f)) {
        snprintf(why, sizeof why, "%s: %s", run->program, strerror(errno));
    } else {
        int used = snprintf(why, sizeof why, "%s: ", run->program);
        if (used < 0 || (size_t)used >= sizeof why)
            used = 0;
        loaded = bytecode_read(bytes, length, why + used, sizeof why - (size_t)used);
    }
    if (f != NULL)
        fclose(f);
    sync_free(bytes);
    return loaded != NULL ? NULL : why;
}

struct shared {
    struct machine *machine;
    struct object *bench, *n, *result; // result: its text; NULL: there is none
    char wrong[WRONG_SIZE];            // empty: nothing is
};
struct own {
    struct shared *shared;
    struct object *bench, *n;
    char wrong[WRONG_SIZE];
};

// The text of what bench answers, or NULL and the reason in `wrong`.
static struct object *answer(struct thread *t, struct object *bench, struct object *n, char *wrong)
{
    struct object *value = call_1(t, bench, n);
    struct object *text = value != NULL ? str(t, value) : NULL;
    drop_maybe(t, value);
    if (text == NULL && machine_error(t, wrong, WRONG_SIZE))
        program_refuse(wrong);
    return text;
}

static void *start(struct thread *t, const struct run *run)
{
    struct shared *s = sync_alloc(sizeof *s);
    s->machine = machine_open(t, loaded, s->wrong, sizeof s->wrong);
    if (s->wrong[0] != '\0')
        return s;
    struct rc_header *bench = dict_get(t, s->machine->globals, &name_of(t, NAME_BENCH)->rc);
    if (bench == NULL) {
        snprintf(s->wrong, sizeof s->wrong, "%s: no bench(n)", s->machine->file);
        program_refuse(s->wrong);
    }
    s->bench = object_of(bench);
    s->n = int_new(t, run->param[N]);
    s->result = answer(t, s->bench, s->n, s->wrong);
    return s;
}

static void *begin(struct thread *t, void *shared, unsigned index)
{
    struct shared *s = shared;
    struct own *own = sync_alloc(sizeof *own);
    (void)index;
    // where each thread has a world, it has set the machine up itself
    if (t->own == NULL)
        interp_open(t, s->machine);
    own->shared = s;
    if (s->result != NULL) {
        own->bench = keep(t, s->bench);
        own->n = keep(t, s->n);
    }
    return own;
}

static void work(struct thread *t, void *p, uint64_t n)
{
    struct own *own = p;
    for (; n != 0 && own->bench != NULL && own->wrong[0] == '\0'; n--) {
        struct object *text = answer(t, own->bench, own->n, own->wrong);
        if (text == NULL)
            break;
        if (!string_equal(text, own->shared->result))
            snprintf(own->wrong, sizeof own->wrong, "%s: bench answered %.300s, and then %.300s",
                     own->shared->machine->file, string_of(own->shared->result)->bytes,
                     string_of(text)->bytes);
        drop(t, text);
    }
}

static const char *end(struct thread *t, void *p, uint64_t done)
{
    struct own *own = p;
    struct shared *s = own->shared;
    (void)done;
    drop_maybe(t, own->bench);
    drop_maybe(t, own->n);
    if (own->wrong[0] != '\0') {
        types_lock(t, s->machine); // the first one's is told
        if (s->wrong[0] == '\0')
            memcpy(s->wrong, own->wrong, sizeof s->wrong);
        types_unlock(s->machine);
    }
    if (!PAIR_HAS(LK_TRAITS, LK_ISOLATED))
        interp_close(t);
    sync_free(own);
    return NULL;
}

static const char *result(struct thread *t, void *shared)
{
    struct shared *s = shared;
    (void)t;
    return s->result != NULL ? string_of(s->result)->bytes : NULL;
}

static const char *finish(struct thread *t, void *shared, uint64_t done)
{
    struct shared *s = shared;
    static char wrong[WRONG_SIZE];
    (void)done;
    memcpy(wrong, s->wrong, sizeof wrong);
    drop_maybe(t, s->bench);
    drop_maybe(t, s->n);
    drop_maybe(t, s->result);
    machine_close(t, s->machine);
    sync_free(s);
    return wrong[0] != '\0' ? wrong : NULL;
}

static const struct workload program = {
    .name = "program",
    .summary = "a Python program in a virtual machine that is built for a runtime",
    .source = "docs/bytecode.md",
    .operation = "one call of bench(n)",
    .allocates = true,
    .leaves = true,
    .params = params,
    .load = load,
    .start = start,
    .begin = begin,
    .work = work,
    .holds = holds_nothing,
    .end = end,
    .result = result,
    .finish = finish,
};
WORKLOAD(program)
