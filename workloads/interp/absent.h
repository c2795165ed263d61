// SPDX-License-Identifier: MIT
//
// Attributes that CPython's builtin types have and the machine's do not. A program that asks for
// one is refused, so that it does not take another way than in CPython without a word. Those of
// CPython 3.9 to 3.13; who asks for what only some of these have is refused as well.
#ifndef ABSENT_H
#define ABSENT_H

#include "value.h"

#define ABSENT_ORDER "__eq__ __ge__ __gt__ __hash__ __le__ __lt__ __ne__ __repr__ __str__ "
// Of every object.
static const char absent_common[] =
    " __delattr__ __dir__ __doc__ __format__ __getattribute__ __getstate__ __init__ "
    "__init_subclass__ "
    "__new__ __reduce__ __reduce_ex__ __setattr__ __sizeof__ __subclasshook__ ";
// Of programs' classes and their instances; they have the comparisons that classes define.
static const char absent_instance[] =
    " __firstlineno__ __ge__ __gt__ __le__ __lt__ __module__ __static_attributes__ __weakref__ ";
static const char absent_exception[] = " __cause__ __context__ __notes__ __setstate__ "
                                       "__suppress_context__ __traceback__ add_note args "
                                       "with_traceback ";
#define ABSENT_NUMBER                                                                              \
    "__abs__ __add__ __bool__ __ceil__ __divmod__ __float__ __floor__ __floordiv__ "               \
    "__getnewargs__ "                                                                              \
    "__int__ __mod__ __mul__ __neg__ __pos__ __pow__ __radd__ __rdivmod__ __rfloordiv__ __rmod__ " \
    "__rmul__ __round__ __rpow__ __rsub__ __rtruediv__ __sub__ __truediv__ __trunc__ "             \
    "as_integer_ratio imag real "
#define ABSENT_INT                                                                             \
    " " ABSENT_ORDER ABSENT_NUMBER                                                             \
    "__and__ __index__ __invert__ __lshift__ __or__ __rand__ __rlshift__ __ror__ __rrshift__ " \
    "__rshift__ __rxor__ __xor__ denominator from_bytes is_integer numerator to_bytes "
#define ABSENT_SIZED "__class_getitem__ __contains__ __iter__ __len__ "
#define ABSENT_BITS                                                                                \
    "__and__ __or__ __rand__ __ror__ __rsub__ __rxor__ __sub__ __xor__ __iand__ __ior__ __isub__ " \
    "__ixor__ "
#define ABSENT_SEQUENCE \
    " " ABSENT_ORDER ABSENT_SIZED "__add__ __getitem__ __getnewargs__ __mul__ __rmul__ "
#define ABSENT_ITERATOR \
    " " ABSENT_ORDER "__class_getitem__ __iter__ __length_hint__ __next__ __setstate__ "
#define ABSENT_CALLED                                                                              \
    " " ABSENT_ORDER "__annotations__ __builtins__ __call__ __closure__ __code__ __defaults__ "    \
    "__dict__ __func__ __get__ __globals__ __kwdefaults__ __module__ __self__ __text_signature__ " \
    "__type_params__ "
static const char *const absent_of[KIND_COUNT] = {
    [KIND_NONE] = " " ABSENT_ORDER "__bool__ ",
    [KIND_INT] = ABSENT_INT,
    [KIND_BOOL] = ABSENT_INT,
    [KIND_FLOAT] = " " ABSENT_ORDER ABSENT_NUMBER "__getformat__ __setformat__ fromhex hex ",
    [KIND_STRING] = ABSENT_SEQUENCE "__mod__ __rmod__ ",
    [KIND_TUPLE] = ABSENT_SEQUENCE,
    [KIND_LIST] = ABSENT_SEQUENCE "__reversed__ __delitem__ __iadd__ __imul__ __setitem__ ",
    [KIND_DICT] = " " ABSENT_ORDER ABSENT_SIZED
                  "__delitem__ __getitem__ __ior__ __or__ __reversed__ __ror__ __setitem__ ",
    [KIND_SET] = " " ABSENT_ORDER ABSENT_SIZED ABSENT_BITS,
    [KIND_RANGE] = " " ABSENT_ORDER ABSENT_SIZED "__bool__ __getitem__ __reversed__ ",
    [KIND_SLICE] = " " ABSENT_ORDER "indices ",
    [KIND_ITERATOR] = ABSENT_ITERATOR,
    [KIND_VIEW] = " " ABSENT_ORDER ABSENT_SIZED ABSENT_BITS "__reversed__ isdisjoint mapping ",
    [KIND_ENUMERATE] = ABSENT_ITERATOR,
    [KIND_ZIP] = ABSENT_ITERATOR,
    [KIND_REVERSED] = ABSENT_ITERATOR,
    [KIND_MAP] = ABSENT_ITERATOR,
    [KIND_FILTER] = ABSENT_ITERATOR,
    [KIND_FUNCTION] = ABSENT_CALLED,
    [KIND_BUILTIN] = ABSENT_CALLED,
    [KIND_METHOD] = ABSENT_CALLED "__name__ __qualname__ ",
    [KIND_CLASS] =
        " " ABSENT_ORDER
        "__abstractmethods__ __annotations__ __base__ __bases__ __basicsize__ __call__ "
        "__dict__ __dictoffset__ __flags__ __instancecheck__ __itemsize__ __module__ __mro__ "
        "__or__ "
        "__prepare__ __ror__ __subclasscheck__ __subclasses__ __text_signature__ __type_params__ "
        "__weakrefoffset__ mro ",
};
// Exceptions that have attributes besides.
static const struct absent_special {
    enum exception_kind kind;
    const char *names;
} absent_special[] = {
    {RAISES_STOP_ITERATION, " value "},
    {RAISES_ATTRIBUTE_ERROR, " name obj "},
    {RAISES_NAME_ERROR, " name "},
    {RAISES_SYSTEM_EXIT, " code "},
    {RAISES_OS_ERROR, " characters_written errno filename filename2 strerror "},
};

static bool absent_in(const char *names, const char *name, size_t length)
{
    for (const char *at = names; at != NULL && (at = strstr(at, name)) != NULL; at++)
        if (at > names && at[-1] == ' ' && at[length] == ' ')
            return true;
    return false;
}

#endif
