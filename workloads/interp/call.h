// SPDX-License-Identifier: MIT
//
// What can be called: functions with their codes and frames, builtin functions, bound methods,
// classes.
//
// A frame has one array of local references, which is registered with the refcount scheme as a
// whole (rc_roots_push): the function that runs, its parameters and locals, its cells, what it
// closes over, and the stack. Invariant: an entry that is in use by nobody is empty.
//
// Until 3.10 a frame is an object of its own, with references to its code, globals, builtins and to
// the frame that called it, as PyFrame_New takes them; from 3.11 on it is a piece of the thread's
// data stack and has the function's reference alone.
#ifndef CALL_H
#define CALL_H

#include "bytecode.h"
#include "class.h"
#include "../container/inline_cache.h"

// --- codes ------------------------------------------------------------------------------------

// An instruction: eight bits of operation, eight without use, operands a and b of sixteen, sixteen
// bits that count until it is specialised, or say which cache it has. Relaxed: who reads it while
// another thread specialises it finds the one or the other, and both do the same.
typedef _Atomic(uint64_t) machine_word;
#define WORD(op, a, b, c) \
    ((uint64_t)(op) | (uint64_t)(a) << 16 | (uint64_t)(b) << 32 | (uint64_t)(c) << 48)
#define WORD_OP(w) ((uint8_t)(w))
#define WORD_A(w)  ((uint16_t)((w) >> 16))
#define WORD_B(w)  ((uint16_t)((w) >> 32))
#define WORD_C(w)  ((uint16_t)((w) >> 48))

// Where an exception leads to that is raised by an instruction.
struct handler {
    uint16_t target, depth; // target 0: out of the frame
    uint16_t previous;      // the lowest entry from depth on that PUSH_EXC_INFO left; or 0xffff
};

// What an instruction remembers. The hint is a number that is checked whenever it is used.
struct cache {
    struct inline_cache found;
    _Atomic(uint32_t) hint;
};

struct frame;
struct code {
    struct object base;
    struct rc_slot title; // its name: a string
    enum bytecode_code_kind kind;
    uint16_t arguments, locals, cells, frees, stack;
    unsigned size; // entries of a frame
    unsigned constants, names, length, caches;
    int32_t *cell_local;        // the parameter that a cell is too, or -1
    struct object **constant;   // counted; immutable
    struct object **name;       // interned strings, of the machine's
    struct object **local_name; // locals, cells, free variables: likewise
    machine_word *word;
    uint32_t *line;
    struct handler *handler;
    struct cache *cache;
    void *kept; // ERA_FRAME_KEPT: memory of its last frame, or NULL
    struct machine *machine;
};
static const struct slots code_slots = {.kind = KIND_CODE};
// What its instructions remember is given up: they keep functions alive, and these the code.
static void code_forget(struct thread *t, struct code *c)
{
    for (unsigned i = 0; i < c->caches; i++)
        inline_cache_end(t, &c->cache[i].found);
}
static void code_destroy(struct thread *t, struct object *o)
{
    struct code *c = (struct code *)o;
    rc_clear(t, &c->title);
    for (unsigned i = 0; i < c->constants; i++)
        drop(t, c->constant[i]);
    code_forget(t, c);
    if (c->kept != NULL)
        al_free(t, c->kept);
    sync_free(c->cell_local);
    sync_free(c->constant);
    sync_free(c->name);
    sync_free(c->local_name);
    sync_free(c->word);
    sync_free(c->line);
    sync_free(c->handler);
    sync_free(c->cache);
}
static const struct type code_type = {
    .name = "code", .destroy = code_destroy, .hash = identity_hash, .slots = &code_slots};

// --- functions --------------------------------------------------------------------------------

struct function {
    struct object base;
    struct rc_slot code, globals, name;
    struct rc_slot defaults, closure; // tuples, or empty
};
static void function_visit(struct object *o, rc_visit *visit, void *argument)
{
    struct function *f = (struct function *)o;
    visit(argument, &f->code);
    visit(argument, &f->globals);
    visit(argument, &f->name);
    visit(argument, &f->defaults);
    visit(argument, &f->closure);
}
static void function_destroy(struct thread *t, struct object *o)
{
    function_visit(o, clear_visited, t);
}
API struct code *function_code(const struct function *f)
{
    return (struct code *)rc_peek(&((struct function *)f)->code);
}
static struct object *function_repr(struct thread *t, struct object *o)
{
    return string_format(t, "<function %s at %p>",
                         ((struct string *)rc_peek(&((struct function *)o)->name))->bytes,
                         (void *)o);
}
static struct object *function_attribute(struct thread *t, struct object *o, struct object *name)
{
    if (name == name_of(t, NAME_NAME) || name == name_of(t, NAME_QUALNAME))
        return object_of(rc_read(t, &((struct function *)o)->name));
    return NOT_IMPLEMENTED;
}
static const struct slots function_slots = {
    .kind = KIND_FUNCTION, .repr = function_repr, .attribute = function_attribute};
static const struct type function_type = {.name = "function",
                                          .destroy = function_destroy,
                                          .traverse = function_visit,
                                          .hash = identity_hash,
                                          .slots = &function_slots};
static bool is_function(const struct object *o)
{
    return o->type == &function_type;
}
// Defaults and closure may be NULL; all are borrowed.
static struct object *function_new(struct thread *t, struct object *code, struct object *globals,
                                   struct object *defaults, struct object *closure)
{
    struct function *f =
        object_new(t, &function_type, sizeof *f, AL_CONTAINER, RC_DEFERRED | RC_HOT);
    struct code *c = (struct code *)code;
    rc_fill(t, &f->base.rc, &f->code, &keep(t, code)->rc);
    rc_fill(t, &f->base.rc, &f->globals, &keep(t, globals)->rc);
    rc_fill(t, &f->base.rc, &f->name, rc_read(t, &c->title));
    rc_fill(t, &f->base.rc, &f->defaults, defaults != NULL ? &keep(t, defaults)->rc : NULL);
    rc_fill(t, &f->base.rc, &f->closure, closure != NULL ? &keep(t, closure)->rc : NULL);
    return &f->base;
}

// A variable that inner functions see.
struct cell {
    struct object base;
    struct rc_slot value; // shared
};
static void cell_destroy(struct thread *t, struct object *o)
{
    rc_clear(t, &((struct cell *)o)->value);
}
static void cell_traverse(struct object *o, rc_visit *visit, void *argument)
{
    visit(argument, &((struct cell *)o)->value);
}
static const struct slots cell_slots = {.kind = KIND_CELL};
static const struct type cell_type = {.name = "cell",
                                      .destroy = cell_destroy,
                                      .traverse = cell_traverse,
                                      .hash = identity_hash,
                                      .slots = &cell_slots};
static struct object *cell_new(struct thread *t)
{
    struct cell *c = object_new(t, &cell_type, sizeof *c, AL_CONTAINER, 0);
    rc_fill(t, &c->base.rc, &c->value, NULL);
    return &c->base;
}

// A function with the object that it is called with first.
struct method {
    struct object base;
    struct rc_slot function, self;
};
static void method_visit(struct object *o, rc_visit *visit, void *argument)
{
    visit(argument, &((struct method *)o)->function);
    visit(argument, &((struct method *)o)->self);
}
static void method_destroy(struct thread *t, struct object *o)
{
    method_visit(o, clear_visited, t);
}
static struct object *method_repr(struct thread *t, struct object *o)
{
    struct method *m = (struct method *)o;
    struct function *f = (struct function *)rc_peek(&m->function);
    return string_format(t, "<bound method %s>", ((struct string *)rc_peek(&f->name))->bytes);
}
static const struct slots method_slots = {
    .kind = KIND_METHOD, .keep = KEEP_METHOD, .repr = method_repr};
static const struct type method_type = {.name = "method",
                                        .destroy = method_destroy,
                                        .traverse = method_visit,
                                        .hash = identity_hash,
                                        .slots = &method_slots};
static struct object *method_new(struct thread *t, struct object *function, struct object *self)
{
    struct method *m = object_new_kept(t, &method_type, sizeof *m, AL_CONTAINER, 0);
    rc_fill(t, &m->base.rc, &m->function, &keep(t, function)->rc);
    rc_fill(t, &m->base.rc, &m->self, &keep(t, self)->rc);
    return &m->base;
}

// --- builtin functions ------------------------------------------------------------------------

struct builtin {
    struct object base;
    const struct builtin_def *def;
    bool method; // of a builtin type: its first argument is self, unless that is here
    struct rc_slot self;
};
static void builtin_traverse(struct object *o, rc_visit *visit, void *argument)
{
    visit(argument, &((struct builtin *)o)->self);
}
static void builtin_destroy(struct thread *t, struct object *o)
{
    rc_clear(t, &((struct builtin *)o)->self);
}
static struct object *builtin_repr(struct thread *t, struct object *o)
{
    return string_format(t, "<built-in function %s>", ((struct builtin *)o)->def->name);
}
static struct object *builtin_attribute(struct thread *t, struct object *o, struct object *name)
{
    const char *text = ((struct builtin *)o)->def->name;
    if (name == name_of(t, NAME_NAME) || name == name_of(t, NAME_QUALNAME))
        return string_make(t, text, strlen(text));
    return NOT_IMPLEMENTED;
}
static const struct slots builtin_slots = {.kind = KIND_BUILTIN,
                                           .keep = KEEP_METHOD,
                                           .repr = builtin_repr,
                                           .attribute = builtin_attribute};
static const struct type builtin_type = {.name = "builtin_function_or_method",
                                         .destroy = builtin_destroy,
                                         .traverse = builtin_traverse,
                                         .hash = identity_hash,
                                         .slots = &builtin_slots};
_Static_assert(sizeof(struct builtin) >= sizeof(struct method), "they share a free list");
// flags: of rc_init.
static struct object *builtin_new(struct thread *t, const struct builtin_def *def,
                                  struct object *self, bool method, unsigned flags)
{
    struct builtin *b = object_new(t, &builtin_type, sizeof *b, AL_CONTAINER, flags);
    b->def = def;
    b->method = method;
    rc_fill(t, &b->base.rc, &b->self, self != NULL ? &keep(t, self)->rc : NULL);
    return &b->base;
}
static bool is_builtin(const struct object *o)
{
    return o->type == &builtin_type;
}
static bool is_method_builtin(const struct object *o)
{
    return is_builtin(o) && ((struct builtin *)o)->method &&
           rc_peek(&((struct builtin *)o)->self) == NULL;
}
static struct object *builtin_bind(struct thread *t, struct object *builtin, struct object *self)
{
    return builtin_new(t, ((struct builtin *)builtin)->def, self, true, 0);
}

static bool builtin_takes_any(const struct builtin_def *d)
{
    return d->keyword[0] != NULL && strcmp(d->keyword[0], BUILTIN_NAMES) == 0;
}
// A dictionary of the names and their values.
static struct object *names_dict(struct thread *t, struct object *names,
                                 struct object *const *value)
{
    struct dict *d = dict_new(t);
    for (size_t i = 0; i < tuple_length(names); i++)
        dict_set(t, d, &tuple_item(names, i)->rc, &value[i]->rc);
    return &d->base;
}
// Arguments beside self; `names` as in call().
static struct object *builtin_call(struct thread *t, const struct builtin_def *d,
                                   struct object *self, struct object *const *argument, unsigned n,
                                   struct object *names)
{
    struct object *keyword[BUILTIN_KEYWORDS] = {NULL};
    unsigned named = names != NULL ? (unsigned)tuple_length(names) : 0;
    n -= named;
    struct object *all = NULL;
    if (named != 0 && builtin_takes_any(d))
        keyword[0] = all = names_dict(t, names, argument + n);
    for (unsigned i = 0; i < named && all == NULL; i++) {
        const char *name = ((struct string *)tuple_item(names, i))->bytes;
        unsigned k = 0;
        while (k < BUILTIN_KEYWORDS && d->keyword[k] != NULL && strcmp(d->keyword[k], name) != 0)
            k++;
        if (k == BUILTIN_KEYWORDS || d->keyword[k] == NULL)
            return raise_error(t, RAISES_TYPE_ERROR, "'%s' is an invalid keyword argument for %s()",
                               name, d->name);
        keyword[k] = argument[n + i];
    }
    if (__builtin_expect(n < d->least || (n > d->most && d->most != BUILTIN_ANY), 0)) {
        drop_maybe(t, all);
        if (d->least == d->most && d->most <= 1)
            return raise_error(t, RAISES_TYPE_ERROR, "%s() takes %s (%u given)", d->name,
                               d->most == 0 ? "no arguments" : "exactly one argument", n);
        return raise_error(t, RAISES_TYPE_ERROR, "%s expected %s %u argument%s, got %u", d->name,
                           n < d->least ? "at least" : "at most", n < d->least ? d->least : d->most,
                           (n < d->least ? d->least : d->most) == 1 ? "" : "s", n);
    }
    struct object *result = d->call(t, self, argument, n, keyword);
    drop_maybe(t, all);
    return result;
}

// --- frames -----------------------------------------------------------------------------------

enum { FRAME_BLOCKS = 20, CALLS_MOST = 1000 };
struct block {
    uint16_t target, depth; // target 0: a loop
};
struct frame {
    struct rc_roots roots;
    struct frame *back;
    struct code *code;
    struct function *function;
    struct dict *globals, *builtins, *names; // names: of a class body or module
    struct object *handled;                  // by who called; not counted
    const machine_word *next;                // where it goes on
    struct rc_local *top;                    // of the stack, while another one runs
    bool entry;                              // who called is C: run() ends with it
    uint8_t
        makes; // what becomes of its result: 0 the value, 1 nothing (an __init__ of a new object)
    uint8_t blocks;
#if ERA < 311
    struct block block[FRAME_BLOCKS];
#endif
    struct rc_local local[];
};
// Before 3.11.
struct frame_object {
    struct object base;
    size_t room; // bytes of the frame
    struct frame frame;
};
static const struct slots frame_slots = {.kind = KIND_FRAME, .keep = KEEP_FRAME};
static const struct type frame_type = {.name = "frame", .slots = &frame_slots};

static bool frame_keep(struct object *o)
{
    struct code *c = ((struct frame_object *)o)->frame.code;
    if (!PAIR_HAS(LK_TRAITS, LK_GLOBAL) || c->kept != NULL)
        return false;
    c->kept = o;
    return true;
}

API struct rc_local *frame_fast(struct frame *f)
{
    return f->local + 1;
}
API struct rc_local *frame_stack(struct frame *f)
{
    return f->local + (f->code->size - f->code->stack - 1);
}

// Memory for a frame of so many bytes, whose locals are empty.
static struct frame *frame_memory(struct thread *t, struct code *c, size_t size)
{
    struct interp *in = interp_of(t);
#if ERA >= 311
    (void)c;
    if (__builtin_expect((size_t)(in->stack_end - in->stack_top) < size, 0))
        return (struct frame *)raise_error(t, RAISES_RECURSION_ERROR,
                                           "maximum recursion depth exceeded");
    struct frame *f = (struct frame *)in->stack_top;
    in->stack_top += size;
    // the head of an earlier frame may have stood here; 3.11 empties locals as well
    memset(f->local, 0, size - offsetof(struct frame, local));
    return f;
#else
    size_t whole = offsetof(struct frame_object, frame) + size;
    struct frame_object *o = NULL;
    struct kept *k = &in->kept[KEEP_FRAME][0];
    if (ERA_FRAME_KEPT && PAIR_HAS(LK_TRAITS, LK_GLOBAL) && c->kept != NULL) {
        o = c->kept;
        c->kept = NULL;
        rc_new_in(t, o, AL_OBJECT, 0);
    } else if (k->first != NULL) {
        o = k->first;
        k->first = *keep_next(o);
        k->n--;
        if (o->room < size) {
            al_free(t, o);
            o = NULL;
        } else {
            rc_new_in(t, o, AL_OBJECT, 0);
        }
    }
    if (o == NULL) {
        o = object_new(t, &frame_type, whole, AL_OBJECT, 0);
        o->room = size;
        memset(o->frame.local, 0, size - offsetof(struct frame, local));
    }
    o->base.type = &frame_type;
    return &o->frame;
#endif
}
// A frame for the function, which is borrowed, with empty locals. NULL: an error.
static struct frame *frame_push(struct thread *t, struct function *function)
{
    struct interp *in = interp_of(t);
    struct code *c = function_code(function);
    if (__builtin_expect(in->depth >= CALLS_MOST, 0)) {
        raise_error(t, RAISES_RECURSION_ERROR, "maximum recursion depth exceeded");
        return NULL;
    }
    size_t size = sizeof(struct frame) + c->size * sizeof(struct rc_local);
    struct frame *f = frame_memory(t, c, size);
    if (f == NULL)
        return NULL;
    in->depth++;
    f->back = in->frame;
    f->code = c;
    f->function = function;
    f->globals = (struct dict *)rc_peek(&function->globals);
    f->builtins = in->machine->builtins;
    f->names = NULL;
    f->handled = in->handled;
    f->next = c->word;
    f->top = frame_stack(f);
    f->entry = true;
    f->makes = 0;
    f->blocks = 0;
    if (!ERA_DATA_STACK) {
        keep(t, &c->base);
        keep(t, &f->globals->base);
        keep(t, &f->builtins->base);
        if (f->back != NULL)
            keep(t, (struct object *)((char *)f->back - offsetof(struct frame_object, frame)));
    }
    rc_roots_push(t, &f->roots, f->local, c->size);
    in->frame = f;
    return f;
}
// What is handled is again what it was when the frame began.
API void frame_restore_handled(struct thread *t, struct frame *f)
{
    struct interp *in = interp_of(t);
    if (__builtin_expect(in->handled == f->handled, 1))
        return;
    struct object *now = in->handled;
    in->handled = f->handled;
    if (f->handled != NULL)
        keep(t, f->handled);
    drop_maybe(t, now);
}
// Ends the frame that runs: drops what its locals refer to. The stack holds no more than what an
// error left there.
static void frame_pop(struct thread *t, struct frame *f)
{
    struct interp *in = interp_of(t);
    struct code *c = f->code;
    frame_restore_handled(t, f);
    // from the top of the stack down; a local that was lent there lives longer
    for (struct rc_local *l = f->local + c->size; l-- != f->local;)
        if (rc_local_peek(l) != NULL)
            rc_local_drop(t, l);
    rc_roots_pop(t, &f->roots);
    in->frame = f->back;
    in->depth--;
#if ERA >= 311
    in->stack_top = (char *)f;
#else
    struct frame_object *o =
        (struct frame_object *)((char *)f - offsetof(struct frame_object, frame));
    struct frame *back = f->back;
    drop(t, &f->globals->base);
    drop(t, &f->builtins->base);
    drop(t, &o->base); // value_free keeps it, with the code, which lives until then
    drop(t, &c->base);
    if (back != NULL)
        drop(t, (struct object *)((char *)back - offsetof(struct frame_object, frame)));
#endif
}

// --- arguments --------------------------------------------------------------------------------

static const char *function_title(const struct function *f)
{
    return ((struct string *)rc_peek(&((struct function *)f)->name))->bytes;
}
// Parameters from `from` on that are empty get their defaults; false: one has none.
static bool fill_defaults(struct thread *t, struct frame *f, unsigned from)
{
    struct code *c = f->code;
    struct rc_local *fast = frame_fast(f);
    struct object *defaults = object_of(rc_peek(&f->function->defaults));
    unsigned with = defaults != NULL ? (unsigned)tuple_length(defaults) : 0;
    unsigned missing = 0, first = 0;
    for (unsigned i = from; i < c->arguments; i++) {
        if (rc_local_peek(&fast[i]) != NULL)
            continue;
        if (i + with >= c->arguments)
            rc_local_of(t, &fast[i], &tuple_item(defaults, i + with - c->arguments)->rc);
        else if (missing++ == 0)
            first = i;
    }
    if (missing == 0)
        return true;
    struct builder b;
    builder_open(&b);
    unsigned told = 0;
    for (unsigned i = first; i < c->arguments; i++)
        if (rc_local_peek(&fast[i]) == NULL) {
            told++;
            if (told != 1)
                builder_text(&b, missing == 2 ? " and " : told == missing ? ", and " : ", ");
            builder_text(&b, "'");
            builder_text(&b, ((struct string *)c->local_name[i])->bytes);
            builder_text(&b, "'");
        }
    raise_error(t, RAISES_TYPE_ERROR, "%s() missing %u required positional argument%s: %.*s",
                function_title(f->function), missing, missing == 1 ? "" : "s", (int)b.length,
                b.bytes);
    builder_close(&b);
    return false;
}
static bool too_many(struct thread *t, struct frame *f, unsigned n)
{
    struct code *c = f->code;
    struct object *defaults = object_of(rc_peek(&f->function->defaults));
    unsigned with = defaults != NULL ? (unsigned)tuple_length(defaults) : 0;
    if (with != 0)
        raise_error(t, RAISES_TYPE_ERROR,
                    "%s() takes from %u to %u positional arguments but %u were given",
                    function_title(f->function), c->arguments - with, c->arguments, n);
    else
        raise_error(t, RAISES_TYPE_ERROR, "%s() takes %u positional argument%s but %u %s given",
                    function_title(f->function), c->arguments, c->arguments == 1 ? "" : "s", n,
                    n == 1 ? "was" : "were");
    return false;
}
// Which parameter has this name; c->arguments: none.
static unsigned parameter_of(const struct code *c, const struct object *name)
{
    unsigned i = 0;
    while (i < c->arguments && c->local_name[i] != name)
        i++;
    return i;
}
static bool bad_keyword(struct thread *t, struct frame *f, struct object *name, bool twice)
{
    raise_error(t, RAISES_TYPE_ERROR,
                twice ? "%s() got multiple values for argument '%s'"
                      : "%s() got an unexpected keyword argument '%s'",
                function_title(f->function), ((struct string *)name)->bytes);
    return false;
}
// Cells, with the parameters that they are too, and what the function closes over.
static void frame_variables(struct thread *t, struct frame *f)
{
    struct code *c = f->code;
    struct rc_local *cell = frame_fast(f) + c->locals;
    for (unsigned i = 0; i < c->cells; i++) {
        struct object *made = cell_new(t);
        int32_t local = c->cell_local[i];
        if (local >= 0)
            rc_swap(t, &made->rc, &((struct cell *)made)->value,
                    rc_local_own(t, &frame_fast(f)[local]));
        rc_local_take(t, &cell[i], &made->rc);
    }
    struct object *closure = object_of(rc_peek(&f->function->closure));
    for (unsigned i = 0; i < c->frees; i++)
        rc_local_of(t, &cell[c->cells + i], &tuple_item(closure, i)->rc);
}

static struct object *run(struct thread *t, struct frame *f);

// A new frame of the function with these arguments: borrowed ones, or locals of the caller's stack
// (fast_function), which are moved if the era does that. NULL: an error.
// `callable`: a local that refers to the function and may be moved too, or NULL. Before 3.11 it
// stays where it is, and a frame has no reference to its function.
API struct frame *frame_with(struct thread *t, struct object *function, struct rc_local *callable,
                             struct object *const *argument, struct rc_local *moved, unsigned n,
                             struct object *names)
{
    struct frame *f = frame_push(t, (struct function *)function);
    if (__builtin_expect(f == NULL, 0))
        return NULL;
    if (ERA_DATA_STACK && callable != NULL)
        rc_local_move(t, &f->local[0], callable);
    else if (ERA_DATA_STACK)
        rc_local_of(t, &f->local[0], &function->rc);
    struct code *c = f->code;
    struct rc_local *fast = frame_fast(f);
    unsigned named = names != NULL ? (unsigned)tuple_length(names) : 0, given = n - named;
    bool fine = given <= c->arguments || too_many(t, f, given);
    for (unsigned i = 0; fine && i < n; i++) {
        struct rc_local *to = &fast[i];
        if (i >= given) {
            struct object *name = tuple_item(names, i - given);
            unsigned at = parameter_of(c, name);
            to = &fast[at];
            if (at == c->arguments || rc_local_peek(to) != NULL) {
                fine = bad_keyword(t, f, name, at != c->arguments);
                break;
            }
        }
        if (moved != NULL && ERA_ARGUMENTS_MOVE)
            rc_local_move(t, to, &moved[i]);
        else if (moved != NULL)
            rc_local_dup(t, to, &moved[i]);
        else
            rc_local_of(t, to, &argument[i]->rc);
    }
    if (fine && n != c->arguments)
        fine = fill_defaults(t, f, given);
    if (__builtin_expect(!fine, 0)) {
        frame_pop(t, f);
        return NULL;
    }
    if (c->cells + c->frees != 0)
        frame_variables(t, f);
    return f;
}

// --- calls ------------------------------------------------------------------------------------

static struct object *class_call(struct thread *t, struct class_object *c,
                                 struct object *const *argument, unsigned n, struct object *names);
static struct object *call_with_self(struct thread *t, struct object *function, struct object *self,
                                     struct object *const *argument, unsigned n,
                                     struct object *names)
{
    struct object *near[8], **all = n < 8 ? near : sync_alloc((n + 1) * sizeof *all);
    all[0] = self;
    for (unsigned i = 0; i < n; i++)
        all[i + 1] = argument[i];
    struct object *result = call(t, function, all, n + 1, names);
    if (all != near)
        sync_free(all);
    return result;
}
OUT_OF_LINE struct object *call(struct thread *t, struct object *callable,
                                struct object *const *argument, unsigned n, struct object *names)
{
    switch (kind_of(callable)) {
    case KIND_FUNCTION: {
        struct frame *f = frame_with(t, callable, NULL, argument, NULL, n, names);
        return f != NULL ? run(t, f) : NULL;
    }
    case KIND_BUILTIN: {
        struct builtin *b = (struct builtin *)callable;
        struct object *self = object_of(rc_peek(&b->self));
        if (b->method && self == NULL) {
            if (n == (names != NULL ? tuple_length(names) : 0))
                return raise_error(t, RAISES_TYPE_ERROR, "unbound method %s() needs an argument",
                                   b->def->name);
            self = *argument++;
            n--;
        }
        return builtin_call(t, b->def, self, argument, n, names);
    }
    case KIND_METHOD: {
        struct method *m = (struct method *)callable;
        return call_with_self(t, object_of(rc_peek(&m->function)), object_of(rc_peek(&m->self)),
                              argument, n, names);
    }
    case KIND_CLASS:
        return class_call(t, as_class(callable), argument, n, names);
    case KIND_INSTANCE: {
        struct object *method = type_lookup(t, class_of(t, callable), name_of(t, NAME_CALL));
        if (method == NULL)
            break;
        // a __call__ may be such an instance again
        struct object *result =
            stack_has_room(t) ? call_with_self(t, method, callable, argument, n, names) : NULL;
        drop(t, method);
        return result;
    }
    default:
        break;
    }
    return raise_error(t, RAISES_TYPE_ERROR, "'%s' object is not callable", type_name(t, callable));
}

static struct object *class_call(struct thread *t, struct class_object *c,
                                 struct object *const *argument, unsigned n, struct object *names)
{
    if (c->make != NULL)
        return builtin_call(t, c->make, NULL, argument, n, names);
    struct object *args = NULL;
    if (c->exception) {
        struct object **item = sync_alloc((n + 1) * sizeof *item);
        for (unsigned i = 0; i < n; i++)
            item[i] = keep(t, argument[i]);
        args = tuple_make(t, item, n);
        sync_free(item);
    }
    struct object *o = instance_new(t, c, args);
    struct object *init = type_lookup(t, c, name_of(t, NAME_INIT));
    if (init == NULL) {
        if (n == 0 || (c->exception && names == NULL))
            return o;
        drop(t, o);
        return raise_error(t, RAISES_TYPE_ERROR, "%s() takes no arguments", class_name(c));
    }
    struct object *bound = ERA_BOUND_METHODS ? method_new(t, init, o) : NULL, *second = NULL;
    if (ERA_SELF_TUPLE) {
        struct object **item = sync_alloc((n + 1) * sizeof *item);
        for (unsigned i = 0; i < n + 1; i++)
            item[i] = keep(t, i != 0 ? argument[i - 1] : o);
        second = tuple_make(t, item, n + 1);
        sync_free(item);
    }
    struct object *result = call_with_self(t, init, o, argument, n, names);
    drop_maybe(t, second);
    drop_maybe(t, bound);
    drop(t, init);
    if (result != NULL && result != interp_of(t)->none) {
        raise_error(t, RAISES_TYPE_ERROR, "__init__() should return None, not '%s'",
                    type_name(t, result));
        drop(t, result);
        result = NULL;
    }
    if (result == NULL) {
        drop(t, o);
        return NULL;
    }
    drop(t, result);
    return o;
}

#endif
