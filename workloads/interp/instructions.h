// SPDX-License-Identifier: MIT
//
// What a program consists of when it has been read (docs/bytecode.md): codes, each with its lists
// and its instructions.
#ifndef INSTRUCTIONS_H
#define INSTRUCTIONS_H

#include <stddef.h>
#include <stdint.h>

// All instructions: name, the kinds of the operands a and b, how many entries they take from the
// stack and leave there in their stead, in which kinds of code they may stand. What jumps has two
// ways on; the numbers are those of the way to the next instruction.
#define INSTRUCTIONS(X)                                       \
    X(POP_TOP, NONE, NONE, 1, 0, ANY)                         \
    X(DUP_TOP, NONE, NONE, 1, 2, ANY)                         \
    X(DUP_TOP_TWO, NONE, NONE, 2, 4, ANY)                     \
    X(ROT_TWO, NONE, NONE, 2, 2, ANY)                         \
    X(ROT_THREE, NONE, NONE, 3, 3, ANY)                       \
    X(ROT_FOUR, NONE, NONE, 4, 4, ANY)                        \
    X(LOAD_CONST, CONSTANT, NONE, 0, 1, ANY)                  \
    X(LOAD_FAST, LOCAL, NONE, 0, 1, FUNCTION)                 \
    X(STORE_FAST, LOCAL, NONE, 1, 0, FUNCTION)                \
    X(DELETE_FAST, LOCAL, NONE, 0, 0, FUNCTION)               \
    X(LOAD_NAME, NAME, NONE, 0, 1, NAMESPACE)                 \
    X(STORE_NAME, NAME, NONE, 1, 0, NAMESPACE)                \
    X(DELETE_NAME, NAME, NONE, 0, 0, NAMESPACE)               \
    X(LOAD_GLOBAL, NAME, NONE, 0, 1, ANY)                     \
    X(STORE_GLOBAL, NAME, NONE, 1, 0, ANY)                    \
    X(DELETE_GLOBAL, NAME, NONE, 0, 0, ANY)                   \
    X(LOAD_DEREF, VARIABLE, NONE, 0, 1, ANY)                  \
    X(STORE_DEREF, VARIABLE, NONE, 1, 0, ANY)                 \
    X(DELETE_DEREF, VARIABLE, NONE, 0, 0, ANY)                \
    X(LOAD_CLOSURE, VARIABLE, NONE, 0, 1, ANY)                \
    X(BUILD_CLOSURE, COUNT, NONE, a, 1, ANY)                  \
    X(LOAD_ATTR, NAME, NONE, 1, 1, ANY)                       \
    X(STORE_ATTR, NAME, NONE, 2, 0, ANY)                      \
    X(DELETE_ATTR, NAME, NONE, 1, 0, ANY)                     \
    X(BINARY_SUBSCR, NONE, NONE, 2, 1, ANY)                   \
    X(STORE_SUBSCR, NONE, NONE, 3, 0, ANY)                    \
    X(DELETE_SUBSCR, NONE, NONE, 2, 0, ANY)                   \
    X(BUILD_SLICE, SLICE, NONE, a, 1, ANY)                    \
    X(UNARY_NEGATIVE, NONE, NONE, 1, 1, ANY)                  \
    X(UNARY_POSITIVE, NONE, NONE, 1, 1, ANY)                  \
    X(UNARY_INVERT, NONE, NONE, 1, 1, ANY)                    \
    X(UNARY_NOT, NONE, NONE, 1, 1, ANY)                       \
    X(BINARY_OP, OPERATOR, NONE, 2, 1, ANY)                   \
    X(INPLACE_OP, OPERATOR, NONE, 2, 1, ANY)                  \
    X(COMPARE_OP, COMPARISON, NONE, 2, 1, ANY)                \
    X(IS_OP, NEGATION, NONE, 2, 1, ANY)                       \
    X(CONTAINS_OP, NEGATION, NONE, 2, 1, ANY)                 \
    X(JUMP, FORWARD, NONE, 0, 0, ANY)                         \
    X(JUMP_BACK, BACKWARD, NONE, 0, 0, ANY)                   \
    X(POP_JUMP_IF_FALSE, FORWARD, NONE, 1, 0, ANY)            \
    X(POP_JUMP_IF_TRUE, FORWARD, NONE, 1, 0, ANY)             \
    X(JUMP_IF_FALSE_OR_POP, FORWARD, NONE, 1, 0, ANY)         \
    X(JUMP_IF_TRUE_OR_POP, FORWARD, NONE, 1, 0, ANY)          \
    X(LOOP_BEGIN, NONE, NONE, 0, 0, ANY)                      \
    X(LOOP_END, NONE, NONE, 0, 0, ANY)                        \
    X(GET_ITER, NONE, NONE, 1, 1, ANY)                        \
    X(FOR_ITER, FORWARD, NONE, 1, 2, ANY)                     \
    X(BUILD_TUPLE, COUNT, NONE, a, 1, ANY)                    \
    X(BUILD_LIST, COUNT, NONE, a, 1, ANY)                     \
    X(BUILD_SET, COUNT, NONE, a, 1, ANY)                      \
    X(BUILD_MAP, COUNT, NONE, 2 * a, 1, ANY)                  \
    X(LIST_APPEND, DEPTH, NONE, 1, 0, ANY)                    \
    X(SET_ADD, DEPTH, NONE, 1, 0, ANY)                        \
    X(MAP_ADD, DEPTH, NONE, 2, 0, ANY)                        \
    X(UNPACK_SEQUENCE, COUNT, NONE, 1, a, ANY)                \
    X(UNPACK_EX, COUNT, COUNT, 1, a + 1 + b, ANY)             \
    X(BUILD_STRING, COUNT, NONE, a, 1, ANY)                   \
    X(FORMAT_VALUE, CONVERSION, NONE, 1 + (a >> 2), 1, ANY)   \
    X(LOAD_METHOD, NAME, NONE, 1, 2, ANY)                     \
    X(SUPER_METHOD, NAME, NONE, 3, 2, ANY)                    \
    X(CALL_METHOD, COUNT, NONE, 2 + a, 1, ANY)                \
    X(CALL_FUNCTION, COUNT, NONE, 1 + a, 1, ANY)              \
    X(CALL_FUNCTION_KW, COUNT, KEYWORDS, 1 + a, 1, ANY)       \
    X(CALL_METHOD_KW, COUNT, KEYWORDS, 2 + a, 1, ANY)         \
    X(MAKE_FUNCTION, CODE, FLAGS, (b & 1) + (b >> 1), 1, ANY) \
    X(MAKE_CLASS, CODE, FLAGS, (b & 1) + (b >> 1), 1, ANY)    \
    X(RETURN_VALUE, NONE, NONE, 1, 0, ANY)                    \
    X(RAISE, CAUSES, NONE, a, 0, ANY)                         \
    X(TRY, FORWARD, NONE, 0, 0, ANY)                          \
    X(TRY_END, NONE, NONE, 0, 0, ANY)                         \
    X(PUSH_EXC_INFO, NONE, NONE, 1, 2, ANY)                   \
    X(CHECK_EXC_MATCH, NONE, NONE, 2, 2, ANY)                 \
    X(POP_EXCEPT, NONE, NONE, 1, 0, ANY)                      \
    X(RERAISE, NONE, NONE, 1, 0, ANY)                         \
    X(LOAD_ASSERTION_ERROR, NONE, NONE, 0, 1, ANY)

enum bytecode_op {
#define INSTRUCTION(name, a, b, takes, leaves, where) OP_##name,
    INSTRUCTIONS(INSTRUCTION)
#undef INSTRUCTION
        OP_COUNT
};

// The kinds of operands: what a text says whose operand is none of that kind.
#define OPERANDS(X)                                                              \
    X(NONE, "nothing")                                                           \
    X(CONSTANT, "constant of this code")                                         \
    X(KEYWORDS, "constant of this code that is a tuple of names, of at most so " \
                "many as there are arguments")                                   \
    X(LOCAL, "local of this code")                                               \
    X(NAME, "name of this code")                                                 \
    X(VARIABLE, "cell or free variable of this code")                            \
    X(COUNT, "number")                                                           \
    X(FORWARD, "instruction further on")                                         \
    X(BACKWARD, "instruction from here back")                                    \
    X(OPERATOR, "operator: 0 to 11")                                             \
    X(COMPARISON, "comparison: 0 to 5")                                          \
    X(NEGATION, "0 or 1")                                                        \
    X(DEPTH, "depth: 1 or more")                                                 \
    X(SLICE, "2 or 3")                                                           \
    X(CONVERSION, "conversion: 0 to 7")                                          \
    X(CAUSES, "0, 1 or 2")                                                       \
    X(CODE, "code behind this one")                                              \
    X(FLAGS, "flags: 0 to 3")
enum bytecode_operand {
#define OPERAND(name, text) OPERAND_##name,
    OPERANDS(OPERAND)
#undef OPERAND
};

enum bytecode_where { IN_ANY, IN_FUNCTION, IN_NAMESPACE };

// What is known of each instruction.
struct bytecode_op_info {
    const char *name;
    enum bytecode_operand a, b;
    enum bytecode_where where;
};
static const struct bytecode_op_info bytecode_op_info[OP_COUNT] = {
#define INSTRUCTION(name, a, b, takes, leaves, where) {#name, OPERAND_##a, OPERAND_##b, IN_##where},
    INSTRUCTIONS(INSTRUCTION)
#undef INSTRUCTION
};

struct bytecode_effect {
    uint32_t takes, leaves;
};
static inline struct bytecode_effect bytecode_effect(enum bytecode_op op, uint32_t a, uint32_t b)
{
    switch (op) {
#define INSTRUCTION(name, kind_a, kind_b, takes, leaves, where) \
    case OP_##name:                                             \
        return (struct bytecode_effect){takes, leaves};
        INSTRUCTIONS(INSTRUCTION)
#undef INSTRUCTION
    case OP_COUNT:
        break;
    }
    return (struct bytecode_effect){0, 0};
}

// UTF-8, with a NUL behind it; there may be some in it too.
struct bytecode_text {
    char *bytes;
    size_t length;
};

enum bytecode_constant_kind {
    CONSTANT_INT,
    CONSTANT_FLOAT,
    CONSTANT_STRING,
    CONSTANT_NONE,
    CONSTANT_TRUE,
    CONSTANT_FALSE,
    CONSTANT_TUPLE,
};
struct bytecode_constant {
    enum bytecode_constant_kind kind;
    uint32_t nesting; // tuples within one another, itself included; 0 if it is none
    int64_t integer;
    double number;
    struct bytecode_text text;
    uint32_t items;
    uint32_t *item; // numbers of constants before it
};

// A variable that inner functions see, and the parameter that it is too, or -1.
struct bytecode_cell {
    struct bytecode_text name;
    int32_t local;
};

struct bytecode_instruction {
    uint8_t op;
    uint16_t a, b;
    uint32_t line;
    uint32_t depth; // so many entries stand on the stack before it
};

enum bytecode_code_kind { CODE_MODULE, CODE_FUNCTION, CODE_CLASS };
struct bytecode_code {
    struct bytecode_text name;
    enum bytecode_code_kind kind;
    uint32_t arguments, stack;
    uint32_t locals, cells, frees, constants, names, length; // of the lists
    struct bytecode_text *local, *free, *name_of;
    struct bytecode_cell *cell;
    struct bytecode_constant *constant;
    struct bytecode_instruction *code;
};

struct bytecode {
    struct bytecode_text file;
    uint32_t codes;
    struct bytecode_code *code;
};

#endif
