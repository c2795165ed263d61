// SPDX-License-Identifier: MIT
//
// What an instruction does, whatever the types of its operands: dispatch through their slots, as
// Objects/abstract.c and object.c have it.
#ifndef OPERATIONS_H
#define OPERATIONS_H

#include "call.h"

static const char *const operator_symbol[OPERATOR_COUNT] = {
#define OPERATOR_SYMBOL(name, symbol, method) symbol,
    OPERATORS(OPERATOR_SYMBOL)
#undef OPERATOR_SYMBOL
};
static const char *const comparison_symbol[] = {
#define COMPARISON_SYMBOL(name, symbol, method) symbol,
    COMPARISONS(COMPARISON_SYMBOL)
#undef COMPARISON_SYMBOL
};

static struct object *no_operator(struct thread *t, enum operator how, struct object *a,
                                  struct object *b, const char *equals)
{
    if (how == OPERATOR_ADD && (is_string(a) || is_list(a) || is_tuple(a)))
        return raise_error(t, RAISES_TYPE_ERROR,
                           "can only concatenate %s (not \"%s\") to %s", type_name(t, a),
                           type_name(t, b), type_name(t, a));
    if (how == OPERATOR_POWER)
        return raise_error(t, RAISES_TYPE_ERROR,
                           "unsupported operand type(s) for ** or pow(): '%s' and '%s'",
                           type_name(t, a), type_name(t, b));
    if (how == OPERATOR_MULTIPLY) {
        bool left = is_string(a) || is_list(a) || is_tuple(a);
        if (left || is_string(b) || is_list(b) || is_tuple(b))
            return raise_error(t, RAISES_TYPE_ERROR,
                               "can't multiply sequence by non-int of type '%s'",
                               type_name(t, left ? b : a));
    }
    return raise_error(t, RAISES_TYPE_ERROR, "unsupported operand type(s) for %s%s: '%s' and '%s'",
                       operator_symbol[how], equals, type_name(t, a), type_name(t, b));
}
// A new reference to o as an operand beside the other number (PyNumber_Coerce, ERA_COERCES): o
// itself, or a new float if the other one is.
static struct object *coerced(struct thread *t, struct object *o, const struct object *other)
{
    return is_float(other) && is_int(o) ? float_new(t, (double)int_value(o)) : keep(t, o);
}
API bool is_number(const struct object *o)
{
    return is_int(o) || is_float(o);
}
// NOT_IMPLEMENTED: neither type knows.
API struct object *binary_maybe(struct thread *t, enum operator how, struct object *a,
                                struct object *b)
{
    binary_fn *left = slots_of(a)->binary[how], *right = slots_of(b)->binary[how];
    // a class that is derived from the other operand's goes first
    if (left == right && left != NULL && is_instance_kind(a) && is_instance_kind(b) &&
        class_of(t, a) != class_of(t, b) && is_subclass(class_of(t, b), class_of(t, a))) {
        bool found;
        struct object *o = call_special(t, NAME_RIGHT + how, b, &a, 1, &found);
        if (found && (o = instance_answer(t, o)) != NOT_IMPLEMENTED)
            return o;
    }
    if (ERA_COERCES && left != NULL && is_number(a) && is_number(b)) {
        struct object *x = coerced(t, a, b), *y = coerced(t, b, a);
        binary_fn *both = slots_of(x)->binary[how];
        struct object *answer = both != NULL ? both(t, x, y) : NOT_IMPLEMENTED;
        drop(t, x);
        drop(t, y);
        return answer;
    }
    struct object *result = NOT_IMPLEMENTED;
    if (left != NULL)
        result = left(t, a, b);
    if (result == NOT_IMPLEMENTED && right != NULL && right != left)
        result = right(t, a, b);
    return result;
}
OUT_OF_LINE struct object *binary(struct thread *t, enum operator how, struct object *a,
                             struct object *b)
{
    struct object *result = binary_maybe(t, how, a, b);
    return __builtin_expect(result != NOT_IMPLEMENTED, 1) ? result : no_operator(t, how, a, b, "");
}
OUT_OF_LINE struct object *in_place(struct thread *t, enum operator how, struct object *a,
                               struct object *b)
{
    binary_fn *own = slots_of(a)->in_place[how];
    struct object *result = own != NULL ? own(t, a, b) : NOT_IMPLEMENTED;
    if (result == NOT_IMPLEMENTED)
        result = binary_maybe(t, how, a, b);
    return __builtin_expect(result != NOT_IMPLEMENTED, 1) ? result : no_operator(t, how, a, b, "=");
}
OUT_OF_LINE struct object *unary(struct thread *t, enum unary how, struct object *a)
{
    static const char symbol[] = "-+~";
    unary_fn *own = slots_of(a)->unary[how];
    if (own != NULL)
        return own(t, a);
    return raise_error(t, RAISES_TYPE_ERROR, "bad operand type for unary %c: '%s'", symbol[how],
                       type_name(t, a));
}

OUT_OF_LINE struct object *compare(struct thread *t, enum comparison how, struct object *a,
                              struct object *b)
{
    static const enum comparison swapped[] = {COMPARE_GT, COMPARE_GE, COMPARE_EQ,
                                              COMPARE_NE, COMPARE_LT, COMPARE_LE};
    struct interp *in = interp_of(t);
    struct object *result = NOT_IMPLEMENTED;
    // lists in lists without end (Py_EnterRecursiveCall)
    if (__builtin_expect(in->depth >= CALLS_MOST, 0))
        return raise_error(t, RAISES_RECURSION_ERROR,
                           "maximum recursion depth exceeded in comparison");
    in->depth++;
    if (slots_of(a)->compare != NULL)
        result = slots_of(a)->compare(t, a, b, how);
    if (result == NOT_IMPLEMENTED && slots_of(b)->compare != NULL)
        result = slots_of(b)->compare(t, b, a, swapped[how]);
    in->depth--;
    if (result != NOT_IMPLEMENTED)
        return result;
    if (how == COMPARE_EQ || how == COMPARE_NE)
        return truth(t, (a == b) == (how == COMPARE_EQ));
    return raise_error(t, RAISES_TYPE_ERROR,
                       "'%s' not supported between instances of '%s' and '%s'",
                       comparison_symbol[how], type_name(t, a), type_name(t, b));
}
OUT_OF_LINE int is_true(struct thread *t, struct object *o)
{
    const struct slots *s = slots_of(o);
    if (o->type == &bool_type)
        return int_value(o) != 0;
    if (s->truth != NULL)
        return s->truth(t, o);
    if (s->length == NULL)
        return s->kind != KIND_NONE;
    int64_t n = s->length(t, o);
    return n < 0 ? -1 : n != 0;
}
// Of an answer, which is dropped.
API int true_of(struct thread *t, struct object *result)
{
    if (result == NULL)
        return -1;
    int yes = is_true(t, result);
    drop(t, result);
    return yes;
}
static int compare_true(struct thread *t, enum comparison how, struct object *a, struct object *b)
{
    return true_of(t, compare(t, how, a, b));
}
static int equal(struct thread *t, struct object *a, struct object *b)
{
    return a == b ? 1 : compare_true(t, COMPARE_EQ, a, b);
}

OUT_OF_LINE int contains(struct thread *t, struct object *o, struct object *item)
{
    if (slots_of(o)->contains != NULL)
        return slots_of(o)->contains(t, o, item);
    if (slots_of(o)->iterate == NULL) {
        raise_error(t, RAISES_TYPE_ERROR, "argument of type '%s' is not iterable", type_name(t, o));
        return -1;
    }
    return instance_contains(t, o, item);
}
static int64_t length(struct thread *t, struct object *o)
{
    if (slots_of(o)->length != NULL)
        return slots_of(o)->length(t, o);
    raise_error(t, RAISES_TYPE_ERROR, "object of type '%s' has no len()", type_name(t, o));
    return -1;
}
OUT_OF_LINE struct object *subscript(struct thread *t, struct object *o, struct object *index)
{
    if (slots_of(o)->subscript != NULL)
        return slots_of(o)->subscript(t, o, index);
    return raise_error(t, RAISES_TYPE_ERROR, "'%s' object is not subscriptable", type_name(t, o));
}
OUT_OF_LINE bool store_subscript(struct thread *t, struct object *o, struct object *index,
                            struct object *value)
{
    if (slots_of(o)->store != NULL)
        return slots_of(o)->store(t, o, index, value);
    raise_error(t, RAISES_TYPE_ERROR, "'%s' object %s item %s", type_name(t, o),
                value != NULL ? "does not support" : "doesn't support",
                value != NULL ? "assignment" : "deletion");
    return false;
}
OUT_OF_LINE struct object *iterate(struct thread *t, struct object *o)
{
    if (slots_of(o)->iterate != NULL)
        return slots_of(o)->iterate(t, o);
    return raise_error(t, RAISES_TYPE_ERROR, "'%s' object is not iterable", type_name(t, o));
}
static struct object *next_of(struct thread *t, struct object *iterator)
{
    if (slots_of(iterator)->next != NULL)
        return slots_of(iterator)->next(t, iterator);
    return raise_error(t, RAISES_TYPE_ERROR, "'%s' object is not an iterator",
                       type_name(t, iterator));
}
OUT_OF_LINE struct object *repr(struct thread *t, struct object *o)
{
    if (slots_of(o)->repr == NULL)
        return string_format(t, "<%s object at %p>", type_name(t, o), (void *)o);
    // of a value within itself without end, or too deep
    struct interp *in = interp_of(t);
    if (in->depth >= CALLS_MOST)
        return raise_error(t, RAISES_RECURSION_ERROR, "maximum recursion depth exceeded");
    in->depth++;
    struct object *text = slots_of(o)->repr(t, o);
    in->depth--;
    return text;
}
OUT_OF_LINE struct object *str(struct thread *t, struct object *o)
{
    if (is_string(o))
        return keep(t, o);
    return slots_of(o)->str != NULL ? slots_of(o)->str(t, o) : repr(t, o);
}

#endif
