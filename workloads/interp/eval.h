// SPDX-License-Identifier: MIT
//
// The evaluation loop (Python/ceval.c), for all eras: era.h says what each had, lower.h which
// instructions it meets.
//
// Operands stay on the stack, in a frame that the refcount scheme knows, until an instruction is
// done with them: whatever it calls may pass a safepoint. What it makes is a counted reference until
// it is pushed.
//
// A Python function that calls another one: from 3.11 on the loop goes on in the new frame; before,
// it calls itself.
#ifndef EVAL_H
#define EVAL_H

#include "lower.h"
#include "operations.h"

// --- what instructions need ---------------------------------------------------------------------

API bool eval_specialises_alone(struct thread *t)
{
    return PAIR_HAS(LK_TRAITS, LK_GLOBAL) || sync_mutex_trylock(&machine_of(t)->specialising);
}
API void eval_specialised(struct thread *t)
{
    if (!PAIR_HAS(LK_TRAITS, LK_GLOBAL))
        sync_mutex_unlock(&machine_of(t)->specialising);
}

// A global or builtin name, as a local reference; false: an error.
static __attribute__((noinline)) bool load_global(struct thread *t, struct frame *f,
                                                  struct object *name, struct rc_local *to)
{
    sync_event(lookup);
    if (dict_get_local(t, f->globals, &name->rc, to) != NULL)
        return true;
    sync_event(lookup);
    if (dict_get_local(t, f->builtins, &name->rc, to) != NULL)
        return true;
    raise_error(t, RAISES_NAME_ERROR, "name '%s' is not defined", ((struct string *)name)->bytes);
    return false;
}
// Globals have changed, after the fact: what is cached at an older version is not used any more.
API void globals_changed(struct thread *t, bool keys)
{
    struct machine *m = machine_of(t);
    // release: pairs with the acquire of who caches what he then finds
    atomic_fetch_add_explicit(&m->globals_version, 1, memory_order_release);
    if (keys)
        atomic_fetch_add_explicit(&m->keys_version, 1, memory_order_release);
}
static bool store_name(struct thread *t, struct frame *f, struct dict *names, struct object *name,
                       struct object *value)
{
    sync_event(lookup);
    if (value == NULL) {
        if (!dict_remove(t, names, &name->rc)) {
            raise_error(t, RAISES_NAME_ERROR, "name '%s' is not defined",
                        ((struct string *)name)->bytes);
            return false;
        }
        if (names == f->globals)
            globals_changed(t, true);
        return true;
    }
    bool added = dict_set(t, names, &name->rc, &value->rc);
    if (names == f->globals)
        globals_changed(t, added);
    return true;
}
// Through the cache of its instruction (3.8 to 3.10): good while nothing was stored in either
// dictionary.
static bool load_global_cached(struct thread *t, struct frame *f, struct cache *c,
                               struct object *name, struct rc_local *to)
{
    struct machine *m = machine_of(t);
    // acquire: pairs with globals_changed
    uint64_t version = atomic_load_explicit(&m->globals_version, memory_order_acquire);
    if (__builtin_expect(inline_cache_get(t, &c->found, version, to) != NULL, 1))
        return true;
    if (!load_global(t, f, name, to))
        return false;
    if (eval_specialises_alone(t)) {
        inline_cache_fill(t, &c->found, version, rc_local_peek(to));
        eval_specialised(t);
    }
    return true;
}

static __attribute__((noinline, cold)) void unbound(struct thread *t, const struct code *c,
                                                    unsigned i)
{
    raise_error(t, RAISES_UNBOUND_LOCAL_ERROR,
                "cannot access local variable '%s' where it is not associated with a value",
                ((struct string *)c->local_name[i])->bytes);
}
static __attribute__((noinline, cold)) void unbound_variable(struct thread *t,
                                                             const struct code *c, unsigned i)
{
    if (i < c->cells) {
        unbound(t, c, c->locals + i);
        return;
    }
    raise_error(t, RAISES_NAME_ERROR,
                "cannot access free variable '%s' where it is not associated with a value in "
                "enclosing scope",
                ((struct string *)c->local_name[c->locals + i])->bytes);
}

// `last ... first` on the stack, from sp on; false: an error, and nothing is there.
static __attribute__((noinline)) bool unpack(struct thread *t, struct object *o,
                                             struct rc_local *sp, unsigned before, int after)
{
    unsigned whole = before + (after >= 0 ? (unsigned)after + 1 : 0);
    if (slots_of(o)->iterate == NULL) {
        raise_error(t, RAISES_TYPE_ERROR, "cannot unpack non-iterable %s object", type_name(t, o));
        return false;
    }
    struct object *it = iterate(t, o);
    if (it == NULL)
        return false;
    struct object *item = NULL;
    unsigned n = 0;
    while (n < before && (item = next_of(t, it)) != NULL)
        rc_local_take(t, &sp[whole - 1 - n++], &item->rc);
    bool fine = n == before;
    if (fine && after < 0) {
        item = next_of(t, it);
        if (item != NULL) {
            drop(t, item);
            raise_error(t, RAISES_VALUE_ERROR, "too many values to unpack (expected %u)", before);
        }
        fine = !failed(t);
    } else if (fine) {
        struct object *rest = list_from(t, it);
        int64_t length = rest != NULL ? (int64_t)list_length(t, (struct list *)rest) : 0;
        if (rest != NULL && length < after) {
            raise_error(t, RAISES_VALUE_ERROR,
                        "not enough values to unpack (expected at least %u, got %u)",
                        before + (unsigned)after, before + (unsigned)length);
            drop(t, rest);
            rest = NULL;
        }
        fine = rest != NULL;
        for (int i = 0; fine && i < after; i++)
            rc_local_take(t, &sp[i], list_pop(t, (struct list *)rest));
        if (fine)
            rc_local_take(t, &sp[after], &rest->rc);
    } else if (!failed(t)) {
        raise_error(t, RAISES_VALUE_ERROR, "not enough values to unpack (expected %s%u, got %u)",
                    after < 0 ? "" : "at least ", before + (after > 0 ? (unsigned)after : 0), n);
    }
    drop(t, it);
    for (unsigned i = 0; !fine && i < whole; i++)
        if (rc_local_peek(&sp[i]) != NULL)
            rc_local_drop(t, &sp[i]);
    return fine;
}

// An exception to raise of what a program gave, whose reference is taken; NULL: an error of ours.
static struct object *exception_of(struct thread *t, struct object *o)
{
    if (is_class(o) && as_class(o)->exception) {
        struct object *made = call(t, o, NULL, 0, NULL);
        drop(t, o);
        return made;
    }
    if (is_instance_kind(o) && class_of(t, o)->exception)
        return o;
    drop(t, o);
    return raise_error(t, RAISES_TYPE_ERROR, "exceptions must derive from BaseException");
}
static int exception_matches(struct thread *t, struct object *e, struct object *type)
{
    if (is_tuple(type)) {
        for (size_t i = 0; i < tuple_length(type); i++) {
            int yes = exception_matches(t, e, tuple_item(type, i));
            if (yes != 0)
                return yes;
        }
        return 0;
    }
    if (is_class(type) && as_class(type)->exception)
        return is_instance(t, e, as_class(type));
    raise_error(t, RAISES_TYPE_ERROR,
                "catching classes that do not inherit from BaseException is not allowed");
    return -1;
}

// A class whose body has this code; base may be NULL.
static struct object *make_class(struct thread *t, struct frame *f, struct object *code,
                                 struct object *base, struct object *closure)
{
    struct code *c = (struct code *)code;
    struct class_object *parent = machine_of(t)->class[KIND_INSTANCE];
    if (base != NULL && !is_class(base))
        return raise_fatal(t, "a base class that is no class: '%s'", type_name(t, base));
    if (base != NULL)
        parent = as_class(base);
    if (parent->kind != KIND_INSTANCE)
        return raise_fatal(t, "a class derived from '%s'", class_name(parent));
    struct object *dict = &dict_new(t)->base;
    struct object *function = function_new(t, code, &f->globals->base, NULL, closure);
    struct frame *body = frame_with(t, function, NULL, NULL, NULL, 0, NULL);
    struct object *cell = NULL, *class = NULL;
    if (body != NULL) {
        body->names = (struct dict *)dict;
        if (c->cells != 0)
            cell = keep(t, object_of(rc_local_peek(&frame_fast(body)[c->locals])));
        struct object *result = run(t, body);
        if (result != NULL) {
            drop(t, result);
            class = &class_new(t, object_of(rc_peek(&c->title)), parent, dict)->base;
            as_class(class)->program = true;
        }
    }
    if (class != NULL && cell != NULL)
        rc_store(t, &cell->rc, &((struct cell *)cell)->value, &class->rc);
    drop_maybe(t, cell);
    drop(t, function);
    drop(t, dict);
    return class;
}

API struct object *eval_binary(struct thread *t, enum operator how, struct object *a,
                               struct object *b)
{
    if (ERA_INT_IN_LOOP && is_exact_int(a) && is_exact_int(b)) {
        int64_t result;
        if (how == OPERATOR_ADD &&
            !__builtin_add_overflow(int_value(a), int_value(b), &result))
            return int_new(t, result);
        if (how == OPERATOR_SUBTRACT &&
            !__builtin_sub_overflow(int_value(a), int_value(b), &result))
            return int_new(t, result);
    }
    return binary(t, how, a, b);
}
API struct object *eval_compare(struct thread *t, enum comparison how, struct object *a,
                                struct object *b)
{
    if (ERA_INT_IN_LOOP && is_exact_int(a) && is_exact_int(b))
        return truth(t, comparison_holds(how, order_of(int_value(a), int_value(b))));
    return compare(t, how, a, b);
}
API struct object *eval_subscript(struct thread *t, struct object *o, struct object *index)
{
    if (ERA_INT_IN_LOOP && is_list(o) && is_exact_int(index) && int_value(index) >= 0) {
        struct rc_header *item = list_get(t, (struct list *)o, (size_t)int_value(index));
        if (item != NULL)
            return object_of(item);
    }
    return subscript(t, o, index);
}
// conversion: 0 none, 1 !s, 2 !r, 3 !a.
static struct object *eval_format(struct thread *t, struct object *o, unsigned conversion,
                                  struct object *spec)
{
    if (conversion == 0)
        return format_value(t, o, spec);
    struct object *text = conversion == 1 ? str(t, o) : conversion == 2 ? repr(t, o) : ascii_of(t, o);
    if (text == NULL)
        return NULL;
    struct object *result = format_value(t, text, spec);
    drop(t, text);
    return result;
}
// What PUSH_EXC_INFO left, whose reference is taken, is what is handled again.
API void eval_handled(struct thread *t, struct object *previous)
{
    struct interp *in = interp_of(t);
    struct object *now = in->handled;
    in->handled = previous != in->none ? previous : NULL;
    if (previous == in->none)
        drop(t, previous);
    drop_maybe(t, now);
}
// What a `for` of 1.4 goes by: the sequence, and an integer object that is a new one each turn. What
// has no indices has an iterator, which 1.4 had not.
struct for_index_iterator {
    struct object base;
    struct rc_slot sequence, index;
};
static void for_index_visit(struct object *o, rc_visit *visit, void *argument)
{
    visit(argument, &((struct for_index_iterator *)o)->sequence);
    visit(argument, &((struct for_index_iterator *)o)->index);
}
static void for_index_destroy(struct thread *t, struct object *o)
{
    for_index_visit(o, clear_visited, t);
}
static struct object *for_index_next(struct thread *t, struct object *o)
{
    struct for_index_iterator *it = (struct for_index_iterator *)o;
    struct object *sequence = object_of(rc_peek(&it->sequence));
    struct object *index = object_of(rc_peek(&it->index));
    struct object *item = slots_of(sequence)->subscript(t, sequence, index);
    if (item == NULL) {
        if (raised(t, RAISES_INDEX_ERROR))
            error_clear(t);
        return NULL;
    }
    struct object *next = int_new(t, int_value(index) + 1);
    rc_decref(t, rc_swap(t, &o->rc, &it->index, &next->rc));
    return item;
}
static const struct slots for_index_slots = {.kind = KIND_ITERATOR, .next = for_index_next};
static const struct type for_index_iterator_type = {.name = "iterator",
                                                .destroy = for_index_destroy,
                                                .traverse = for_index_visit,
                                                .hash = identity_hash,
                                                .slots = &for_index_slots};
static struct object *for_index_iterator(struct thread *t, struct object *o)
{
    enum kind kind = kind_of(o);
    if (kind != KIND_LIST && kind != KIND_TUPLE && kind != KIND_STRING && kind != KIND_RANGE)
        return iterate(t, o);
    struct for_index_iterator *it =
        object_new(t, &for_index_iterator_type, sizeof *it, AL_CONTAINER, 0);
    rc_fill(t, &it->base.rc, &it->sequence, &keep(t, o)->rc);
    rc_fill(t, &it->base.rc, &it->index, &int_new(t, 0)->rc);
    return &it->base;
}
// New ones of the n locals from `first` on, which are empty afterwards.
static struct object *tuple_of_locals(struct thread *t, struct rc_local *first, unsigned n)
{
    if (n == 0)
        return keep(t, interp_of(t)->empty_tuple);
    struct object *near[16] = {NULL}, **item = n <= 16 ? near : sync_alloc(n * sizeof *item);
    for (unsigned i = 0; i < n; i++)
        item[i] = object_of(rc_local_own(t, &first[i]));
    struct object *tuple = tuple_make(t, item, n);
    if (item != near)
        sync_free(item);
    return tuple;
}
static struct object *list_of_locals(struct thread *t, struct rc_local *first, unsigned n)
{
    struct object *near[16] = {NULL}, **item = n <= 16 ? near : sync_alloc(n * sizeof *item);
    for (unsigned i = 0; i < n; i++)
        item[i] = object_of(rc_local_own(t, &first[i]));
    struct object *list = list_make(t, item, n);
    if (item != near)
        sync_free(item);
    return list;
}

// --- calls --------------------------------------------------------------------------------------

// Calls what `callable` refers to with the n locals behind `argument`. Answers the result; or NULL,
// and *into is the frame to go on with, or NULL: an error. What is not moved into a frame is the
// caller's to drop.
static __attribute__((noinline)) struct object *call_locals(struct thread *t,
                                                            struct rc_local *callable,
                                                            struct rc_local *argument, unsigned n,
                                                            struct object *names,
                                                            struct frame **into)
{
    struct object *o = object_of(rc_local_peek(callable));
    *into = NULL;
    if (ERA_ARGUMENT_TUPLE) {
        // call_object: whatever is called gets a tuple
        struct object *near[16] = {NULL}, **item = n <= 16 ? near : sync_alloc(n * sizeof *item);
        for (unsigned i = 0; i < n; i++)
            item[i] = object_of(rc_local_own(t, &argument[i]));
        struct object *tuple = tuple_make(t, item, n);
        for (unsigned i = 0; i < n; i++)
            item[i] = tuple_item(tuple, i);
        struct object *result;
        if (o->type == &method_type) {
            // a second tuple, with self
            struct method *m = (struct method *)o;
            struct object *more[17], **all = n <= 16 ? more : sync_alloc((n + 1) * sizeof *all);
            all[0] = keep(t, object_of(rc_peek(&m->self)));
            for (unsigned i = 0; i < n; i++)
                all[i + 1] = keep(t, item[i]);
            struct object *second = tuple_make(t, all, n + 1);
            for (unsigned i = 0; i < n + 1; i++)
                all[i] = tuple_item(second, i);
            result = call(t, object_of(rc_peek(&m->function)), all, n + 1, names);
            drop(t, second);
            if (all != more)
                sync_free(all);
        } else {
            result = call(t, o, item, n, names);
        }
        drop(t, tuple);
        if (item != near)
            sync_free(item);
        return result;
    }
    if (o->type == &method_type && argument == callable + 1) {
        // the method's place is self's now
        struct method *m = (struct method *)o;
        struct object *function = keep(t, object_of(rc_peek(&m->function)));
        struct object *self = keep(t, object_of(rc_peek(&m->self)));
        rc_local_drop(t, callable);
        rc_local_take(t, callable, &self->rc);
        struct rc_local own = {0};
        rc_local_take(t, &own, &function->rc);
        struct object *result = call_locals(t, &own, callable, n + 1, names, into);
        if (rc_local_peek(&own) != NULL)
            rc_local_drop(t, &own);
        return result;
    }
    if (is_function(o)) {
        struct frame *f = frame_with(t, o, callable, NULL, argument, n, names);
        if (f == NULL)
            return NULL;
        if (!ERA_DATA_STACK) {
            // what came out of a method is held already
            bool held = ERA_CALLEE_HELD && argument == callable + 1;
            if (held)
                keep(t, o);
            struct object *result = run(t, f);
            if (held)
                drop(t, o);
            return result;
        }
        f->entry = false;
        *into = f;
        return NULL;
    }
    struct object *near[8] = {NULL}, **item = n <= 8 ? near : sync_alloc(n * sizeof *item);
    struct object *tuple = NULL;
    if (ERA_BUILTIN_TUPLE && !(ERA_BUILTIN_ONE && n <= 1)) {
        for (unsigned i = 0; i < n; i++)
            item[i] = object_of(rc_local_own(t, &argument[i]));
        tuple = tuple_make(t, item, n);
        for (unsigned i = 0; i < n; i++)
            item[i] = tuple_item(tuple, i);
    } else {
        for (unsigned i = 0; i < n; i++)
            item[i] = object_of(rc_local_peek(&argument[i]));
    }
    struct object *result = call(t, o, item, n, names);
    drop_maybe(t, tuple);
    if (item != near)
        sync_free(item);
    return result;
}

#include "specialise.h"

// --- the loop -----------------------------------------------------------------------------------

#define PEEK(n)    object_of(rc_local_peek(&sp[-(int)(n)]))
#define PUSH(o)    rc_local_take(t, sp++, &(o)->rc)
#define DROP()     rc_local_drop(t, --sp)
#define NAME(i)    (c->name[i])
#define A          WORD_A(word)
#define B          WORD_B(word)
#define CACHE      (&c->cache[B])
#define FAIL_IF(x)                      \
    if (__builtin_expect((x), 0))       \
        goto error;
// The result takes the place of n operands; what may have taken long looks whether something waits.
#define ANSWER(n, result)                         \
    do {                                          \
        struct object *answer_ = (result);        \
        FAIL_IF(answer_ == NULL)                  \
        for (int i_ = 0; i_ < (n); i_++)          \
            DROP();                               \
        PUSH(answer_);                            \
        if (ERA_BREAKS)                           \
            lk_safepoint(t);                      \
    } while (0)

// Where it is, and whether it is traced; relaxed: nobody changes it.
#define EVERY_INSTRUCTION                                                         \
    f->next = next;                                                               \
    if (ERA_TRACES && atomic_load_explicit(&in->traced, memory_order_relaxed))    \
        sync_fail(__FILE__, __LINE__, "nobody traces");
#if ERA >= 301
#define INSTRUCTION_BEGIN(op) label_##op:
#define NEXT                                        \
    {                                               \
        sync_event(bytecode);                       \
        EVERY_INSTRUCTION                           \
        word = atomic_load_explicit(next, memory_order_relaxed); \
        next++;                                     \
        goto *label[WORD_OP(word)];                 \
    }
#else
#define INSTRUCTION_BEGIN(op) case OP_##op:
#define NEXT continue;
#endif
#define ENTER_FRAME()          \
    do {                       \
        c = f->code;           \
        fast = frame_fast(f);  \
        sp = f->top;           \
        next = f->next;        \
    } while (0)
// An instruction that is specialised once it has been executed so often, on these operands.
#define SPECIALISE(kind)                                                                       \
    if (ERA_SPECIALISES && WORD_C(word) != SPECIALISED_NEVER) {                                \
        if (specialise_##kind(t, f, (machine_word *)next - 1, word, sp)) {                     \
            next--;                                                                            \
            NEXT                                                                               \
        }                                                                                      \
    }
// A specialised instruction finds operands that it is not for: the general one does it.
#define MISS(op)                                                   \
    {                                                              \
        specialise_miss(t, (machine_word *)next - 1, word, OP_##op); \
        goto general_##op;                                           \
    }

static struct object *run(struct thread *t, struct frame *f)
{
#if ERA >= 301
    static const void *const label[256] = {
#define INSTRUCTION(name, a, b, takes, leaves, where) [OP_##name] = &&label_##name,
        INSTRUCTIONS(INSTRUCTION)
#undef INSTRUCTION
#define MACHINE_LABEL(name) [OP_##name] = &&label_##name,
            MACHINE_INSTRUCTIONS(MACHINE_LABEL)
#undef MACHINE_LABEL
    };
#endif
    struct interp *in = interp_of(t);
    struct code *c;
    struct rc_local *fast, *sp;
    const machine_word *next;
    uint64_t word;
    ENTER_FRAME();
    if (!ERA_SPECIALISES)
        thread_safepoint(t);
#if ERA >= 301
    NEXT
#else
    for (;;) {
        lk_safepoint(t); // a tick
        sync_event(bytecode);
        EVERY_INSTRUCTION
        word = atomic_load_explicit(next, memory_order_relaxed);
        next++;
        switch (WORD_OP(word)) {
#endif

    // --- stack and locals

    INSTRUCTION_BEGIN(RESUME)
    {
        thread_safepoint(t);
        NEXT
    }
    INSTRUCTION_BEGIN(SET_LINENO)
    {
        NEXT
    }
    INSTRUCTION_BEGIN(POP_TOP)
    {
        DROP();
        NEXT
    }
    INSTRUCTION_BEGIN(DUP_TOP)
    {
        rc_local_dup(t, sp, &sp[-1]);
        sp++;
        NEXT
    }
    INSTRUCTION_BEGIN(DUP_TOP_TWO)
    {
        rc_local_dup(t, sp, &sp[-2]);
        rc_local_dup(t, sp + 1, &sp[-1]);
        sp += 2;
        NEXT
    }
    INSTRUCTION_BEGIN(ROT_TWO)
    {
        struct rc_local top = {0};
        rc_local_move(t, &top, &sp[-1]);
        rc_local_move(t, &sp[-1], &sp[-2]);
        rc_local_move(t, &sp[-2], &top);
        NEXT
    }
    INSTRUCTION_BEGIN(ROT_THREE)
    {
        struct rc_local top = {0};
        rc_local_move(t, &top, &sp[-1]);
        rc_local_move(t, &sp[-1], &sp[-2]);
        rc_local_move(t, &sp[-2], &sp[-3]);
        rc_local_move(t, &sp[-3], &top);
        NEXT
    }
    INSTRUCTION_BEGIN(ROT_FOUR)
    {
        struct rc_local top = {0};
        rc_local_move(t, &top, &sp[-1]);
        rc_local_move(t, &sp[-1], &sp[-2]);
        rc_local_move(t, &sp[-2], &sp[-3]);
        rc_local_move(t, &sp[-3], &sp[-4]);
        rc_local_move(t, &sp[-4], &top);
        NEXT
    }
    INSTRUCTION_BEGIN(LOAD_CONST)
    {
        rc_local_of(t, sp++, &c->constant[A]->rc);
        NEXT
    }
#define LOAD_LOCAL(how, i)                                        \
    do {                                                          \
        if (__builtin_expect(rc_local_peek(&fast[i]) == NULL, 0)) { \
            unbound(t, c, i);                                     \
            goto error;                                           \
        }                                                         \
        rc_local_##how(t, sp, &fast[i]);                          \
        sp++;                                                     \
    } while (0)
    // The old value is dropped last: its end may run anything.
#define STORE_LOCAL(i)                             \
    do {                                           \
        struct rc_header *old_ = NULL;             \
        if (rc_local_peek(&fast[i]) != NULL)       \
            old_ = rc_local_own(t, &fast[i]);      \
        sp--;                                      \
        rc_local_take(t, &fast[i], rc_local_own(t, sp)); \
        if (old_ != NULL)                          \
            rc_decref(t, old_);                    \
    } while (0)
    INSTRUCTION_BEGIN(LOAD_FAST)
    {
        LOAD_LOCAL(dup, A);
        NEXT
    }
    INSTRUCTION_BEGIN(LOAD_FAST_2)
    {
        LOAD_LOCAL(dup, A);
        LOAD_LOCAL(dup, B);
        NEXT
    }
    INSTRUCTION_BEGIN(LOAD_FAST_BORROW)
    {
        LOAD_LOCAL(borrow, A);
        NEXT
    }
    INSTRUCTION_BEGIN(LOAD_FAST_BORROW_2)
    {
        LOAD_LOCAL(borrow, A);
        LOAD_LOCAL(borrow, B);
        NEXT
    }
    INSTRUCTION_BEGIN(LOAD_FAST_LOAD_CONST)
    {
        LOAD_LOCAL(dup, A);
        rc_local_of(t, sp++, &c->constant[B]->rc);
        NEXT
    }
    INSTRUCTION_BEGIN(LOAD_CONST_LOAD_FAST)
    {
        rc_local_of(t, sp++, &c->constant[A]->rc);
        LOAD_LOCAL(dup, B);
        NEXT
    }
    INSTRUCTION_BEGIN(STORE_FAST)
    {
        STORE_LOCAL(A);
        NEXT
    }
    INSTRUCTION_BEGIN(STORE_FAST_2)
    {
        STORE_LOCAL(A);
        STORE_LOCAL(B);
        NEXT
    }
    INSTRUCTION_BEGIN(STORE_FAST_LOAD_FAST)
    {
        STORE_LOCAL(A);
        LOAD_LOCAL(dup, B);
        NEXT
    }
    INSTRUCTION_BEGIN(DELETE_FAST)
    {
        if (rc_local_peek(&fast[A]) == NULL) {
            unbound(t, c, A);
            goto error;
        }
        rc_local_drop(t, &fast[A]);
        NEXT
    }

    // --- names

    INSTRUCTION_BEGIN(LOAD_NAME)
    {
        sync_event(lookup);
        if (dict_get_local(t, f->names, &NAME(A)->rc, sp) == NULL)
            FAIL_IF(!load_global(t, f, NAME(A), sp))
        sp++;
        NEXT
    }
    INSTRUCTION_BEGIN(STORE_NAME)
    {
        FAIL_IF(!store_name(t, f, f->names, NAME(A), PEEK(1)))
        DROP();
        NEXT
    }
    INSTRUCTION_BEGIN(DELETE_NAME)
    {
        FAIL_IF(!store_name(t, f, f->names, NAME(A), NULL))
        NEXT
    }
    INSTRUCTION_BEGIN(LOAD_GLOBAL)
    {
        SPECIALISE(load_global)
#if ERA >= 311
    general_LOAD_GLOBAL:
#endif
        FAIL_IF(!(ERA_GLOBAL_CACHE ? load_global_cached(t, f, CACHE, NAME(A), sp)
                                   : load_global(t, f, NAME(A), sp)))
        sp++;
        NEXT
    }
    INSTRUCTION_BEGIN(STORE_GLOBAL)
    {
        FAIL_IF(!store_name(t, f, f->globals, NAME(A), PEEK(1)))
        DROP();
        NEXT
    }
    INSTRUCTION_BEGIN(DELETE_GLOBAL)
    {
        FAIL_IF(!store_name(t, f, f->globals, NAME(A), NULL))
        NEXT
    }
    INSTRUCTION_BEGIN(LOAD_DEREF)
    {
        struct cell *cell = (struct cell *)rc_local_peek(&fast[c->locals + A]);
        if (rc_local_get(t, sp, &cell->value) == NULL) {
            unbound_variable(t, c, A);
            goto error;
        }
        sp++;
        NEXT
    }
    INSTRUCTION_BEGIN(STORE_DEREF)
    {
        struct cell *cell = (struct cell *)rc_local_peek(&fast[c->locals + A]);
        rc_store(t, &cell->base.rc, &cell->value, &PEEK(1)->rc);
        DROP();
        NEXT
    }
    INSTRUCTION_BEGIN(DELETE_DEREF)
    {
        struct cell *cell = (struct cell *)rc_local_peek(&fast[c->locals + A]);
        struct rc_header *old = rc_load(t, &cell->value);
        if (old == NULL) {
            unbound_variable(t, c, A);
            goto error;
        }
        rc_store(t, &cell->base.rc, &cell->value, NULL);
        rc_decref(t, old);
        NEXT
    }
    INSTRUCTION_BEGIN(LOAD_CLOSURE)
    {
        rc_local_dup(t, sp, &fast[c->locals + A]);
        sp++;
        NEXT
    }

    // --- attributes and items

    INSTRUCTION_BEGIN(LOAD_ATTR)
    {
        SPECIALISE(load_attr)
#if ERA >= 311
    general_LOAD_ATTR:
#endif
        ANSWER(1, get_attribute(t, PEEK(1), NAME(A)));
        NEXT
    }
    INSTRUCTION_BEGIN(STORE_ATTR)
    {
        SPECIALISE(store_attr)
#if ERA >= 311
    general_STORE_ATTR:
#endif
        FAIL_IF(!set_attribute(t, PEEK(1), NAME(A), PEEK(2)))
        DROP();
        DROP();
        NEXT
    }
    INSTRUCTION_BEGIN(DELETE_ATTR)
    {
        FAIL_IF(!set_attribute(t, PEEK(1), NAME(A), NULL))
        DROP();
        NEXT
    }
    INSTRUCTION_BEGIN(LOAD_METHOD)
    {
        SPECIALISE(load_method)
#if ERA >= 311
    general_LOAD_METHOD:;
#endif
        struct object *self, *found = get_method(t, PEEK(1), NAME(A), &self);
        FAIL_IF(found == NULL)
        DROP();
        PUSH(found);
        if (self != NULL)
            PUSH(self);
        else
            sp++; // empty
        NEXT
    }
    INSTRUCTION_BEGIN(SUPER_METHOD)
    {
        // 3.12's LOAD_SUPER_ATTR: no super object, if super is what it always was
        struct object *argument[2] = {PEEK(2), PEEK(1)}, *self = NULL, *found;
        if (PEEK(3) == &in->machine->class[KIND_SUPER]->base && is_class(argument[0]) &&
            is_instance(t, argument[1], as_class(argument[0]))) {
            found = super_find(t, as_class(argument[0]), argument[1], NAME(A), &self);
        } else {
            struct object *super = call(t, PEEK(3), argument, 2, NULL);
            FAIL_IF(super == NULL)
            found = get_attribute(t, super, NAME(A));
            drop(t, super);
        }
        FAIL_IF(found == NULL)
        DROP();
        DROP();
        DROP();
        PUSH(found);
        if (self != NULL)
            PUSH(self);
        else
            sp++;
        NEXT
    }
    INSTRUCTION_BEGIN(BINARY_SUBSCR)
    {
        SPECIALISE(subscript)
#if ERA >= 311
    general_BINARY_SUBSCR:
#endif
        ANSWER(2, eval_subscript(t, PEEK(2), PEEK(1)));
        NEXT
    }
    INSTRUCTION_BEGIN(STORE_SUBSCR)
    {
        SPECIALISE(store_subscript)
#if ERA >= 311
    general_STORE_SUBSCR:
#endif
        FAIL_IF(!store_subscript(t, PEEK(2), PEEK(1), PEEK(3)))
        DROP();
        DROP();
        DROP();
        NEXT
    }
    INSTRUCTION_BEGIN(DELETE_SUBSCR)
    {
        FAIL_IF(!store_subscript(t, PEEK(2), PEEK(1), NULL))
        DROP();
        DROP();
        NEXT
    }
    INSTRUCTION_BEGIN(BUILD_SLICE)
    {
        struct object *step = A == 3 ? PEEK(1) : in->none;
        ANSWER(A, slice_make(t, PEEK(A), PEEK(A - 1), step));
        NEXT
    }

    // --- operators

    INSTRUCTION_BEGIN(UNARY_NEGATIVE)
    {
        ANSWER(1, unary(t, UNARY_NEGATIVE, PEEK(1)));
        NEXT
    }
    INSTRUCTION_BEGIN(UNARY_POSITIVE)
    {
        ANSWER(1, unary(t, UNARY_POSITIVE, PEEK(1)));
        NEXT
    }
    INSTRUCTION_BEGIN(UNARY_INVERT)
    {
        ANSWER(1, unary(t, UNARY_INVERT, PEEK(1)));
        NEXT
    }
    INSTRUCTION_BEGIN(UNARY_NOT)
    {
        int yes = is_true(t, PEEK(1));
        FAIL_IF(yes < 0)
        ANSWER(1, truth(t, !yes));
        NEXT
    }
    INSTRUCTION_BEGIN(BINARY_OP)
    {
        SPECIALISE(binary)
#if ERA >= 311
    general_BINARY_OP:
#endif
        ANSWER(2, eval_binary(t, (enum operator)A, PEEK(2), PEEK(1)));
        NEXT
    }
    INSTRUCTION_BEGIN(INPLACE_OP)
    {
        SPECIALISE(binary)
#if ERA >= 311
    general_INPLACE_OP:
#endif
        ANSWER(2, in_place(t, (enum operator)A, PEEK(2), PEEK(1)));
        NEXT
    }
    INSTRUCTION_BEGIN(COMPARE_OP)
    {
        SPECIALISE(compare)
#if ERA >= 311
    general_COMPARE_OP:
#endif
        ANSWER(2, eval_compare(t, (enum comparison)A, PEEK(2), PEEK(1)));
        NEXT
    }
    INSTRUCTION_BEGIN(IS_OP)
    {
        bool same = PEEK(2) == PEEK(1);
        ANSWER(2, truth(t, same == (A == 0)));
        NEXT
    }
    INSTRUCTION_BEGIN(CONTAINS_OP)
    {
        int yes = contains(t, PEEK(1), PEEK(2));
        FAIL_IF(yes < 0)
        ANSWER(2, truth(t, yes == (A == 0)));
        NEXT
    }

    // --- jumps and loops

    INSTRUCTION_BEGIN(JUMP)
    {
        next = c->word + A;
        NEXT
    }
    INSTRUCTION_BEGIN(JUMP_BACK)
    {
        next = c->word + A;
        thread_safepoint(t);
        NEXT
    }
    // True and False are looked at by their addresses first.
#define TRUE_OF_TOP(yes)                          \
    int yes;                                      \
    {                                             \
        struct object *top_ = PEEK(1);            \
        yes = top_ == in->truth[1] ? 1            \
              : top_ == in->truth[0] ? 0          \
                                     : is_true(t, top_); \
        FAIL_IF(yes < 0)                          \
    }
    INSTRUCTION_BEGIN(POP_JUMP_IF_FALSE)
    {
        TRUE_OF_TOP(yes)
        DROP();
        if (!yes)
            next = c->word + A;
        NEXT
    }
    INSTRUCTION_BEGIN(POP_JUMP_IF_TRUE)
    {
        TRUE_OF_TOP(yes)
        DROP();
        if (yes)
            next = c->word + A;
        NEXT
    }
    INSTRUCTION_BEGIN(JUMP_IF_FALSE)
    {
        TRUE_OF_TOP(yes)
        if (!yes)
            next = c->word + A;
        NEXT
    }
    INSTRUCTION_BEGIN(JUMP_IF_TRUE)
    {
        TRUE_OF_TOP(yes)
        if (yes)
            next = c->word + A;
        NEXT
    }
    INSTRUCTION_BEGIN(JUMP_IF_FALSE_OR_POP)
    {
        TRUE_OF_TOP(yes)
        if (!yes)
            next = c->word + A;
        else
            DROP();
        NEXT
    }
    INSTRUCTION_BEGIN(JUMP_IF_TRUE_OR_POP)
    {
        TRUE_OF_TOP(yes)
        if (yes)
            next = c->word + A;
        else
            DROP();
        NEXT
    }
    INSTRUCTION_BEGIN(SETUP_LOOP)
    {
#if ERA < 311
        f->block[f->blocks++] = (struct block){0, (uint16_t)(sp - frame_stack(f))};
#endif
        NEXT
    }
    INSTRUCTION_BEGIN(SETUP_FINALLY)
    {
#if ERA < 311
        f->block[f->blocks++] = (struct block){A, (uint16_t)(sp - frame_stack(f))};
#endif
        NEXT
    }
    INSTRUCTION_BEGIN(POP_BLOCK)
    {
        f->blocks--;
        NEXT
    }
    INSTRUCTION_BEGIN(GET_ITER)
    {
        ANSWER(1, ERA_FOR_INDEX ? for_index_iterator(t, PEEK(1)) : iterate(t, PEEK(1)));
        NEXT
    }
    INSTRUCTION_BEGIN(FOR_ITER)
    {
        SPECIALISE(for_iter)
#if ERA >= 311
    general_FOR_ITER:;
#endif
        struct object *item = next_of(t, PEEK(1));
        if (item != NULL) {
            PUSH(item);
        } else {
            FAIL_IF(failed(t))
            DROP();
            next = c->word + A;
        }
        NEXT
    }
    INSTRUCTION_BEGIN(FOR_LOOP)
    {
        struct object *item = next_of(t, PEEK(1));
        if (item != NULL) {
            PUSH(item);
        } else {
            FAIL_IF(failed(t))
            DROP();
            next = c->word + A;
        }
        NEXT
    }

    // --- making

    INSTRUCTION_BEGIN(BUILD_CLOSURE)
    INSTRUCTION_BEGIN(BUILD_TUPLE)
    {
        struct object *tuple = tuple_of_locals(t, sp - A, A);
        sp -= A;
        PUSH(tuple);
        NEXT
    }
    INSTRUCTION_BEGIN(BUILD_LIST)
    {
        struct object *list = list_of_locals(t, sp - A, A);
        sp -= A;
        PUSH(list);
        NEXT
    }
    INSTRUCTION_BEGIN(BUILD_SET)
    {
        struct object *set = &set_new(t)->dict.base;
        for (unsigned i = A; i != 0; i--)
            if (!set_insert(t, set, PEEK(i))) {
                drop(t, set);
                goto error;
            }
        ANSWER(A, set);
        NEXT
    }
    INSTRUCTION_BEGIN(BUILD_MAP)
    {
        struct object *dict = &dict_new(t)->base;
        for (unsigned i = A; i != 0; i--)
            if (!store_subscript(t, dict, PEEK(2 * i), PEEK(2 * i - 1))) {
                drop(t, dict);
                goto error;
            }
        ANSWER(2 * A, dict);
        NEXT
    }
    INSTRUCTION_BEGIN(LIST_APPEND)
    {
        list_append(t, (struct list *)PEEK(1 + A), &PEEK(1)->rc);
        DROP();
        NEXT
    }
    INSTRUCTION_BEGIN(SET_ADD)
    {
        FAIL_IF(!set_insert(t, PEEK(1 + A), PEEK(1)))
        DROP();
        NEXT
    }
    INSTRUCTION_BEGIN(MAP_ADD)
    {
        FAIL_IF(!store_subscript(t, PEEK(2 + A), PEEK(2), PEEK(1)))
        DROP();
        DROP();
        NEXT
    }
    INSTRUCTION_BEGIN(UNPACK_SEQUENCE)
    {
        struct rc_local *to = sp; // above the sequence, which keeps its place until it is done
        struct object *sequence = PEEK(1);
        if (is_tuple(sequence) && tuple_length(sequence) == A) {
            struct rc_header *whole = rc_local_own(t, &sp[-1]);
            for (unsigned i = 0; i < A; i++)
                rc_local_of(t, &sp[(int)A - 2 - (int)i], &tuple_item(object_of(whole), i)->rc);
            sp += (int)A - 1;
            rc_decref(t, whole);
            NEXT
        }
        struct object *held = object_of(rc_local_own(t, --sp));
        to = sp;
        bool fine = unpack(t, held, to, A, -1);
        drop(t, held);
        FAIL_IF(!fine)
        sp += A;
        NEXT
    }
    INSTRUCTION_BEGIN(UNPACK_EX)
    {
        struct object *held = object_of(rc_local_own(t, --sp));
        bool fine = unpack(t, held, sp, A, B);
        drop(t, held);
        FAIL_IF(!fine)
        sp += A + 1 + B;
        NEXT
    }
    INSTRUCTION_BEGIN(BUILD_STRING)
    {
        struct builder text;
        builder_open(&text);
        for (unsigned i = A; i != 0; i--) {
            if (!is_string(PEEK(i))) {
                builder_close(&text);
                raise_fatal(t, "BUILD_STRING of what is no string");
                goto error;
            }
            builder_add(&text, string_of(PEEK(i))->bytes, string_of(PEEK(i))->length);
        }
        ANSWER(A, builder_string(t, &text));
        NEXT
    }
    INSTRUCTION_BEGIN(FORMAT_VALUE)
    {
        struct object *spec = (A & 4) != 0 ? PEEK(1) : name_of(t, NAME_EMPTY);
        ANSWER(1 + (A >> 2), eval_format(t, PEEK(1 + (A >> 2)), A & 3, spec));
        NEXT
    }
    INSTRUCTION_BEGIN(MAKE_FUNCTION)
    {
        struct object *closure = (B & 2) != 0 ? PEEK(1) : NULL;
        struct object *defaults = (B & 1) != 0 ? PEEK(1 + (B >> 1)) : NULL;
        if (defaults != NULL && (!is_tuple(defaults) || tuple_length(defaults) > ((struct code *)in->machine->code[A])->arguments)) {
            raise_fatal(t, "defaults that are no tuple");
            goto error;
        }
        ANSWER((B & 1) + (B >> 1),
               function_new(t, in->machine->code[A], &f->globals->base, defaults, closure));
        NEXT
    }
    INSTRUCTION_BEGIN(MAKE_CLASS)
    {
        struct object *closure = (B & 2) != 0 ? PEEK(1) : NULL;
        struct object *base = (B & 1) != 0 ? PEEK(1 + (B >> 1)) : NULL;
        ANSWER((B & 1) + (B >> 1), make_class(t, f, in->machine->code[A], base, closure));
        NEXT
    }

    // --- calls

    // n entries from `callable` on become one, the result.
#define CALL(place, arguments, n, names)                                                  \
    do {                                                                                  \
        struct rc_local *place_ = (place);                                                \
        struct frame *into_;                                                              \
        f->next = next;                                                                   \
        f->top = sp;                                                                      \
        struct object *result_ = call_locals(t, place_, (arguments), (n), (names), &into_); \
        if (into_ != NULL) {                                                              \
            f->top = place_;                                                              \
            f = into_;                                                                    \
            ENTER_FRAME();                                                                \
            NEXT                                                                          \
        }                                                                                 \
        FAIL_IF(result_ == NULL)                                                          \
        while (sp != place_)                                                              \
            if (rc_local_peek(--sp) != NULL)                                              \
                rc_local_drop(t, sp);                                                     \
        PUSH(result_);                                                                    \
    } while (0)
    INSTRUCTION_BEGIN(CALL_FUNCTION)
    {
        SPECIALISE(call)
#if ERA >= 311
    general_CALL_FUNCTION:
#endif
        CALL(sp - A - 1, sp - A, A, NULL);
        NEXT
    }
    INSTRUCTION_BEGIN(CALL_FUNCTION_KW)
    {
        CALL(sp - A - 1, sp - A, A, c->constant[B]);
        NEXT
    }
    // Without self, its entry is empty.
#define CALL_METHOD_OF(names)                                       \
    do {                                                            \
        bool self_ = rc_local_peek(&sp[-(int)A - 1]) != NULL;       \
        CALL(sp - A - 2, sp - A - self_, A + self_, names);         \
    } while (0)
    INSTRUCTION_BEGIN(CALL_METHOD)
    {
        SPECIALISE(call_method)
#if ERA >= 311
    general_CALL_METHOD:
#endif
        CALL_METHOD_OF(NULL);
        NEXT
    }
    INSTRUCTION_BEGIN(CALL_METHOD_KW)
    {
        CALL_METHOD_OF(c->constant[B]);
        NEXT
    }
    INSTRUCTION_BEGIN(RETURN_VALUE)
    {
        struct object *result = object_of(rc_local_own(t, --sp));
        bool entry = f->entry, makes = f->makes;
        frame_pop(t, f);
        if (entry)
            return result;
        f = in->frame;
        ENTER_FRAME();
        if (__builtin_expect(makes, 0)) {
            // the new object stands on the stack already
            struct object *none_ = in->none;
            bool fine = result == none_;
            if (!fine)
                raise_error(t, RAISES_TYPE_ERROR, "__init__() should return None, not '%s'",
                            type_name(t, result));
            drop(t, result);
            FAIL_IF(!fine)
            NEXT
        }
        PUSH(result);
        NEXT
    }

    // --- exceptions

    INSTRUCTION_BEGIN(RAISE)
    {
        struct object *e;
        if (A == 0) {
            e = in->handled != NULL ? keep(t, in->handled)
                                    : raise_error(t, RAISES_RUNTIME_ERROR,
                                                  "No active exception to reraise");
        } else {
            if (A == 2)
                DROP(); // the cause, which no program can see here
            e = exception_of(t, object_of(rc_local_own(t, --sp)));
        }
        FAIL_IF(e == NULL)
        error_set_object(t, e);
        goto error;
    }
    INSTRUCTION_BEGIN(PUSH_EXC_INFO)
    {
        struct object *e = object_of(rc_local_own(t, --sp));
        struct object *previous = in->handled != NULL ? in->handled : none(t);
        in->handled = keep(t, e);
        PUSH(previous);
        PUSH(e);
        NEXT
    }
    INSTRUCTION_BEGIN(CHECK_EXC_MATCH)
    {
        int yes = exception_matches(t, PEEK(2), PEEK(1));
        FAIL_IF(yes < 0)
        ANSWER(1, truth(t, yes));
        NEXT
    }
    INSTRUCTION_BEGIN(POP_EXCEPT)
    {
        eval_handled(t, object_of(rc_local_own(t, --sp)));
        NEXT
    }
    INSTRUCTION_BEGIN(RERAISE)
    {
        struct object *e = object_of(rc_local_own(t, --sp));
        drop_maybe(t, in->error);
        in->error = e; // `where` is what it was
        goto error;
    }
    INSTRUCTION_BEGIN(LOAD_ASSERTION_ERROR)
    {
        rc_local_of(t, sp++, &in->machine->exception[RAISES_ASSERTION_ERROR]->base.rc);
        NEXT
    }
    // What a text has and no era.
    INSTRUCTION_BEGIN(LOOP_BEGIN)
    INSTRUCTION_BEGIN(LOOP_END)
    INSTRUCTION_BEGIN(TRY)
    INSTRUCTION_BEGIN(TRY_END)
    {
        NEXT
    }
#include "eval_specialised.h"
#if ERA < 301
        default:
            sync_fail(__FILE__, __LINE__, "an operation that this era does not have");
        }
#endif

    error:
        for (;;) {
            uint32_t at = (uint32_t)(next - 1 - c->word);
            if (in->where[0] == '\0')
                snprintf(in->where, sizeof in->where, "%.100s:%u in %.60s", in->machine->file,
                         c->line[at], ((struct string *)rc_peek(&c->title))->bytes);
            struct handler h = c->handler[at];
            struct rc_local *stack = frame_stack(f);
            if (h.target != 0 && !in->fatal) {
#if ERA < 311
                // the block stack says the same
                while (f->block[--f->blocks].target == 0)
                    ;
                h.target = f->block[f->blocks].target;
                h.depth = f->block[f->blocks].depth;
#endif
                if (h.previous != 0xffff)
                    eval_handled(t, object_of(rc_local_own(t, &stack[h.previous])));
                while (sp != stack + h.depth)
                    if (rc_local_peek(--sp) != NULL)
                        rc_local_drop(t, sp);
                struct object *e = in->error;
                in->error = NULL;
                PUSH(e);
                next = c->word + h.target;
                break;
            }
            bool entry = f->entry;
            frame_pop(t, f);
            if (entry)
                return NULL;
            f = in->frame;
            ENTER_FRAME();
        }
        NEXT
#if ERA < 301
    }
#endif
}

#endif
