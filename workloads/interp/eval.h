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

#include "steps.h"
#include "specialise.h"

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
