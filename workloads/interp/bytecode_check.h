// SPDX-License-Identifier: MIT
//
// Whether a machine may run a program without looking where it goes. A program comes from a file,
// so each code is gone through once before it runs, with kinds of entries instead of values.
//
// The guarantee. In a code that has passed
//   - every operand is within its list or range; what is made into a function or class is a code
//     of that kind with a greater number, so that bodies of classes do not run one another for
//     ever, and it is given as many cells as it has free variables;
//   - every way stays within the instructions;
//   - the stack never has fewer entries than an instruction takes, nor more than `stack`, and in
//     front of an instruction always as many as its `depth` says;
//   - an instruction that wants an entry of a kind finds one that an instruction which leaves that
//     kind has put there. A list, set or dict of the kind is in no other place yet. A callable has
//     the self above it that came with it. What the parameter of a comprehension holds is an
//     iterator too: its function is called by CALL_FUNCTION 1 with one, and goes nowhere else;
//   - blocks (TRY and LOOP_BEGIN) are at most BYTECODE_BLOCKS deep, are the same by whichever way
//     an instruction is reached, and nothing in a block takes what stood on the stack when it
//     began: a handler finds it all.
// What is left to the machine: the kinds of all other values, such as defaults that must be a
// tuple, locals that are empty, RAISE 0 without an exception.
//
// How. Every jump but JUMP_BACK leads forward, and so do all exceptions. So a single pass in the
// order of the instructions knows of each, when it comes to it, all ways on which it is reached but
// those of JUMP_BACK, whose states must be what the target's was. Only entries that are of a
// kind are kept, each in a list with the one below it. States share these lists: what is needed is
// a few words for each instruction, however deep the stack is.
#ifndef BYTECODE_CHECK_H
#define BYTECODE_CHECK_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "instructions.h"

// Zeroed memory, or NULL.
#ifndef BYTECODE_CALLOC
#define BYTECODE_CALLOC calloc
#define BYTECODE_FREE   free
#endif

enum { BYTECODE_BLOCKS = 20, BYTECODE_NO_INSTRUCTION = -1 };

// Where a program is wrong. The instruction: BYTECODE_NO_INSTRUCTION if it is the code's head.
struct bytecode_fault {
    uint32_t code;
    int32_t instruction;
    char text[400];
};

// The values first: they may be used as any other, and the kind is forgotten.
enum bytecode_entry_kind {
    ENTRY_ANY,
    ENTRY_ITER,
    ENTRY_LIST,
    ENTRY_SET,
    ENTRY_DICT,
    ENTRY_EXC,
    ENTRY_CALLABLE,
    ENTRY_SELF,
    ENTRY_PREVIOUS,
    ENTRY_CELL,
    ENTRY_CLOSURE,
    ENTRY_COMPREHENSION,
    ENTRY_LAST_VALUE = ENTRY_EXC,
};
static const char *const bytecode_entries[] = {
    "any value",
    "an iterator",
    "a list being filled",
    "a set being filled",
    "a dict being filled",
    "an exception being handled",
    "a method's callable",
    "a method's self",
    "the exception handled before",
    "a cell",
    "a closure",
    "a comprehension's function",
};

// An entry of a kind other than ENTRY_ANY.
struct bytecode_entry {
    const struct bytecode_entry *below; // the next one of a kind
    uint32_t at;                        // its place on the stack, from 0
    uint8_t kind;
    uint16_t cells; // of a closure
};
// A TRY or a loop that has begun.
struct bytecode_block {
    const struct bytecode_block *outer;
    uint32_t nesting;
    uint32_t depth;   // of the stack when it began
    uint32_t handler; // of a TRY; 0: a loop
};
// On the way to an instruction.
struct bytecode_state {
    uint32_t depth;
    bool reached;
    const struct bytecode_entry *top; // the topmost one of a kind
    const struct bytecode_block *block;
};

// An instruction puts at most so many entries of a kind on the stack (ROT_FOUR, DUP_TOP_TWO).
enum { ENTRIES_OF_INSTRUCTION = 4 };

struct bytecode_checker {
    const struct bytecode *program;
    const struct bytecode_code *code;
    struct bytecode_fault *fault;
    uint32_t number, at;           // of the code, of the instruction
    struct bytecode_state *states; // of each instruction
    struct bytecode_entry *entries;
    struct bytecode_block *blocks;
    struct bytecode_state s; // the instruction's
};

// --- faults -----------------------------------------------------------------------------------

__attribute__((format(printf, 4, 5))) static inline bool bytecode_fault(struct bytecode_fault *f,
                                                                        uint32_t code,
                                                                        int32_t instruction,
                                                                        const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    f->code = code;
    f->instruction = instruction;
    vsnprintf(f->text, sizeof f->text, format, arguments);
    va_end(arguments);
    return false;
}
#define CHECK_FAULT(c, format, ...)                                                              \
    bytecode_fault((c)->fault, (c)->number, (int32_t)(c)->at, "%s " format, check_info(c)->name, \
                   ##__VA_ARGS__)

static inline const struct bytecode_op_info *check_info(const struct bytecode_checker *c)
{
    return &bytecode_op_info[c->code->code[c->at].op];
}

// --- the stack --------------------------------------------------------------------------------

static inline bool check_is_value(enum bytecode_entry_kind kind)
{
    return kind <= ENTRY_LAST_VALUE;
}

static inline enum bytecode_entry_kind check_kind_at(const struct bytecode_state *s, uint32_t at)
{
    const struct bytecode_entry *e = s->top;
    while (e != NULL && e->at > at)
        e = e->below;
    return e != NULL && e->at == at ? e->kind : ENTRY_ANY;
}

static inline void check_push_cells(struct bytecode_checker *c, enum bytecode_entry_kind kind,
                                    uint16_t cells)
{
    if (kind != ENTRY_ANY) {
        *c->entries = (struct bytecode_entry){
            .below = c->s.top, .at = c->s.depth, .kind = kind, .cells = cells};
        c->s.top = c->entries++;
    }
    c->s.depth++;
}
static inline void check_push(struct bytecode_checker *c, enum bytecode_entry_kind kind)
{
    check_push_cells(c, kind, 0);
}

static inline void check_drop(struct bytecode_state *s, uint32_t n)
{
    s->depth -= n;
    while (s->top != NULL && s->top->at >= s->depth)
        s->top = s->top->below;
}

// The topmost entry, which is there, is of this kind: it goes.
static inline bool check_take(struct bytecode_checker *c, enum bytecode_entry_kind kind)
{
    enum bytecode_entry_kind found = check_kind_at(&c->s, c->s.depth - 1);
    if (kind == ENTRY_ANY ? !check_is_value(found) : found != kind)
        return CHECK_FAULT(c, "takes %s, but finds %s", bytecode_entries[kind],
                           bytecode_entries[found]);
    check_drop(&c->s, 1);
    return true;
}
static inline bool check_take_values(struct bytecode_checker *c, uint32_t n)
{
    uint32_t left = c->s.depth - n;
    for (; c->s.top != NULL && c->s.top->at >= left; c->s.top = c->s.top->below)
        if (!check_is_value(c->s.top->kind))
            return CHECK_FAULT(c, "takes values, but finds %s", bytecode_entries[c->s.top->kind]);
    c->s.depth = left;
    return true;
}

// --- where ways meet --------------------------------------------------------------------------

static inline bool check_same_blocks(const struct bytecode_block *x, const struct bytecode_block *y)
{
    for (; x != y; x = x->outer, y = y->outer)
        if (x == NULL || y == NULL || x->depth != y->depth || x->handler != y->handler)
            return false;
    return true;
}
static inline bool check_same_entries(const struct bytecode_entry *x,
                                      const struct bytecode_entry *y)
{
    for (; x != y; x = x->below, y = y->below)
        if (x == NULL || y == NULL || x->at != y->at || x->kind != y->kind || x->cells != y->cells)
            return false;
    return true;
}

static inline bool check_agrees(struct bytecode_checker *c, const struct bytecode_state *there,
                                const struct bytecode_state *s, uint32_t to)
{
    if (there->depth != s->depth)
        return CHECK_FAULT(c, "comes to %u with %u on the stack, another way with %u", to, s->depth,
                           there->depth);
    if (!check_same_blocks(there->block, s->block))
        return CHECK_FAULT(c, "comes to %u in other blocks than another way", to);
    if (!check_same_entries(there->top, s->top))
        return CHECK_FAULT(c, "comes to %u with entries of other kinds than another way", to);
    return true;
}

// Of two ways that differ in it, `[]` and anything else, the topmost entry has no kind any more.
// That is what a conditional expression leaves; what is below it, no way has touched.
static inline bool check_arrive(struct bytecode_checker *c, uint32_t to, struct bytecode_state s)
{
    struct bytecode_state *there = &c->states[to];
    if (!there->reached) {
        s.reached = true;
        *there = s;
        return true;
    }
    if (there->depth == s.depth && s.depth != 0) {
        enum bytecode_entry_kind x = check_kind_at(there, s.depth - 1),
                                 y = check_kind_at(&s, s.depth - 1);
        if (x != y && check_is_value(x) && check_is_value(y)) {
            check_drop(there, 1), there->depth++;
            check_drop(&s, 1), s.depth++;
        }
    }
    return check_agrees(c, there, &s, to);
}

// --- instructions -----------------------------------------------------------------------------

static inline bool check_keywords(const struct bytecode_code *k, uint32_t n, uint32_t constant)
{
    if (constant >= k->constants || k->constant[constant].kind != CONSTANT_TUPLE)
        return false;
    const struct bytecode_constant *names = &k->constant[constant];
    for (uint32_t i = 0; i < names->items; i++)
        if (k->constant[names->item[i]].kind != CONSTANT_STRING)
            return false;
    return names->items <= n;
}
static inline bool check_fits(const struct bytecode_checker *c, enum bytecode_operand kind,
                              uint32_t value)
{
    const struct bytecode_code *k = c->code;
    switch (kind) {
    case OPERAND_NONE:
    case OPERAND_COUNT:
        return true;
    case OPERAND_CONSTANT:
        return value < k->constants;
    case OPERAND_KEYWORDS:
        return check_keywords(k, k->code[c->at].a, value);
    case OPERAND_LOCAL:
        return value < k->locals;
    case OPERAND_NAME:
        return value < k->names;
    case OPERAND_VARIABLE:
        return value < k->cells + k->frees;
    case OPERAND_FORWARD:
        return value > c->at && value < k->length;
    case OPERAND_BACKWARD:
        return value <= c->at;
    case OPERAND_OPERATOR:
        return value <= 11;
    case OPERAND_COMPARISON:
        return value <= 5;
    case OPERAND_NEGATION:
        return value <= 1;
    case OPERAND_DEPTH:
        return value >= 1;
    case OPERAND_SLICE:
        return value == 2 || value == 3;
    case OPERAND_CONVERSION:
        return value <= 7;
    case OPERAND_CAUSES:
        return value <= 2;
    case OPERAND_CODE:
        return value > c->number && value < c->program->codes;
    case OPERAND_FLAGS:
        return value <= 3;
    }
    return false;
}
static inline bool check_operand(struct bytecode_checker *c, enum bytecode_operand kind,
                                 uint32_t value)
{
#define OPERAND(name, text) text,
    static const char *const texts[] = {OPERANDS(OPERAND)};
#undef OPERAND
    return check_fits(c, kind, value) || CHECK_FAULT(c, "%u: is no %s", value, texts[kind]);
}

// The topmost goes below n - 1 others. A method's callable and self stay together.
static inline bool check_rotate(struct bytecode_checker *c, uint32_t n)
{
    enum bytecode_entry_kind kinds[4] = {ENTRY_ANY};
    uint16_t cells[4] = {0};
    for (uint32_t i = 0; i < n; i++) {
        kinds[i] = check_kind_at(&c->s, c->s.depth - 1);
        cells[i] = kinds[i] != ENTRY_ANY ? c->s.top->cells : 0;
        if (kinds[i] == ENTRY_CALLABLE || kinds[i] == ENTRY_SELF)
            return CHECK_FAULT(c, "moves %s", bytecode_entries[kinds[i]]);
        check_drop(&c->s, 1);
    }
    check_push_cells(c, kinds[0], cells[0]);
    for (uint32_t i = n - 1; i > 0; i--)
        check_push_cells(c, kinds[i], cells[i]);
    return true;
}
// Of two references to a list nobody can say that it is in no other place: only exceptions keep
// their kind.
static inline bool check_duplicate(struct bytecode_checker *c, uint32_t n)
{
    enum bytecode_entry_kind kinds[2] = {ENTRY_ANY};
    for (uint32_t i = 0; i < n; i++) {
        enum bytecode_entry_kind kind = check_kind_at(&c->s, c->s.depth - n + i);
        kinds[i] = kind == ENTRY_EXC ? kind : ENTRY_ANY;
    }
    if (!check_take_values(c, n))
        return false;
    for (uint32_t i = 0; i < 2 * n; i++)
        check_push(c, kinds[i % n]);
    return true;
}

// To a container below what is added to it.
static inline bool check_add(struct bytecode_checker *c, uint32_t values, uint32_t depth,
                             enum bytecode_entry_kind kind)
{
    if (!check_take_values(c, values))
        return false;
    if (depth > c->s.depth)
        return CHECK_FAULT(c, "%u: only %u entries are below", depth, c->s.depth);
    enum bytecode_entry_kind found = check_kind_at(&c->s, c->s.depth - depth);
    return found == kind || CHECK_FAULT(c, "%u: wants %s, but finds %s", depth,
                                        bytecode_entries[kind], bytecode_entries[found]);
}

// A function of nothing but an iterator.
static inline bool check_is_comprehension(const struct bytecode_code *k)
{
    return k->kind == CODE_FUNCTION && k->arguments == 1 && strcmp(k->local[0].bytes, ".0") == 0;
}
static inline bool check_local(struct bytecode_checker *c, const struct bytecode_instruction *i)
{
    bool iterator = i->a == 0 && check_is_comprehension(c->code);
    if (i->op == OP_LOAD_FAST) {
        check_push(c, iterator ? ENTRY_ITER : ENTRY_ANY);
        return true;
    }
    if (iterator)
        return CHECK_FAULT(c, "0: a comprehension keeps its iterator");
    return i->op == OP_DELETE_FAST || check_take(c, ENTRY_ANY);
}
static inline bool check_call(struct bytecode_checker *c, uint32_t n)
{
    bool comprehension = n == 1 && check_kind_at(&c->s, c->s.depth - 2) == ENTRY_COMPREHENSION;
    if (comprehension ? !check_take(c, ENTRY_ITER) || !check_take(c, ENTRY_COMPREHENSION)
                      : !check_take_values(c, 1 + n))
        return false;
    check_push(c, ENTRY_ANY);
    return true;
}

static inline bool check_make(struct bytecode_checker *c, const struct bytecode_instruction *i)
{
    const struct bytecode_code *made = &c->program->code[i->a];
    enum bytecode_code_kind kind = i->op == OP_MAKE_CLASS ? CODE_CLASS : CODE_FUNCTION;
    uint32_t cells = 0;
    if (made->kind != kind)
        return CHECK_FAULT(c, "%u: is the code of no %s", i->a,
                           kind == CODE_CLASS ? "class" : "function");
    if (i->b & 2) {
        cells = c->s.top != NULL ? c->s.top->cells : 0;
        if (!check_take(c, ENTRY_CLOSURE))
            return false;
    }
    if (cells != made->frees)
        return CHECK_FAULT(c, "%u: is given %u cells, has %u free variables", i->a, cells,
                           made->frees);
    if (!check_take_values(c, i->b & 1))
        return false;
    check_push(c, check_is_comprehension(made) ? ENTRY_COMPREHENSION : ENTRY_ANY);
    return true;
}

static inline bool check_begin(struct bytecode_checker *c, uint32_t handler)
{
    uint32_t nesting = c->s.block != NULL ? c->s.block->nesting + 1 : 1;
    if (nesting > BYTECODE_BLOCKS)
        return CHECK_FAULT(c, "is in %u blocks already, the most", BYTECODE_BLOCKS);
    *c->blocks = (struct bytecode_block){c->s.block, nesting, c->s.depth, handler};
    c->s.block = c->blocks++;
    return true;
}
static inline bool check_end(struct bytecode_checker *c, bool loop)
{
    if (c->s.block == NULL || (c->s.block->handler == 0) != loop)
        return CHECK_FAULT(c, "ends no %s: the innermost block is %s", loop ? "loop" : "TRY",
                           c->s.block == NULL         ? "none"
                           : c->s.block->handler == 0 ? "a loop"
                                                      : "a TRY");
    c->s.block = c->s.block->outer;
    return true;
}
static inline bool check_try(struct bytecode_checker *c, uint32_t handler)
{
    struct bytecode_state outside = c->s;
    if (c->code->code[handler].op != OP_PUSH_EXC_INFO)
        return CHECK_FAULT(c, "%u: a handler begins with PUSH_EXC_INFO", handler);
    if (c->s.depth == c->code->stack)
        return CHECK_FAULT(c, "%u: its exception is more than a stack of %u holds", handler,
                           c->code->stack);
    check_push(c, ENTRY_EXC);
    bool ok = check_arrive(c, handler, c->s);
    c->s = outside;
    return ok && check_begin(c, handler);
}

// What the instruction does to the state, and to those of its targets. There are as many entries as
// it takes, and its operands fit.
static inline bool check_effect(struct bytecode_checker *c, const struct bytecode_instruction *i,
                                struct bytecode_effect effect)
{
    struct bytecode_state before = c->s;
    switch ((enum bytecode_op)i->op) {
    case OP_POP_TOP:
        check_drop(&c->s, 1);
        return true;
    case OP_DUP_TOP:
    case OP_DUP_TOP_TWO:
        return check_duplicate(c, effect.takes);
    case OP_ROT_TWO:
    case OP_ROT_THREE:
    case OP_ROT_FOUR:
        return check_rotate(c, effect.takes);
    case OP_LOAD_FAST:
    case OP_STORE_FAST:
    case OP_DELETE_FAST:
        return check_local(c, i);
    case OP_LOAD_CLOSURE:
        check_push(c, ENTRY_CELL);
        return true;
    case OP_BUILD_CLOSURE:
        for (uint32_t n = 0; n < i->a; n++)
            if (!check_take(c, ENTRY_CELL))
                return false;
        check_push_cells(c, ENTRY_CLOSURE, i->a);
        return true;
    case OP_JUMP:
        return check_arrive(c, i->a, c->s);
    case OP_JUMP_BACK:
        return check_agrees(c, &c->states[i->a], &c->s, i->a);
    case OP_POP_JUMP_IF_FALSE:
    case OP_POP_JUMP_IF_TRUE:
        return check_take(c, ENTRY_ANY) && check_arrive(c, i->a, c->s);
    case OP_JUMP_IF_FALSE_OR_POP:
    case OP_JUMP_IF_TRUE_OR_POP:
        return check_take(c, ENTRY_ANY) && check_arrive(c, i->a, before);
    case OP_LOOP_BEGIN:
        return check_begin(c, 0);
    case OP_LOOP_END:
        return check_end(c, true);
    case OP_TRY:
        return check_try(c, i->a);
    case OP_TRY_END:
        return check_end(c, false);
    case OP_FOR_ITER:
        if (!check_take(c, ENTRY_ITER) || !check_arrive(c, i->a, c->s))
            return false;
        c->s = before;
        check_push(c, ENTRY_ANY);
        return true;
    case OP_LIST_APPEND:
        return check_add(c, 1, i->a, ENTRY_LIST);
    case OP_SET_ADD:
        return check_add(c, 1, i->a, ENTRY_SET);
    case OP_MAP_ADD:
        return check_add(c, 2, i->a, ENTRY_DICT);
    case OP_CALL_METHOD:
    case OP_CALL_METHOD_KW:
        if (!check_take_values(c, i->a) || !check_take(c, ENTRY_SELF) ||
            !check_take(c, ENTRY_CALLABLE))
            return false;
        check_push(c, ENTRY_ANY);
        return true;
    case OP_CALL_FUNCTION:
        return check_call(c, i->a);
    case OP_MAKE_FUNCTION:
    case OP_MAKE_CLASS:
        return check_make(c, i);
    case OP_PUSH_EXC_INFO:
        if (!check_take(c, ENTRY_EXC))
            return false;
        check_push(c, ENTRY_PREVIOUS);
        check_push(c, ENTRY_EXC);
        return true;
    case OP_CHECK_EXC_MATCH:
        if (!check_take(c, ENTRY_ANY))
            return false;
        before = c->s;
        if (!check_take(c, ENTRY_EXC))
            return false;
        c->s = before;
        check_push(c, ENTRY_ANY);
        return true;
    case OP_POP_EXCEPT:
        return check_take(c, ENTRY_PREVIOUS);
    case OP_RERAISE:
        return check_take(c, ENTRY_EXC);
    default:
        break;
    }
    if (!check_take_values(c, effect.takes))
        return false;
    switch ((enum bytecode_op)i->op) {
    case OP_GET_ITER:
        check_push(c, ENTRY_ITER);
        return true;
    case OP_BUILD_LIST:
        check_push(c, i->a == 0 ? ENTRY_LIST : ENTRY_ANY);
        return true;
    case OP_BUILD_SET:
        check_push(c, i->a == 0 ? ENTRY_SET : ENTRY_ANY);
        return true;
    case OP_BUILD_MAP:
        check_push(c, i->a == 0 ? ENTRY_DICT : ENTRY_ANY);
        return true;
    case OP_LOAD_METHOD:
    case OP_SUPER_METHOD:
        check_push(c, ENTRY_CALLABLE);
        check_push(c, ENTRY_SELF);
        return true;
    default:
        c->s.depth += effect.leaves;
        return true;
    }
}

static inline bool check_goes_on(enum bytecode_op op)
{
    return op != OP_JUMP && op != OP_JUMP_BACK && op != OP_RETURN_VALUE && op != OP_RAISE &&
           op != OP_RERAISE;
}

static inline bool check_instruction(struct bytecode_checker *c, struct bytecode_instruction *i)
{
    const struct bytecode_op_info *op = check_info(c);
    bool function = c->code->kind == CODE_FUNCTION;
    c->s = c->states[c->at];
    if (!c->s.reached)
        return CHECK_FAULT(c, "cannot be reached");
    i->depth = c->s.depth;
    if (op->where == (function ? IN_NAMESPACE : IN_FUNCTION))
        return CHECK_FAULT(c, "may not stand in a %s", function ? "function" : "module or class");
    if (!check_operand(c, op->a, i->a) || !check_operand(c, op->b, i->b))
        return false;
    struct bytecode_effect effect = bytecode_effect(i->op, i->a, i->b);
    uint32_t floor = c->s.block != NULL ? c->s.block->depth : 0;
    if (effect.takes > c->s.depth - floor)
        return CHECK_FAULT(c, "takes %u from the stack, where only %u are%s", effect.takes,
                           c->s.depth - floor, floor != 0 ? " this block's own" : "");
    if (effect.leaves > c->code->stack - (c->s.depth - effect.takes))
        return CHECK_FAULT(c, "leaves more than a stack of %u holds", c->code->stack);
    if (!check_effect(c, i, effect))
        return false;
    if (!check_goes_on(i->op))
        return true;
    if (c->at + 1 == c->code->length)
        return CHECK_FAULT(c, "is the last instruction, and runs off the end");
    return check_arrive(c, c->at + 1, c->s);
}

// --- codes ------------------------------------------------------------------------------------

static inline bool check_head(struct bytecode_checker *c)
{
    const struct bytecode_code *k = c->code;
    const char *wrong = NULL;
    if ((k->kind == CODE_MODULE) != (c->number == 0))
        wrong = "code 0 is the module, and no other one is";
    else if (k->kind != CODE_FUNCTION && (k->arguments != 0 || k->locals != 0))
        wrong = "only a function has arguments and locals";
    else if (k->kind == CODE_MODULE && (k->cells != 0 || k->frees != 0))
        wrong = "a module has no cells and no free variables";
    else if (k->kind == CODE_CLASS &&
             (k->cells > 1 || (k->cells == 1 && strcmp(k->cell[0].name.bytes, "__class__") != 0)))
        wrong = "a class has no cell but __class__";
    else if (k->arguments > k->locals)
        wrong = "there are more arguments than locals";
    else if (k->length == 0)
        wrong = "there are no instructions";
    for (uint32_t i = 0; i < k->cells && wrong == NULL; i++)
        if (k->cell[i].local >= (int32_t)k->arguments)
            wrong = "a cell is of a parameter that there is not";
        else if (k->cell[i].local == 0 && check_is_comprehension(k))
            wrong = "a comprehension's iterator is no cell";
    return wrong == NULL ||
           bytecode_fault(c->fault, c->number, BYTECODE_NO_INSTRUCTION, "%s", wrong);
}

static inline bool check_code(struct bytecode_checker *c)
{
    size_t n = c->code->length;
    struct bytecode_entry *entries = BYTECODE_CALLOC(n * ENTRIES_OF_INSTRUCTION, sizeof *entries);
    struct bytecode_block *blocks = BYTECODE_CALLOC(n, sizeof *blocks);
    bool ok = entries != NULL && blocks != NULL;
    c->states = BYTECODE_CALLOC(n, sizeof *c->states);
    c->entries = entries;
    c->blocks = blocks;
    if (!ok || c->states == NULL)
        ok = bytecode_fault(c->fault, c->number, BYTECODE_NO_INSTRUCTION, "no memory to check it");
    else
        c->states[0].reached = true;
    for (c->at = 0; c->at < n && ok; c->at++)
        ok = check_instruction(c, &c->code->code[c->at]);
    BYTECODE_FREE(c->states);
    BYTECODE_FREE(blocks);
    BYTECODE_FREE(entries);
    return ok;
}

// Sets `depth` of all instructions; or false, and what is wrong. All heads come first: instructions
// ask about the codes that they make functions of.
static inline bool bytecode_check(struct bytecode *b, struct bytecode_fault *fault)
{
    bool (*const parts[])(struct bytecode_checker *) = {check_head, check_code};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        struct bytecode_checker c = {.program = b, .fault = fault};
        for (; c.number < b->codes; c.number++) {
            c.code = &b->code[c.number];
            if (!parts[i](&c))
                return false;
        }
    }
    return true;
}

#endif
