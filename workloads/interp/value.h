// SPDX-License-Identifier: MIT
//
// Values of the virtual machine, and what every part of it knows of the others: types and their
// operations, the state of a thread and of the machine, how an error is told.
//
// References. A function that takes a `struct object *` borrows it: the caller holds it meanwhile,
// on the machine's stack or by a counted reference. One that answers a value answers a new counted
// reference, unless its comment says `borrowed`; NULL is an error, which has been told (raise_error). What
// a container holds may be gone as soon as its lock is free, so nothing is borrowed from one.
// Whatever calls back into a program (an `==` of two instances, say) passes safepoints.
//
// All shared state is in objects: what is not in a container is written before the object is seen
// by others, or is a slot that the refcount scheme looks after.
#ifndef VALUE_H
#define VALUE_H

#include "era.h"

// What types of containers have besides (workloads/object.h).
struct slots;
#define TYPE_SLOTS(type) .slots = &type##_slots,
struct string;
// Where the memory of dead objects goes: keep.h.
struct thread;
struct rc_header;
static inline void value_free(struct thread *t, struct rc_header *h);
#define CELL_FREE(t, h) value_free(t, h)
// Integers, floats and strings, mostly.
static inline _Bool value_is_leaf(const struct rc_header *h);
#define CELL_LEAF(h) value_is_leaf(h)
// Locals that are lent (era.h).
#if ERA >= 314
#define RC_LOCAL_BORROWS
#endif

#include "../workload.h"
#include "../container/method_cache.h"

// What lies in another file of CPython's, which is built file by file, is a call here as well.
#define OUT_OF_LINE static __attribute__((noinline))

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

// --- operations of types ----------------------------------------------------------------------

// Name, symbol, and the special methods: of the left operand, the right one, in place.
#define OPERATORS(x)                     \
    x(ADD, "+", "add")                   \
    x(SUBTRACT, "-", "sub")              \
    x(MULTIPLY, "*", "mul")              \
    x(TRUE_DIVIDE, "/", "truediv")       \
    x(FLOOR_DIVIDE, "//", "floordiv")    \
    x(REMAINDER, "%", "mod")             \
    x(POWER, "**", "pow")                \
    x(LEFT_SHIFT, "<<", "lshift")        \
    x(RIGHT_SHIFT, ">>", "rshift")       \
    x(AND, "&", "and")                   \
    x(OR, "|", "or")                     \
    x(XOR, "^", "xor")
enum operator {
#define OPERATOR_NAME(name, symbol, method) OPERATOR_##name,
    OPERATORS(OPERATOR_NAME)
#undef OPERATOR_NAME
    OPERATOR_COUNT,
};
#define COMPARISONS(x) x(LT, "<", "lt") x(LE, "<=", "le") x(EQ, "==", "eq") x(NE, "!=", "ne") \
    x(GT, ">", "gt") x(GE, ">=", "ge")
enum comparison {
#define COMPARISON_NAME(name, symbol, method) COMPARE_##name,
    COMPARISONS(COMPARISON_NAME)
#undef COMPARISON_NAME
};
enum unary { UNARY_NEGATIVE, UNARY_POSITIVE, UNARY_INVERT, UNARY_COUNT };

// What an operation answers that does not know the other operand's type: not a reference.
#define NOT_IMPLEMENTED ((struct object *)1)

typedef struct object *binary_fn(struct thread *t, struct object *a, struct object *b);
typedef struct object *unary_fn(struct thread *t, struct object *a);
// `keyword`: values of the names in struct builtin_def, in order, NULL where there is none; where it
// takes any name, [0] is a dictionary of them all, or NULL if there is none.
typedef struct object *builtin_fn(struct thread *t, struct object *self,
                                  struct object *const *argument, unsigned n,
                                  struct object *const *keyword);
enum { BUILTIN_KEYWORDS = 4, BUILTIN_ANY = 255 };
struct builtin_def {
    const char *name; // NULL ends a list
    builtin_fn *call;
    uint8_t least, most; // positional arguments but self; BUILTIN_ANY: as many as there are
    const char *keyword[BUILTIN_KEYWORDS]; // {BUILTIN_NAMES}: any
};
#define BUILTIN_NAMES "**" // is no keyword

// The builtin types, each with a class of its own in a program; KIND_INSTANCE is all others. A base
// stands before what derives from it: bool is an int.
#define KINDS(x)                                                                             \
    x(INSTANCE, "object") x(NONE, "NoneType") x(INT, "int") x(BOOL, "bool") x(FLOAT, "float") \
    x(STRING, "str") x(TUPLE, "tuple") x(LIST, "list") x(DICT, "dict") x(SET, "set")          \
    x(RANGE, "range") x(SLICE, "slice") x(ITERATOR, "iterator") x(VIEW, "dict_view")          \
    x(ENUMERATE, "enumerate") x(ZIP, "zip") x(REVERSED, "reversed") x(MAP, "map") x(FILTER, "filter") \
    x(FUNCTION, "function") x(BUILTIN, "builtin_function_or_method") x(METHOD, "method")      \
    x(CLASS, "type") x(SUPER, "super") x(CELL, "cell") x(CODE, "code") x(FRAME, "frame")
enum kind {
#define KIND_NAME(name, text) KIND_##name,
    KINDS(KIND_NAME)
#undef KIND_NAME
    KIND_COUNT,
};

enum keep {
    KEEP_NONE,
#define KEEP_NAME(name, most) KEEP_##name,
    ERA_KEEPS(KEEP_NAME)
#undef KEEP_NAME
    KEEP_KINDS,
};

// NULL: the type has no such operation. None of these drops its operands.
struct slots {
    enum kind kind;
    enum keep keep;
    binary_fn *binary[OPERATOR_COUNT]; // either operand is of this type
    binary_fn *in_place[OPERATOR_COUNT];
    unary_fn *unary[UNARY_COUNT];
    // a is of this type; NOT_IMPLEMENTED: by identity, or an error
    struct object *(*compare)(struct thread *t, struct object *a, struct object *b,
                              enum comparison how);
    int (*truth)(struct thread *t, struct object *o);       // 1, 0, or -1: error
    int64_t (*length)(struct thread *t, struct object *o);  // -1: error
    binary_fn *subscript;
    // value NULL: deletes
    bool (*store)(struct thread *t, struct object *o, struct object *index, struct object *value);
    int (*contains)(struct thread *t, struct object *o, struct object *item); // 1, 0, -1: error
    unary_fn *iterate;
    // NULL without an error: at the end
    unary_fn *next;
    unary_fn *repr, *str; // strings; str NULL: as repr
    binary_fn *attribute; // beside what the class has; NULL: none but these
    bool (*set_attribute)(struct thread *t, struct object *o, struct object *name,
                          struct object *value);
    const struct builtin_def *method; // ends with an empty name
};

API const struct slots *slots_of(const struct object *o)
{
    return o->type->slots;
}
API enum kind kind_of(const struct object *o)
{
    return slots_of(o)->kind;
}

// Slots of all types, each defined in its own file.
#define SLOTS_DECLARE(name) static const struct slots name##_slots;
SLOTS_DECLARE(list)
SLOTS_DECLARE(dict)
SLOTS_DECLARE(set)
SLOTS_DECLARE(string)
SLOTS_DECLARE(integer) // key.h's, which no program sees: ours is int_type

// keep.h: dead lists and dictionaries are kept too.
static inline void *object_new_kept(struct thread *t, const struct type *type, size_t size,
                                    enum al_heap heap, unsigned index);
#define CONTAINER_NEW(t, type, size) object_new_kept(t, type, size, AL_CONTAINER, 0)

#include "../container/dict.h"
#include "../container/list.h"
#include "../container/set.h"

// --- state ------------------------------------------------------------------------------------

// Names that the machine itself looks up or makes: interned strings.
#define NAMES(x)                                                                              \
    x(INIT, "__init__") x(NAME, "__name__") x(CLASS, "__class__") x(DICT, "__dict__")         \
    x(STR, "__str__") x(REPR, "__repr__") x(EQ, "__eq__") x(HASH, "__hash__") x(LEN, "__len__") \
    x(BOOL, "__bool__") x(ITER, "__iter__") x(NEXT, "__next__") x(CALL, "__call__")           \
    x(GETITEM, "__getitem__") x(SETITEM, "__setitem__") x(DELITEM, "__delitem__")             \
    x(CONTAINS, "__contains__") x(NEG, "__neg__") x(POS, "__pos__") x(INVERT, "__invert__")   \
    x(ABS, "__abs__") x(INT, "__int__") x(FLOAT, "__float__") x(FORMAT, "__format__")         \
    x(GETATTR, "__getattr__") x(REVERSED, "__reversed__") x(INDEX, "__index__")               \
    x(ARGS, "args") x(BENCH, "bench") x(SUPER, "super") x(EMPTY, "") x(MODULE, "__module__")  \
    x(QUALNAME, "__qualname__") x(DOC, "__doc__")
enum name {
#define NAME_NAME(name, text) NAME_##name,
    NAMES(NAME_NAME)
#undef NAME_NAME
    // of the operators: left, right, in place; of the comparisons
    NAME_LEFT,
    NAME_RIGHT = NAME_LEFT + OPERATOR_COUNT,
    NAME_IN_PLACE = NAME_RIGHT + OPERATOR_COUNT,
    NAME_COMPARE = NAME_IN_PLACE + OPERATOR_COUNT,
    NAME_COUNT = NAME_COMPARE + 6,
};

// Exceptions that the machine raises, each with its base.
#define EXCEPTIONS(x)                                                                             \
    x(BASE_EXCEPTION, "BaseException", BASE_EXCEPTION) x(EXCEPTION, "Exception", BASE_EXCEPTION)  \
    x(ARITHMETIC_ERROR, "ArithmeticError", EXCEPTION)                                             \
    x(ZERO_DIVISION_ERROR, "ZeroDivisionError", ARITHMETIC_ERROR)                                 \
    x(OVERFLOW_ERROR, "OverflowError", ARITHMETIC_ERROR)                                          \
    x(ASSERTION_ERROR, "AssertionError", EXCEPTION) x(ATTRIBUTE_ERROR, "AttributeError", EXCEPTION) \
    x(LOOKUP_ERROR, "LookupError", EXCEPTION) x(INDEX_ERROR, "IndexError", LOOKUP_ERROR)          \
    x(KEY_ERROR, "KeyError", LOOKUP_ERROR) x(NAME_ERROR, "NameError", EXCEPTION)                  \
    x(UNBOUND_LOCAL_ERROR, "UnboundLocalError", NAME_ERROR)                                       \
    x(RUNTIME_ERROR, "RuntimeError", EXCEPTION) x(RECURSION_ERROR, "RecursionError", RUNTIME_ERROR) \
    x(NOT_IMPLEMENTED_ERROR, "NotImplementedError", RUNTIME_ERROR)                                \
    x(STOP_ITERATION, "StopIteration", EXCEPTION) x(TYPE_ERROR, "TypeError", EXCEPTION)           \
    x(VALUE_ERROR, "ValueError", EXCEPTION) x(KEYBOARD_INTERRUPT, "KeyboardInterrupt", BASE_EXCEPTION) \
    x(SYSTEM_EXIT, "SystemExit", BASE_EXCEPTION) x(OS_ERROR, "OSError", EXCEPTION)                \
    x(MEMORY_ERROR, "MemoryError", EXCEPTION)
enum exception_kind {
#define EXCEPTION_NAME(name, text, base) RAISES_##name,
    EXCEPTIONS(EXCEPTION_NAME)
#undef EXCEPTION_NAME
    EXCEPTION_COUNT,
};

struct class_object;
struct frame;
struct machine;
struct code;

// Memory of dead objects of a kind and size, for the next ones.
struct kept {
    void *first;
    uint32_t n;
};
enum { KEPT_SIZES = 20 }; // of tuples by their length; others have one size

// A thread of the machine.
struct interp {
    struct thread *t;
    struct machine *machine;
    // What the machine has once, here as well: an interpreter finds it at a fixed address.
    struct object *none, *truth[2], **small, **name, *empty_tuple, **character;
    struct object *not_implemented;
    struct frame *frame; // that runs
    unsigned depth;      // of calls
    uintptr_t floor;     // of the thread's C stack: stack_has_room
    struct shown *shown; // containers whose repr is under way
    struct object *error;   // raised and not caught: an exception, counted; or NULL
    struct object *handled; // what a bare `raise` raises again, counted; or NULL
    bool fatal; // no program may catch the error: integers have 64 bits, an operation is not in the subset
    char where[192]; // file, line and function in which it was raised
    struct kept (*kept)[KEPT_SIZES]; // of the thread or, under a global lock, of all
    struct kept own_kept[KEEP_KINDS][KEPT_SIZES];
    char *stack, *stack_top, *stack_end; // of frames (ERA_DATA_STACK)
    _Atomic(bool) traced;                // never: nobody traces here, but eras look (ERA_TRACES)
};
API struct interp *interp_of(struct thread *t)
{
    return t->own;
}

// --- small things -----------------------------------------------------------------------------

API struct object *keep(struct thread *t, struct object *o)
{
    rc_incref(t, &o->rc);
    return o;
}
API void drop(struct thread *t, struct object *o)
{
    rc_decref(t, &o->rc);
}
// A visit of an object's slots that gives them up; `t` is the thread.
static void clear_visited(void *t, struct rc_slot *s)
{
    rc_clear(t, s);
}
API void drop_maybe(struct thread *t, struct object *o)
{
    if (o != NULL)
        drop(t, o);
}
API struct object *none(struct thread *t)
{
    return keep(t, interp_of(t)->none);
}
API struct object *truth(struct thread *t, bool yes)
{
    return keep(t, interp_of(t)->truth[yes]);
}
// Borrowed: an interned name.
API struct object *name_of(struct thread *t, unsigned name)
{
    return interp_of(t)->name[name];
}

// --- errors -----------------------------------------------------------------------------------

// Answers NULL, so that `return raise_error(...)` tells an error; in place of what was told before.
static struct object *raise_error(struct thread *t, enum exception_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4), cold));
// ... with this value as its only argument (KeyError).
static struct object *raise_with(struct thread *t, enum exception_kind kind,
                                 struct object *argument) __attribute__((cold));
// What the machine cannot do and Python can: no program may catch it. The run ends.
static struct object *raise_fatal(struct thread *t, const char *format, ...)
    __attribute__((format(printf, 2, 3), cold));
// Whether there is an error of this kind, or one derived from it.
static bool raised(struct thread *t, enum exception_kind kind);
static void error_clear(struct thread *t);
API bool failed(struct thread *t)
{
    return interp_of(t)->error != NULL;
}

// Values may be as deep within one another as memory has room; what goes down into them by calls of
// C ends here, and CPython somewhere else. RecursionError, and false, if there is too little stack.
// What is not asked for its stack needs less than STACK_USED leaves of it: 1000 calls and
// comparisons (CALLS_MOST), the hash and equality of a key that was asked about (key_prepare).
enum { STACK_PARTS = 2, STACK_USED = 1 << 22 }; // a part, at most so many bytes
API bool stack_has_room(struct thread *t)
{
    if (__builtin_expect((uintptr_t)__builtin_frame_address(0) > interp_of(t)->floor, 1))
        return true;
    raise_error(t, RAISES_RECURSION_ERROR, "maximum recursion depth exceeded");
    return false;
}

// --- what each file gives the others ----------------------------------------------------------

// number.h
OUT_OF_LINE struct object *int_new(struct thread *t, int64_t value);
OUT_OF_LINE struct object *float_new(struct thread *t, double value);
API bool is_int(const struct object *o); // int or bool
API int64_t int_value(const struct object *o);
API bool is_float(const struct object *o);
API double float_value(const struct object *o);
// An integer as an index or a count: false and an error if it is none.
static bool as_index(struct thread *t, struct object *o, int64_t *value);
// A number of either kind as a double; false, and no error, if it is none.
static bool as_double(struct object *o, double *value);
// Shortest decimal that reads back as the same double, as Python's repr.
static size_t float_text(double value, char *text); // text: 40 bytes

// text.h
API bool is_string(const struct object *o);
API struct string *string_of(struct object *o);
// UTF-8; checked to be so by the caller.
static struct object *string_make(struct thread *t, const char *bytes, size_t length);
static struct object *string_format(struct thread *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// What text is built in; on the heap of the C library's behind 200 bytes.
struct builder {
    char *bytes;
    size_t length, room;
    char near[200];
};
static void builder_open(struct builder *b);
static void builder_add(struct builder *b, const char *bytes, size_t length);
static void builder_text(struct builder *b, const char *text);
static bool builder_repr(struct thread *t, struct builder *b, struct object *o);
static struct object *builder_string(struct thread *t, struct builder *b); // and closes
static void builder_close(struct builder *b);

// tuple.h. A tuple is filled before anyone else sees it; its items do not change.
struct tuple {
    struct object base;
    size_t length;
    struct rc_slot item[];
};
static const struct type tuple_type;
API bool is_tuple(const struct object *o)
{
    return o->type == &tuple_type;
}
// Borrowed from the tuple.
API struct object *tuple_item(const struct object *o, size_t i)
{
    return object_of(rc_peek(&((struct tuple *)o)->item[i]));
}
API size_t tuple_length(const struct object *o)
{
    return ((const struct tuple *)o)->length;
}
// The references become the tuple's.
static struct object *tuple_make(struct thread *t, struct object *const *item, size_t n);

// sequence.h
API bool is_list(const struct object *o)
{
    return o->type == &list_type;
}
static struct object *list_make(struct thread *t, struct object *const *item, size_t n); // likewise
// A new list of what can be iterated.
static struct object *list_from(struct thread *t, struct object *iterable);
// Calls back for each item, which is borrowed; false ends it, or an error. True: it was all.
typedef bool each_fn(struct thread *t, void *argument, struct object *item);
static bool for_each(struct thread *t, struct object *iterable, each_fn *each, void *argument);

// iterators.h
static const struct type range_iterator_type;

// operations.h: what an instruction does, whatever the types.
OUT_OF_LINE struct object *binary(struct thread *t, enum operator how, struct object *a,
                             struct object *b);
OUT_OF_LINE struct object *in_place(struct thread *t, enum operator how, struct object *a,
                               struct object *b);
OUT_OF_LINE struct object *unary(struct thread *t, enum unary how, struct object *a);
OUT_OF_LINE struct object *compare(struct thread *t, enum comparison how, struct object *a,
                              struct object *b);
static int compare_true(struct thread *t, enum comparison how, struct object *a, struct object *b);
static int equal(struct thread *t, struct object *a, struct object *b); // identity first
OUT_OF_LINE int is_true(struct thread *t, struct object *o);
OUT_OF_LINE int contains(struct thread *t, struct object *o, struct object *item);
static int64_t length(struct thread *t, struct object *o);
OUT_OF_LINE struct object *subscript(struct thread *t, struct object *o, struct object *index);
OUT_OF_LINE bool store_subscript(struct thread *t, struct object *o, struct object *index,
                            struct object *value);
OUT_OF_LINE struct object *iterate(struct thread *t, struct object *o);
static struct object *next_of(struct thread *t, struct object *iterator);
OUT_OF_LINE struct object *repr(struct thread *t, struct object *o);
OUT_OF_LINE struct object *str(struct thread *t, struct object *o);
// format(value, spec) of f-strings.
static struct object *format_value(struct thread *t, struct object *o, struct object *spec);
// The key as a dictionary takes it: itself, or the equal one that the dictionary has, where programs
// define equality; NULL: not hashable, or an error. A new reference.
static struct object *hashable(struct thread *t, struct dict *d, struct object *key);

// class.h
struct class_object {
    struct object base;
    struct type type; // of its instances
    enum kind kind;   // of the builtin types' classes; KIND_INSTANCE: of a program's, or object
    bool exception;   // its instances are exceptions
    bool program;     // a program made it, and may change it
    _Atomic(bool) shadowed; // an instance may have a name of its own that the class has too
    const struct builtin_def *make; // what a call does, of a builtin type; NULL: makes an instance
    struct machine *machine;
    struct class_object *before, *next; // all classes, under the type lock
    _Atomic(uint64_t) version;          // changes under the type lock; never 0
    struct rc_slot name, parent, dict;  // string; class or empty; dictionary: they do not change
};
struct instance {
    struct object base;
    _Atomic(uint64_t) hash;      // what __hash__ answered; 0: by address
    struct rc_slot class, dict;  // do not change
    struct rc_slot args[];       // of exceptions: a tuple
};
static const struct type class_type;
API bool is_class(const struct object *o)
{
    return kind_of(o) == KIND_CLASS;
}
// Borrowed: it lives as long as the object.
static struct class_object *class_of(struct thread *t, const struct object *o);
static bool is_subclass(const struct class_object *c, const struct class_object *base);
static bool is_instance(struct thread *t, struct object *o, const struct class_object *base);
static const char *type_name(struct thread *t, const struct object *o);
// What the class or its bases have under this name: counted, or NULL without an error.
static struct object *class_find(struct thread *t, struct class_object *c, struct object *name);
OUT_OF_LINE struct object *get_attribute(struct thread *t, struct object *o, struct object *name);
OUT_OF_LINE bool set_attribute(struct thread *t, struct object *o, struct object *name,
                          struct object *value); // NULL: deletes

// call.h
// Arguments are borrowed; `names`: a tuple of the names of the last ones, or NULL.
OUT_OF_LINE struct object *call(struct thread *t, struct object *callable,
                           struct object *const *argument, unsigned n, struct object *names);
API struct object *call_1(struct thread *t, struct object *callable, struct object *a)
{
    return call(t, callable, &a, 1, NULL);
}
// The special method of o's class, called with o and n further arguments; NULL and no error, and
// *found is false, if the class has none.
static struct object *call_special(struct thread *t, unsigned name, struct object *o,
                                   struct object *const *argument, unsigned n, bool *found);

// --- the machine ------------------------------------------------------------------------------

// What all threads of a program share.
struct machine {
    struct world *world;
    struct object *none, *truth[2], *not_implemented, *empty_tuple, *missing;
    struct object *small[ERA_SMALL_MOST - ERA_SMALL_LEAST + 1], *character[128], *name[NAME_COUNT];
    struct class_object *class[KIND_COUNT], *exception[EXCEPTION_COUNT];
    struct dict *interned; // each interned string, by itself
    struct dict *globals, *builtins;
    struct object **code; // the program's codes
    unsigned codes;
    char file[256];
    sync_mutex types;     // the type lock: who changes a class, or looks up without a cache
    struct class_object *classes; // all of them
    uint64_t versions;            // under the type lock
    // Of the globals, and of their keys alone: one more with each change.
    _Atomic(uint64_t) globals_version, keys_version;
    sync_mutex specialising; // held by who rewrites an instruction, where threads run beside another
    struct kept kept[KEEP_KINDS][KEPT_SIZES];
    struct method_cache_entry *method_cache; // METHOD_CACHE_ENTRIES, or NULL
};
API struct machine *machine_of(struct thread *t)
{
    return interp_of(t)->machine;
}

#endif
