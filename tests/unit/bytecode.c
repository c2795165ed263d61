// SPDX-License-Identifier: MIT
//
// Texts of programs: right ones are read as they are written, and each kind of damage is refused
// with the line where it is.
#include "workloads/interp/bytecode.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

// Programs. A line that is at fault begins with '>', which is taken away before it is read.
#define HEAD "rclab-bytecode 1\nfile \"t.py\"\n"
#define LISTS \
    "constant int 1\nconstant string \"k\"\nconstant tuple 1\nconstant tuple 0\nname \"x\"\n"
#define MODULE_OF(in) HEAD "code 0 \"<module>\"\nkind module\narguments 0\nstack 4\n" in "end\n"
#define MODULE(code)  MODULE_OF(LISTS "line 1\n" code)
#define RETURN        "LOAD_CONST 0\nRETURN_VALUE\n"
// A function with two parameters, of which the first is a cell, and a free variable.
#define FUNCTION(code)                                                                           \
    MODULE(RETURN)                                                                               \
    "code 1 \"f\"\nkind function\narguments 2\nstack 4\nlocal \"a\"\nlocal \"b\"\nlocal \"c\"\n" \
    "cell \"a\" 0\nfree \"y\"\n" LISTS "line 2\n" code "end\n"
#define CLASS(code) "code 1 \"C\"\nkind class\narguments 0\nstack 4\n" code "end\n"

struct sealed {
    char *text;
    size_t length;
    unsigned line; // that is at fault, or 0
};

// With the last two lines, which every program needs.
static struct sealed seal(const char *program)
{
    struct sealed s = {.text = malloc(strlen(program) + 100)};
    unsigned line = 1, codes = 0;

    assert_non_null(s.text);
    for (const char *at = program; *at != '\0'; at++) {
        bool begins = at == program || at[-1] == '\n';

        codes += begins && strncmp(at + (*at == '>'), "code ", 5) == 0;
        line += *at == '\n';
        if (begins && *at == '>')
            s.line = line;
        else
            s.text[s.length++] = *at;
    }
    s.length += (size_t)sprintf(s.text + s.length, "codes %u\n", codes);
    uint64_t sum = read_checksum(s.text, s.length);
    s.length += (size_t)sprintf(s.text + s.length, "checksum %016" PRIx64 "\n", sum);
    return s;
}

// From a copy without a byte behind it.
static struct bytecode *read_bytes(const char *text, size_t length, char error[200])
{
    char *copy = malloc(length + (length == 0));

    assert_non_null(copy);
    memcpy(copy, text, length);
    struct bytecode *b = bytecode_read(copy, length, error, 200);
    free(copy);
    return b;
}

static struct bytecode *taken(const char *program)
{
    struct sealed s = seal(program);
    char error[200] = "";
    struct bytecode *b = read_bytes(s.text, s.length, error);

    if (b == NULL)
        fail_msg("%s\nof:\n%s", error, s.text);
    free(s.text);
    return b;
}
static void assert_taken(const char *program)
{
    bytecode_free(taken(program));
}

static void assert_refused(const char *program, const char *says)
{
    struct sealed s = seal(program);
    char error[200] = "", line[20];
    struct bytecode *b = read_bytes(s.text, s.length, error);

    if (b != NULL)
        fail_msg("taken, though it is wrong: '%s'\n%s", says, s.text);
    snprintf(line, sizeof line, "line %u: ", s.line);
    if (strncmp(error, line, strlen(line)) != 0 || strstr(error, says) == NULL)
        fail_msg("'%s' is not '%s... %s'\nof:\n%s", error, line, says, s.text);
    free(s.text);
}

struct damage {
    const char *says, *program;
};
static void assert_all_refused(const struct damage *damages, size_t n)
{
    for (size_t i = 0; i < n; i++)
        assert_refused(damages[i].program, damages[i].says);
}

// --- what is read -----------------------------------------------------------------------------

static void assert_text(struct bytecode_text text, const char *bytes, size_t length)
{
    assert_int_equal(text.length, length);
    assert_memory_equal(text.bytes, bytes, length + 1);
}

static void test_lists(void **state)
{
    struct bytecode *b = taken(FUNCTION("  LOAD_FAST 2\nline 7\n  UNPACK_EX 1 2\nRAISE 2\n"));
    const struct bytecode_code *k = &b->code[1];

    (void)state;
    assert_text(b->file, "t.py", 4);
    assert_int_equal(b->codes, 2);
    assert_int_equal(b->code[0].kind, CODE_MODULE);
    assert_int_equal(k->kind, CODE_FUNCTION);
    assert_text(k->name, "f", 1);
    assert_int_equal(k->arguments, 2);
    assert_int_equal(k->stack, 4);
    assert_int_equal(k->locals, 3);
    assert_text(k->local[2], "c", 1);
    assert_int_equal(k->cells, 1);
    assert_text(k->cell[0].name, "a", 1);
    assert_int_equal(k->cell[0].local, 0);
    assert_int_equal(k->frees, 1);
    assert_text(k->free[0], "y", 1);
    assert_int_equal(k->names, 1);
    assert_text(k->name_of[0], "x", 1);
    assert_int_equal(k->length, 3);
    assert_int_equal(k->code[1].op, OP_UNPACK_EX);
    assert_int_equal(k->code[1].a, 1);
    assert_int_equal(k->code[1].b, 2);
    assert_int_equal(k->code[0].line, 2);
    assert_int_equal(k->code[1].line, 7);
    assert_int_equal(k->code[0].depth, 0);
    assert_int_equal(k->code[1].depth, 1);
    assert_int_equal(k->code[2].depth, 4);
    bytecode_free(b);
    bytecode_free(NULL);
}

static void test_constants(void **state)
{
    static const struct {
        const char *text;
        double value;
    } floats[] = {
        {"0x1.8p+1", 3},
        {"-0x0.0p+0", -0.0},
        {"0x1.fffffffffffffp+1023", 0x1.fffffffffffffp+1023},
        {"inf", INFINITY},
        {"-inf", -INFINITY},
        {"nan", NAN},
    };
    static const char *const integers[] = {"0", "-1", "9223372036854775807",
                                           "-9223372036854775808"};
    char *program = NULL;

    (void)state;
    for (size_t i = 0; i < COUNT(floats); i++) {
        assert_true(asprintf(&program, MODULE_OF("constant float %s\n" RETURN), floats[i].text) >
                    0);
        struct bytecode *b = taken(program);
        double value = b->code[0].constant[0].number;

        assert_int_equal(b->code[0].constant[0].kind, CONSTANT_FLOAT);
        assert_true(isnan(floats[i].value) ? isnan(value) : value == floats[i].value);
        assert_int_equal(!signbit(value), !signbit(floats[i].value));
        bytecode_free(b);
        free(program);
    }
    for (size_t i = 0; i < COUNT(integers); i++) {
        assert_true(asprintf(&program, MODULE_OF("constant int %s\n" RETURN), integers[i]) > 0);
        struct bytecode *b = taken(program);

        assert_int_equal(b->code[0].constant[0].kind, CONSTANT_INT);
        assert_true(b->code[0].constant[0].integer == strtoll(integers[i], NULL, 10));
        bytecode_free(b);
        free(program);
    }
    struct bytecode *b = taken(MODULE_OF("constant none\nconstant true\nconstant false\n"
                                         "constant tuple\nconstant tuple 3 0 3\n" RETURN));
    const struct bytecode_constant *c = b->code[0].constant;
    assert_int_equal(c[0].kind, CONSTANT_NONE);
    assert_int_equal(c[1].kind, CONSTANT_TRUE);
    assert_int_equal(c[2].kind, CONSTANT_FALSE);
    assert_int_equal(c[3].kind, CONSTANT_TUPLE);
    assert_int_equal(c[3].items, 0);
    assert_int_equal(c[3].nesting, 1);
    assert_int_equal(c[4].items, 3);
    assert_int_equal(c[4].item[0], 3);
    assert_int_equal(c[4].item[1], 0);
    assert_int_equal(c[4].nesting, 2);
    bytecode_free(b);
}

static void test_strings(void **state)
{
#define STRING(written, meant)            \
    {                                     \
        written, meant, sizeof(meant) - 1 \
    }
    static const struct {
        const char *written, *meant;
        size_t length;
    } strings[] = {
        STRING("", ""),
        STRING("a b/\x7f", "a b/\x7f"),
        STRING("\\\"\\\\\\n\\t\\r\\b\\f", "\"\\\n\t\r\b\f"),
        STRING("\\u0000|\\u0041\\u00e9\\u20ac", "\0|A\xc3\xa9\xe2\x82\xac"),
        STRING("\\u07ff\\u0800\\uffff", "\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf"),
        STRING("\\ud800\\udc00\\ud83d\\ude00\\udbff\\udfff",
               "\xf0\x90\x80\x80\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf"),
    };
    char *program = NULL;

    (void)state;
    for (size_t i = 0; i < COUNT(strings); i++) {
        assert_true(asprintf(&program, MODULE_OF("constant string \"%s\"\n" RETURN),
                             strings[i].written) > 0);
        struct bytecode *b = taken(program);

        assert_int_equal(b->code[0].constant[0].kind, CONSTANT_STRING);
        assert_text(b->code[0].constant[0].text, strings[i].meant, strings[i].length);
        bytecode_free(b);
        free(program);
    }
}

// --- damage to the text -----------------------------------------------------------------------

static void test_damaged_lines(void **state)
{
    static const struct damage damages[] = {
        {"version 1", ">rclab-bytecode 2\n"},
        {"rclab-bytecode", ">bytecode 1\n"},
        {"was expected", "rclab-bytecode 1\n>code 0 \"x\"\n"},
        {"a string", "rclab-bytecode 1\n>file t.py\n"},
        {"there is no code", HEAD ">"},
        {"code 0 was expected", HEAD ">code 1 \"<module>\"\n"},
        {"module, function or class", HEAD "code 0 \"m\"\n>kind lambda\n"},
        {"arguments", HEAD "code 0 \"m\"\nkind module\n>stack 1\n"},
        {"a number up to 65535", HEAD "code 0 \"m\"\nkind module\n>arguments 65536\n"},
        {"a number", HEAD "code 0 \"m\"\nkind module\n>arguments\n"},
        {"a number up to", HEAD "code 0 \"m\"\nkind module\n>arguments  1\n"},
        {"a number up to", HEAD "code 0 \"m\"\nkind module\n>arguments 01\n"},
        {"a number up to", HEAD "code 0 \"m\"\nkind module\n>arguments +1\n"},
        {"the end of the line", HEAD "code 0 \"m\"\nkind module\n>arguments 1 \n"},
        {"the end of the line", HEAD "code 0 \"m\"\nkind module\n>arguments 1\r\n"},
        {"end", MODULE_OF("constant none\n>\nLOAD_CONST 0\nRETURN_VALUE\n")},
        {"end", MODULE_OF("constant none\n># a comment\nLOAD_CONST 0\nRETURN_VALUE\n")},
        {"end", MODULE_OF("name \"x\"\n>constant none\nLOAD_CONST 0\nRETURN_VALUE\n")},
        {"end", MODULE(RETURN ">name \"x\"\n")},
        {"int, float", MODULE_OF(">constant complex 1\n" RETURN)},
        {"int, float", MODULE_OF(">constant Nonexistent\n" RETURN)},
        {"negative", MODULE_OF(">constant int -0\n" RETURN)},
        {"a number up to", MODULE_OF(">constant int 9223372036854775808\n" RETURN)},
        {"a number up to", MODULE_OF(">constant int -9223372036854775809\n" RETURN)},
        {"a number up to", MODULE_OF(">constant int 99999999999999999999\n" RETURN)},
        {"a number up to", MODULE_OF(">constant int --1\n" RETURN)},
        {"a float", MODULE_OF(">constant float 1.5\n" RETURN)},
        {"a float", MODULE_OF(">constant float 0x1p1\n" RETURN)},
        {"a float", MODULE_OF(">constant float 0x1p+1024\n" RETURN)},
        {"a float", MODULE_OF(">constant float 0x.p+1\n" RETURN)},
        {"a float", MODULE_OF(">constant float infinity\n" RETURN)},
        {"a float", MODULE_OF(">constant float -nan\n" RETURN)},
        {"not before it", MODULE_OF("constant none\n>constant tuple 0 1\n" RETURN)},
        {"a number", MODULE_OF("constant none\n>constant tuple 0 \n" RETURN)},
        {"a string's end", MODULE_OF(">constant string \"x\n" RETURN)},
        {"the end of the line", MODULE_OF(">constant string \"x\"y\"\n" RETURN)},
        {"character of ASCII", MODULE_OF(">constant string \"\xc3\xa9\"\n" RETURN)},
        {"character of ASCII", MODULE_OF(">constant string \"\t\"\n" RETURN)},
        {"one of \" \\", MODULE_OF(">constant string \"\\/\"\n" RETURN)},
        {"hexadecimal digits", MODULE_OF(">constant string \"\\u12x4\"\n" RETURN)},
        {"half a pair", MODULE_OF(">constant string \"\\ud800\"\n" RETURN)},
        {"half a pair", MODULE_OF(">constant string \"\\udc00\"\n" RETURN)},
        {"half a pair", MODULE_OF(">constant string \"\\ud800\\ud800\"\n" RETURN)},
        {"the name of an instruction", MODULE(">LOAD_CONSTANT 0\nRETURN_VALUE\n")},
        {"a number", MODULE(">LOAD_CONST\nRETURN_VALUE\n")},
        {"the end of the line", MODULE(">LOAD_CONST 0 0\nRETURN_VALUE\n")},
        {"a number up to 65535", MODULE(">LOAD_CONST 65536\nRETURN_VALUE\n")},
        {"a number", MODULE(RETURN ">UNPACK_EX 1\n")},
        {"codes was expected", MODULE(RETURN) ">line 3\n"},
    };

    (void)state;
    assert_all_refused(damages, COUNT(damages));
}

static void test_nesting(void **state)
{
    char program[8000] = HEAD "code 0 \"m\"\nkind module\narguments 0\nstack 1\nconstant tuple\n";
    size_t used = strlen(program);

    (void)state;
    for (int i = 0; i < BYTECODE_NESTING - 1; i++)
        used += (size_t)sprintf(program + used, "constant tuple %d\n", i);
    strcpy(program + used, RETURN "end\n");
    assert_taken(program);
    sprintf(program + used, ">constant tuple %d\n" RETURN "end\n", BYTECODE_NESTING - 1);
    assert_refused(program, "more than 100 tuples within one another");
}

// Of each list 65,535 lines, and one more.
static void test_limits(void **state)
{
    static const char line[] = "LOAD_CONST 0\nPOP_TOP\n";
    struct bytecode *b;

    (void)state;
    for (int over = 0; over < 2; over++) {
        char *program = malloc(65536 / 2 * strlen(line) + 500), *at = program, error[200];

        at += sprintf(at, HEAD "code 0 \"m\"\nkind module\narguments 0\nstack 1\nconstant none\n");
        at += sprintf(at, "line 1\n");
        for (int i = 0; i < 32767; i++)
            at += sprintf(at, "%s", line);
        sprintf(at, "%s", over ? RETURN "end\n" : "JUMP_BACK 0\nend\n");
        struct sealed s = seal(program);
        b = read_bytes(s.text, s.length, error);
        assert_int_equal(b != NULL, !over);
        if (over)
            assert_string_equal(error,
                                "line 8: more than 65535 lines of one list of a code follow");
        else
            assert_int_equal(b->code[0].length, 65535);
        bytecode_free(b);
        free(s.text);
        free(program);
    }
}

// No beginning of a text, and no text in which a byte is another one, is a program. Messages have a
// line.
static void test_bytes(void **state)
{
    struct sealed s = seal(FUNCTION("LOAD_FAST 2\nRETURN_VALUE\n"));
    char error[200];

    (void)state;
    for (size_t n = 0; n < s.length; n++) {
        assert_null(read_bytes(s.text, n, error));
        assert_int_equal(strncmp(error, "line ", 5), 0);
        s.text[n] ^= 1;
        assert_null(read_bytes(s.text, s.length, error));
        assert_int_equal(strncmp(error, "line ", 5), 0);
        s.text[n] ^= 1;
    }
    s.text[s.length] = '\n';
    assert_null(read_bytes(s.text, s.length + 1, error));
    assert_non_null(strstr(error, "the end of the text"));
    s.text[s.length - 2] = '?';
    assert_null(read_bytes(s.text, s.length, error));
    assert_non_null(strstr(error, "checksum"));
    free(s.text);
}

// --- what the checker refuses -----------------------------------------------------------------

static void test_heads(void **state)
{
    static const struct damage damages[] = {
        {"code 0 is the module", HEAD ">code 0 \"f\"\nkind function\narguments 0\nstack 1\n"
                                      "constant none\n" RETURN "end\n"},
        {"code 0 is the module", MODULE(RETURN) ">code 1 \"m\"\nkind module\narguments 0\n"
                                                "stack 1\nconstant none\n" RETURN "end\n"},
        {"arguments and locals", HEAD ">code 0 \"m\"\nkind module\narguments 0\nstack 1\n"
                                      "local \"x\"\nconstant none\n" RETURN "end\n"},
        {"no cells", HEAD ">code 0 \"m\"\nkind module\narguments 0\nstack 1\nfree \"x\"\n"
                          "constant none\n" RETURN "end\n"},
        {"no cell but __class__", MODULE(RETURN) ">" CLASS("cell \"x\" -1\nRAISE 0\n")},
        {"more arguments", MODULE("  MAKE_FUNCTION 1 0\n" RETURN)
         ">code 1 \"f\"\nkind function\narguments 1\nstack 1\nconstant none\n"
         "  LOAD_CONST 0\n  RETURN_VALUE\nend\n"},
        {"more arguments", MODULE(RETURN) ">code 1 \"f\"\nkind function\narguments 1\nstack 1\n"
                                          "constant none\n" RETURN "end\n"},
        {"a parameter that there is not",
         MODULE(RETURN) ">code 1 \"f\"\nkind function\narguments 0\nstack 1\nlocal \"x\"\n"
                        "cell \"x\" 0\nconstant none\n" RETURN "end\n"},
        {"no instructions", HEAD ">code 0 \"m\"\nkind module\narguments 0\nstack 1\n"
                                 "constant none\nend\n"},
    };

    (void)state;
    assert_all_refused(damages, COUNT(damages));
    assert_taken(MODULE(RETURN) CLASS("cell \"__class__\" -1\nRAISE 0\n"));
}

static void test_operands(void **state)
{
    static const struct damage damages[] = {
        {"LOAD_CONST 4: is no constant", MODULE(">LOAD_CONST 4\nRETURN_VALUE\n")},
        {"no name", MODULE(">LOAD_GLOBAL 1\nRETURN_VALUE\n")},
        {"no local", FUNCTION(">LOAD_FAST 3\nRETURN_VALUE\n")},
        {"no cell or free", FUNCTION(">LOAD_DEREF 2\nRETURN_VALUE\n")},
        {"no cell or free", MODULE(">LOAD_DEREF 0\nRETURN_VALUE\n")},
        {"in a module or class", MODULE(">LOAD_FAST 0\nRETURN_VALUE\n")},
        {"in a function", FUNCTION(">LOAD_NAME 0\nRETURN_VALUE\n")},
        {"further on", MODULE(">JUMP 0\n")},
        {"further on", MODULE(">JUMP 1\n")},
        {"further on", MODULE("LOAD_CONST 0\n>POP_JUMP_IF_FALSE 1\n" RETURN)},
        {"here back", MODULE(">JUMP_BACK 1\n" RETURN)},
        {"no operator", MODULE("LOAD_CONST 0\nDUP_TOP\n>BINARY_OP 12\nRETURN_VALUE\n")},
        {"no comparison", MODULE("LOAD_CONST 0\nDUP_TOP\n>COMPARE_OP 6\nRETURN_VALUE\n")},
        {"0 or 1", MODULE("LOAD_CONST 0\nDUP_TOP\n>IS_OP 2\nRETURN_VALUE\n")},
        {"2 or 3", MODULE("LOAD_CONST 0\n>BUILD_SLICE 1\nRETURN_VALUE\n")},
        {"conversion", MODULE("LOAD_CONST 0\n>FORMAT_VALUE 8\nRETURN_VALUE\n")},
        {"0, 1 or 2", MODULE(">RAISE 3\n")},
        {"code behind this one", MODULE(">MAKE_FUNCTION 0 0\nRETURN_VALUE\n")},
        {"code behind this one", MODULE(">MAKE_FUNCTION 1 0\nRETURN_VALUE\n")},
        {"flags", MODULE(">MAKE_CLASS 1 4\nRETURN_VALUE\n") CLASS("RAISE 0\n")},
        {"of no function", MODULE(">MAKE_FUNCTION 1 0\nRETURN_VALUE\n") CLASS("RAISE 0\n")},
        {"0 cells, has 1",
         MODULE(">MAKE_CLASS 1 0\nRETURN_VALUE\n") CLASS("free \"x\"\nRAISE 0\n")},
        {"tuple of names", MODULE("LOAD_CONST 0\nDUP_TOP\n>CALL_FUNCTION_KW 1 0\nRETURN_VALUE\n")},
        {"tuple of names", MODULE("LOAD_CONST 0\nDUP_TOP\n>CALL_FUNCTION_KW 1 3\nRETURN_VALUE\n")},
        {"tuple of names", MODULE("LOAD_CONST 0\n>CALL_FUNCTION_KW 0 2\nRETURN_VALUE\n")},
        {"tuple of names", MODULE("LOAD_CONST 0\n>CALL_FUNCTION_KW 0 9\nRETURN_VALUE\n")},
    };

    (void)state;
    assert_all_refused(damages, COUNT(damages));
    assert_taken(MODULE("LOAD_CONST 0\nDUP_TOP\nCALL_FUNCTION_KW 1 2\nRETURN_VALUE\n"));
    assert_taken(MODULE("MAKE_CLASS 1 0\nRETURN_VALUE\n") CLASS("RAISE 0\n"));
    assert_taken(FUNCTION("LOAD_DEREF 0\nSTORE_DEREF 1\nDELETE_FAST 1\n" RETURN));
}

static void test_ways(void **state)
{
    static const struct damage damages[] = {
        {"runs off the end", MODULE("LOAD_CONST 0\n>POP_TOP\n")},
        {"cannot be reached", MODULE(RETURN ">RAISE 0\n")},
        {"cannot be reached", MODULE("JUMP 2\n>RAISE 0\nRAISE 0\n")},
        {"takes 1 from the stack, where only 0 are", MODULE(">POP_TOP\n" RETURN)},
        {"takes 3", MODULE("LOAD_CONST 0\nDUP_TOP\n>ROT_THREE\nRETURN_VALUE\n")},
        {"a stack of 4", MODULE("LOAD_CONST 0\n>UNPACK_SEQUENCE 5\nRAISE 0\n")},
        {"a stack of 4", MODULE("LOAD_CONST 0\nDUP_TOP\nDUP_TOP_TWO\n>LOAD_CONST 0\nRAISE 0\n")},
        {"comes to 3 with 0 on the stack, another way with 1",
         MODULE("LOAD_CONST 0\nJUMP_IF_TRUE_OR_POP 3\n>JUMP 3\nRETURN_VALUE\n")},
        {"comes to 0 with 1 on the stack", MODULE("LOAD_CONST 0\n>JUMP_BACK 0\n")},
        {"other kinds", MODULE("LOAD_CONST 0\nPOP_JUMP_IF_TRUE 6\nLOAD_CONST 0\nGET_ITER\n"
                               "LOAD_CONST 0\nJUMP 8\nLOAD_CONST 0\n>LOAD_CONST 0\n"
                               "RETURN_VALUE\n")},
        {"other kinds",
         MODULE("LOAD_CONST 0\nGET_ITER\nLOAD_CONST 0\nROT_TWO\nPOP_TOP\n>JUMP_BACK 2\n")},
    };

    (void)state;
    assert_all_refused(damages, COUNT(damages));
    assert_taken(MODULE("JUMP_BACK 0\n"));
    assert_taken(MODULE("LOAD_CONST 0\nUNPACK_SEQUENCE 4\nRAISE 2\n"));
    // `[] if 1 else 1`: one way leaves a list, the other anything
    assert_taken(MODULE("LOAD_CONST 0\nPOP_JUMP_IF_TRUE 4\nBUILD_LIST 0\nJUMP 5\nLOAD_CONST 0\n"
                        "RETURN_VALUE\n"));
}

static void test_kinds(void **state)
{
    static const struct damage damages[] = {
        {"FOR_ITER takes an iterator, but finds any value",
         MODULE("LOAD_CONST 0\n>FOR_ITER 3\nPOP_TOP\nRAISE 0\n")},
        {"FOR_ITER takes an iterator", // its copy may be anywhere
         MODULE("LOAD_CONST 0\nGET_ITER\nDUP_TOP\nPOP_TOP\n>FOR_ITER 6\nPOP_TOP\nRAISE 0\n")},
        {"wants a list being filled, but finds any value",
         MODULE("LOAD_CONST 0\nBUILD_LIST 1\nLOAD_CONST 0\n>LIST_APPEND 1\nRETURN_VALUE\n")},
        {"wants a list", MODULE("BUILD_SET 0\nLOAD_CONST 0\n>LIST_APPEND 1\nRETURN_VALUE\n")},
        {"wants a list", MODULE("BUILD_LIST 0\nDUP_TOP\nSTORE_NAME 0\nLOAD_CONST 0\n"
                                ">LIST_APPEND 1\nRETURN_VALUE\n")},
        {"wants a list", // of one way only
         MODULE("LOAD_CONST 0\nPOP_JUMP_IF_TRUE 4\nBUILD_LIST 0\nJUMP 5\nLOAD_CONST 0\n"
                "LOAD_CONST 0\n>LIST_APPEND 1\nRETURN_VALUE\n")},
        {"wants a set", MODULE("BUILD_MAP 0\nLOAD_CONST 0\n>SET_ADD 1\nRETURN_VALUE\n")},
        {"wants a dict", MODULE("BUILD_LIST 0\nLOAD_CONST 0\nDUP_TOP\n>MAP_ADD 1\nRETURN_VALUE\n")},
        {"only 1 entries", MODULE("BUILD_LIST 0\nLOAD_CONST 0\n>LIST_APPEND 2\nRETURN_VALUE\n")},
        {"1 or more", MODULE("BUILD_LIST 0\nLOAD_CONST 0\n>LIST_APPEND 0\nRETURN_VALUE\n")},
        {"takes a method's self, but finds any value",
         MODULE("LOAD_CONST 0\nDUP_TOP\n>CALL_METHOD 0\nRETURN_VALUE\n")},
        {"takes values, but finds a method's self",
         MODULE("LOAD_CONST 0\nLOAD_METHOD 0\n>CALL_FUNCTION 0\nRETURN_VALUE\n")},
        {"takes values, but finds a method's",
         MODULE("LOAD_CONST 0\nLOAD_METHOD 0\n>BUILD_TUPLE 2\nRETURN_VALUE\n")},
        {"moves a method's self",
         MODULE("LOAD_CONST 0\nLOAD_METHOD 0\nLOAD_CONST 0\n>ROT_TWO\nRAISE 0\n")},
        {"takes a method's self, but finds a method's callable",
         MODULE("LOAD_CONST 0\nDUP_TOP\nLOAD_METHOD 0\nPOP_TOP\n>CALL_METHOD 0\nRAISE 0\n")},
        {"takes values, but finds a cell", FUNCTION("LOAD_CLOSURE 0\n>RETURN_VALUE\n")},
        {"takes values, but finds a closure",
         FUNCTION("LOAD_CLOSURE 0\nBUILD_CLOSURE 1\n>DUP_TOP\nRAISE 0\n")},
        {"takes a cell, but finds any value", MODULE("LOAD_CONST 0\n>BUILD_CLOSURE 1\nRAISE 0\n")},
        {"takes a closure, but finds any value",
         MODULE("LOAD_CONST 0\n>MAKE_CLASS 1 2\nRAISE 0\n") CLASS("free \"x\"\nRAISE 0\n")},
        {"1 cells, has 0", FUNCTION("LOAD_CLOSURE 0\nBUILD_CLOSURE 1\n>MAKE_CLASS 2 2\nRAISE "
                                    "0\n") "code 2 \"C\"\nkind class\narguments 0\nstack "
                                           "0\nRAISE 0\nend\n"},
        {"takes an exception being handled, but finds any value",
         MODULE("LOAD_CONST 0\n>PUSH_EXC_INFO\nRAISE 0\n")},
        {"takes an exception being handled", MODULE("LOAD_CONST 0\n>RERAISE\n")},
        {"takes an exception being handled",
         MODULE("LOAD_CONST 0\nDUP_TOP\n>CHECK_EXC_MATCH\nRAISE 0\n")},
        {"takes the exception handled before", MODULE("LOAD_CONST 0\n>POP_EXCEPT\nRAISE 0\n")},
        {"takes values, but finds the exception handled before",
         MODULE("TRY 3\nTRY_END\nRAISE 0\nPUSH_EXC_INFO\nPOP_TOP\n>STORE_NAME 0\nRAISE 0\n")},
    };

    (void)state;
    assert_all_refused(damages, COUNT(damages));
    // kinds that are values too
    assert_taken(MODULE("LOAD_CONST 0\nGET_ITER\nCALL_FUNCTION 0\nBUILD_LIST 0\nBUILD_TUPLE 2\n"
                        "RETURN_VALUE\n"));
    assert_taken(MODULE("LOAD_CONST 0\nLOAD_METHOD 0\nPOP_TOP\nPOP_TOP\n" RETURN));
    assert_taken(MODULE("LOAD_CONST 0\nLOAD_METHOD 0\nLOAD_CONST 0\nLOAD_CONST 0\n"
                        "CALL_METHOD_KW 2 2\nRETURN_VALUE\n"));
    assert_taken(
        FUNCTION("LOAD_CONST 2\nLOAD_CLOSURE 0\nLOAD_CLOSURE 1\nBUILD_CLOSURE 2\n"
                 "MAKE_FUNCTION 2 3\nRETURN_VALUE\n") "code 2 \"g\"\nkind function\narguments "
                                                      "0\nstack 1\nfree \"a\"\nfree \"y\"\n"
                                                      "LOAD_DEREF 1\nRETURN_VALUE\nend\n");
}

static void test_blocks(void **state)
{
    static const struct damage damages[] = {
        {"ends no TRY: the innermost block is none", MODULE(">TRY_END\n" RETURN)},
        {"ends no loop: the innermost block is a TRY",
         MODULE("TRY 3\n>LOOP_END\nRAISE 0\nPUSH_EXC_INFO\nRAISE 0\n")},
        {"ends no TRY: the innermost block is a loop", MODULE("LOOP_BEGIN\n>TRY_END\nRAISE 0\n")},
        {"begins with PUSH_EXC_INFO", MODULE(">TRY 2\nRAISE 0\nRAISE 0\n")},
        {"where only 0 are this block's own",
         MODULE("LOAD_CONST 0\nTRY 4\n>POP_TOP\nRAISE 0\nPUSH_EXC_INFO\nRAISE 0\n")},
        {"where only 1 are this block's own",
         MODULE("LOAD_CONST 0\nLOOP_BEGIN\nLOAD_CONST 0\n>ROT_TWO\nRAISE 0\n")},
        {"is more than a stack of 4 holds",
         MODULE("LOAD_CONST 0\nUNPACK_SEQUENCE 4\n>TRY 4\nRAISE 0\nPUSH_EXC_INFO\nRAISE 0\n")},
        {"in other blocks than another way",
         MODULE("LOAD_CONST 0\nPOP_JUMP_IF_TRUE 3\n>LOOP_BEGIN\nRAISE 0\n")},
        {"in other blocks than another way", MODULE("LOOP_BEGIN\n>JUMP_BACK 0\n")},
        {"with 2 on the stack, another way with 1", // two blocks with one handler
         MODULE("TRY 5\nTRY_END\nLOAD_CONST 0\n>TRY 5\nRAISE 0\nPUSH_EXC_INFO\nRAISE 0\n")},
    };
    char program[2000] = HEAD "code 0 \"m\"\nkind module\narguments 0\nstack 4\n";
    size_t used = strlen(program);

    (void)state;
    assert_all_refused(damages, COUNT(damages));
    for (int i = 0; i < BYTECODE_BLOCKS; i++)
        used += (size_t)sprintf(program + used, "LOOP_BEGIN\n");
    strcpy(program + used, "RAISE 0\nend\n");
    assert_taken(program);
    strcpy(program + used, ">LOOP_BEGIN\nRAISE 0\nend\n");
    assert_refused(program, "is in 20 blocks already");
}

// --- what compilers make ----------------------------------------------------------------------

// for x in 1: try: 1 finally: x; else: return
static void test_loop_with_finally(void **state)
{
    struct bytecode *b = taken(MODULE("LOOP_BEGIN\nLOAD_CONST 0\nGET_ITER\n"
                                      "FOR_ITER 14\n"                                 // 3
                                      "STORE_NAME 0\nTRY 11\nLOAD_CONST 0\nTRY_END\n" // 4
                                      "STORE_NAME 0\nJUMP 10\n"                       // 8
                                      "JUMP_BACK 3\n"                                 // 10
                                      "PUSH_EXC_INFO\nLOAD_NAME 0\nRAISE 1\n"         // 11
                                      "LOOP_END\n" RETURN));                          // 14
    static const unsigned depths[] = {0, 0, 1, 1, 2, 1, 1, 2, 2, 1, 1, 2, 3, 4, 0, 0, 1};
    (void)state;
    assert_int_equal(b->code[0].length, COUNT(depths));
    for (size_t i = 0; i < COUNT(depths); i++)
        assert_int_equal(b->code[0].code[i].depth, depths[i]);
    bytecode_free(b);
}

// try: 1 except x as x: return 1, with a handler around its body that stops handling
static void test_handlers(void **state)
{
    (void)state;
    assert_taken(MODULE("TRY 5\nLOAD_CONST 0\nPOP_TOP\nTRY_END\nJUMP 21\n"
                        "PUSH_EXC_INFO\nLOAD_NAME 0\nCHECK_EXC_MATCH\nPOP_JUMP_IF_FALSE 20\n" // 5
                        "STORE_NAME 0\nTRY 16\n"                                              // 9
                        "LOAD_CONST 0\nTRY_END\nROT_TWO\nPOP_EXCEPT\nRETURN_VALUE\n"          // 11
                        "PUSH_EXC_INFO\nROT_TWO\nPOP_EXCEPT\nJUMP 20\n"                       // 16
                        "RERAISE\n"                                                           // 20
                        RETURN));
}

// [x for x in 1]: the function, and how it is called.
#define MAKER(code)         MODULE("MAKE_FUNCTION 1 0\nLOAD_CONST 0\n" code "RETURN_VALUE\n")
#define COMPREHENSION(code) "code 1 \"<listcomp>\"\n" COMPREHENSION_OF("", code)
#define COMPREHENSION_OF(cell, code)                                                               \
    "kind function\narguments 1\nstack 3\nlocal \".0\"\nlocal \"x\"\n" cell "constant none\n" code \
    "end\n"
#define ELEMENTS                                                                        \
    "BUILD_LIST 0\nLOAD_FAST 0\nFOR_ITER 7\nSTORE_FAST 1\nLOAD_FAST 1\nLIST_APPEND 2\n" \
    "JUMP_BACK 2\nRETURN_VALUE\n"

static void test_comprehensions(void **state)
{
    static const struct damage damages[] = {
        {"takes an iterator, but finds any value",
         MAKER(">CALL_FUNCTION 1\n") COMPREHENSION(ELEMENTS)},
        {"takes values, but finds a comprehension's function",
         MAKER("LOAD_CONST 0\n>CALL_FUNCTION 2\n") COMPREHENSION(ELEMENTS)},
        {"takes values, but finds a comprehension's function",
         MAKER("POP_TOP\n>STORE_NAME 0\nLOAD_CONST 0\n") COMPREHENSION(ELEMENTS)},
        {"keeps its iterator", MAKER("GET_ITER\nCALL_FUNCTION 1\n")
                                   COMPREHENSION("LOAD_CONST 0\n>STORE_FAST 0\n" ELEMENTS)},
        {"keeps its iterator",
         MAKER("GET_ITER\nCALL_FUNCTION 1\n") COMPREHENSION(">DELETE_FAST 0\n" ELEMENTS)},
        {"iterator is no cell",
         MAKER("GET_ITER\nCALL_FUNCTION 1\n") ">code 1 \"f\"\n" COMPREHENSION_OF("cell \".0\" 0\n",
                                                                                 ELEMENTS)},
    };

    (void)state;
    assert_all_refused(damages, COUNT(damages));
    assert_taken(MAKER("GET_ITER\nCALL_FUNCTION 1\n") COMPREHENSION(ELEMENTS));
    // of a usual function's parameter nothing is known
    assert_refused(FUNCTION("BUILD_MAP 0\nLOAD_FAST 0\n>FOR_ITER 6\nDUP_TOP\nMAP_ADD 2\n"
                            "JUMP_BACK 2\nRETURN_VALUE\n"),
                   "takes an iterator");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_constants),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_damaged_lines),
        cmocka_unit_test(test_nesting),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_heads),
        cmocka_unit_test(test_operands),
        cmocka_unit_test(test_ways),
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_blocks),
        cmocka_unit_test(test_loop_with_finally),
        cmocka_unit_test(test_handlers),
        cmocka_unit_test(test_comprehensions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
