// SPDX-License-Identifier: MIT
//
// A machine: what exists before a program runs, and what is given back when it has ended.
#ifndef MACHINE_H
#define MACHINE_H

#include "builtins.h"
#include "eval.h"

enum { FRAMES_BYTES = 1 << 22 }; // of a thread's data stack; untouched pages cost nothing

// What lives as long as the machine is immortal, where the runtime has that.
#ifdef FEATURE_IMMORTAL
enum { MACHINE_FLAGS = RC_IMMORTAL };
#else
enum { MACHINE_FLAGS = 0 };
#endif
API void machine_drop(struct thread *t, struct object *o)
{
    if (MACHINE_FLAGS != 0)
        rc_end_immortal(t, &o->rc);
    else
        drop(t, o);
}

static struct object *singleton(struct thread *t, const struct type *type)
{
    return object_new(t, type, sizeof(struct object), AL_OBJECT, MACHINE_FLAGS);
}
static struct object *machine_int(struct thread *t, const struct type *type, int64_t value)
{
    struct integer *i = object_new(t, type, sizeof *i, AL_OBJECT, MACHINE_FLAGS);
    i->value = value;
    return &i->base;
}

// Borrowed from the machine: the one interned string of these bytes.
static struct object *intern(struct thread *t, const char *bytes, size_t length)
{
    struct machine *m = machine_of(t);
    struct rc_header *made = string_new(t, bytes, length, false);
    struct rc_header *there = dict_get(t, m->interned, made);
    if (there == NULL) {
        there = string_new_as(t, bytes, length, true, MACHINE_FLAGS);
        dict_set(t, m->interned, there, there);
        rc_incref(t, there);
    }
    rc_decref(t, made);
    rc_decref(t, there); // the machine's own reference remains
    return object_of(there);
}
static struct object *intern_text(struct thread *t, const char *text)
{
    return intern(t, text, strlen(text));
}

// --- threads ----------------------------------------------------------------------------------

// Down to where the calling thread's stack may be used; stacks grow downwards.
static uintptr_t stack_floor(void)
{
    pthread_attr_t attributes;
    void *low;
    size_t size;
    sync_check(pthread_getattr_np(pthread_self(), &attributes) == 0 &&
                   pthread_attr_getstack(&attributes, &low, &size) == 0,
               "the bounds of a thread's stack are not known");
    pthread_attr_destroy(&attributes);
    size_t used = size / STACK_PARTS < STACK_USED ? size / STACK_PARTS : STACK_USED;
    return (uintptr_t)low + size - used;
}
static void interp_open(struct thread *t, struct machine *m)
{
    struct interp *in = sync_alloc(sizeof *in);
    in->t = t;
    in->machine = m;
    in->floor = stack_floor();
    in->none = m->none;
    in->truth[0] = m->truth[0];
    in->truth[1] = m->truth[1];
    in->small = m->small;
    in->name = m->name;
    in->empty_tuple = m->empty_tuple;
    in->character = m->character;
    in->not_implemented = m->not_implemented;
    in->kept = PAIR_HAS(LK_TRAITS, LK_GLOBAL) ? m->kept : in->own_kept;
    if (ERA_DATA_STACK) {
        in->stack = in->stack_top = sync_alloc(FRAMES_BYTES);
        in->stack_end = in->stack + FRAMES_BYTES;
    }
    t->own = in;
}
static void interp_close(struct thread *t)
{
    struct interp *in = interp_of(t);
    error_clear(t);
    drop_maybe(t, in->handled);
    in->handled = NULL;
    thread_drain(t); // what dies now may be kept
    t->own = NULL;
    keep_end(t, in->own_kept);
    sync_free(in->stack);
    sync_free(in);
}

// --- the machine ------------------------------------------------------------------------------

static void machine_names(struct thread *t, struct machine *m)
{
    static const char *const text[] = {
#define NAME_TEXT(name, text) [NAME_##name] = text,
        NAMES(NAME_TEXT)
#undef NAME_TEXT
    };
    static const char *const operator_text[] = {
#define OPERATOR_TEXT(name, symbol, method) method,
        OPERATORS(OPERATOR_TEXT)
#undef OPERATOR_TEXT
    };
    static const char *const comparison_text[] = {
#define COMPARISON_TEXT(name, symbol, method) method,
        COMPARISONS(COMPARISON_TEXT)
#undef COMPARISON_TEXT
    };
    char name[32];
    for (unsigned i = 0; i < NAME_LEFT; i++)
        m->name[i] = intern_text(t, text[i]);
    for (unsigned i = 0; i < OPERATOR_COUNT; i++) {
        snprintf(name, sizeof name, "__%s__", operator_text[i]);
        m->name[NAME_LEFT + i] = intern_text(t, name);
        snprintf(name, sizeof name, "__r%s__", operator_text[i]);
        m->name[NAME_RIGHT + i] = intern_text(t, name);
        snprintf(name, sizeof name, "__i%s__", operator_text[i]);
        m->name[NAME_IN_PLACE + i] = intern_text(t, name);
    }
    for (unsigned i = 0; i < 6; i++) {
        snprintf(name, sizeof name, "__%s__", comparison_text[i]);
        m->name[NAME_COMPARE + i] = intern_text(t, name);
    }
    for (unsigned i = 0; i < 128; i++) {
        char c = (char)i;
        m->character[i] = intern(t, &c, 1);
    }
}

// A class of the machine's, with the builtin methods of `def` (or none), which is also a builtin
// name where `global`.
static struct class_object *machine_class(struct thread *t, const char *name,
                                          struct class_object *parent,
                                          const struct builtin_def *def, bool global)
{
    struct machine *m = machine_of(t);
    struct dict *d = dict_new(t);
    for (; def != NULL && def->name != NULL; def++) {
        struct object *b = builtin_new(t, def, NULL, true, RC_DEFERRED | RC_HOT);
        dict_set(t, d, &intern_text(t, def->name)->rc, &b->rc);
        drop(t, b);
    }
    struct object *title = intern_text(t, name);
    struct class_object *c = class_new(t, title, parent, &d->base);
    drop(t, &d->base);
    if (global)
        dict_set(t, m->builtins, &title->rc, &c->base.rc);
    return c;
}
static void machine_classes(struct thread *t, struct machine *m)
{
    static const struct {
        const char *name;
        const struct slots *slots;
    } kind[KIND_COUNT] = {
#define KIND_ENTRY(kind, text) [KIND_##kind] = {text, NULL},
        KINDS(KIND_ENTRY)
#undef KIND_ENTRY
    };
    static const struct {
        const char *name;
        enum exception_kind base;
    } exception[] = {
#define EXCEPTION_ENTRY(name, text, base) {text, RAISES_##base},
        EXCEPTIONS(EXCEPTION_ENTRY)
#undef EXCEPTION_ENTRY
    };
    for (unsigned i = 0; i < KIND_COUNT; i++) {
        m->class[i] = machine_class(t, kind[i].name, i == KIND_BOOL ? m->class[KIND_INT] : NULL,
                                    builtin_methods((enum kind)i), builtin_maker((enum kind)i) != NULL);
        m->class[i]->kind = (enum kind)i;
        m->class[i]->make = builtin_maker((enum kind)i);
    }
    for (unsigned i = 0; i < EXCEPTION_COUNT; i++) {
        bool base = exception[i].base == i;
        m->exception[i] =
            machine_class(t, exception[i].name,
                          base ? m->class[KIND_INSTANCE] : m->exception[exception[i].base],
                          base ? exception_methods : NULL, true);
        m->exception[i]->exception = true;
    }
}

// Ends the process: the program is outside of the subset, as the run shows.
_Noreturn static void program_refuse(const char *why)
{
    fprintf(stderr, RUN_REFUSAL ": %s\n", why);
    fflush(stderr);
    _exit(2); // other threads run
}

// What was raised and not caught, as people read it; it is given up. True: it is not an exception of
// the program's, but what the machine cannot do.
static bool machine_error(struct thread *t, char *error, size_t size)
{
    struct interp *in = interp_of(t);
    struct object *e = in->error;
    char where[sizeof in->where];
    memcpy(where, in->where, sizeof where);
    bool fatal = in->fatal;
    in->error = NULL;
    in->fatal = false;
    struct object *text = str(t, e);
    const char *said = text != NULL ? string_of(text)->bytes : "";
    if (fatal)
        snprintf(error, size, "%s: outside rclab's subset of Python: %s", where, said);
    else
        snprintf(error, size, "%s: %s%s%s", where, type_name(t, e), said[0] != '\0' ? ": " : "",
                 said);
    drop_maybe(t, text);
    drop(t, e);
    error_clear(t);
    return fatal;
}

// Gives up the interned strings.
static void intern_end(struct thread *t, struct machine *m)
{
    size_t n = 0;
    struct object **all = sync_alloc((dict_length(t, m->interned) + 1) * sizeof *all);
    struct rc_header *key, *value;
    for (struct dict_iter it = dict_iterate(t, m->interned);
         dict_next(t, &it, &key, &value) == DICT_ENTRY;) {
        all[n++] = object_of(key);
        rc_decref(t, key);
        rc_decref(t, value);
    }
    drop(t, &m->interned->base);
    for (size_t i = 0; i < n; i++)
        machine_drop(t, all[i]);
    sync_free(all);
}

// The program's text is checked; it is not needed afterwards. The caller has entered the runtime,
// and has no other machine. If the module's statements raised an error, `error`, which was empty,
// tells it, and the machine can only be closed.
static struct machine *machine_open(struct thread *t, const struct bytecode *text, char *error,
                                    size_t size)
{
    struct machine *m = sync_alloc(sizeof *m);
    m->world = t->world;
    sync_mutex_init(&m->types);
    sync_mutex_init(&m->specialising);
    atomic_init(&m->globals_version, 1);
    atomic_init(&m->keys_version, 1);
    snprintf(m->file, sizeof m->file, "%s", text->file.bytes);
    // integers and strings are made with what a thread knows of the machine
    m->none = singleton(t, &none_type);
    m->not_implemented = singleton(t, &none_type);
    m->missing = singleton(t, &none_type);
    m->truth[0] = machine_int(t, &bool_type, 0);
    m->truth[1] = machine_int(t, &bool_type, 1);
    for (int64_t i = ERA_SMALL_LEAST; i <= ERA_SMALL_MOST; i++)
        m->small[i - ERA_SMALL_LEAST] = machine_int(t, &int_type, i);
    m->empty_tuple = object_new(t, &tuple_type, sizeof(struct tuple), AL_OBJECT, MACHINE_FLAGS);
    ((struct tuple *)m->empty_tuple)->length = 0;
    interp_open(t, m);
    m->interned = dict_new(t);
    m->globals = dict_new(t);
    m->builtins = dict_new(t);
    if (ERA_METHOD_CACHE) {
        m->method_cache = sync_alloc(METHOD_CACHE_ENTRIES * sizeof *m->method_cache);
        for (size_t i = 0; i < METHOD_CACHE_ENTRIES; i++)
            method_cache_init(t, &m->method_cache[i]);
    }
    machine_names(t, m);
    machine_classes(t, m);
    machine_builtins(t, m);
    m->code = sync_alloc(text->codes * sizeof *m->code);
    for (; m->codes < text->codes; m->codes++) {
        m->code[m->codes] = lower(t, &text->code[m->codes]);
        if (m->code[m->codes] == NULL) {
            snprintf(error, size, "%s: a function of more than 65,535 instructions", m->file);
            program_refuse(error);
        }
    }
    struct object *module = function_new(t, m->code[0], &m->globals->base, NULL, NULL);
    struct frame *f = frame_with(t, module, NULL, NULL, NULL, 0, NULL);
    struct object *result = NULL;
    if (f != NULL) {
        f->names = m->globals;
        result = run(t, f);
    }
    drop_maybe(t, result);
    drop(t, module);
    if (result == NULL && machine_error(t, error, size))
        program_refuse(error);
    return m;
}

// By the thread that opened it; all others have left. What then lives is in cycles, or the program's own leak.
static void machine_close(struct thread *t, struct machine *m)
{
    for (unsigned i = 0; i < m->codes; i++)
        code_forget(t, (struct code *)m->code[i]);
    dict_clear(t, m->globals);
    if (ERA_METHOD_CACHE)
        for (size_t i = 0; i < METHOD_CACHE_ENTRIES; i++)
            method_cache_end(t, &m->method_cache[i]);
    dict_clear(t, m->builtins);
    for (unsigned i = 0; i < m->codes; i++)
        drop(t, m->code[i]);
    for (unsigned i = EXCEPTION_COUNT; i-- != 0;)
        drop(t, &m->exception[i]->base);
    for (unsigned i = KIND_COUNT; i-- != 0;)
        drop(t, &m->class[i]->base);
    drop(t, &m->globals->base);
    drop(t, &m->builtins->base);
    thread_drain(t);
    intern_end(t, m);
    machine_drop(t, m->empty_tuple);
    for (int64_t i = ERA_SMALL_LEAST; i <= ERA_SMALL_MOST; i++)
        machine_drop(t, m->small[i - ERA_SMALL_LEAST]);
    machine_drop(t, m->truth[0]);
    machine_drop(t, m->truth[1]);
    machine_drop(t, m->missing);
    machine_drop(t, m->not_implemented);
    machine_drop(t, m->none);
    interp_close(t);
    keep_end(t, m->kept);
    sync_free(m->method_cache);
    sync_free(m->code);
    // classes that are in cycles, and leaked, refer to the machine: who ends them is the world's end
    sync_mutex_destroy(&m->types);
    sync_mutex_destroy(&m->specialising);
    sync_free(m);
}

#endif
