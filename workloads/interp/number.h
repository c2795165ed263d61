// SPDX-License-Identifier: MIT
//
// Integers, floats and booleans. An integer has 64 bits; what would not fit is an error that no
// program can catch, because Python's would go on.
#ifndef NUMBER_H
#define NUMBER_H

#include "keep.h"

struct float_object {
    struct object base;
    double value;
};

// Equal numbers of all three types have the same hash.
static uint64_t number_hash(struct object *o);
static bool number_equal(struct object *a, struct object *b);

static const struct slots int_slots, bool_slots, float_slots;
static const struct type int_type = {
    .name = "int", .hash = number_hash, .equal = number_equal, .slots = &int_slots};
static const struct type bool_type = {
    .name = "bool", .hash = number_hash, .equal = number_equal, .slots = &bool_slots};
static const struct type float_type = {
    .name = "float", .hash = number_hash, .equal = number_equal, .slots = &float_slots};

API bool is_exact_int(const struct object *o)
{
    return o->type == &int_type;
}
API bool is_int(const struct object *o)
{
    return o->type == &int_type || o->type == &bool_type;
}
API int64_t int_value(const struct object *o)
{
    return ((const struct integer *)o)->value;
}
API bool is_float(const struct object *o)
{
    return o->type == &float_type;
}
API double float_value(const struct object *o)
{
    return ((const struct float_object *)o)->value;
}

OUT_OF_LINE struct object *int_new(struct thread *t, int64_t value)
{
    if (value >= ERA_SMALL_LEAST && value <= ERA_SMALL_MOST)
        return keep(t, interp_of(t)->small[value - ERA_SMALL_LEAST]);
    struct integer *i = object_new_kept(t, &int_type, sizeof *i, AL_OBJECT, 0);
    i->value = value;
    return &i->base;
}
OUT_OF_LINE struct object *float_new(struct thread *t, double value)
{
    struct float_object *f = object_new_kept(t, &float_type, sizeof *f, AL_OBJECT, 0);
    f->value = value;
    return &f->base;
}
static struct object *int_outside(struct thread *t)
{
    return raise_fatal(t, "an integer outside 64 bits");
}

static bool as_double(struct object *o, double *value)
{
    if (is_float(o))
        *value = float_value(o);
    else if (is_int(o))
        *value = (double)int_value(o);
    else
        return false;
    return true;
}
static bool as_index(struct thread *t, struct object *o, int64_t *value)
{
    if (is_int(o)) {
        *value = int_value(o);
        return true;
    }
    bool found;
    struct object *i = call_special(t, NAME_INDEX, o, NULL, 0, &found);
    if (i != NULL && is_int(i)) {
        *value = int_value(i);
        drop(t, i);
        return true;
    }
    drop_maybe(t, i);
    if (!failed(t))
        raise_error(t, RAISES_TYPE_ERROR, "'%s' object cannot be interpreted as an integer",
                    type_name(t, o));
    return false;
}

// --- equality as keys -------------------------------------------------------------------------

// The integer that a double is, if it is one of 64 bits.
API bool double_is_int(double d, int64_t *i)
{
    if (!(d >= -0x1p63 && d < 0x1p63) || d != floor(d))
        return false;
    *i = (int64_t)d;
    return true;
}
static uint64_t number_hash(struct object *o)
{
    int64_t i;
    if (!is_float(o))
        return (uint64_t)int_value(o);
    double d = float_value(o);
    if (double_is_int(d, &i))
        return (uint64_t)i;
    uint64_t bits;
    memcpy(&bits, &d, sizeof bits);
    bits *= 0x9e3779b97f4a7c15u; // Fibonacci hashing: a mantissa's low bits are mostly zero
    return bits ^ bits >> 32;
}
API int order_of(int64_t x, int64_t y)
{
    return (x > y) - (x < y);
}
// -1, 0, 1; 2: one of them is no number. A double and an integer are compared exactly.
static int number_order(const struct object *a, const struct object *b)
{
    if (!is_float(a) && !is_float(b))
        return order_of(int_value(a), int_value(b));
    // a long double holds every integer of 64 bits, on x86-64 and arm64
    long double x = is_float(a) ? (long double)float_value(a) : (long double)int_value(a);
    long double y = is_float(b) ? (long double)float_value(b) : (long double)int_value(b);
    return x != x || y != y ? 2 : (x > y) - (x < y);
}
static bool number_equal(struct object *a, struct object *b)
{
    return number_order(a, b) == 0;
}

API bool comparison_holds(enum comparison how, int order)
{
    switch (how) {
    case COMPARE_LT:
        return order < 0;
    case COMPARE_LE:
        return order <= 0;
    case COMPARE_EQ:
        return order == 0;
    case COMPARE_NE:
        return order != 0;
    case COMPARE_GT:
        return order > 0;
    default:
        return order >= 0;
    }
}
API bool floats_hold(enum comparison how, double x, double y)
{
    switch (how) {
    case COMPARE_LT:
        return x < y;
    case COMPARE_LE:
        return x <= y;
    case COMPARE_EQ:
        return x == y;
    case COMPARE_NE:
        return x != y;
    case COMPARE_GT:
        return x > y;
    default:
        return x >= y;
    }
}
static struct object *number_compare(struct thread *t, struct object *a, struct object *b,
                                     enum comparison how)
{
    if (!is_int(b) && !is_float(b))
        return NOT_IMPLEMENTED;
    int order = number_order(a, b);
    return truth(t, order == 2 ? how == COMPARE_NE : comparison_holds(how, order));
}

// --- integers ---------------------------------------------------------------------------------

API bool both_ints(const struct object *a, const struct object *b)
{
    return is_int(a) && is_int(b);
}
#define INT_CHECKED(name, builtin)                                                         \
    static struct object *int_##name(struct thread *t, struct object *a, struct object *b) \
    {                                                                                      \
        int64_t result;                                                                    \
        if (!both_ints(a, b))                                                              \
            return NOT_IMPLEMENTED;                                                        \
        if (__builtin_expect(builtin(int_value(a), int_value(b), &result), 0))             \
            return int_outside(t);                                                         \
        return int_new(t, result);                                                         \
    }
INT_CHECKED(add, __builtin_add_overflow)
INT_CHECKED(subtract, __builtin_sub_overflow)
INT_CHECKED(multiply, __builtin_mul_overflow)
#undef INT_CHECKED

// Rounded towards minus infinity, as Python's // and %; y is not 0, and it is not INT64_MIN // -1.
API int64_t floor_quotient(int64_t x, int64_t y)
{
    int64_t q = x / y;
    return q - (x % y != 0 && (x < 0) != (y < 0));
}
API int64_t floor_remainder(int64_t x, int64_t y)
{
    int64_t r = x % y;
    return r != 0 && (r < 0) != (y < 0) ? r + y : r;
}
static struct object *int_floor_divide(struct thread *t, struct object *a, struct object *b)
{
    if (!both_ints(a, b))
        return NOT_IMPLEMENTED;
    int64_t x = int_value(a), y = int_value(b);
    if (y == 0)
        return raise_error(t, RAISES_ZERO_DIVISION_ERROR, "integer division or modulo by zero");
    if (x == INT64_MIN && y == -1)
        return int_outside(t);
    return int_new(t, floor_quotient(x, y));
}
static struct object *int_remainder(struct thread *t, struct object *a, struct object *b)
{
    if (!both_ints(a, b))
        return NOT_IMPLEMENTED;
    int64_t x = int_value(a), y = int_value(b);
    if (y == 0)
        return raise_error(t, RAISES_ZERO_DIVISION_ERROR, "integer modulo by zero");
    return int_new(t, y == -1 ? 0 : floor_remainder(x, y));
}
// The double next to x / y. Both have at most 53 bits as a rule, and division rounds once; if not,
// the quotient's integer part and remainder are taken first, so that what is rounded fits.
static struct object *int_true_divide(struct thread *t, struct object *a, struct object *b)
{
    if (!both_ints(a, b))
        return NOT_IMPLEMENTED;
    int64_t x = int_value(a), y = int_value(b), most = (int64_t)1 << 53;
    if (y == 0)
        return raise_error(t, RAISES_ZERO_DIVISION_ERROR, "division by zero");
    if (x >= -most && x <= most && y >= -most && y <= most)
        return float_new(t, (double)x / (double)y);
    // 128 bits of the quotient's magnitude: shifted so that it has at least 64, with a sticky bit
    unsigned __int128 n = x < 0 ? -(unsigned __int128)x : (unsigned __int128)x;
    uint64_t d = y < 0 ? -(uint64_t)y : (uint64_t)y;
    int shift = 0;
    if (n != 0)
        while ((n >> 126) == 0) {
            n <<= 1;
            shift++;
        }
    unsigned __int128 q = n / d;
    bool sticky = n % d != 0;
    while (q >> 62 != 0) {
        sticky |= (q & 1) != 0;
        q >>= 1;
        shift--;
    }
    double value = ldexp((double)(int64_t)(((uint64_t)q << 1) | sticky), -shift - 1);
    return float_new(t, (x < 0) != (y < 0) ? -value : value);
}
static struct object *float_raise(struct thread *t, double x, double y);
static struct object *int_power(struct thread *t, struct object *a, struct object *b)
{
    if (!both_ints(a, b))
        return NOT_IMPLEMENTED;
    int64_t base = int_value(a), exponent = int_value(b), result = 1;
    if (exponent < 0)
        return float_raise(t, (double)base, (double)exponent);
    bool outside = false; // of the base, which matters only if it is used again
    while (exponent != 0) {
        if ((exponent & 1) != 0 && (outside || __builtin_mul_overflow(result, base, &result)))
            return int_outside(t);
        exponent >>= 1;
        if (exponent != 0 && __builtin_mul_overflow(base, base, &base))
            outside = true;
    }
    return int_new(t, result);
}
static struct object *int_left_shift(struct thread *t, struct object *a, struct object *b)
{
    if (!both_ints(a, b))
        return NOT_IMPLEMENTED;
    int64_t x = int_value(a), n = int_value(b);
    if (n < 0)
        return raise_error(t, RAISES_VALUE_ERROR, "negative shift count");
    if (x == 0)
        return int_new(t, 0);
    int64_t result = n < 63 ? (int64_t)((uint64_t)x << n) : 0;
    if (n >= 63 ? !(n == 63 && x == -1) : result >> n != x)
        return int_outside(t);
    return int_new(t, n == 63 ? INT64_MIN : result);
}
static struct object *int_right_shift(struct thread *t, struct object *a, struct object *b)
{
    if (!both_ints(a, b))
        return NOT_IMPLEMENTED;
    int64_t x = int_value(a), n = int_value(b);
    if (n < 0)
        return raise_error(t, RAISES_VALUE_ERROR, "negative shift count");
    return int_new(t, x >> (n < 63 ? n : 63));
}
#define INT_BITWISE(name, operator)                                                        \
    static struct object *int_##name(struct thread *t, struct object *a, struct object *b) \
    {                                                                                      \
        if (!both_ints(a, b))                                                              \
            return NOT_IMPLEMENTED;                                                        \
        int64_t result = int_value(a) operator int_value(b);                               \
        if (a->type == &bool_type && b->type == &bool_type)                                \
            return truth(t, result != 0);                                                  \
        return int_new(t, result);                                                         \
    }
INT_BITWISE(and, &)
INT_BITWISE(or, |)
INT_BITWISE(xor, ^)
#undef INT_BITWISE

static struct object *int_negative(struct thread *t, struct object *a)
{
    return int_value(a) == INT64_MIN ? int_outside(t) : int_new(t, -int_value(a));
}
static struct object *int_positive(struct thread *t, struct object *a)
{
    return int_new(t, int_value(a));
}
static struct object *int_invert(struct thread *t, struct object *a)
{
    return int_new(t, ~int_value(a));
}
static int int_truth(struct thread *t, struct object *a)
{
    (void)t;
    return int_value(a) != 0;
}
static struct object *int_repr(struct thread *t, struct object *a)
{
    return string_format(t, "%lld", (long long)int_value(a));
}
static struct object *bool_repr(struct thread *t, struct object *a)
{
    return int_value(a) != 0 ? string_make(t, "True", 4) : string_make(t, "False", 5);
}
static struct object *int_bit_length(struct thread *t, struct object *self,
                                     struct object *const *argument, unsigned n,
                                     struct object *const *keyword)
{
    (void)argument, (void)n, (void)keyword;
    uint64_t x = int_value(self) < 0 ? -(uint64_t)int_value(self) : (uint64_t)int_value(self);
    return int_new(t, x == 0 ? 0 : 64 - __builtin_clzll(x));
}
static struct object *int_bit_count(struct thread *t, struct object *self,
                                    struct object *const *argument, unsigned n,
                                    struct object *const *keyword)
{
    (void)argument, (void)n, (void)keyword;
    uint64_t x = int_value(self) < 0 ? -(uint64_t)int_value(self) : (uint64_t)int_value(self);
    return int_new(t, __builtin_popcountll(x));
}
static struct object *int_conjugate(struct thread *t, struct object *self,
                                    struct object *const *argument, unsigned n,
                                    struct object *const *keyword)
{
    (void)argument, (void)n, (void)keyword;
    return int_positive(t, self);
}
static const struct builtin_def int_methods[] = {
    {"bit_length", int_bit_length, 0, 0, {NULL}},
    {"bit_count", int_bit_count, 0, 0, {NULL}},
    {"conjugate", int_conjugate, 0, 0, {NULL}},
    {0},
};

#define INT_SLOTS                                          \
    .binary = {[OPERATOR_ADD] = int_add,                   \
               [OPERATOR_SUBTRACT] = int_subtract,         \
               [OPERATOR_MULTIPLY] = int_multiply,         \
               [OPERATOR_TRUE_DIVIDE] = int_true_divide,   \
               [OPERATOR_FLOOR_DIVIDE] = int_floor_divide, \
               [OPERATOR_REMAINDER] = int_remainder,       \
               [OPERATOR_POWER] = int_power,               \
               [OPERATOR_LEFT_SHIFT] = int_left_shift,     \
               [OPERATOR_RIGHT_SHIFT] = int_right_shift,   \
               [OPERATOR_AND] = int_and,                   \
               [OPERATOR_OR] = int_or,                     \
               [OPERATOR_XOR] = int_xor},                  \
    .unary = {[UNARY_NEGATIVE] = int_negative,             \
              [UNARY_POSITIVE] = int_positive,             \
              [UNARY_INVERT] = int_invert},                \
    .compare = number_compare, .truth = int_truth, .method = int_methods
static const struct slots int_slots = {
    .kind = KIND_INT, .keep = KEEP_INT, INT_SLOTS, .repr = int_repr};
static const struct slots bool_slots = {.kind = KIND_BOOL, INT_SLOTS, .repr = bool_repr};

// --- floats -----------------------------------------------------------------------------------

#define FLOAT_OPERANDS                          \
    double x, y;                                \
    if (!as_double(a, &x) || !as_double(b, &y)) \
        return NOT_IMPLEMENTED;
#define FLOAT_SIMPLE(name, operator)                                                         \
    static struct object *float_##name(struct thread *t, struct object *a, struct object *b) \
    {                                                                                        \
        FLOAT_OPERANDS                                                                       \
        return float_new(t, x operator y);                                                   \
    }
FLOAT_SIMPLE(add, +)
FLOAT_SIMPLE(subtract, -)
FLOAT_SIMPLE(multiply, *)
#undef FLOAT_SIMPLE
static struct object *float_true_divide(struct thread *t, struct object *a, struct object *b)
{
    FLOAT_OPERANDS
    if (y == 0)
        return raise_error(t, RAISES_ZERO_DIVISION_ERROR, "float division by zero");
    return float_new(t, x / y);
}
// As CPython's _float_div_mod: the remainder is exact, and has the divisor's sign.
static void float_divide(double x, double y, double *quotient, double *remainder)
{
    double r = fmod(x, y), q = (x - r) / y;
    if (r != 0) {
        if ((y < 0) != (r < 0)) {
            r += y;
            q -= 1;
        }
    } else {
        r = copysign(0, y);
    }
    if (q != 0) {
        double whole = floor(q);
        *quotient = q - whole > 0.5 ? whole + 1 : whole;
    } else {
        *quotient = copysign(0, x / y);
    }
    *remainder = r;
}
static struct object *float_floor_divide(struct thread *t, struct object *a, struct object *b)
{
    FLOAT_OPERANDS
    double quotient, remainder;
    if (y == 0)
        return raise_error(t, RAISES_ZERO_DIVISION_ERROR, "float floor division by zero");
    float_divide(x, y, &quotient, &remainder);
    return float_new(t, quotient);
}
static struct object *float_remainder(struct thread *t, struct object *a, struct object *b)
{
    FLOAT_OPERANDS
    double quotient, remainder;
    if (y == 0)
        return raise_error(t, RAISES_ZERO_DIVISION_ERROR, "float modulo");
    float_divide(x, y, &quotient, &remainder);
    return float_new(t, remainder);
}
static struct object *float_raise(struct thread *t, double x, double y)
{
    if (x == 0 && y < 0)
        return raise_error(t, RAISES_ZERO_DIVISION_ERROR,
                           "0.0 cannot be raised to a negative power");
    if (x < 0 && isfinite(x) && isfinite(y) && y != floor(y))
        return raise_fatal(t, "a complex number");
    double result = pow(x, y);
    if (isinf(result) && isfinite(x) && isfinite(y))
        return raise_error(t, RAISES_OVERFLOW_ERROR, "(34, 'Numerical result out of range')");
    return float_new(t, result);
}
static struct object *float_power(struct thread *t, struct object *a, struct object *b)
{
    FLOAT_OPERANDS
    return float_raise(t, x, y);
}
static struct object *float_negative(struct thread *t, struct object *a)
{
    return float_new(t, -float_value(a));
}
static struct object *float_positive(struct thread *t, struct object *a)
{
    return keep(t, a);
}
static int float_truth(struct thread *t, struct object *a)
{
    (void)t;
    return float_value(a) != 0;
}
static struct object *float_repr(struct thread *t, struct object *a)
{
    char text[40];
    return string_make(t, text, float_text(float_value(a), text));
}
static struct object *float_is_integer(struct thread *t, struct object *self,
                                       struct object *const *argument, unsigned n,
                                       struct object *const *keyword)
{
    (void)argument, (void)n, (void)keyword;
    double x = float_value(self);
    return truth(t, isfinite(x) && x == floor(x));
}
static struct object *float_conjugate(struct thread *t, struct object *self,
                                      struct object *const *argument, unsigned n,
                                      struct object *const *keyword)
{
    (void)argument, (void)n, (void)keyword;
    return keep(t, self);
}
static const struct builtin_def float_methods[] = {
    {"is_integer", float_is_integer, 0, 0, {NULL}},
    {"conjugate", float_conjugate, 0, 0, {NULL}},
    {0},
};
static const struct slots float_slots = {
    .kind = KIND_FLOAT,
    .keep = KEEP_FLOAT,
    .binary = {[OPERATOR_ADD] = float_add,
               [OPERATOR_SUBTRACT] = float_subtract,
               [OPERATOR_MULTIPLY] = float_multiply,
               [OPERATOR_TRUE_DIVIDE] = float_true_divide,
               [OPERATOR_FLOOR_DIVIDE] = float_floor_divide,
               [OPERATOR_REMAINDER] = float_remainder,
               [OPERATOR_POWER] = float_power},
    .unary = {[UNARY_NEGATIVE] = float_negative, [UNARY_POSITIVE] = float_positive},
    .compare = number_compare,
    .truth = float_truth,
    .repr = float_repr,
    .method = float_methods,
};

#endif
