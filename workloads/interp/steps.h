// SPDX-License-Identifier: MIT
//
// What instructions do out of the evaluation loop.
#ifndef STEPS_H
#define STEPS_H

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

#endif
