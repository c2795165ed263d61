// SPDX-License-Identifier: MIT
//
// From the bytecode of programs, which is the same for all eras, to the instructions that an
// interpreter of the era had: one becomes one or several, and from 3.12 on two become one.
//
//     LOOP_BEGIN, LOOP_END    SETUP_LOOP, POP_BLOCK until 3.7; later nothing
//     TRY, TRY_END            SETUP_FINALLY, POP_BLOCK until 3.10; later nothing: a table
//     POP_JUMP_IF_x           until 2.6 JUMP_IF_x and POP_TOP, here and where it leads to
//     LOAD_METHOD, CALL_      until 3.6 LOAD_ATTR and CALL_FUNCTION of a bound method
//     SUPER_METHOD            until 3.11 a call of super and LOAD_METHOD
//     a new line              until 2.2 SET_LINENO; so does each turn of a loop
//     a function begins       from 3.11 on RESUME
// The operations from OP_COUNT on are the machine's alone.
#ifndef LOWER_H
#define LOWER_H

#include "call.h"

// clang-format off
#define MACHINE_INSTRUCTIONS(X)                                                                    \
    X(SET_LINENO) X(JUMP_IF_FALSE) X(JUMP_IF_TRUE) X(SETUP_LOOP) X(SETUP_FINALLY) X(POP_BLOCK)     \
    X(FOR_LOOP) X(RESUME)                                                                          \
    X(LOAD_FAST_BORROW) X(LOAD_FAST_BORROW_2) X(LOAD_FAST_2) X(STORE_FAST_LOAD_FAST)               \
    X(STORE_FAST_2) X(LOAD_FAST_LOAD_CONST) X(LOAD_CONST_LOAD_FAST)                                               \
    SPECIALISED_INSTRUCTIONS(X)
#define SPECIALISED_INSTRUCTIONS(X)                                                                \
    X(ADD_INT) X(SUBTRACT_INT) X(MULTIPLY_INT) X(ADD_FLOAT) X(SUBTRACT_FLOAT) X(MULTIPLY_FLOAT)    \
    X(ADD_STRING) X(COMPARE_INT) X(COMPARE_FLOAT) X(COMPARE_STRING) X(COMPARE_INT_JUMP)            \
    X(COMPARE_FLOAT_JUMP) X(COMPARE_STRING_JUMP) X(SUBSCR_LIST_INT) X(SUBSCR_TUPLE_INT)            \
    X(SUBSCR_DICT) X(STORE_LIST_INT) X(STORE_DICT) X(FOR_RANGE) X(FOR_LIST) X(FOR_TUPLE)           \
    X(LOAD_GLOBAL_MODULE) X(LOAD_GLOBAL_BUILTIN) X(LOAD_ATTR_HINT) X(STORE_ATTR_HINT)              \
    X(LOAD_METHOD_CACHED) X(CALL_FUNCTION_EXACT) X(CALL_METHOD_EXACT) X(CALL_BUILTIN)              \
    X(CALL_METHOD_BUILTIN)
// clang-format on
enum machine_op {
    OP_BEFORE = OP_COUNT - 1,
#define MACHINE_OP(name) OP_##name,
    MACHINE_INSTRUCTIONS(MACHINE_OP)
#undef MACHINE_OP
    MACHINE_OPS,
};
_Static_assert(MACHINE_OPS <= 256, "an operation has eight bits");

// --- what is known at each instruction of the text ----------------------------------------------

// Where the innermost TRY leads, and which of the entries behind it PUSH_EXC_INFO left, at each
// instruction; found by following all paths, as the checker did.
struct lower_state {
    bool seen;
    uint8_t tries, previous;
    struct block block[FRAME_BLOCKS];   // TRY only
    uint16_t left[FRAME_BLOCKS + 1];    // entries that PUSH_EXC_INFO left, upwards
};
struct lower {
    struct thread *t;
    const struct bytecode_code *text;
    struct lower_state *state; // of each instruction of the text
    uint32_t *work, works;
    // what is made
    struct {
        uint64_t word;
        uint32_t line, from; // from: the instruction of the text
        int32_t target;      // of the text; -1: it does not jump
        bool popped;         // the target is where a condition has yet to be popped
    } *made;
    uint32_t n, room;
    bool *lends; // of each instruction of the text
    uint32_t *at, *at_popped; // where each instruction of the text begins, with and without POP_TOP
    uint32_t caches;
};

static void lower_reach(struct lower *l, uint32_t to, const struct lower_state *s)
{
    if (l->state[to].seen)
        return;
    l->state[to] = *s;
    l->state[to].seen = true;
    l->work[l->works++] = to;
}
static bool lower_jumps(uint8_t op)
{
    return bytecode_op_info[op].a == OPERAND_FORWARD || bytecode_op_info[op].a == OPERAND_BACKWARD;
}
static bool lower_ends(uint8_t op)
{
    return op == OP_RETURN_VALUE || op == OP_RAISE || op == OP_RERAISE || op == OP_JUMP ||
           op == OP_JUMP_BACK;
}
static void lower_follow(struct lower *l)
{
    struct lower_state start = {0};
    lower_reach(l, 0, &start);
    while (l->works != 0) {
        uint32_t i = l->work[--l->works];
        const struct bytecode_instruction *in = &l->text->code[i];
        struct lower_state s = l->state[i];
        if (in->op == OP_TRY) {
            // the handler finds what stands here, without this block
            lower_reach(l, in->a, &s);
            s.block[s.tries++] = (struct block){in->a, (uint16_t)in->depth};
        } else if (lower_jumps(in->op)) {
            lower_reach(l, in->a, &s);
        }
        if (in->op == OP_TRY_END)
            s.tries--;
        if (in->op == OP_PUSH_EXC_INFO)
            s.left[s.previous++] = (uint16_t)(in->depth - 1);
        if (in->op == OP_POP_EXCEPT)
            s.previous--;
        if (!lower_ends(in->op))
            lower_reach(l, i + 1, &s);
    }
}
API struct handler lower_handler(const struct lower_state *s)
{
    struct handler h = {.previous = 0xffff};
    if (s->tries != 0) {
        h.target = s->block[s->tries - 1].target;
        h.depth = s->block[s->tries - 1].depth;
    }
    for (unsigned i = s->previous; i-- != 0 && s->left[i] >= h.depth;)
        h.previous = s->left[i];
    return h;
}

// --- what is lent (3.14) ------------------------------------------------------------------------

// Which LOAD_FAST may lend the local to the stack (CPython 3.14's optimize_load_fast): those whose
// entry is used up in the same run of instructions, and whose local stays what it is until then.
struct lower_lent {
    int32_t by;    // the instruction that pushed the entry; -1: another one
    uint16_t local;
};
static void lower_lend(struct lower *l, const bool *target)
{
    const struct bytecode_code *text = l->text;
    struct lower_lent *stack = sync_alloc((text->stack + 4) * sizeof *stack);
    uint32_t depth = 0;
    for (uint32_t i = 0; i < text->length; i++) {
        const struct bytecode_instruction *in = &text->code[i];
        uint8_t op = in->op;
        bool begins = i == 0 || target[i] || lower_ends(text->code[i - 1].op) ||
                      lower_jumps(text->code[i - 1].op) || op == OP_TRY || op == OP_TRY_END ||
                      text->code[i - 1].op == OP_TRY;
        if (begins) {
            for (uint32_t k = 0; k < depth; k++)
                if (stack[k].by >= 0)
                    l->lends[stack[k].by] = false;
            depth = in->depth;
            for (uint32_t k = 0; k < depth; k++)
                stack[k].by = -1;
        }
        struct bytecode_effect effect = bytecode_effect((enum bytecode_op)op, in->a, in->b);
        if (op == OP_ROT_TWO || op == OP_ROT_THREE || op == OP_ROT_FOUR) {
            struct lower_lent top = stack[depth - 1];
            uint32_t n = effect.takes;
            for (uint32_t k = depth - 1; k > depth - n; k--)
                stack[k] = stack[k - 1];
            stack[depth - n] = top;
            continue;
        }
        struct lower_lent self = depth != 0 ? stack[depth - 1] : (struct lower_lent){.by = -1};
        // what stays where it is while there is more to come
        bool stays = op == OP_DUP_TOP || op == OP_DUP_TOP_TWO || op == OP_FOR_ITER ||
                     op == OP_JUMP_IF_FALSE_OR_POP || op == OP_JUMP_IF_TRUE_OR_POP;
        for (uint32_t k = 0; k < effect.takes; k++)
            if (stays && stack[depth - 1 - k].by >= 0)
                l->lends[stack[depth - 1 - k].by] = false;
        depth -= effect.takes;
        for (uint32_t k = 0; k < effect.leaves; k++)
            stack[depth++].by = -1;
        if (op == OP_LOAD_METHOD)
            stack[depth - 1] = self; // the object may be its own entry still
        if (op == OP_LOAD_FAST) {
            l->lends[i] = true;
            stack[depth - 1] = (struct lower_lent){(int32_t)i, in->a};
        }
        if (op == OP_STORE_FAST || op == OP_DELETE_FAST)
            for (uint32_t k = 0; k < depth; k++)
                if (stack[k].by >= 0 && stack[k].local == in->a)
                    l->lends[stack[k].by] = false;
    }
    for (uint32_t k = 0; k < depth; k++)
        if (stack[k].by >= 0)
            l->lends[stack[k].by] = false;
    sync_free(stack);
}

// --- making -------------------------------------------------------------------------------------

static void lower_put(struct lower *l, uint32_t from, unsigned op, unsigned a, unsigned b,
                      int32_t target, bool popped)
{
    if (l->n == l->room) {
        void *old = l->made;
        l->room = l->room != 0 ? 2 * l->room : 64;
        l->made = sync_alloc(l->room * sizeof *l->made);
        if (old != NULL)
            memcpy(l->made, old, l->n * sizeof *l->made);
        sync_free(old);
    }
    l->made[l->n].word = WORD(op, a, b, 0);
    l->made[l->n].line = l->text->code[from].line;
    l->made[l->n].from = from;
    l->made[l->n].target = target;
    l->made[l->n].popped = popped;
    l->n++;
}
API void lower_simple(struct lower *l, uint32_t from, unsigned op, unsigned a)
{
    lower_put(l, from, op, a, 0, -1, false);
}
static void lower_one(struct lower *l, uint32_t i)
{
    const struct bytecode_instruction *in = &l->text->code[i];
    switch (in->op) {
    case OP_LOOP_BEGIN:
        if (ERA_LOOP_BLOCKS)
            lower_simple(l, i, OP_SETUP_LOOP, 0);
        break;
    case OP_LOOP_END:
        if (ERA_LOOP_BLOCKS)
            lower_simple(l, i, OP_POP_BLOCK, 0);
        break;
    case OP_TRY:
        if (ERA_TRY_BLOCKS)
            lower_put(l, i, OP_SETUP_FINALLY, 0, 0, in->a, false);
        break;
    case OP_TRY_END:
        if (ERA_TRY_BLOCKS)
            lower_simple(l, i, OP_POP_BLOCK, 0);
        break;
    case OP_POP_JUMP_IF_FALSE:
    case OP_POP_JUMP_IF_TRUE:
        if (ERA_JUMP_KEEPS) {
            lower_put(l, i, in->op == OP_POP_JUMP_IF_FALSE ? OP_JUMP_IF_FALSE : OP_JUMP_IF_TRUE, 0,
                      0, in->a, true);
            lower_simple(l, i, OP_POP_TOP, 0);
        } else {
            lower_put(l, i, in->op, 0, 0, in->a, false);
        }
        break;
    case OP_JUMP_IF_FALSE_OR_POP:
    case OP_JUMP_IF_TRUE_OR_POP:
        if (ERA_JUMP_KEEPS) {
            lower_put(l, i,
                      in->op == OP_JUMP_IF_FALSE_OR_POP ? OP_JUMP_IF_FALSE : OP_JUMP_IF_TRUE, 0, 0,
                      in->a, false);
            lower_simple(l, i, OP_POP_TOP, 0);
        } else {
            lower_put(l, i, in->op, 0, 0, in->a, false);
        }
        break;
    case OP_LOAD_FAST:
        lower_simple(l, i, l->lends[i] ? OP_LOAD_FAST_BORROW : OP_LOAD_FAST, in->a);
        break;
    case OP_FOR_ITER:
        lower_put(l, i, ERA_FOR_INDEX ? OP_FOR_LOOP : OP_FOR_ITER, 0, 0, in->a, false);
        break;
    case OP_LOAD_METHOD:
        lower_simple(l, i, ERA_BOUND_METHODS ? OP_LOAD_ATTR : OP_LOAD_METHOD, in->a);
        break;
    case OP_CALL_METHOD:
        lower_simple(l, i, ERA_BOUND_METHODS ? OP_CALL_FUNCTION : OP_CALL_METHOD, in->a);
        break;
    case OP_CALL_METHOD_KW:
        lower_put(l, i, ERA_BOUND_METHODS ? OP_CALL_FUNCTION_KW : OP_CALL_METHOD_KW, in->a, in->b,
                  -1, false);
        break;
    case OP_SUPER_METHOD:
        if (ERA < 312) {
            lower_simple(l, i, OP_CALL_FUNCTION, 2);
            lower_simple(l, i, ERA_BOUND_METHODS ? OP_LOAD_ATTR : OP_LOAD_METHOD, in->a);
        } else {
            lower_simple(l, i, OP_SUPER_METHOD, in->a);
        }
        break;
    default:
        if (lower_jumps(in->op))
            lower_put(l, i, in->op, 0, 0, in->a, false);
        else
            lower_put(l, i, in->op, in->a, in->b, -1, false);
    }
}

// Two instructions that are one, where nothing leads to the second.
static bool lower_pair(unsigned first, unsigned second, unsigned *op)
{
    static const struct {
        unsigned first, second, both;
    } known[] = {
        {OP_LOAD_FAST, OP_LOAD_FAST, OP_LOAD_FAST_2},
        {OP_LOAD_FAST_BORROW, OP_LOAD_FAST_BORROW, OP_LOAD_FAST_BORROW_2},
        {OP_STORE_FAST, OP_LOAD_FAST, OP_STORE_FAST_LOAD_FAST},
        {OP_STORE_FAST, OP_STORE_FAST, OP_STORE_FAST_2},
        {OP_LOAD_FAST, OP_LOAD_CONST, OP_LOAD_FAST_LOAD_CONST},
        {OP_LOAD_CONST, OP_LOAD_FAST, OP_LOAD_CONST_LOAD_FAST},
    };
    for (unsigned i = 0; i < sizeof known / sizeof known[0]; i++)
        if (known[i].first == first && known[i].second == second) {
            *op = known[i].both;
            return true;
        }
    return false;
}

// Which instructions remember something.
API bool lower_has_cache(unsigned op)
{
    switch (op) {
    case OP_LOAD_GLOBAL:
        return ERA_GLOBAL_CACHE || ERA_SPECIALISES;
    case OP_LOAD_ATTR:
    case OP_STORE_ATTR:
    case OP_LOAD_METHOD:
        return ERA_SPECIALISES;
    default:
        return false;
    }
}

static void lower_all(struct lower *l)
{
    const struct bytecode_code *text = l->text;
    bool *popped = sync_alloc((text->length + 1) * sizeof *popped); // a condition arrives there
    bool *target = sync_alloc((text->length + 1) * sizeof *target);
    bool *turn = sync_alloc((text->length + 1) * sizeof *turn); // of a loop: it begins there
    for (uint32_t i = 0; i < text->length; i++) {
        uint8_t op = text->code[i].op;
        if (lower_jumps(op))
            target[text->code[i].a] = true;
        if (op == OP_JUMP_BACK)
            turn[text->code[i].a] = true;
        if (ERA_JUMP_KEEPS && (op == OP_POP_JUMP_IF_FALSE || op == OP_POP_JUMP_IF_TRUE))
            popped[text->code[i].a] = true;
    }
    if (ERA_BORROWS)
        lower_lend(l, target);
    uint32_t line = 0;
    if (ERA_SPECIALISES)
        lower_simple(l, 0, OP_RESUME, 0);
    for (uint32_t i = 0; i < text->length; i++) {
        if (popped[i]) {
            // who comes from above has no condition to pop
            if (i != 0 && !lower_ends(text->code[i - 1].op))
                lower_put(l, i, OP_JUMP, 0, 0, (int32_t)i, false);
            l->at_popped[i] = l->n;
            lower_simple(l, i, OP_POP_TOP, 0);
        }
        l->at[i] = l->n;
        if (ERA_LINES && (text->code[i].line != line || turn[i])) {
            line = text->code[i].line;
            lower_simple(l, i, OP_SET_LINENO, line & 0xffff);
        }
        lower_one(l, i);
        unsigned both;
        if (ERA_PAIRS && l->n >= 2 && !target[i] && l->at[i] == l->n - 1 && i != 0 &&
            l->made[l->n - 2].from == i - 1 &&
            lower_pair(WORD_OP(l->made[l->n - 2].word), WORD_OP(l->made[l->n - 1].word), &both)) {
            l->made[l->n - 2].word = WORD(both, WORD_A(l->made[l->n - 2].word),
                                          WORD_A(l->made[l->n - 1].word), 0);
            l->n--;
            l->at[i] = l->n - 1;
        }
    }
    sync_free(popped);
    sync_free(target);
    sync_free(turn);
}

// --- a code -------------------------------------------------------------------------------------

static struct object *intern(struct thread *t, const char *bytes, size_t length);

static struct object *lower_constant(struct thread *t, const struct code *c,
                                     const struct bytecode_constant *k)
{
    switch (k->kind) {
    case CONSTANT_INT:
        return int_new(t, k->integer);
    case CONSTANT_FLOAT:
        return float_new(t, k->number);
    case CONSTANT_STRING:
        return keep(t, intern(t, k->text.bytes, k->text.length));
    case CONSTANT_NONE:
        return none(t);
    case CONSTANT_TRUE:
    case CONSTANT_FALSE:
        return truth(t, k->kind == CONSTANT_TRUE);
    default:
        break;
    }
    if (k->items == 0)
        return keep(t, interp_of(t)->empty_tuple);
    struct object **item = sync_alloc(k->items * sizeof *item);
    for (uint32_t i = 0; i < k->items; i++)
        item[i] = keep(t, c->constant[k->item[i]]);
    struct object *tuple = tuple_make(t, item, k->items);
    sync_free(item);
    return tuple;
}

// A new code, or NULL: it is too long for the era's instructions.
static struct object *lower(struct thread *t, const struct bytecode_code *text)
{
    struct lower l = {.t = t, .text = text};
    l.state = sync_alloc(text->length * sizeof *l.state);
    l.work = sync_alloc(text->length * sizeof *l.work);
    l.at = sync_alloc((text->length + 1) * sizeof *l.at);
    l.at_popped = sync_alloc((text->length + 1) * sizeof *l.at_popped);
    l.lends = sync_alloc(text->length * sizeof *l.lends);
    lower_follow(&l);
    lower_all(&l);
    struct code *c = NULL;
    if (l.n <= 0xffff) {
        c = object_new(t, &code_type, sizeof *c, AL_OBJECT, RC_DEFERRED | RC_HOT);
        c->kind = text->kind;
        c->arguments = (uint16_t)text->arguments;
        c->locals = (uint16_t)text->locals;
        c->cells = (uint16_t)text->cells;
        c->frees = (uint16_t)text->frees;
        c->stack = (uint16_t)text->stack;
        // the function, and an entry beyond the stack in which instructions may make one
        c->size = 1 + text->locals + text->cells + text->frees + text->stack + 1;
        c->constants = text->constants;
        c->names = text->names;
        c->length = l.n;
        c->kept = NULL;
        c->machine = machine_of(t);
        rc_fill(t, &c->base.rc, &c->title,
                &keep(t, intern(t, text->name.bytes, text->name.length))->rc);
        c->cell_local = sync_alloc((text->cells + 1) * sizeof *c->cell_local);
        c->constant = sync_alloc((text->constants + 1) * sizeof *c->constant);
        c->name = sync_alloc((text->names + 1) * sizeof *c->name);
        c->local_name =
            sync_alloc((text->locals + text->cells + text->frees + 1) * sizeof *c->local_name);
        for (uint32_t i = 0; i < text->constants; i++)
            c->constant[i] = lower_constant(t, c, &text->constant[i]);
        for (uint32_t i = 0; i < text->names; i++)
            c->name[i] = intern(t, text->name_of[i].bytes, text->name_of[i].length);
        struct object **variable = c->local_name;
        for (uint32_t i = 0; i < text->locals; i++)
            *variable++ = intern(t, text->local[i].bytes, text->local[i].length);
        for (uint32_t i = 0; i < text->cells; i++) {
            c->cell_local[i] = text->cell[i].local;
            *variable++ = intern(t, text->cell[i].name.bytes, text->cell[i].name.length);
        }
        for (uint32_t i = 0; i < text->frees; i++)
            *variable++ = intern(t, text->free[i].bytes, text->free[i].length);
        c->word = sync_alloc(l.n * sizeof *c->word);
        c->line = sync_alloc(l.n * sizeof *c->line);
        c->handler = sync_alloc(l.n * sizeof *c->handler);
        c->caches = 0;
        for (uint32_t i = 0; i < l.n; i++) {
            uint64_t word = l.made[i].word;
            int32_t target = l.made[i].target;
            unsigned a = WORD_A(word), count = 0;
            if (target >= 0)
                a = l.made[i].popped ? l.at_popped[target] : l.at[target];
            if (lower_has_cache(WORD_OP(word)))
                count = c->caches++;
            // b is free in what remembers
            atomic_init(&c->word[i], lower_has_cache(WORD_OP(word))
                                         ? WORD(WORD_OP(word), a, count, 0)
                                         : WORD(WORD_OP(word), a, WORD_B(word), 0));
            c->line[i] = l.made[i].line;
            c->handler[i] = lower_handler(&l.state[l.made[i].from]);
            if (c->handler[i].target != 0)
                c->handler[i].target = (uint16_t)l.at[c->handler[i].target];
        }
        c->cache = sync_alloc((c->caches + 1) * sizeof *c->cache);
        for (unsigned i = 0; i < c->caches; i++) {
            inline_cache_init(t, &c->cache[i].found);
            atomic_init(&c->cache[i].hint, 0);
        }
    }
    sync_free(l.state);
    sync_free(l.work);
    sync_free(l.lends);
    sync_free(l.at);
    sync_free(l.at_popped);
    sync_free(l.made);
    return c != NULL ? &c->base : NULL;
}

#endif
