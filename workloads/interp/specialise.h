// SPDX-License-Identifier: MIT
//
// Instructions that write a specialised one in their place (PEP 659, M. Shannon, 3.11;
// Python/specialize.c): when one has been executed so often, its operands are looked at, and if a
// faster instruction fits them it takes the place. That one checks its operands each time; if they
// do not fit, the general one does the work, and after some such misses it is there again.
//
// An instruction counts its executions, or its misses, in the last sixteen bits of its word. Where
// there is no global lock, it is specialised once, by one thread at a time, and never again, as in
// PEP 703: then the line of an instruction that all threads execute is soon written no more.
//
// Memory order: relaxed. A word is one of those that do the same; what a specialised instruction
// uses beside it checks itself: inline_cache.h has its own orders, a hint is compared with what
// stands there.
#ifndef SPECIALISE_H
#define SPECIALISE_H

#include "lower.h"
#include "operations.h"

enum {
    SPECIALISE_ONCE = !PAIR_HAS(LK_TRAITS, LK_GLOBAL),
    SPECIALISE_FIRST = 8,      // executions before the first look; then twice as many each time
    SPECIALISE_LAST = 1 << 14, // and after these never again
    SPECIALISE_MISSES = 64,    // before the general one is there again
    SPECIALISED_NEVER = 0xffff,
};

API void specialise_write(machine_word *at, uint64_t word)
{
    atomic_store_explicit(at, word, memory_order_relaxed);
}
API uint64_t specialise_counted(uint64_t word, unsigned count)
{
    return (word & 0xffffffffffffu) | (uint64_t)count << 48;
}
// One more execution; whether it is time to look.
API bool specialise_due(machine_word *at, uint64_t word)
{
    unsigned count = WORD_C(word) + 1u;
    bool power = (count & (count - 1)) == 0;
    specialise_write(
        at, specialise_counted(word, count >= SPECIALISE_LAST ? SPECIALISED_NEVER : count));
    return count >= SPECIALISE_FIRST && power;
}
// op 0: none fits. b: operand b of the new instruction. True: the new one stands there.
static bool specialise_as(struct thread *t, machine_word *at, uint64_t word, unsigned op,
                          unsigned b)
{
    if (!eval_specialises_alone(t))
        return false;
    // relaxed: only who holds the mutex writes anything but counts
    uint64_t now = atomic_load_explicit(at, memory_order_relaxed);
    bool mine = WORD_OP(now) == WORD_OP(word);
    if (mine && op != 0)
        specialise_write(at, WORD(op, WORD_A(word), b, 0));
    else if (mine && SPECIALISE_ONCE)
        specialise_write(at, specialise_counted(word, SPECIALISED_NEVER));
    eval_specialised(t);
    return mine && op != 0;
}
// The specialised instruction does not fit what it found.
static __attribute__((noinline, unused)) void specialise_miss(struct thread *t, machine_word *at,
                                                              uint64_t word, unsigned general)
{
    unsigned misses = WORD_C(word) + 1u;
    if (misses < SPECIALISE_MISSES) {
        specialise_write(at, specialise_counted(word, misses));
    } else if (eval_specialises_alone(t)) {
        specialise_write(
            at, WORD(general, WORD_A(word), WORD_B(word), SPECIALISE_ONCE ? SPECIALISED_NEVER : 0));
        eval_specialised(t);
    }
}

#define SPECIALISE_ARGUMENTS \
    struct thread *t, struct frame *f, machine_word *at, uint64_t word, struct rc_local *sp
#define OPERAND(n) object_of(rc_local_peek(&sp[-(int)(n)]))

// Of BINARY_OP and INPLACE_OP: operand b of the new one says which of them it was.
static __attribute__((noinline)) bool specialise_binary(SPECIALISE_ARGUMENTS)
{
    static const uint8_t ints[OPERATOR_COUNT] = {[OPERATOR_ADD] = OP_ADD_INT,
                                                 [OPERATOR_SUBTRACT] = OP_SUBTRACT_INT,
                                                 [OPERATOR_MULTIPLY] = OP_MULTIPLY_INT};
    static const uint8_t floats[OPERATOR_COUNT] = {[OPERATOR_ADD] = OP_ADD_FLOAT,
                                                   [OPERATOR_SUBTRACT] = OP_SUBTRACT_FLOAT,
                                                   [OPERATOR_MULTIPLY] = OP_MULTIPLY_FLOAT};
    (void)f;
    if (!specialise_due(at, word))
        return false;
    struct object *a = OPERAND(2), *b = OPERAND(1);
    unsigned how = WORD_A(word), op = 0;
    if (is_exact_int(a) && is_exact_int(b))
        op = ints[how];
    else if (is_float(a) && is_float(b))
        op = floats[how];
    else if (is_string(a) && is_string(b) && how == OPERATOR_ADD)
        op = OP_ADD_STRING;
    return specialise_as(t, at, word, op, WORD_OP(word) == OP_INPLACE_OP);
}
static __attribute__((noinline)) bool specialise_compare(SPECIALISE_ARGUMENTS)
{
    (void)f;
    if (!specialise_due(at, word))
        return false;
    struct object *a = OPERAND(2), *b = OPERAND(1);
    // relaxed: an instruction that is never specialised stays what it is
    unsigned behind = WORD_OP(atomic_load_explicit(at + 1, memory_order_relaxed)), op = 0;
    bool jumps = ERA < 313 && (behind == OP_POP_JUMP_IF_FALSE || behind == OP_POP_JUMP_IF_TRUE);
    if (is_exact_int(a) && is_exact_int(b))
        op = jumps ? OP_COMPARE_INT_JUMP : OP_COMPARE_INT;
    else if (is_float(a) && is_float(b))
        op = jumps ? OP_COMPARE_FLOAT_JUMP : OP_COMPARE_FLOAT;
    else if (is_string(a) && is_string(b) &&
             (WORD_A(word) == COMPARE_EQ || WORD_A(word) == COMPARE_NE))
        op = jumps ? OP_COMPARE_STRING_JUMP : OP_COMPARE_STRING;
    return specialise_as(t, at, word, op, 0);
}
static __attribute__((noinline)) bool specialise_subscript(SPECIALISE_ARGUMENTS)
{
    (void)f;
    if (!specialise_due(at, word))
        return false;
    struct object *o = OPERAND(2), *index = OPERAND(1);
    unsigned op = 0;
    if (is_list(o) && is_exact_int(index))
        op = OP_SUBSCR_LIST_INT;
    else if (is_tuple(o) && is_exact_int(index))
        op = OP_SUBSCR_TUPLE_INT;
    else if (o->type == &dict_type && (is_string(index) || is_exact_int(index)))
        op = OP_SUBSCR_DICT;
    return specialise_as(t, at, word, op, 0);
}
static __attribute__((noinline)) bool specialise_store_subscript(SPECIALISE_ARGUMENTS)
{
    (void)f;
    if (!specialise_due(at, word))
        return false;
    struct object *o = OPERAND(2), *index = OPERAND(1);
    unsigned op = 0;
    if (is_list(o) && is_exact_int(index))
        op = OP_STORE_LIST_INT;
    else if (o->type == &dict_type && (is_string(index) || is_exact_int(index)))
        op = OP_STORE_DICT;
    return specialise_as(t, at, word, op, 0);
}
static __attribute__((noinline)) bool specialise_for_iter(SPECIALISE_ARGUMENTS)
{
    (void)f;
    if (!specialise_due(at, word))
        return false;
    struct object *it = OPERAND(1);
    unsigned op = it->type == &range_iterator_type   ? OP_FOR_RANGE
                  : it->type == &list_iterator_type  ? OP_FOR_LIST
                  : it->type == &tuple_iterator_type ? OP_FOR_TUPLE
                                                     : 0;
    return specialise_as(t, at, word, op, 0);
}
static __attribute__((noinline)) bool specialise_load_global(SPECIALISE_ARGUMENTS)
{
    (void)sp;
    if (!specialise_due(at, word))
        return false;
    struct machine *m = machine_of(t);
    struct code *c = f->code;
    struct cache *cache = &c->cache[WORD_B(word)];
    struct rc_header *name = &c->name[WORD_A(word)]->rc;
    // acquire: pairs with globals_changed
    uint64_t version = atomic_load_explicit(&m->keys_version, memory_order_acquire);
    uint32_t hint = dict_hint(t, f->globals, name);
    if (hint != DICT_NO_HINT) {
        atomic_store_explicit(&cache->hint, hint, memory_order_relaxed);
        return specialise_as(t, at, word, OP_LOAD_GLOBAL_MODULE, WORD_B(word));
    }
    struct rc_header *h = dict_get(t, f->builtins, name);
    unsigned op = 0;
    if (h != NULL && eval_specialises_alone(t)) {
        inline_cache_fill(t, &cache->found, version, h);
        eval_specialised(t);
        op = OP_LOAD_GLOBAL_BUILTIN;
    }
    if (h != NULL)
        rc_decref(t, h);
    return specialise_as(t, at, word, op, WORD_B(word));
}
static bool specialise_hint(struct thread *t, struct frame *f, machine_word *at, uint64_t word,
                            struct object *o, unsigned op)
{
    struct code *c = f->code;
    uint32_t hint = DICT_NO_HINT;
    if (is_instance_kind(o))
        hint = dict_hint(t, instance_dict(o), &c->name[WORD_A(word)]->rc);
    atomic_store_explicit(&c->cache[WORD_B(word)].hint, hint, memory_order_relaxed);
    return specialise_as(t, at, word, hint != DICT_NO_HINT ? op : 0, WORD_B(word));
}
static __attribute__((noinline)) bool specialise_load_attr(SPECIALISE_ARGUMENTS)
{
    return specialise_due(at, word) &&
           specialise_hint(t, f, at, word, OPERAND(1), OP_LOAD_ATTR_HINT);
}
static __attribute__((noinline)) bool specialise_store_attr(SPECIALISE_ARGUMENTS)
{
    return specialise_due(at, word) &&
           specialise_hint(t, f, at, word, OPERAND(1), OP_STORE_ATTR_HINT);
}
// A method of the object's class, which no instance of that class hides by a name of its own.
static __attribute__((noinline)) bool specialise_load_method(SPECIALISE_ARGUMENTS)
{
    if (!specialise_due(at, word))
        return false;
    struct object *o = OPERAND(1);
    struct code *c = f->code;
    struct class_object *class = class_of(t, o);
    unsigned op = 0;
    uint64_t version;
    if (!is_class(o) && slots_of(o)->attribute == NULL) {
        struct object *found = class_find_at(t, class, c->name[WORD_A(word)], &version);
        if (found != NULL && (is_function(found) || is_method_builtin(found)) &&
            !class_shadowed(class) && eval_specialises_alone(t)) {
            inline_cache_fill(t, &c->cache[WORD_B(word)].found, version, &found->rc);
            eval_specialised(t);
            op = OP_LOAD_METHOD_CACHED;
        }
        drop_maybe(t, found);
    }
    return specialise_as(t, at, word, op, WORD_B(word));
}
static bool specialise_callee(struct thread *t, machine_word *at, uint64_t word,
                              struct object *callable, unsigned n, unsigned exact, unsigned builtin)
{
    unsigned op = 0;
    if (is_function(callable) && function_code((struct function *)callable)->arguments == n)
        op = exact;
    else if (is_builtin(callable))
        op = builtin;
    return specialise_as(t, at, word, op, 0);
}
static __attribute__((noinline)) bool specialise_call(SPECIALISE_ARGUMENTS)
{
    (void)f;
    struct object *callable = OPERAND(WORD_A(word) + 1);
    if (!specialise_due(at, word))
        return false;
    return specialise_callee(t, at, word, callable, WORD_A(word), OP_CALL_FUNCTION_EXACT,
                             OP_CALL_BUILTIN);
}
static __attribute__((noinline)) bool specialise_call_method(SPECIALISE_ARGUMENTS)
{
    (void)f;
    if (!specialise_due(at, word) || OPERAND(WORD_A(word) + 1) == NULL)
        return false;
    return specialise_callee(t, at, word, OPERAND(WORD_A(word) + 2), WORD_A(word) + 1u,
                             OP_CALL_METHOD_EXACT, OP_CALL_METHOD_BUILTIN);
}
#undef OPERAND

#endif
