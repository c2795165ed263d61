// SPDX-License-Identifier: MIT
//
// The specialised instructions, a part of the loop (eval.h); specialise.h says when each is written.
#if ERA >= 311

#define INT_OPERATION(name, builtin)                                                             \
    INSTRUCTION_BEGIN(name##_INT)                                                                \
    {                                                                                            \
        struct object *a = PEEK(2), *b = PEEK(1);                                                \
        int64_t value;                                                                           \
        if (__builtin_expect(!is_exact_int(a) || !is_exact_int(b), 0))                           \
            MISS_BINARY                                                                          \
        struct object *result = builtin(int_value(a), int_value(b), &value) ? int_outside(t)     \
                                                                            : int_new(t, value); \
        ANSWER(2, result);                                                                       \
        NEXT                                                                                     \
    }
#define FLOAT_OPERATION(name, operator)                                               \
    INSTRUCTION_BEGIN(name##_FLOAT)                                                   \
    {                                                                                 \
        struct object *a = PEEK(2), *b = PEEK(1);                                     \
        if (__builtin_expect(!is_float(a) || !is_float(b), 0))                        \
            MISS_BINARY                                                               \
        ANSWER(2, float_new(t, float_value(a) operator float_value(b)));              \
        NEXT                                                                          \
    }
// Operand b says which of the two it was.
#define MISS_BINARY              \
    {                            \
        if (B != 0)              \
            MISS(INPLACE_OP)     \
        else                     \
            MISS(BINARY_OP)      \
    }
INT_OPERATION(ADD, __builtin_add_overflow)
INT_OPERATION(SUBTRACT, __builtin_sub_overflow)
INT_OPERATION(MULTIPLY, __builtin_mul_overflow)
FLOAT_OPERATION(ADD, +)
FLOAT_OPERATION(SUBTRACT, -)
FLOAT_OPERATION(MULTIPLY, *)
INSTRUCTION_BEGIN(ADD_STRING)
{
    struct object *a = PEEK(2), *b = PEEK(1);
    if (__builtin_expect(!is_string(a) || !is_string(b), 0))
        MISS_BINARY
    ANSWER(2, string_add(t, a, b));
    NEXT
}

#define COMPARISON(name, fits, holds)                                              \
    INSTRUCTION_BEGIN(COMPARE_##name)                                              \
    {                                                                              \
        struct object *a = PEEK(2), *b = PEEK(1);                                  \
        if (__builtin_expect(!(fits), 0))                                          \
            MISS(COMPARE_OP)                                                       \
        bool yes = holds;                                                          \
        ANSWER(2, truth(t, yes));                                                  \
        NEXT                                                                       \
    }                                                                              \
    /* ... and the jump behind it */                                               \
    INSTRUCTION_BEGIN(COMPARE_##name##_JUMP)                                       \
    {                                                                              \
        struct object *a = PEEK(2), *b = PEEK(1);                                  \
        if (__builtin_expect(!(fits), 0))                                          \
            MISS(COMPARE_OP)                                                       \
        bool yes = holds;                                                          \
        DROP();                                                                    \
        DROP();                                                                    \
        word = atomic_load_explicit(next, memory_order_relaxed);                   \
        next = yes == (WORD_OP(word) == OP_POP_JUMP_IF_TRUE) ? c->word + A : next + 1; \
        NEXT                                                                       \
    }
COMPARISON(INT, is_exact_int(a) && is_exact_int(b),
           comparison_holds((enum comparison)A, order_of(int_value(a), int_value(b))))
COMPARISON(FLOAT, is_float(a) && is_float(b),
           floats_hold((enum comparison)A, float_value(a), float_value(b)))
COMPARISON(STRING, is_string(a) && is_string(b),
           (a == b || string_equal(a, b)) == (A == COMPARE_EQ))

INSTRUCTION_BEGIN(SUBSCR_LIST_INT)
{
    struct object *o = PEEK(2), *index = PEEK(1);
    if (__builtin_expect(!is_list(o) || !is_exact_int(index) || int_value(index) < 0, 0))
        MISS(BINARY_SUBSCR)
    struct rc_header *item = list_get(t, (struct list *)o, (size_t)int_value(index));
    if (__builtin_expect(item == NULL, 0))
        goto general_BINARY_SUBSCR; // which tells the error
    ANSWER(2, object_of(item));
    NEXT
}
INSTRUCTION_BEGIN(SUBSCR_TUPLE_INT)
{
    struct object *o = PEEK(2), *index = PEEK(1);
    if (__builtin_expect(!is_tuple(o) || !is_exact_int(index) ||
                             (uint64_t)int_value(index) >= tuple_length(o),
                         0))
        MISS(BINARY_SUBSCR)
    ANSWER(2, keep(t, tuple_item(o, (size_t)int_value(index))));
    NEXT
}
INSTRUCTION_BEGIN(SUBSCR_DICT)
{
    struct object *o = PEEK(2), *key = PEEK(1);
    if (__builtin_expect(o->type != &dict_type || (!is_string(key) && !is_exact_int(key)), 0))
        MISS(BINARY_SUBSCR)
    sync_event(lookup);
    struct rc_header *value = dict_get(t, (struct dict *)o, &key->rc);
    if (__builtin_expect(value == NULL, 0))
        goto general_BINARY_SUBSCR;
    ANSWER(2, object_of(value));
    NEXT
}
INSTRUCTION_BEGIN(STORE_LIST_INT)
{
    struct object *o = PEEK(2), *index = PEEK(1);
    if (__builtin_expect(!is_list(o) || !is_exact_int(index) || int_value(index) < 0, 0))
        MISS(STORE_SUBSCR)
    if (__builtin_expect(
            !list_set(t, (struct list *)o, (size_t)int_value(index), &PEEK(3)->rc), 0))
        goto general_STORE_SUBSCR;
    DROP();
    DROP();
    DROP();
    NEXT
}
INSTRUCTION_BEGIN(STORE_DICT)
{
    struct object *o = PEEK(2), *key = PEEK(1);
    if (__builtin_expect(o->type != &dict_type || (!is_string(key) && !is_exact_int(key)), 0))
        MISS(STORE_SUBSCR)
    sync_event(lookup);
    dict_set(t, (struct dict *)o, &key->rc, &PEEK(3)->rc);
    DROP();
    DROP();
    DROP();
    NEXT
}

#define LOOP(name, kind)                                                  \
    INSTRUCTION_BEGIN(FOR_##name)                                         \
    {                                                                     \
        struct object *it = PEEK(1);                                      \
        if (__builtin_expect(it->type != &kind##_iterator_type, 0))       \
            MISS(FOR_ITER)                                                \
        struct object *item = kind##_iterator_next(t, it);                \
        if (__builtin_expect(item != NULL, 1)) {                          \
            PUSH(item);                                                   \
        } else {                                                          \
            DROP();                                                       \
            next = c->word + A;                                           \
        }                                                                 \
        NEXT                                                              \
    }
LOOP(RANGE, range)
LOOP(LIST, list)
LOOP(TUPLE, tuple)

INSTRUCTION_BEGIN(LOAD_GLOBAL_MODULE)
{
    uint32_t hint = atomic_load_explicit(&CACHE->hint, memory_order_relaxed);
    if (__builtin_expect(dict_get_local_at(t, f->globals, hint, &NAME(A)->rc, sp) == NULL, 0))
        MISS(LOAD_GLOBAL)
    sp++;
    NEXT
}
INSTRUCTION_BEGIN(LOAD_GLOBAL_BUILTIN)
{
    // acquire: pairs with globals_changed
    uint64_t version = atomic_load_explicit(&in->machine->keys_version, memory_order_acquire);
    if (__builtin_expect(inline_cache_get(t, &CACHE->found, version, sp) == NULL, 0))
        MISS(LOAD_GLOBAL)
    sp++;
    NEXT
}
INSTRUCTION_BEGIN(LOAD_ATTR_HINT)
{
    struct object *o = PEEK(1);
    uint32_t hint = atomic_load_explicit(&CACHE->hint, memory_order_relaxed);
    if (__builtin_expect(!is_instance_kind(o) ||
                             dict_get_local_at(t, instance_dict(o), hint, &NAME(A)->rc, sp) == NULL,
                         0))
        MISS(LOAD_ATTR)
    rc_local_drop(t, &sp[-1]);
    rc_local_move(t, &sp[-1], sp);
    NEXT
}
INSTRUCTION_BEGIN(STORE_ATTR_HINT)
{
    struct object *o = PEEK(1);
    uint32_t hint = atomic_load_explicit(&CACHE->hint, memory_order_relaxed);
    if (__builtin_expect(!is_instance_kind(o) || !dict_set_at(t, instance_dict(o), hint,
                                                              &NAME(A)->rc, &PEEK(2)->rc),
                         0))
        MISS(STORE_ATTR)
    DROP();
    DROP();
    NEXT
}
INSTRUCTION_BEGIN(LOAD_METHOD_CACHED)
{
    uint64_t version = class_version(class_of(t, PEEK(1)));
    if (__builtin_expect(inline_cache_get(t, &CACHE->found, version, sp) == NULL, 0))
        MISS(LOAD_METHOD)
    struct rc_local self = {0};
    rc_local_move(t, &self, &sp[-1]);
    rc_local_move(t, &sp[-1], sp);
    rc_local_move(t, sp++, &self);
    NEXT
}

// A function of just so many parameters, without cells: from stack to frame.
#define EXACT(place, n, general)                                                              \
    struct rc_local *place_ = (place);                                                        \
    struct object *callable = object_of(rc_local_peek(place_));                               \
    unsigned n_ = (n);                                                                        \
    if (__builtin_expect(!is_function(callable) ||                                            \
                             function_code((struct function *)callable)->arguments != n_,     \
                         0))                                                                  \
        MISS(general)                                                                         \
    struct frame *into = frame_push(t, (struct function *)callable);                          \
    FAIL_IF(into == NULL)                                                                     \
    f->next = next;                                                                           \
    f->top = place_;                                                                          \
    for (unsigned i = 0; i < n_; i++)                                                         \
        rc_local_move(t, &frame_fast(into)[i], &sp[(int)i - (int)n_]);                        \
    rc_local_move(t, &into->local[0], place_);                                                \
    if (into->code->cells + into->code->frees != 0)                                           \
        frame_variables(t, into);                                                             \
    into->entry = false;                                                                      \
    f = into;                                                                                 \
    ENTER_FRAME();                                                                            \
    NEXT
INSTRUCTION_BEGIN(CALL_FUNCTION_EXACT)
{
    EXACT(sp - A - 1, A, CALL_FUNCTION)
}
INSTRUCTION_BEGIN(CALL_METHOD_EXACT)
{
    if (__builtin_expect(rc_local_peek(&sp[-(int)A - 1]) == NULL, 0))
        MISS(CALL_METHOD)
    EXACT(sp - A - 2, A + 1u, CALL_METHOD)
}
// A builtin function: its arguments are borrowed from the stack.
#define BUILTIN(place, own_self, n, general)                                            \
    struct rc_local *place_ = (place);                                                  \
    struct object *callable = object_of(rc_local_peek(place_)), *item[8];               \
    unsigned n_ = (n);                                                                  \
    if (__builtin_expect(!is_builtin(callable) || n_ > 8, 0))                           \
        MISS(general)                                                                   \
    struct builtin *b = (struct builtin *)callable;                                     \
    struct object *self = object_of(rc_peek(&b->self));                                 \
    if (__builtin_expect(b->method != (own_self), 0))                                   \
        MISS(general)                                                                   \
    for (unsigned i = 0; i < n_; i++)                                                   \
        item[i] = PEEK(n_ - i);                                                         \
    if (own_self)                                                                       \
        self = PEEK(n_ + 1);                                                            \
    f->next = next;                                                                     \
    struct object *result = builtin_call(t, b->def, self, item, n_, NULL);              \
    FAIL_IF(result == NULL)                                                             \
    while (sp != place_)                                                                \
        DROP();                                                                         \
    PUSH(result);                                                                       \
    NEXT
INSTRUCTION_BEGIN(CALL_BUILTIN)
{
    BUILTIN(sp - A - 1, false, A, CALL_FUNCTION)
}
INSTRUCTION_BEGIN(CALL_METHOD_BUILTIN)
{
    if (__builtin_expect(rc_local_peek(&sp[-(int)A - 1]) == NULL, 0))
        MISS(CALL_METHOD)
    BUILTIN(sp - A - 2, true, A, CALL_METHOD)
}
#elif ERA >= 301
// No instruction is specialised: nobody comes here.
#define NOT_HERE(name) INSTRUCTION_BEGIN(name)
SPECIALISED_INSTRUCTIONS(NOT_HERE)
sync_fail(__FILE__, __LINE__, "a specialised instruction in an era that has none");
#undef NOT_HERE
#endif
