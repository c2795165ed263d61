// SPDX-License-Identifier: MIT
//
// Builtin functions, and what a call of a builtin type does.
#ifndef BUILTINS_H
#define BUILTINS_H

#include "operations.h"

#define BUILTIN_ARGUMENTS                                                              \
    struct thread *t, struct object *self, struct object *const *argument, unsigned n, \
        struct object *const *keyword
#define BUILTIN_UNUSED (void)self, (void)argument, (void)n, (void)keyword

// --- None, NotImplemented, super ----------------------------------------------------------------

static struct object *none_repr(struct thread *t, struct object *o)
{
    return string_format(t, o == interp_of(t)->none ? "None" : "NotImplemented");
}
static const struct slots none_slots = {.kind = KIND_NONE, .repr = none_repr};
static const struct type none_type = {
    .name = "NoneType", .hash = identity_hash, .slots = &none_slots};

// super(class, self): looks up from the class's base on.
struct super {
    struct object base;
    struct rc_slot class, self;
};
static void super_visit(struct object *o, rc_visit *visit, void *argument)
{
    visit(argument, &((struct super *)o)->class);
    visit(argument, &((struct super *)o)->self);
}
static void super_destroy(struct thread *t, struct object *o)
{
    super_visit(o, clear_visited, t);
}
// *self is a reference to self if what is found is to be called with it, else NULL.
static struct object *super_find(struct thread *t, struct class_object *c, struct object *o,
                                 struct object *name, struct object **self)
{
    struct object *found = class_parent(c) != NULL ? type_lookup(t, class_parent(c), name) : NULL;
    const struct builtin_def *def = object_default(name);
    *self = NULL;
    if (found == NULL && def != NULL)
        found = builtin_new(t, def, NULL, true, 0);
    if (found == NULL && is_absent(t, o, name))
        return raise_fatal(t, "super().%s", ((struct string *)name)->bytes);
    if (found == NULL)
        return raise_error(t, RAISES_ATTRIBUTE_ERROR, "'super' object has no attribute '%s'",
                           ((struct string *)name)->bytes);
    if (is_function(found) || is_method_builtin(found))
        *self = keep(t, o);
    return found;
}
static struct object *super_attribute(struct thread *t, struct object *o, struct object *name)
{
    struct super *s = (struct super *)o;
    struct object *self, *found = super_find(t, as_class(object_of(rc_peek(&s->class))),
                                             object_of(rc_peek(&s->self)), name, &self);
    if (self == NULL)
        return found;
    struct object *bound =
        is_function(found) ? method_new(t, found, self) : builtin_bind(t, found, self);
    drop(t, found);
    drop(t, self);
    return bound;
}
static const struct slots super_slots = {.kind = KIND_SUPER, .attribute = super_attribute};
static const struct type super_type = {.name = "super",
                                       .destroy = super_destroy,
                                       .traverse = super_visit,
                                       .hash = identity_hash,
                                       .slots = &super_slots};
static struct object *make_super(BUILTIN_ARGUMENTS)
{
    BUILTIN_UNUSED;
    if (!is_class(argument[0]) || !is_instance(t, argument[1], as_class(argument[0])))
        return raise_error(t, RAISES_TYPE_ERROR,
                           "super(type, obj): obj must be an instance or subtype of type");
    struct super *s = object_new(t, &super_type, sizeof *s, AL_CONTAINER, 0);
    rc_fill(t, &s->base.rc, &s->class, &keep(t, argument[0])->rc);
    rc_fill(t, &s->base.rc, &s->self, &keep(t, argument[1])->rc);
    return &s->base;
}

// --- types that are called ----------------------------------------------------------------------

static struct object *make_object(BUILTIN_ARGUMENTS)
{
    BUILTIN_UNUSED;
    return instance_new(t, machine_of(t)->class[KIND_INSTANCE], NULL);
}
static struct object *make_bool(BUILTIN_ARGUMENTS)
{
    BUILTIN_UNUSED;
    int yes = n == 0 ? 0 : is_true(t, argument[0]);
    return yes < 0 ? NULL : truth(t, yes);
}
static struct object *make_int(BUILTIN_ARGUMENTS)
{
    BUILTIN_UNUSED;
    struct object *base = n == 2 ? argument[1] : keyword[0];
    if (n == 0)
        return int_new(t, 0);
    struct object *o = argument[0];
    if (base != NULL) {
        int64_t number;
        if (!is_string(o))
            return raise_error(t, RAISES_TYPE_ERROR,
                               "int() can't convert non-string with explicit base");
        return as_index(t, base, &number) ? int_from_text(t, o, number) : NULL;
    }
    if (is_int(o))
        return int_new(t, int_value(o));
    if (is_string(o))
        return int_from_text(t, o, 10);
    if (is_float(o)) {
        int64_t i;
        double d = float_value(o);
        if (isnan(d))
            return raise_error(t, RAISES_VALUE_ERROR, "cannot convert float NaN to integer");
        if (isinf(d))
            return raise_error(t, RAISES_OVERFLOW_ERROR,
                               "cannot convert float infinity to integer");
        return double_is_int(trunc(d), &i) ? int_new(t, i) : int_outside(t);
    }
    bool found;
    struct object *result = call_special(t, NAME_INT, o, NULL, 0, &found);
    if (!found)
        result = call_special(t, NAME_INDEX, o, NULL, 0, &found);
    return found ? result
                 : raise_error(t, RAISES_TYPE_ERROR,
                               "int() argument must be a string, a bytes-like object or a real "
                               "number, not '%s'",
                               type_name(t, o));
}
static struct object *make_float(BUILTIN_ARGUMENTS)
{
    BUILTIN_UNUSED;
    double d;
    if (n == 0)
        return float_new(t, 0);
    struct object *o = argument[0];
    if (is_float(o))
        return keep(t, o);
    if (as_double(o, &d))
        return float_new(t, d);
    if (is_string(o))
        return float_from_text(t, o);
    bool found;
    struct object *result = call_special(t, NAME_FLOAT, o, NULL, 0, &found);
    return found ? result
                 : raise_error(t, RAISES_TYPE_ERROR,
                               "float() argument must be a string or a real number, not '%s'",
                               type_name(t, o));
}
static struct object *make_string(BUILTIN_ARGUMENTS)
{
    BUILTIN_UNUSED;
    return n == 0 ? keep(t, name_of(t, NAME_EMPTY)) : str(t, argument[0]);
}
static struct object *make_list(BUILTIN_ARGUMENTS)
{
    BUILTIN_UNUSED;
    return n == 0 ? &list_new(t)->base : list_from(t, argument[0]);
}
static struct object *make_tuple(BUILTIN_ARGUMENTS)
{
    BUILTIN_UNUSED;
    if (n == 0)
        return keep(t, interp_of(t)->empty_tuple);
    if (is_tuple(argument[0]))
        return keep(t, argument[0]);
    struct object *list = list_from(t, argument[0]);
    if (list == NULL)
        return NULL;
    struct object *tuple = tuple_from_list(t, list);
    drop(t, list);
    return tuple;
}
static bool add_to_set(struct thread *t, void *set, struct object *item)
{
    return set_insert(t, set, item);
}
static struct object *make_set(BUILTIN_ARGUMENTS)
{
    BUILTIN_UNUSED;
    struct object *set = &set_new(t)->dict.base;
    if (n == 1 && !for_each(t, argument[0], add_to_set, set)) {
        drop(t, set);
        return NULL;
    }
    return set;
}
static struct object *make_dict(BUILTIN_ARGUMENTS)
{
    BUILTIN_UNUSED;
    struct object *dict = &dict_new(t)->base;
    if ((n == 1 && !dict_update(t, dict, argument[0])) ||
        (keyword[0] != NULL && !dict_update(t, dict, keyword[0]))) {
        drop(t, dict);
        return NULL;
    }
    return dict;
}
static struct object *make_type(BUILTIN_ARGUMENTS)
{
    BUILTIN_UNUSED;
    return keep(t, &class_of(t, argument[0])->base);
}
static struct object *make_range(BUILTIN_ARGUMENTS)
{
    BUILTIN_UNUSED;
    int64_t value[3] = {0, 0, 1};
    for (unsigned i = 0; i < n; i++)
        if (!as_index(t, argument[i], &value[n == 1 ? 1 : i]))
            return NULL;
    if (value[2] == 0)
        return raise_error(t, RAISES_VALUE_ERROR, "range() arg 3 must not be zero");
    return range_make(t, value[0], value[1], value[2]);
}
static struct object *make_enumerate(BUILTIN_ARGUMENTS)
{
    BUILTIN_UNUSED;
    struct object *start = n == 2 ? argument[1] : keyword[0];
    int64_t from = 0;
    if (start != NULL && !as_index(t, start, &from))
        return NULL;
    return enumerate_make(t, argument[0], from);
}
static struct object *make_zip(BUILTIN_ARGUMENTS)
{
    BUILTIN_UNUSED;
    return zip_make(t, argument, n);
}
static struct object *make_reversed(BUILTIN_ARGUMENTS)
{
    BUILTIN_UNUSED;
    return reversed_make(t, argument[0]);
}
static struct object *make_map(BUILTIN_ARGUMENTS)
{
    BUILTIN_UNUSED;
    return map_make(t, argument[0], argument + 1, n - 1);
}
static struct object *make_filter(BUILTIN_ARGUMENTS)
{
    BUILTIN_UNUSED;
    return filter_make(t, argument[0], argument[1]);
}
static struct object *make_slice(BUILTIN_ARGUMENTS)
{
    BUILTIN_UNUSED;
    struct object *nothing = interp_of(t)->none;
    return n == 1 ? slice_make(t, nothing, argument[0], nothing)
                  : slice_make(t, argument[0], argument[1], n == 3 ? argument[2] : nothing);
}
// What a call of the type does, and its least and most arguments; NULL: programs cannot call it.
static const struct builtin_def *builtin_maker(enum kind kind)
{
    static const struct builtin_def maker[KIND_COUNT] = {
        [KIND_INSTANCE] = {"object", make_object, 0, 0, {NULL}},
        [KIND_BOOL] = {"bool", make_bool, 0, 1, {NULL}},
        [KIND_INT] = {"int", make_int, 0, 2, {"base"}},
        [KIND_FLOAT] = {"float", make_float, 0, 1, {NULL}},
        [KIND_STRING] = {"str", make_string, 0, 1, {NULL}},
        [KIND_LIST] = {"list", make_list, 0, 1, {NULL}},
        [KIND_TUPLE] = {"tuple", make_tuple, 0, 1, {NULL}},
        [KIND_SET] = {"set", make_set, 0, 1, {NULL}},
        [KIND_DICT] = {"dict", make_dict, 0, 1, {BUILTIN_NAMES}},
        [KIND_CLASS] = {"type", make_type, 1, 1, {NULL}},
        [KIND_RANGE] = {"range", make_range, 1, 3, {NULL}},
        [KIND_ENUMERATE] = {"enumerate", make_enumerate, 1, 2, {"start"}},
        [KIND_ZIP] = {"zip", make_zip, 0, BUILTIN_ANY, {NULL}},
        [KIND_REVERSED] = {"reversed", make_reversed, 1, 1, {NULL}},
        [KIND_MAP] = {"map", make_map, 2, BUILTIN_ANY, {NULL}},
        [KIND_FILTER] = {"filter", make_filter, 2, 2, {NULL}},
        [KIND_SLICE] = {"slice", make_slice, 1, 3, {NULL}},
        [KIND_SUPER] = {"super", make_super, 2, 2, {NULL}},
    };
    return maker[kind].name != NULL ? &maker[kind] : NULL;
}

// --- methods that are in no type's slots --------------------------------------------------------

static struct object *exception_init(BUILTIN_ARGUMENTS)
{
    BUILTIN_UNUSED;
    struct object **item = sync_alloc((n + 1) * sizeof *item);
    for (unsigned i = 0; i < n; i++)
        item[i] = keep(t, argument[i]);
    struct object *args = tuple_make(t, item, n);
    sync_free(item);
    rc_store(t, &self->rc, &as_instance(self)->args[0], &args->rc);
    drop(t, args);
    return none(t);
}
static const struct builtin_def exception_methods[] = {
    {"__init__", exception_init, 0, BUILTIN_ANY, {NULL}},
    {0},
};
static struct object *object_init(BUILTIN_ARGUMENTS)
{
    BUILTIN_UNUSED;
    return none(t);
}
static const struct builtin_def object_methods[] = {
    {"__init__", object_init, 0, 0, {NULL}},
    {0},
};
static bool is_class_method(const struct object *o)
{
    return is_builtin(o) && ((const struct builtin *)o)->def->call == dict_method_fromkeys;
}
// What object and BaseException do where a program's class has no method of its own: for super()
// and for who asks by name. The machine itself does it without a look-up.
static struct object *object_repr(BUILTIN_ARGUMENTS)
{
    BUILTIN_UNUSED;
    return instance_own_repr(t, self);
}
static struct object *object_str(BUILTIN_ARGUMENTS)
{
    BUILTIN_UNUSED;
    return instance_own_str(t, self);
}
static struct object *object_eq(BUILTIN_ARGUMENTS)
{
    BUILTIN_UNUSED;
    return self == argument[0] ? truth(t, true) : keep(t, interp_of(t)->not_implemented);
}
static struct object *object_ne(BUILTIN_ARGUMENTS)
{
    BUILTIN_UNUSED;
    if (self == argument[0])
        return truth(t, false);
    struct object *result = instance_own_ne(t, self, argument[0]);
    return result == NOT_IMPLEMENTED ? keep(t, interp_of(t)->not_implemented) : result;
}
static struct object *object_hash(BUILTIN_ARGUMENTS)
{
    BUILTIN_UNUSED;
    return int_new(t, (int64_t)(identity_hash(self) >> 1));
}
static const struct builtin_def *object_default(struct object *name)
{
    static const struct builtin_def defaults[] = {
        {"__repr__", object_repr, 0, 0, {NULL}}, {"__str__", object_str, 0, 0, {NULL}},
        {"__eq__", object_eq, 1, 1, {NULL}},     {"__ne__", object_ne, 1, 1, {NULL}},
        {"__hash__", object_hash, 0, 0, {NULL}},
    };
    for (unsigned i = 0; i < sizeof defaults / sizeof *defaults; i++)
        if (strcmp(defaults[i].name, ((struct string *)name)->bytes) == 0)
            return &defaults[i];
    return NULL;
}
static const struct builtin_def *builtin_methods(enum kind kind)
{
    static const struct builtin_def *const methods[KIND_COUNT] = {
        [KIND_INSTANCE] = object_methods,
        [KIND_INT] = int_methods,
        [KIND_FLOAT] = float_methods,
    };
    switch (kind) {
    case KIND_STRING:
        return string_slots.method;
    case KIND_TUPLE:
        return tuple_slots.method;
    case KIND_LIST:
        return list_slots.method;
    case KIND_DICT:
        return dict_slots.method;
    case KIND_SET:
        return set_slots.method;
    case KIND_RANGE:
        return range_slots.method;
    default:
        return methods[kind];
    }
}

// --- functions ----------------------------------------------------------------------------------

static struct object *builtin_len(BUILTIN_ARGUMENTS)
{
    BUILTIN_UNUSED;
    int64_t length_ = length(t, argument[0]);
    return length_ < 0 ? NULL : int_new(t, length_);
}
static struct object *builtin_abs(BUILTIN_ARGUMENTS)
{
    BUILTIN_UNUSED;
    struct object *o = argument[0];
    if (is_int(o))
        return int_value(o) < 0 ? int_negative(t, o) : int_positive(t, o);
    if (is_float(o))
        return float_new(t, fabs(float_value(o)));
    bool found;
    struct object *result = call_special(t, NAME_ABS, o, NULL, 0, &found);
    return found ? result
                 : raise_error(t, RAISES_TYPE_ERROR, "bad operand type for abs(): '%s'",
                               type_name(t, o));
}

// min and max: the first of the best.
struct extreme {
    enum comparison better;
    struct object *key, *best, *best_key; // best: counted
};
static bool extreme_each(struct thread *t, void *argument, struct object *item)
{
    struct extreme *e = argument;
    struct object *key = e->key != NULL ? call_1(t, e->key, item) : keep(t, item);
    if (key == NULL)
        return false;
    int better = e->best == NULL ? 1 : compare_true(t, e->better, key, e->best_key);
    if (better > 0) {
        drop_maybe(t, e->best);
        drop_maybe(t, e->best_key);
        e->best = keep(t, item);
        e->best_key = key;
    } else {
        drop(t, key);
    }
    return better >= 0;
}
static struct object *extreme(struct thread *t, const char *name, enum comparison better,
                              struct object *const *argument, unsigned n,
                              struct object *const *keyword)
{
    struct extreme e = {.better = better, .key = keyword[0]};
    if (e.key == interp_of(t)->none)
        e.key = NULL;
    bool fine = true;
    if (n == 1)
        fine = for_each(t, argument[0], extreme_each, &e);
    else
        for (unsigned i = 0; fine && i < n; i++)
            fine = extreme_each(t, &e, argument[i]);
    drop_maybe(t, e.best_key);
    if (!fine) {
        drop_maybe(t, e.best);
        return NULL;
    }
    if (e.best == NULL && keyword[1] != NULL)
        return keep(t, keyword[1]);
    return e.best != NULL
               ? e.best
               : raise_error(t, RAISES_VALUE_ERROR, "%s() arg is an empty sequence", name);
}
static struct object *builtin_min(BUILTIN_ARGUMENTS)
{
    BUILTIN_UNUSED;
    return extreme(t, "min", COMPARE_LT, argument, n, keyword);
}
static struct object *builtin_max(BUILTIN_ARGUMENTS)
{
    BUILTIN_UNUSED;
    return extreme(t, "max", COMPARE_GT, argument, n, keyword);
}
static bool sum_each(struct thread *t, void *argument, struct object *item)
{
    struct object **sum = argument, *next = binary(t, OPERATOR_ADD, *sum, item);
    if (next == NULL)
        return false;
    drop(t, *sum);
    *sum = next;
    return true;
}
static struct object *builtin_sum(BUILTIN_ARGUMENTS)
{
    BUILTIN_UNUSED;
    struct object *start = n == 2 ? argument[1] : keyword[0];
    struct object *sum = start != NULL ? keep(t, start) : int_new(t, 0);
    if (is_string(sum)) {
        drop(t, sum);
        return raise_error(t, RAISES_TYPE_ERROR,
                           "sum() can't sum strings [use ''.join(seq) instead]");
    }
    if (for_each(t, argument[0], sum_each, &sum))
        return sum;
    drop(t, sum);
    return NULL;
}
// Looks for an item that is true, or one that is not.
struct quest {
    bool yes, found;
};
static bool quest_each(struct thread *t, void *argument, struct object *item)
{
    struct quest *q = argument;
    int yes = is_true(t, item);
    q->found = yes >= 0 && yes == q->yes;
    return yes >= 0 && !q->found;
}
static struct object *builtin_any(BUILTIN_ARGUMENTS)
{
    BUILTIN_UNUSED;
    struct quest q = {.yes = true};
    for_each(t, argument[0], quest_each, &q);
    return failed(t) ? NULL : truth(t, q.found);
}
static struct object *builtin_all(BUILTIN_ARGUMENTS)
{
    BUILTIN_UNUSED;
    struct quest q = {.yes = false};
    for_each(t, argument[0], quest_each, &q);
    return failed(t) ? NULL : truth(t, !q.found);
}
static struct object *builtin_sorted(BUILTIN_ARGUMENTS)
{
    BUILTIN_UNUSED;
    int reverse = keyword[1] != NULL ? is_true(t, keyword[1]) : 0;
    struct object *key = keyword[0] == interp_of(t)->none ? NULL : keyword[0];
    return reverse < 0 ? NULL : sorted_list(t, argument[0], key, reverse);
}
static struct object *builtin_ord(BUILTIN_ARGUMENTS)
{
    BUILTIN_UNUSED;
    uint32_t code;
    if (!is_string(argument[0]))
        return raise_error(t, RAISES_TYPE_ERROR, "ord() expected string of length 1, but %s found",
                           type_name(t, argument[0]));
    if (string_code(argument[0], &code))
        return int_new(t, code);
    return raise_error(t, RAISES_TYPE_ERROR,
                       "ord() expected a character, but string of length %lld found",
                       (long long)length(t, argument[0]));
}
static struct object *builtin_chr(BUILTIN_ARGUMENTS)
{
    BUILTIN_UNUSED;
    int64_t code;
    if (!as_index(t, argument[0], &code))
        return NULL;
    if (code < 0 || code > 0x10ffff)
        return raise_error(t, RAISES_VALUE_ERROR, "chr() arg not in range(0x110000)");
    if (code >= 0xd800 && code < 0xe000)
        return raise_fatal(t, "a string with a surrogate");
    return string_of_code(t, (uint32_t)code);
}
static int instance_of_any(struct thread *t, struct object *o, struct object *type)
{
    if (is_tuple(type)) {
        if (!stack_has_room(t))
            return -1;
        for (size_t i = 0; i < tuple_length(type); i++) {
            int yes = instance_of_any(t, o, tuple_item(type, i));
            if (yes != 0)
                return yes;
        }
        return 0;
    }
    // every class derives from object
    if (is_class(type))
        return as_class(type) == machine_of(t)->class[KIND_INSTANCE] ||
               is_instance(t, o, as_class(type));
    raise_error(t, RAISES_TYPE_ERROR,
                "isinstance() arg 2 must be a type, a tuple of types, or a union");
    return -1;
}
static struct object *builtin_isinstance(BUILTIN_ARGUMENTS)
{
    BUILTIN_UNUSED;
    int yes = instance_of_any(t, argument[0], argument[1]);
    return yes < 0 ? NULL : truth(t, yes);
}
static struct object *builtin_issubclass(BUILTIN_ARGUMENTS)
{
    BUILTIN_UNUSED;
    if (!is_class(argument[0]) || !is_class(argument[1]))
        return raise_fatal(t, "issubclass() of what is no class");
    return truth(t, as_class(argument[1]) == machine_of(t)->class[KIND_INSTANCE] ||
                        is_subclass(as_class(argument[0]), as_class(argument[1])));
}
static struct object *builtin_print(BUILTIN_ARGUMENTS)
{
    BUILTIN_UNUSED;
    static const char *const what[] = {"sep", "end"};
    for (unsigned i = 0; i < 2; i++)
        if (keyword[i] != NULL && keyword[i] != interp_of(t)->none && !is_string(keyword[i]))
            return raise_error(t, RAISES_TYPE_ERROR, "%s must be None or a string, not %s", what[i],
                               type_name(t, keyword[i]));
    if (keyword[3] != NULL && keyword[3] != interp_of(t)->none)
        return raise_fatal(t, "print() to a file");
    struct builder b;
    builder_open(&b);
    for (unsigned i = 0; i <= n; i++) {
        // what stands before it, and the end behind the last one
        struct object *between = i == n ? keyword[1] : i != 0 ? keyword[0] : NULL;
        if (between != NULL && between != interp_of(t)->none)
            builder_add(&b, string_of(between)->bytes, string_of(between)->length);
        else if (i == n)
            builder_text(&b, "\n");
        else if (i != 0)
            builder_text(&b, " ");
        if (i == n)
            break;
        struct object *text = str(t, argument[i]);
        if (text == NULL) {
            builder_close(&b);
            return NULL;
        }
        builder_add(&b, string_of(text)->bytes, string_of(text)->length);
        drop(t, text);
    }
    // results go to the standard output
    fwrite(b.bytes, 1, b.length, stderr);
    builder_close(&b);
    return none(t);
}
static struct object *builtin_repr_of(BUILTIN_ARGUMENTS)
{
    BUILTIN_UNUSED;
    return repr(t, argument[0]);
}
static struct object *builtin_ascii(BUILTIN_ARGUMENTS)
{
    BUILTIN_UNUSED;
    return ascii_of(t, argument[0]);
}
static struct object *builtin_format(BUILTIN_ARGUMENTS)
{
    BUILTIN_UNUSED;
    return format_value(t, argument[0], n == 2 ? argument[1] : name_of(t, NAME_EMPTY));
}
static struct object *builtin_round(BUILTIN_ARGUMENTS)
{
    BUILTIN_UNUSED;
    return round_value(t, argument[0], n == 2 ? argument[1] : keyword[0]);
}
static struct object *builtin_divmod(BUILTIN_ARGUMENTS)
{
    BUILTIN_UNUSED;
    struct object *item[2];
    item[0] = binary(t, OPERATOR_FLOOR_DIVIDE, argument[0], argument[1]);
    if (item[0] == NULL)
        return NULL;
    item[1] = binary(t, OPERATOR_REMAINDER, argument[0], argument[1]);
    if (item[1] == NULL) {
        drop(t, item[0]);
        return NULL;
    }
    return tuple_make(t, item, 2);
}
static struct object *builtin_pow(BUILTIN_ARGUMENTS)
{
    BUILTIN_UNUSED;
    if (n == 2)
        return binary(t, OPERATOR_POWER, argument[0], argument[1]);
    if (!is_int(argument[0]) || !is_int(argument[1]) || !is_int(argument[2]))
        return raise_fatal(t, "pow() of three arguments that are no integers");
    int64_t exponent = int_value(argument[1]), modulus = int_value(argument[2]);
    if (exponent < 0)
        return raise_fatal(t, "pow() of a negative exponent and a modulus");
    if (modulus == 0)
        return raise_error(t, RAISES_VALUE_ERROR, "pow() 3rd argument cannot be 0");
    unsigned __int128 m = modulus < 0 ? -(unsigned __int128)modulus : (unsigned __int128)modulus;
    int64_t base = int_value(argument[0]);
    unsigned __int128 x =
        base < 0 ? (m - (-(unsigned __int128)base % m)) % m : (unsigned __int128)base % m;
    unsigned __int128 result = 1 % m;
    for (; exponent != 0; exponent >>= 1) {
        if ((exponent & 1) != 0)
            result = result * x % m;
        x = x * x % m;
    }
    int64_t value = (int64_t)result;
    return int_new(t, modulus < 0 && value != 0 ? value + modulus : value);
}
static struct object *builtin_iter(BUILTIN_ARGUMENTS)
{
    BUILTIN_UNUSED;
    return iterate(t, argument[0]);
}
static struct object *builtin_next(BUILTIN_ARGUMENTS)
{
    BUILTIN_UNUSED;
    struct object *item = next_of(t, argument[0]);
    if (item != NULL || failed(t))
        return item;
    if (n == 2)
        return keep(t, argument[1]);
    struct object *args = keep(t, interp_of(t)->empty_tuple);
    error_set_object(t, instance_new(t, machine_of(t)->exception[RAISES_STOP_ITERATION], args));
    return NULL;
}
static struct object *builtin_id(BUILTIN_ARGUMENTS)
{
    BUILTIN_UNUSED;
    return int_new(t, (int64_t)(uintptr_t)argument[0]);
}
static struct object *builtin_hash(BUILTIN_ARGUMENTS)
{
    BUILTIN_UNUSED;
    int64_t value;
    if (is_int(argument[0]) ||
        (is_float(argument[0]) && double_is_int(float_value(argument[0]), &value))) {
        // as CPython's: modulo 2^61 - 1, towards 0, and never -1
        value = is_int(argument[0]) ? int_value(argument[0]) : value;
        value %= (INT64_C(1) << 61) - 1;
        return int_new(t, value == -1 ? -2 : value);
    }
    struct object *key = hashable(t, NULL, argument[0]);
    if (key == NULL)
        return NULL;
    uint64_t hash = key_hash(&key->rc);
    drop(t, key);
    return int_new(t, (int64_t)(hash >> 1));
}
static struct object *builtin_callable(BUILTIN_ARGUMENTS)
{
    BUILTIN_UNUSED;
    enum kind kind = kind_of(argument[0]);
    bool yes =
        kind == KIND_FUNCTION || kind == KIND_BUILTIN || kind == KIND_METHOD || kind == KIND_CLASS;
    if (kind == KIND_INSTANCE) {
        struct object *method = type_lookup(t, class_of(t, argument[0]), name_of(t, NAME_CALL));
        yes = method != NULL;
        drop_maybe(t, method);
    }
    return truth(t, yes);
}
// A string as a name: attributes are looked up by interned strings.
static struct object *as_name(struct thread *t, struct object *o)
{
    if (!is_string(o)) {
        raise_error(t, RAISES_TYPE_ERROR, "attribute name must be string, not '%s'",
                    type_name(t, o));
        return NULL;
    }
    struct rc_header *there = dict_get(t, machine_of(t)->interned, &o->rc);
    return there != NULL ? object_of(there) : keep(t, o);
}
static struct object *builtin_getattr(BUILTIN_ARGUMENTS)
{
    BUILTIN_UNUSED;
    struct object *name = as_name(t, argument[1]);
    if (name == NULL)
        return NULL;
    struct object *found = get_attribute(t, argument[0], name);
    drop(t, name);
    if (found == NULL && n == 3 && raised(t, RAISES_ATTRIBUTE_ERROR)) {
        error_clear(t);
        return keep(t, argument[2]);
    }
    return found;
}
static struct object *builtin_hasattr(BUILTIN_ARGUMENTS)
{
    BUILTIN_UNUSED;
    struct object *name = as_name(t, argument[1]);
    if (name == NULL)
        return NULL;
    struct object *found = get_attribute_maybe(t, argument[0], name);
    bool has = found != NULL || (!failed(t) && is_absent(t, argument[0], name));
    drop_maybe(t, found);
    if (!has && !failed(t)) {
        drop_maybe(t, found = get_attribute(t, argument[0], name)); // by __getattr__
        has = found != NULL;
    }
    drop(t, name);
    if (!has && !raised(t, RAISES_ATTRIBUTE_ERROR))
        return NULL;
    if (!has)
        error_clear(t);
    return truth(t, has);
}
static struct object *change_attribute(struct thread *t, struct object *o, struct object *text,
                                       struct object *value)
{
    struct object *name = as_name(t, text);
    if (name == NULL)
        return NULL;
    bool fine = false;
    if (name == name_of(t, NAME_CLASS) || name == name_of(t, NAME_DICT) ||
        name == name_of(t, NAME_NAME) || name == name_of(t, NAME_QUALNAME))
        raise_fatal(t, "a change of %s", ((struct string *)name)->bytes);
    else
        fine = set_attribute(t, o, name, value);
    drop(t, name);
    return fine ? none(t) : NULL;
}
static struct object *builtin_setattr(BUILTIN_ARGUMENTS)
{
    BUILTIN_UNUSED;
    return change_attribute(t, argument[0], argument[1], argument[2]);
}
static struct object *builtin_delattr(BUILTIN_ARGUMENTS)
{
    BUILTIN_UNUSED;
    return change_attribute(t, argument[0], argument[1], NULL);
}
static struct object *in_base(struct thread *t, struct object *o, unsigned bits, const char *prefix)
{
    int64_t value;
    char text[80], *p = text + sizeof text;
    if (!as_index(t, o, &value))
        return NULL;
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
    do {
        *--p = "0123456789abcdef"[rest & ((1u << bits) - 1)];
        rest >>= bits;
    } while (rest != 0);
    *--p = prefix[1];
    *--p = prefix[0];
    if (value < 0)
        *--p = '-';
    return string_make(t, p, (size_t)(text + sizeof text - p));
}
static struct object *builtin_hex(BUILTIN_ARGUMENTS)
{
    BUILTIN_UNUSED;
    return in_base(t, argument[0], 4, "0x");
}
static struct object *builtin_oct(BUILTIN_ARGUMENTS)
{
    BUILTIN_UNUSED;
    return in_base(t, argument[0], 3, "0o");
}
static struct object *builtin_bin(BUILTIN_ARGUMENTS)
{
    BUILTIN_UNUSED;
    return in_base(t, argument[0], 1, "0b");
}
static const struct builtin_def builtin_functions[] = {
    {"len", builtin_len, 1, 1, {NULL}},
    {"abs", builtin_abs, 1, 1, {NULL}},
    {"min", builtin_min, 1, BUILTIN_ANY, {"key", "default"}},
    {"max", builtin_max, 1, BUILTIN_ANY, {"key", "default"}},
    {"sum", builtin_sum, 1, 2, {"start"}},
    {"any", builtin_any, 1, 1, {NULL}},
    {"all", builtin_all, 1, 1, {NULL}},
    {"sorted", builtin_sorted, 1, 1, {"key", "reverse"}},
    {"ord", builtin_ord, 1, 1, {NULL}},
    {"chr", builtin_chr, 1, 1, {NULL}},
    {"isinstance", builtin_isinstance, 2, 2, {NULL}},
    {"issubclass", builtin_issubclass, 2, 2, {NULL}},
    {"print", builtin_print, 0, BUILTIN_ANY, {"sep", "end", "flush", "file"}},
    {"repr", builtin_repr_of, 1, 1, {NULL}},
    {"ascii", builtin_ascii, 1, 1, {NULL}},
    {"format", builtin_format, 1, 2, {NULL}},
    {"round", builtin_round, 1, 2, {"ndigits"}},
    {"divmod", builtin_divmod, 2, 2, {NULL}},
    {"pow", builtin_pow, 2, 3, {NULL}},
    {"iter", builtin_iter, 1, 1, {NULL}},
    {"next", builtin_next, 1, 2, {NULL}},
    {"id", builtin_id, 1, 1, {NULL}},
    {"hash", builtin_hash, 1, 1, {NULL}},
    {"callable", builtin_callable, 1, 1, {NULL}},
    {"getattr", builtin_getattr, 2, 3, {NULL}},
    {"hasattr", builtin_hasattr, 2, 2, {NULL}},
    {"setattr", builtin_setattr, 3, 3, {NULL}},
    {"delattr", builtin_delattr, 2, 2, {NULL}},
    {"hex", builtin_hex, 1, 1, {NULL}},
    {"oct", builtin_oct, 1, 1, {NULL}},
    {"bin", builtin_bin, 1, 1, {NULL}},
    {0},
};

static struct object *intern_text(struct thread *t, const char *text);
static void machine_builtins(struct thread *t, struct machine *m)
{
    for (const struct builtin_def *d = builtin_functions; d->name != NULL; d++) {
        struct object *b = builtin_new(t, d, NULL, false, RC_DEFERRED | RC_HOT);
        dict_set(t, m->builtins, &intern_text(t, d->name)->rc, &b->rc);
        drop(t, b);
    }
    dict_set(t, m->builtins, &intern_text(t, "NotImplemented")->rc, &m->not_implemented->rc);
    dict_set(t, m->globals, &name_of(t, NAME_NAME)->rc, &intern_text(t, "__program__")->rc);
}

#endif
