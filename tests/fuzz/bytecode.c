// SPDX-License-Identifier: MIT
//
// Any text is a program, or is refused with the number of a line that it has. What has been taken
// is run by a machine that knows the kinds of entries and chooses each way by lot, exceptions too:
// it finds everywhere what the checker guarantees (workloads/interp/bytecode_check.h).
//
// The last line, the checksum, is put right first: nobody guesses it. And some changes are of whole
// instructions, as few of bytes are ones.
#include "workloads/interp/bytecode.h"

#define MUST(condition) ((condition) ? (void)0 : fail(#condition))

enum { STEPS = 400, RUNS = 4 };

static void fail(const char *what)
{
    fprintf(stderr, "not so: %s\n", what);
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed);

// --- the machine ------------------------------------------------------------------------------

// An entry is a letter: v any value, i an iterator, l, s and d containers, e an exception, c and S
// a method's callable and self, p the exception handled before, C a cell, K a closure, f a
// comprehension's function. Entries that come together, and closures, have a number too.
struct machine {
    const struct bytecode *program;
    const struct bytecode_code *code;
    uint32_t depth, number;
    char *kind;
    uint32_t *with;
    uint32_t blocks;
    struct {
        bool loop;
        uint32_t handler, depth;
    } block[BYTECODE_BLOCKS];
    uint64_t random;
};

static bool toss(struct machine *m)
{
    m->random = m->random * 6364136223846793005u + 1442695040888963407u;
    return m->random >> 63;
}

static void push_with(struct machine *m, char kind, uint32_t with)
{
    MUST(m->depth < m->code->stack);
    m->kind[m->depth] = kind;
    m->with[m->depth++] = with;
}
static void push(struct machine *m, char kind)
{
    push_with(m, kind, 0);
}
static void push_values(struct machine *m, uint32_t n)
{
    while (n-- > 0)
        push(m, 'v');
}
static char pop(struct machine *m)
{
    MUST(m->depth > 0);
    return m->kind[--m->depth];
}
static bool is_value(char kind)
{
    return strchr("vilsde", kind) != NULL;
}
static void pop_values(struct machine *m, uint32_t n)
{
    while (n-- > 0)
        MUST(is_value(pop(m)));
}

static void rotate(struct machine *m, uint32_t n)
{
    char kind[4];
    uint32_t with[4];

    for (uint32_t i = 0; i < n; i++) {
        kind[i] = pop(m);
        with[i] = m->with[m->depth];
    }
    push_with(m, kind[0], with[0]);
    while (--n > 0)
        push_with(m, kind[n], with[n]);
}
static void duplicate(struct machine *m, uint32_t n)
{
    MUST(m->depth >= n);
    for (uint32_t i = m->depth - n; i < m->depth; i++) {
        MUST(is_value(m->kind[i]));
        if (m->kind[i] != 'e')
            m->kind[i] = 'v';
    }
    for (uint32_t i = 0; i < n; i++)
        push(m, m->kind[m->depth - n]);
}
static void add(struct machine *m, uint32_t values, uint32_t depth, char kind)
{
    pop_values(m, values);
    MUST(depth >= 1 && depth <= m->depth && m->kind[m->depth - depth] == kind);
}
static void begin(struct machine *m, bool loop, uint32_t handler)
{
    MUST(m->blocks < BYTECODE_BLOCKS);
    m->block[m->blocks].loop = loop;
    m->block[m->blocks].handler = handler;
    m->block[m->blocks++].depth = m->depth;
}
static void end(struct machine *m, bool loop)
{
    MUST(m->blocks > 0 && m->block[m->blocks - 1].loop == loop);
    m->blocks--;
}
static bool is_comprehension(const struct bytecode_code *k)
{
    return k->arguments == 1 && strcmp(k->local[0].bytes, ".0") == 0;
}
static void make(struct machine *m, const struct bytecode_instruction *i)
{
    const struct bytecode_code *made = &m->program->code[i->a];

    MUST(i->a < m->program->codes && made > m->code);
    MUST(made->kind == (i->op == OP_MAKE_CLASS ? CODE_CLASS : CODE_FUNCTION));
    if (i->b & 2) {
        MUST(pop(m) == 'K');
        MUST(m->with[m->depth] == made->frees);
    } else {
        MUST(made->frees == 0);
    }
    pop_values(m, i->b & 1);
    push(m, is_comprehension(made) ? 'f' : 'v');
}

// Where an exception leads; false: out of the code.
static bool unwind(struct machine *m, uint32_t *at)
{
    while (m->blocks > 0) {
        m->blocks--;
        if (m->block[m->blocks].loop)
            continue;
        MUST(m->depth >= m->block[m->blocks].depth);
        m->depth = m->block[m->blocks].depth;
        *at = m->block[m->blocks].handler;
        push(m, 'e');
        return true;
    }
    return false;
}

// One instruction; false: the code is left.
static bool step(struct machine *m, uint32_t *at)
{
    const struct bytecode_code *k = m->code;
    MUST(*at < k->length);
    const struct bytecode_instruction *i = &k->code[(*at)++];
    struct bytecode_effect effect = bytecode_effect(i->op, i->a, i->b);

    MUST(i->depth == m->depth);
    switch ((enum bytecode_op)i->op) {
    case OP_POP_TOP:
        pop(m);
        break;
    case OP_DUP_TOP:
        duplicate(m, 1);
        break;
    case OP_DUP_TOP_TWO:
        duplicate(m, 2);
        break;
    case OP_ROT_TWO:
        rotate(m, 2);
        break;
    case OP_ROT_THREE:
        rotate(m, 3);
        break;
    case OP_ROT_FOUR:
        rotate(m, 4);
        break;
    case OP_LOAD_CLOSURE:
        MUST(i->a < k->cells + k->frees);
        push(m, 'C');
        break;
    case OP_BUILD_CLOSURE:
        for (uint32_t n = 0; n < i->a; n++)
            MUST(pop(m) == 'C');
        push_with(m, 'K', i->a);
        break;
    case OP_JUMP:
    case OP_JUMP_BACK:
        *at = i->a;
        break;
    case OP_POP_JUMP_IF_FALSE:
    case OP_POP_JUMP_IF_TRUE:
        pop_values(m, 1);
        if (toss(m))
            *at = i->a;
        break;
    case OP_JUMP_IF_FALSE_OR_POP:
    case OP_JUMP_IF_TRUE_OR_POP:
        if (toss(m))
            *at = i->a;
        else
            pop_values(m, 1);
        break;
    case OP_LOOP_BEGIN:
    case OP_TRY:
        begin(m, i->op == OP_LOOP_BEGIN, i->a);
        break;
    case OP_LOOP_END:
    case OP_TRY_END:
        end(m, i->op == OP_LOOP_END);
        break;
    case OP_GET_ITER:
        pop_values(m, 1);
        push(m, 'i');
        break;
    case OP_FOR_ITER:
        MUST(pop(m) == 'i');
        if (toss(m)) {
            *at = i->a;
        } else {
            push(m, 'i');
            push(m, 'v');
        }
        break;
    case OP_BUILD_LIST:
    case OP_BUILD_SET:
    case OP_BUILD_MAP:
        pop_values(m, effect.takes);
        push(m, i->a != 0 ? 'v' : i->op == OP_BUILD_LIST ? 'l' : i->op == OP_BUILD_SET ? 's' : 'd');
        break;
    case OP_LIST_APPEND:
        add(m, 1, i->a, 'l');
        break;
    case OP_SET_ADD:
        add(m, 1, i->a, 's');
        break;
    case OP_MAP_ADD:
        add(m, 2, i->a, 'd');
        break;
    case OP_LOAD_METHOD:
    case OP_SUPER_METHOD:
        pop_values(m, effect.takes);
        push_with(m, 'c', ++m->number);
        push_with(m, 'S', m->number);
        break;
    case OP_CALL_METHOD:
    case OP_CALL_METHOD_KW:
        pop_values(m, i->a);
        MUST(pop(m) == 'S');
        MUST(pop(m) == 'c' && m->with[m->depth] == m->with[m->depth + 1]);
        push(m, 'v');
        break;
    case OP_MAKE_FUNCTION:
    case OP_MAKE_CLASS:
        make(m, i);
        break;
    case OP_PUSH_EXC_INFO:
        MUST(pop(m) == 'e');
        push(m, 'p');
        push(m, 'e');
        break;
    case OP_CHECK_EXC_MATCH:
        pop_values(m, 1);
        MUST(m->depth > 0 && m->kind[m->depth - 1] == 'e');
        push(m, 'v');
        break;
    case OP_POP_EXCEPT:
        MUST(pop(m) == 'p');
        break;
    case OP_RERAISE:
        MUST(pop(m) == 'e');
        return unwind(m, at);
    case OP_RAISE:
        pop_values(m, i->a);
        return unwind(m, at);
    case OP_RETURN_VALUE:
        pop_values(m, 1);
        return false;
    case OP_LOAD_FAST:
        MUST(k->kind == CODE_FUNCTION && i->a < k->locals);
        push(m, i->a == 0 && is_comprehension(k) ? 'i' : 'v');
        break;
    case OP_STORE_FAST:
    case OP_DELETE_FAST:
        MUST(k->kind == CODE_FUNCTION && i->a < k->locals);
        MUST(i->a != 0 || !is_comprehension(k));
        pop_values(m, effect.takes);
        break;
    case OP_CALL_FUNCTION:
        MUST(m->depth > i->a);
        if (i->a == 1 && m->kind[m->depth - 2] == 'f') {
            MUST(pop(m) == 'i');
            pop(m);
        } else {
            pop_values(m, 1 + i->a);
        }
        push(m, 'v');
        break;
    case OP_LOAD_CONST:
        MUST(i->a < k->constants);
        push(m, 'v');
        break;
    default: // an exception comes before anything is left, or after it was
        pop_values(m, effect.takes);
        push_values(m, effect.leaves);
        return (toss(m) || toss(m)) ? true : unwind(m, at);
    }
    return true;
}

static void run(const struct bytecode *b, const struct bytecode_code *k, uint64_t seed)
{
    struct machine m = {.program = b, .code = k, .random = seed};
    uint32_t at = 0;

    m.kind = malloc(k->stack + 1);
    m.with = malloc((k->stack + 1) * sizeof *m.with);
    MUST(m.kind != NULL && m.with != NULL);
    for (int steps = 0; steps < STEPS && step(&m, &at); steps++)
        ;
    free(m.kind);
    free(m.with);
}

// --- the text ---------------------------------------------------------------------------------

static void check_text(struct bytecode_text text)
{
    MUST(text.bytes[text.length] == '\0');
}
static void check_program(const struct bytecode *b)
{
    check_text(b->file);
    MUST(b->codes >= 1 && b->code[0].kind == CODE_MODULE);
    for (uint32_t c = 0; c < b->codes; c++) {
        const struct bytecode_code *k = &b->code[c];

        check_text(k->name);
        for (uint32_t i = 0; i < k->locals; i++)
            check_text(k->local[i]);
        for (uint32_t i = 0; i < k->cells; i++)
            check_text(k->cell[i].name);
        for (uint32_t i = 0; i < k->frees; i++)
            check_text(k->free[i]);
        for (uint32_t i = 0; i < k->names; i++)
            check_text(k->name_of[i]);
        for (uint32_t i = 0; i < k->constants; i++) {
            if (k->constant[i].kind == CONSTANT_STRING)
                check_text(k->constant[i].text);
            for (uint32_t j = 0; j < k->constant[i].items; j++)
                MUST(k->constant[i].item[j] < i);
        }
        for (uint64_t seed = 0; seed < RUNS; seed++)
            run(b, k, seed);
    }
}

// The text without its last line, if that is a checksum, and with the right one.
static char *sealed(const uint8_t *data, size_t *size)
{
    static const char last[] = "checksum ";
    char *text = malloc(*size + 40);

    MUST(text != NULL);
    memcpy(text, data, *size);
    for (size_t i = *size; i-- > 0;) {
        if ((i == 0 || text[i - 1] == '\n') && *size - i >= sizeof last - 1 &&
            memcmp(text + i, last, sizeof last - 1) == 0) {
            *size = i;
            break;
        }
    }
    *size += (size_t)sprintf(text + *size, "%s%016" PRIx64 "\n", last, read_checksum(text, *size));
    return realloc(text, *size); // a read behind the end is seen
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char error[300] = "";
    char *text = sealed(data, &size);
    struct bytecode *b = bytecode_read(text, size, error, sizeof error);

    if (b != NULL) {
        check_program(b);
    } else {
        unsigned line = 0, lines = 1;

        for (size_t i = 0; i < size; i++)
            lines += text[i] == '\n';
        MUST(sscanf(error, "line %u: ", &line) == 1 && line >= 1 && line <= lines);
    }
    bytecode_free(b);
    free(text);
    return 0;
}

// --- changes ----------------------------------------------------------------------------------

// Any instruction, with a small operand; its length.
static size_t any_instruction(char *line, unsigned *seed)
{
    const struct bytecode_op_info *op = &bytecode_op_info[rand_r(seed) % OP_COUNT];
    int n = sprintf(line, "%s", op->name);

    if (op->a != OPERAND_NONE)
        n += sprintf(line + n, " %d", rand_r(seed) % (op->a == OPERAND_FORWARD ? 30 : 4));
    if (op->b != OPERAND_NONE)
        n += sprintf(line + n, " %d", rand_r(seed) % 4);
    line[n++] = '\n';
    return (size_t)n;
}

// In half of all cases an instruction goes, comes or is another one.
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
    const char *text = (char *)data, *end = text + size;
    char line[60];
    size_t lines = 0, gone = 0, come = 0;

    for (const char *at = text; at < end; at = read_next_line(at, end))
        lines += read_is_op(read_past_blanks(at, end), end);
    if (lines == 0 || rand_r(&seed) % 2 == 0)
        return LLVMFuzzerMutate(data, size, most);
    size_t chosen = (size_t)rand_r(&seed) % lines;
    const char *at = text;
    while (!read_is_op(read_past_blanks(at, end), end) || chosen-- > 0)
        at = read_next_line(at, end);
    unsigned change = (unsigned)rand_r(&seed) % 3;
    if (change != 0)
        gone = (size_t)(read_next_line(at, end) - at);
    if (change != 1)
        come = any_instruction(line, &seed);
    if (size - gone + come > most)
        return size;
    size_t place = (size_t)(at - text);
    memmove(data + place + come, data + place + gone, size - place - gone);
    memcpy(data + place, line, come);
    return size - gone + come;
}
