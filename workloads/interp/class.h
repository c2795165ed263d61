// SPDX-License-Identifier: MIT
//
// Classes, their instances, attributes and exceptions.
//
// A class has a dictionary, at most one base and a version (Objects/typeobject.c). Invariant: what
// a look-up from a class finds stays the same as long as its version does, and no version is given
// twice. The type lock is held by who changes a class and by who looks up without a cache; where a
// global lock excludes all others there is none.
//
// An instance has a dictionary of its own, made with it. Python 1.4 searches that first and then
// the classes; from 2.2 on the classes come first, for there may be data descriptors (we have none,
// but pay for the look), with a cache of types and names from 2.6 on (method_cache.h).
#ifndef CLASS_H
#define CLASS_H

#include "absent.h"
#include "number.h"

enum { CLASS_LOCKED = !PAIR_HAS(LK_TRAITS, LK_GLOBAL | LK_ISOLATED) };

static const struct slots class_slots, instance_slots;

// --- classes ----------------------------------------------------------------------------------

API struct class_object *as_class(struct object *o)
{
    return (struct class_object *)o;
}
API struct instance *as_instance(struct object *o)
{
    return (struct instance *)o;
}
API bool is_instance_kind(const struct object *o)
{
    return kind_of(o) == KIND_INSTANCE;
}
// Borrowed; NULL: none.
API struct class_object *class_parent(const struct class_object *c)
{
    return (struct class_object *)rc_peek(&((struct class_object *)c)->parent);
}
API struct dict *class_dict(struct class_object *c)
{
    return (struct dict *)rc_peek(&c->dict);
}
API struct dict *instance_dict(struct object *o)
{
    return (struct dict *)rc_peek(&as_instance(o)->dict);
}
static struct class_object *class_of(struct thread *t, const struct object *o)
{
    if (is_instance_kind(o))
        return (struct class_object *)rc_peek(&((struct instance *)o)->class);
    return machine_of(t)->class[kind_of(o)];
}
static const char *class_name(struct class_object *c)
{
    return ((struct string *)rc_peek(&c->name))->bytes;
}
static const char *type_name(struct thread *t, const struct object *o)
{
    return class_name(class_of(t, o));
}
static bool is_subclass(const struct class_object *c, const struct class_object *base)
{
    for (; c != NULL; c = class_parent(c))
        if (c == base)
            return true;
    return false;
}
static bool is_instance(struct thread *t, struct object *o, const struct class_object *base)
{
    return is_subclass(class_of(t, o), base);
}

// A safepoint. Who holds the lock may wait in a dictionary, so nobody waits for it in the runtime.
API void types_lock(struct thread *t, struct machine *m)
{
    if (!CLASS_LOCKED || sync_mutex_trylock(&m->types))
        return;
    lk_blocking_begin(t);
    sync_mutex_lock(&m->types);
    lk_blocking_end(t);
}
API void types_unlock(struct machine *m)
{
    if (CLASS_LOCKED)
        sync_mutex_unlock(&m->types);
}

// On whichever thread: maybe a scheme's own, which has not entered the runtime.
API void types_lock_within(struct thread *t, struct machine *m)
{
    if (!CLASS_LOCKED || sync_mutex_trylock(&m->types))
        return;
    thread_offline(t);
    sync_mutex_lock(&m->types);
    thread_back(t);
}
static void class_destroy(struct thread *t, struct object *o)
{
    struct class_object *c = as_class(o);
    types_lock_within(t, c->machine);
    if (c->before != NULL)
        c->before->next = c->next;
    else
        c->machine->classes = c->next;
    if (c->next != NULL)
        c->next->before = c->before;
    types_unlock(c->machine);
    rc_clear(t, &c->name);
    rc_clear(t, &c->parent);
    rc_clear(t, &c->dict);
}
static void class_traverse(struct object *o, rc_visit *visit, void *argument)
{
    struct class_object *c = as_class(o);
    visit(argument, &c->name);
    visit(argument, &c->parent);
    visit(argument, &c->dict);
}
static void instance_destroy(struct thread *t, struct object *o);
static void instance_traverse(struct object *o, rc_visit *visit, void *argument);
static uint64_t instance_hash(struct object *o);
static uint64_t identity_hash(struct object *o)
{
    return (uint64_t)(sync_address(o) >> 4);
}

// Whether an instance may have a name of its own that its class has too.
API bool class_shadowed(struct class_object *c)
{
    return atomic_load_explicit(&c->shadowed, memory_order_relaxed);
}
// Name and dictionary are borrowed; parent NULL: none.
static struct class_object *class_new(struct thread *t, struct object *name,
                                      struct class_object *parent, struct object *dict)
{
    struct machine *m = machine_of(t);
    struct class_object *c =
        object_new(t, &class_type, sizeof *c, AL_CONTAINER, RC_DEFERRED | RC_HOT);
    c->type = (struct type){.name = "instance",
                            .destroy = instance_destroy,
                            .traverse = instance_traverse,
                            .hash = instance_hash,
                            .slots = &instance_slots};
    c->kind = KIND_INSTANCE;
    c->program = false;
    c->exception = parent != NULL && parent->exception;
    atomic_init(&c->shadowed, parent != NULL && class_shadowed(parent));
    c->make = NULL;
    c->machine = m;
    rc_fill(t, &c->base.rc, &c->name, &keep(t, name)->rc);
    rc_fill(t, &c->base.rc, &c->parent, parent != NULL ? &keep(t, &parent->base)->rc : NULL);
    rc_fill(t, &c->base.rc, &c->dict, &keep(t, dict)->rc);
    types_lock(t, m);
    atomic_init(&c->version, ++m->versions);
    c->before = NULL;
    c->next = m->classes;
    if (m->classes != NULL)
        m->classes->before = c;
    m->classes = c;
    types_unlock(m);
    return c;
}

// The class and all below it have new versions. Under the type lock. `shadowed`: instances may have
// what the class has now.
static void class_changed(struct machine *m, struct class_object *changed, bool shadowed)
{
    // relaxed: who caches something at a new version holds the lock meanwhile
    for (struct class_object *c = m->classes; c != NULL; c = c->next)
        if (is_subclass(c, changed)) {
            if (shadowed)
                atomic_store_explicit(&c->shadowed, true, memory_order_relaxed);
            atomic_store_explicit(&c->version, ++m->versions, memory_order_relaxed);
        }
}
static void class_shadow(struct thread *t, struct class_object *c)
{
    if (class_shadowed(c))
        return;
    types_lock(t, machine_of(t));
    class_changed(machine_of(t), c, true);
    types_unlock(machine_of(t));
}
API uint64_t class_version(struct class_object *c)
{
    return atomic_load_explicit(&c->version, memory_order_relaxed);
}

static struct object *class_find(struct thread *t, struct class_object *c, struct object *name)
{
    struct rc_header *h = NULL;
    for (; c != NULL && h == NULL; c = class_parent(c)) {
        sync_event(lookup);
        h = dict_get(t, class_dict(c), &name->rc);
    }
    return h != NULL ? object_of(h) : NULL;
}
// The same with the version at which it was found.
static struct object *class_find_at(struct thread *t, struct class_object *c, struct object *name,
                                    uint64_t *version)
{
    struct machine *m = machine_of(t);
    types_lock(t, m);
    *version = class_version(c);
    struct object *o = class_find(t, c, name);
    types_unlock(m);
    return o;
}
// The same through the cache of types and names, where the era has one.
static struct object *type_lookup(struct thread *t, struct class_object *c, struct object *name)
{
    if (!ERA_METHOD_CACHE)
        return class_find(t, c, name);
    struct machine *m = machine_of(t);
    uint64_t version = class_version(c);
    struct method_cache_entry *e = &m->method_cache[method_cache_index(version, string_hash(name))];
    struct rc_local l = {0};
    struct rc_header *h = method_cache_get(t, e, version, name, &l);
    if (__builtin_expect(h == &m->missing->rc, 0)) {
        rc_local_drop(t, &l);
        return NULL;
    }
    if (__builtin_expect(h != NULL, 1))
        return object_of(rc_local_own(t, &l));
    struct object *o = class_find_at(t, c, name, &version);
    if (((struct string *)name)->interned) {
        e = &m->method_cache[method_cache_index(version, string_hash(name))];
        method_cache_put(t, e, version, name, o != NULL ? &o->rc : &m->missing->rc);
    }
    return o;
}

// --- instances --------------------------------------------------------------------------------

static void instance_destroy(struct thread *t, struct object *o)
{
    static const struct type dead_type = {.name = "dead"};
    struct instance *i = as_instance(o);
    bool exception = ((struct class_object *)rc_peek(&i->class))->exception;
    o->type = &dead_type; // its own lies in the class, which may die before this is freed
    rc_clear(t, &i->dict);
    if (exception)
        rc_clear(t, &i->args[0]);
    rc_clear(t, &i->class);
}
static void instance_traverse(struct object *o, rc_visit *visit, void *argument)
{
    struct instance *i = as_instance(o);
    visit(argument, &i->dict);
    if (((struct class_object *)rc_peek(&i->class))->exception)
        visit(argument, &i->args[0]);
    visit(argument, &i->class);
}
static uint64_t instance_hash(struct object *o)
{
    uint64_t hash = atomic_load_explicit(&as_instance(o)->hash, memory_order_relaxed);
    return hash != 0 ? hash : identity_hash(o);
}
// args: of an exception, a tuple whose reference becomes the instance's.
static struct object *instance_new(struct thread *t, struct class_object *c, struct object *args)
{
    size_t size = sizeof(struct instance) + (c->exception ? sizeof(struct rc_slot) : 0);
    struct instance *i = object_new(t, &c->type, size, AL_CONTAINER, 0);
    atomic_init(&i->hash, 0);
    rc_fill(t, &i->base.rc, &i->class, &keep(t, &c->base)->rc);
    rc_fill(t, &i->base.rc, &i->dict, NULL);
    if (c->exception)
        rc_fill(t, &i->base.rc, &i->args[0], &args->rc);
    rc_swap(t, &i->base.rc, &i->dict, &dict_new(t)->base.rc);
    return &i->base;
}

// --- attributes -------------------------------------------------------------------------------

static struct object *method_new(struct thread *t, struct object *function, struct object *self);
static struct object *builtin_bind(struct thread *t, struct object *builtin, struct object *self);
static struct object *builtin_new(struct thread *t, const struct builtin_def *def,
                                  struct object *self, bool method, unsigned flags);
static const struct builtin_def *object_default(struct object *name);
static bool is_function(const struct object *o);
static bool is_method_builtin(const struct object *o); // a builtin type's, without its self
static bool is_class_method(const struct object *o);   // dict.fromkeys

// Whether CPython has this attribute of o, while the machine does not.
static bool is_absent(struct thread *t, struct object *o, struct object *name)
{
    const struct string *text = (const struct string *)name;
    size_t length = strlen(text->bytes);
    struct class_object *c = is_class(o) ? as_class(o) : class_of(t, o);
    if (absent_in(absent_common, text->bytes, length) ||
        absent_in(absent_of[kind_of(o)], text->bytes, length) ||
        absent_in(is_class(o) ? absent_of[c->kind] : NULL, text->bytes, length))
        return true;
    if (c->kind == KIND_INSTANCE && absent_in(absent_instance, text->bytes, length))
        return true;
    if (c->exception && absent_in(absent_exception, text->bytes, length))
        return true;
    for (unsigned i = 0; i < sizeof absent_special / sizeof *absent_special; i++)
        if (is_subclass(c, machine_of(t)->exception[absent_special[i].kind]) &&
            absent_in(absent_special[i].names, text->bytes, length))
            return true;
    return false;
}
static struct object *no_attribute(struct thread *t, struct object *o, struct object *name)
{
    const char *text = ((struct string *)name)->bytes;
    if (is_absent(t, o, name))
        return raise_fatal(t, "the attribute %s of '%s'", text,
                           is_class(o) ? class_name(as_class(o)) : type_name(t, o));
    if (is_class(o))
        return raise_error(t, RAISES_ATTRIBUTE_ERROR, "type object '%s' has no attribute '%s'",
                           class_name(as_class(o)), text);
    return raise_error(t, RAISES_ATTRIBUTE_ERROR, "'%s' object has no attribute '%s'",
                       type_name(t, o), text);
}
// In the instance's dictionary, held as the era holds it.
static struct rc_header *instance_find(struct thread *t, struct object *o, struct object *name)
{
    struct dict *d = instance_dict(o);
    if (ERA_ATTRIBUTE_HELD)
        keep(t, &d->base);
    sync_event(lookup);
    struct rc_header *h = dict_get(t, d, &name->rc);
    if (ERA_ATTRIBUTE_HELD)
        drop(t, &d->base);
    return h;
}
static struct object *instance_get(struct thread *t, struct object *o, struct object *name)
{
    struct object *found = NULL;
    if (ERA_ATTRIBUTE_HELD)
        keep(t, name);
    if (!ERA_CLASSIC)
        found = type_lookup(t, class_of(t, o), name);
    struct rc_header *h = instance_find(t, o, name);
    if (ERA_ATTRIBUTE_HELD)
        drop(t, name);
    if (h != NULL) {
        drop_maybe(t, found);
        return object_of(h);
    }
    if (ERA_CLASSIC)
        found = class_find(t, class_of(t, o), name);
    if (found != NULL && (is_function(found) || is_method_builtin(found))) {
        struct object *bound =
            is_function(found) ? method_new(t, found, o) : builtin_bind(t, found, o);
        drop(t, found);
        return bound;
    }
    return found;
}
// What every object has; NULL and no error if it is nothing of that.
static struct object *common_attribute(struct thread *t, struct object *o, struct object *name)
{
    if (name == name_of(t, NAME_CLASS))
        return keep(t, &class_of(t, o)->base);
    if (name == name_of(t, NAME_DICT) && is_instance_kind(o)) {
        class_shadow(t, class_of(t, o)); // who knows what will be put there
        return keep(t, &instance_dict(o)->base);
    }
    if (name == name_of(t, NAME_ARGS) && is_instance_kind(o) && class_of(t, o)->exception)
        return object_of(rc_read(t, &as_instance(o)->args[0]));
    const struct builtin_def *def =
        is_instance_kind(o) || (is_class(o) && as_class(o)->kind == KIND_INSTANCE)
            ? object_default(name)
            : NULL;
    if (def != NULL)
        return builtin_new(t, def, is_class(o) ? NULL : o, true, 0);
    return NULL;
}
// A method of a builtin type, without self; or NULL and no error.
static struct object *builtin_find(struct thread *t, struct object *o, struct object *name)
{
    if (!ERA_CLASSIC)
        return type_lookup(t, class_of(t, o), name);
    // 1.4's Py_FindMethod: one name after another
    for (const struct builtin_def *d = slots_of(o)->method; d != NULL && d->name != NULL; d++)
        if (strcmp(d->name, ((struct string *)name)->bytes) == 0)
            return builtin_new(t, d, NULL, true, 0);
    return NULL;
}
static struct object *get_attribute_maybe(struct thread *t, struct object *o, struct object *name)
{
    struct object *found;
    switch (kind_of(o)) {
    case KIND_INSTANCE:
        found = instance_get(t, o, name);
        break;
    case KIND_CLASS:
        if (name == name_of(t, NAME_NAME) || name == name_of(t, NAME_QUALNAME))
            return object_of(rc_read(t, &as_class(o)->name));
        found = type_lookup(t, as_class(o), name);
        if (found != NULL && as_class(o)->kind == KIND_DICT && is_class_method(found)) {
            struct object *bound = builtin_bind(t, found, interp_of(t)->none);
            drop(t, found);
            found = bound;
        }
        break;
    default:
        if (slots_of(o)->attribute != NULL &&
            (found = slots_of(o)->attribute(t, o, name)) != NOT_IMPLEMENTED)
            return found;
        found = builtin_find(t, o, name);
        if (found != NULL && is_method_builtin(found)) {
            struct object *bound = builtin_bind(t, found, o);
            drop(t, found);
            found = bound;
        }
    }
    return found != NULL || failed(t) ? found : common_attribute(t, o, name);
}
OUT_OF_LINE struct object *get_attribute(struct thread *t, struct object *o, struct object *name)
{
    struct object *found = get_attribute_maybe(t, o, name);
    if (found != NULL || failed(t))
        return found;
    // CPython finds its own before it asks
    if (is_instance_kind(o) && !is_absent(t, o, name)) {
        bool has;
        found = call_special(t, NAME_GETATTR, o, &name, 1, &has);
        if (has)
            return found;
    }
    return no_attribute(t, o, name);
}
// Of LOAD_METHOD: *self is o's own reference if what is answered is a function to be called with
// it, or NULL if it is to be called as it is.
static struct object *get_method(struct thread *t, struct object *o, struct object *name,
                                 struct object **self)
{
    struct object *found = NULL;
    *self = NULL;
    if (is_instance_kind(o)) {
        found = type_lookup(t, class_of(t, o), name);
        if (found != NULL && (is_function(found) || is_method_builtin(found))) {
            struct rc_header *h = instance_find(t, o, name);
            if (h == NULL) {
                *self = keep(t, o);
                return found;
            }
            drop(t, found);
            return object_of(h);
        }
    } else if (!is_class(o) && slots_of(o)->attribute == NULL) {
        found = builtin_find(t, o, name);
        if (found != NULL && is_method_builtin(found)) {
            *self = keep(t, o);
            return found;
        }
    }
    drop_maybe(t, found);
    return get_attribute(t, o, name);
}

// In an instance's dictionary; value NULL: deletes.
static bool instance_set(struct thread *t, struct object *o, struct object *name,
                         struct object *value)
{
    struct class_object *c = class_of(t, o);
    if (c->exception && name == name_of(t, NAME_ARGS))
        return raise_fatal(t, "assignment to an exception's args") != NULL;
    // might be a data descriptor
    struct object *found = ERA_CLASSIC ? NULL : type_lookup(t, c, name);
    sync_event(lookup);
    if (found != NULL) {
        class_shadow(t, c);
        drop(t, found);
    }
    if (value == NULL)
        return dict_remove(t, instance_dict(o), &name->rc) || no_attribute(t, o, name) != NULL;
    struct dict *d = instance_dict(o);
    for (int i = 0; ERA_ATTRIBUTE_HELD && i < 2; i++)
        keep(t, name);
    if (ERA_STORE_HELD)
        keep(t, &d->base);
    dict_set(t, d, &name->rc, &value->rc);
    if (ERA_STORE_HELD)
        drop(t, &d->base);
    for (int i = 0; ERA_ATTRIBUTE_HELD && i < 2; i++)
        drop(t, name);
    return true;
}
static bool class_set(struct thread *t, struct class_object *c, struct object *name,
                      struct object *value)
{
    struct machine *m = machine_of(t);
    struct rc_header *old = NULL;
    bool added = false;
    types_lock(t, m);
    if (value != NULL)
        added = dict_set(t, class_dict(c), &name->rc, &value->rc);
    else
        old = dict_pop(t, class_dict(c), &name->rc);
    class_changed(m, c, added);
    types_unlock(m);
    if (old != NULL)
        rc_decref(t, old);
    return value != NULL || old != NULL || no_attribute(t, &c->base, name) != NULL;
}
OUT_OF_LINE bool set_attribute(struct thread *t, struct object *o, struct object *name,
                               struct object *value)
{
    if (is_instance_kind(o))
        return instance_set(t, o, name, value);
    if (is_class(o) && as_class(o)->program)
        return class_set(t, as_class(o), name, value);
    if (slots_of(o)->set_attribute != NULL)
        return slots_of(o)->set_attribute(t, o, name, value);
    if (is_class(o))
        raise_error(t, RAISES_TYPE_ERROR, "cannot set '%s' attribute of immutable type '%s'",
                    ((struct string *)name)->bytes, class_name(as_class(o)));
    else if (is_function(o))
        raise_fatal(t, "a function's attribute %s", ((struct string *)name)->bytes);
    else
        no_attribute(t, o, name);
    return false;
}

// --- what instances do ------------------------------------------------------------------------

static struct object *call_special(struct thread *t, unsigned name, struct object *o,
                                   struct object *const *argument, unsigned n, bool *found)
{
    *found = false;
    if (!is_instance_kind(o))
        return NULL;
    struct object *method = type_lookup(t, class_of(t, o), name_of(t, name));
    if (method == NULL)
        return NULL;
    *found = true;
    struct object *all[4] = {o};
    sync_check(n < 4, "a special method of so many arguments");
    for (unsigned i = 0; i < n; i++)
        all[i + 1] = argument[i];
    struct object *result = call(t, method, all, n + 1, NULL);
    drop(t, method);
    return result;
}
// The answer of an operation, where a program's NotImplemented is ours.
API struct object *instance_answer(struct thread *t, struct object *result)
{
    if (result != interp_of(t)->not_implemented)
        return result;
    drop(t, result);
    return NOT_IMPLEMENTED;
}
static struct object *instance_operator(struct thread *t, unsigned how, struct object *a,
                                        struct object *b)
{
    bool found;
    struct object *result = call_special(t, NAME_LEFT + how, a, &b, 1, &found);
    if (found && (result = instance_answer(t, result)) != NOT_IMPLEMENTED)
        return result;
    result = call_special(t, NAME_RIGHT + how, b, &a, 1, &found);
    return found ? instance_answer(t, result) : NOT_IMPLEMENTED;
}
#define INSTANCE_OPERATOR(name, symbol, method)                                                 \
    static struct object *instance_##name(struct thread *t, struct object *a, struct object *b) \
    {                                                                                           \
        return instance_operator(t, OPERATOR_##name, a, b);                                     \
    }                                                                                           \
    static struct object *instance_in_place_##name(struct thread *t, struct object *a,          \
                                                   struct object *b)                            \
    {                                                                                           \
        bool found;                                                                             \
        struct object *result =                                                                 \
            call_special(t, NAME_IN_PLACE + OPERATOR_##name, a, &b, 1, &found);                 \
        return found ? instance_answer(t, result) : NOT_IMPLEMENTED;                            \
    }
OPERATORS(INSTANCE_OPERATOR)
#undef INSTANCE_OPERATOR

static struct object *instance_unary(struct thread *t, unsigned name, struct object *a,
                                     const char *symbol)
{
    bool found;
    struct object *result = call_special(t, name, a, NULL, 0, &found);
    return found ? result
                 : raise_error(t, RAISES_TYPE_ERROR, "bad operand type for unary %s: '%s'", symbol,
                               type_name(t, a));
}
static struct object *instance_negative(struct thread *t, struct object *a)
{
    return instance_unary(t, NAME_NEG, a, "-");
}
static struct object *instance_positive(struct thread *t, struct object *a)
{
    return instance_unary(t, NAME_POS, a, "+");
}
static struct object *instance_invert(struct thread *t, struct object *a)
{
    return instance_unary(t, NAME_INVERT, a, "~");
}
// By __eq__, if there is one.
static struct object *instance_own_ne(struct thread *t, struct object *a, struct object *b)
{
    bool found;
    struct object *result = call_special(t, NAME_COMPARE + COMPARE_EQ, a, &b, 1, &found);
    if (!found || (result = instance_answer(t, result)) == NOT_IMPLEMENTED)
        return NOT_IMPLEMENTED;
    if (result == NULL)
        return NULL;
    int yes = is_true(t, result);
    drop(t, result);
    return yes < 0 ? NULL : truth(t, !yes);
}
static struct object *instance_compare(struct thread *t, struct object *a, struct object *b,
                                       enum comparison how)
{
    bool found;
    struct object *result = call_special(t, NAME_COMPARE + how, a, &b, 1, &found);
    if (found)
        return instance_answer(t, result);
    return how == COMPARE_NE ? instance_own_ne(t, a, b) : NOT_IMPLEMENTED;
}
static int64_t instance_length(struct thread *t, struct object *o)
{
    bool found;
    int64_t n = -1;
    struct object *result = call_special(t, NAME_LEN, o, NULL, 0, &found);
    if (!found)
        raise_error(t, RAISES_TYPE_ERROR, "object of type '%s' has no len()", type_name(t, o));
    if (result == NULL)
        return -1;
    if (as_index(t, result, &n) && n < 0)
        raise_error(t, RAISES_VALUE_ERROR, "__len__() should return >= 0");
    drop(t, result);
    return n < 0 ? -1 : n;
}
static int instance_truth(struct thread *t, struct object *o)
{
    bool found;
    struct object *result = call_special(t, NAME_BOOL, o, NULL, 0, &found);
    if (found) {
        int yes = -1;
        if (result != NULL && result->type != &bool_type)
            raise_error(t, RAISES_TYPE_ERROR, "__bool__ should return bool, returned %s",
                        type_name(t, result));
        else if (result != NULL)
            yes = int_value(result) != 0;
        drop_maybe(t, result);
        return yes;
    }
    struct object *length = type_lookup(t, class_of(t, o), name_of(t, NAME_LEN));
    if (length == NULL)
        return 1;
    drop(t, length);
    int64_t n = instance_length(t, o);
    return n < 0 ? -1 : n != 0;
}
static struct object *instance_subscript(struct thread *t, struct object *o, struct object *index)
{
    bool found;
    struct object *result = call_special(t, NAME_GETITEM, o, &index, 1, &found);
    return found ? result
                 : raise_error(t, RAISES_TYPE_ERROR, "'%s' object is not subscriptable",
                               type_name(t, o));
}
static bool instance_store(struct thread *t, struct object *o, struct object *index,
                           struct object *value)
{
    bool found;
    struct object *argument[2] = {index, value};
    struct object *result = value != NULL ? call_special(t, NAME_SETITEM, o, argument, 2, &found)
                                          : call_special(t, NAME_DELITEM, o, argument, 1, &found);
    if (!found)
        raise_error(t, RAISES_TYPE_ERROR, "'%s' object does not support item %s", type_name(t, o),
                    value != NULL ? "assignment" : "deletion");
    drop_maybe(t, result);
    return result != NULL;
}
static int instance_contains(struct thread *t, struct object *o, struct object *item)
{
    bool found;
    struct object *result = call_special(t, NAME_CONTAINS, o, &item, 1, &found);
    if (found) {
        int yes = result != NULL ? is_true(t, result) : -1;
        drop_maybe(t, result);
        return yes;
    }
    struct object *it = iterate(t, o);
    if (it == NULL)
        return -1;
    int yes = 0;
    struct object *other;
    while (yes == 0 && (other = next_of(t, it)) != NULL) {
        yes = equal(t, other, item);
        drop(t, other);
    }
    drop(t, it);
    return failed(t) ? -1 : yes;
}
// Over what has __getitem__ and no __iter__: from index 0 on until there is an IndexError.
struct getitem_iterator {
    struct object base;
    struct rc_slot of;
    _Atomic(int64_t) next;
};
static void getitem_iterator_visit(struct object *o, rc_visit *visit, void *argument)
{
    visit(argument, &((struct getitem_iterator *)o)->of);
}
static void getitem_iterator_destroy(struct thread *t, struct object *o)
{
    getitem_iterator_visit(o, clear_visited, t);
}
static struct object *getitem_iterator_next(struct thread *t, struct object *o)
{
    struct getitem_iterator *it = (struct getitem_iterator *)o;
    // relaxed: who shares an iterator with others gets each item once, in no order
    int64_t i = atomic_fetch_add_explicit(&it->next, 1, memory_order_relaxed);
    struct object *index = int_new(t, i);
    struct object *item = subscript(t, object_of(rc_peek(&it->of)), index);
    drop(t, index);
    if (item == NULL && (raised(t, RAISES_INDEX_ERROR) || raised(t, RAISES_STOP_ITERATION)))
        error_clear(t);
    return item;
}
static struct object *iterator_itself(struct thread *t, struct object *o)
{
    return keep(t, o);
}
static const struct slots getitem_iterator_slots = {
    .kind = KIND_ITERATOR, .iterate = iterator_itself, .next = getitem_iterator_next};
static const struct type getitem_iterator_type = {.name = "iterator",
                                                  .destroy = getitem_iterator_destroy,
                                                  .traverse = getitem_iterator_visit,
                                                  .hash = identity_hash,
                                                  .slots = &getitem_iterator_slots};
static struct object *instance_iterate(struct thread *t, struct object *o)
{
    bool found;
    struct object *it = call_special(t, NAME_ITER, o, NULL, 0, &found);
    if (!found) {
        struct object *item = type_lookup(t, class_of(t, o), name_of(t, NAME_GETITEM));
        if (item != NULL) {
            drop(t, item);
            struct getitem_iterator *made =
                object_new(t, &getitem_iterator_type, sizeof *made, AL_CONTAINER, 0);
            rc_fill(t, &made->base.rc, &made->of, &keep(t, o)->rc);
            atomic_init(&made->next, 0);
            return &made->base;
        }
        return raise_error(t, RAISES_TYPE_ERROR, "'%s' object is not iterable", type_name(t, o));
    }
    return it;
}
static struct object *instance_next(struct thread *t, struct object *o)
{
    bool found;
    struct object *result = call_special(t, NAME_NEXT, o, NULL, 0, &found);
    if (!found)
        return raise_error(t, RAISES_TYPE_ERROR, "'%s' object is not an iterator", type_name(t, o));
    if (result == NULL && raised(t, RAISES_STOP_ITERATION))
        error_clear(t);
    return result;
}
static struct object *checked_string(struct thread *t, struct object *o, const char *what)
{
    if (o == NULL || is_string(o))
        return o;
    raise_error(t, RAISES_TYPE_ERROR, "%s returned non-string (type %s)", what, type_name(t, o));
    drop(t, o);
    return NULL;
}
// NULL: there was an error.
static struct object *exception_args(struct thread *t, struct object *o)
{
    struct object *args = object_of(rc_read(t, &as_instance(o)->args[0]));
    // CPython makes another class of it, by the number
    if (tuple_length(args) < 2 ||
        !is_subclass(class_of(t, o), machine_of(t)->exception[RAISES_OS_ERROR]))
        return args;
    drop(t, args);
    return raise_fatal(t, "an OSError of an error number");
}
static struct object *instance_own_repr(struct thread *t, struct object *o)
{
    if (!class_of(t, o)->exception)
        return string_format(t, "<%s%s object at %p>", class_of(t, o)->program ? "__main__." : "",
                             type_name(t, o), (void *)o);
    struct object *args = exception_args(t, o);
    if (args == NULL)
        return NULL;
    struct builder b;
    builder_open(&b);
    builder_text(&b, type_name(t, o));
    bool fine = true;
    if (tuple_length(args) == 1) {
        builder_text(&b, "(");
        fine = builder_repr(t, &b, tuple_item(args, 0));
        builder_text(&b, ")");
    } else {
        fine = builder_repr(t, &b, args);
    }
    drop(t, args);
    if (fine)
        return builder_string(t, &b);
    builder_close(&b);
    return NULL;
}
static struct object *instance_repr(struct thread *t, struct object *o)
{
    bool found;
    struct object *result = call_special(t, NAME_REPR, o, NULL, 0, &found);
    return found ? checked_string(t, result, "__repr__") : instance_own_repr(t, o);
}
static struct object *instance_own_str(struct thread *t, struct object *o)
{
    if (!class_of(t, o)->exception)
        return instance_repr(t, o);
    struct object *args = exception_args(t, o), *result;
    if (args == NULL)
        return NULL;
    if (tuple_length(args) == 0)
        result = keep(t, name_of(t, NAME_EMPTY));
    else if (tuple_length(args) != 1)
        result = repr(t, args);
    else if (is_subclass(class_of(t, o), machine_of(t)->exception[RAISES_KEY_ERROR]))
        result = repr(t, tuple_item(args, 0));
    else
        result = str(t, tuple_item(args, 0));
    drop(t, args);
    return result;
}
static struct object *instance_str(struct thread *t, struct object *o)
{
    bool found;
    struct object *result = call_special(t, NAME_STR, o, NULL, 0, &found);
    return found ? checked_string(t, result, "__str__") : instance_own_str(t, o);
}
static const struct slots instance_slots = {
    .kind = KIND_INSTANCE,
#define INSTANCE_SLOT(name, symbol, method) [OPERATOR_##name] = instance_##name,
    .binary = {OPERATORS(INSTANCE_SLOT)},
#undef INSTANCE_SLOT
#define INSTANCE_SLOT(name, symbol, method) [OPERATOR_##name] = instance_in_place_##name,
    .in_place = {OPERATORS(INSTANCE_SLOT)},
#undef INSTANCE_SLOT
    .unary = {instance_negative, instance_positive, instance_invert},
    .compare = instance_compare,
    .truth = instance_truth,
    .length = instance_length,
    .subscript = instance_subscript,
    .store = instance_store,
    .contains = instance_contains,
    .iterate = instance_iterate,
    .next = instance_next,
    .repr = instance_repr,
    .str = instance_str,
};

static struct object *class_repr(struct thread *t, struct object *o)
{
    return string_format(t, "<class '%s%s'>", as_class(o)->program ? "__main__." : "",
                         class_name(as_class(o)));
}
static const struct slots class_slots = {.kind = KIND_CLASS, .repr = class_repr};
static const struct type class_type = {.name = "type",
                                       .destroy = class_destroy,
                                       .traverse = class_traverse,
                                       .hash = identity_hash,
                                       .slots = &class_slots};

// --- exceptions -------------------------------------------------------------------------------

// The reference becomes the thread's; what was told before is given up.
static void error_set_object(struct thread *t, struct object *exception)
{
    struct interp *in = interp_of(t);
    drop_maybe(t, in->error);
    in->error = exception;
    in->where[0] = '\0';
}
static struct object *raise_with(struct thread *t, enum exception_kind kind,
                                 struct object *argument)
{
    struct object *item[1] = {keep(t, argument)};
    struct object *args = tuple_make(t, item, 1);
    error_set_object(t, instance_new(t, machine_of(t)->exception[kind], args));
    return NULL;
}
static struct object *raise_text(struct thread *t, enum exception_kind kind, const char *text)
{
    struct object *message = string_make(t, text, strlen(text));
    raise_with(t, kind, message);
    drop(t, message);
    return NULL;
}
static struct object *raise_error(struct thread *t, enum exception_kind kind, const char *format,
                                  ...)
{
    char text[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return raise_text(t, kind, text);
}
static struct object *raise_fatal(struct thread *t, const char *format, ...)
{
    char text[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    raise_text(t, RAISES_NOT_IMPLEMENTED_ERROR, text);
    interp_of(t)->fatal = true;
    return NULL;
}
static bool raised(struct thread *t, enum exception_kind kind)
{
    const struct interp *in = interp_of(t);
    return in->error != NULL && !in->fatal &&
           is_instance(t, in->error, machine_of(t)->exception[kind]);
}
static void error_clear(struct thread *t)
{
    struct interp *in = interp_of(t);
    drop_maybe(t, in->error);
    in->error = NULL;
    in->where[0] = '\0';
}

#endif
