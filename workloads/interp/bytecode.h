// SPDX-License-Identifier: MIT
//
// Reads the text of a program (docs/bytecode.md) and checks it (bytecode_check.h). Of the C library
// alone, so that tests and machines of any kind can have it.
//
// A text is as the page says to the byte, or it is refused with the number of its line. The first
// mistake is told: after it the reader is at the text's end, and finds nothing more to read.
//
// All of a program is one piece of memory, whose size follows from the length of the text: what a
// line makes is no more than BYTECODE_ROOM times as long as the line, a string never longer than it
// is written.
#ifndef BYTECODE_H
#define BYTECODE_H

#include <inttypes.h>

#include "bytecode_check.h"

enum { BYTECODE_MOST = 65535, BYTECODE_ROOM = 4, BYTECODE_NESTING = 100 };

// The shortest lines of each kind, which pay for what they make. A line that is shorter than its
// kind can be is none of them.
#define BYTECODE_TEXT_LINE     "name \"\"\n"
#define BYTECODE_CELL_LINE     "cell \"\" 0\n"
#define BYTECODE_CONSTANT_LINE "constant none\n"
#define BYTECODE_OP_LINE       "TRY 0\n"
#define BYTECODE_CODE_LINES    "code 0 \"\"\nkind class\narguments 0\nstack 0\nRAISE 0\nend\n"
#define BYTECODE_LENGTH(lines) (sizeof(lines) - 1)
#define BYTECODE_PAID(type, lines) \
    _Static_assert(sizeof(type) <= BYTECODE_ROOM * BYTECODE_LENGTH(lines), "no room for " lines)
BYTECODE_PAID(struct bytecode_text, BYTECODE_TEXT_LINE);
BYTECODE_PAID(struct bytecode_cell, BYTECODE_CELL_LINE);
BYTECODE_PAID(struct bytecode_constant, BYTECODE_CONSTANT_LINE);
BYTECODE_PAID(struct bytecode_instruction, BYTECODE_OP_LINE);
BYTECODE_PAID(char[6 * sizeof(void *) + sizeof(struct bytecode_instruction)],
              BYTECODE_CODE_LINES); // what aligns its lists

struct bytecode_reader {
    const char *text, *at, *end;
    uint32_t line;
    char *room, *strings; // what of the piece of memory is free
    char *error;
    size_t error_size;
    bool failed;
};

// --- mistakes ---------------------------------------------------------------------------------

__attribute__((format(printf, 2, 3))) static inline void read_fail(struct bytecode_reader *r,
                                                                   const char *format, ...)
{
    if (r->failed)
        return;
    int used = snprintf(r->error, r->error_size, "line %" PRIu32 ": ", r->line);
    if (used >= 0 && (size_t)used < r->error_size) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(r->error + used, r->error_size - (size_t)used, format, arguments);
        va_end(arguments);
    }
    r->failed = true;
    r->at = r->end;
}
// ... where something else was expected.
static inline void read_expected(struct bytecode_reader *r, const char *what)
{
    enum { MOST = 40 };
    int n = 0;
    while (n < MOST && r->at + n < r->end && r->at[n] >= ' ' && r->at[n] <= '~')
        n++;
    if (r->at == r->end)
        read_fail(r, "the text ends, where %s was expected", what);
    else
        read_fail(r, "'%.*s' stands where %s was expected", n, r->at, what);
}

// --- tokens -----------------------------------------------------------------------------------

static inline void *read_room(struct bytecode_reader *r, size_t size)
{
    char *p = r->room;
    r->room += (size + sizeof(void *) - 1) / sizeof(void *) * sizeof(void *);
    return p;
}

static inline const char *read_past_blanks(const char *at, const char *end)
{
    while (at < end && *at == ' ')
        at++;
    return at;
}
static inline bool read_matches(const char *at, const char *end, const char *word)
{
    size_t n = strlen(word);
    return (size_t)(end - at) > n && memcmp(at, word, n) == 0 && (at[n] == ' ' || at[n] == '\n');
}
// Whether the line, at whose beginning the reader is, begins with the word.
static inline bool read_begins(const struct bytecode_reader *r, const char *word)
{
    return read_matches(read_past_blanks(r->at, r->end), r->end, word);
}
static inline void read_begin(struct bytecode_reader *r, const char *word)
{
    r->at = read_past_blanks(r->at, r->end);
    if (read_matches(r->at, r->end, word))
        r->at += strlen(word);
    else
        read_expected(r, word);
}
static inline void read_end(struct bytecode_reader *r)
{
    if (r->at < r->end && *r->at == '\n')
        r->at++, r->line++;
    else
        read_expected(r, "the end of the line");
}
static inline void read_blank(struct bytecode_reader *r, const char *before)
{
    if (r->at < r->end && *r->at == ' ')
        r->at++;
    else
        read_expected(r, before);
}
static inline bool read_word(struct bytecode_reader *r, const char *word)
{
    if (r->at == r->end || *r->at != ' ' || !read_matches(r->at + 1, r->end, word))
        return false;
    r->at += 1 + strlen(word);
    return true;
}

// Digits without a sign, and without a zero in front.
static inline uint64_t read_digits(struct bytecode_reader *r, uint64_t most)
{
    const char *begin = r->at;
    uint64_t value = 0;
    bool good = true;
    for (; r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++) {
        unsigned digit = (unsigned)(*r->at - '0');
        good = good && value <= (most - digit) / 10 && digit <= most;
        value = good ? value * 10 + digit : 0;
    }
    if (r->at != begin && good && (*begin != '0' || r->at == begin + 1))
        return value;
    char what[60];
    snprintf(what, sizeof what, "a number up to %" PRIu64, most);
    r->at = begin;
    read_expected(r, what);
    return 0;
}
static inline uint32_t read_number(struct bytecode_reader *r, uint32_t most)
{
    read_blank(r, "a number");
    return (uint32_t)read_digits(r, most);
}
static inline int64_t read_integer(struct bytecode_reader *r)
{
    read_blank(r, "a number");
    if (r->at == r->end || *r->at != '-')
        return (int64_t)read_digits(r, INT64_MAX);
    r->at++;
    if (r->at < r->end && *r->at == '0')
        read_expected(r, "a negative number");
    return (int64_t)(0 - read_digits(r, (uint64_t)INT64_MAX + 1));
}

// C's hexadecimal form with all its parts: [-]0xH[.H]p+D, or p-D.
static inline bool read_is_hexadecimal(const char *at)
{
    static const char digits[] = "0123456789abcdef";
    size_t n;
    if (strncmp(at, "0x", 2) != 0 || (n = strspn(at + 2, digits)) == 0)
        return false;
    at += 2 + n;
    if (*at == '.') {
        if ((n = strspn(at + 1, digits)) == 0)
            return false;
        at += 1 + n;
    }
    if (at[0] != 'p' || (at[1] != '+' && at[1] != '-'))
        return false;
    n = strspn(at + 2, "0123456789");
    return n > 0 && at[2 + n] == '\0';
}
static inline double read_float(struct bytecode_reader *r)
{
    char token[48];
    size_t n = 0;
    read_blank(r, "a float");
    while (n < sizeof token - 1 && r->at + n < r->end && r->at[n] > ' ')
        token[n] = r->at[n], n++;
    token[n] = '\0';
    const char *number = token + (token[0] == '-');
    bool named = strcmp(number, "inf") == 0 || strcmp(token, "nan") == 0;
    double value = 0;
    if (named || read_is_hexadecimal(number))
        value = strtod(token, NULL);
    else
        named = false, n = 0;
    if (n == 0 || (!named && __builtin_isinf(value)))
        read_expected(r, "a float in hexadecimal form, inf or nan");
    else
        r->at += n;
    return value;
}

// --- strings ----------------------------------------------------------------------------------

static inline void read_utf8(struct bytecode_reader *r, uint32_t c)
{
    if (c < 0x80) {
        *r->strings++ = (char)c;
    } else if (c < 0x800) {
        *r->strings++ = (char)(0xc0 | c >> 6);
        *r->strings++ = (char)(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        *r->strings++ = (char)(0xe0 | c >> 12);
        *r->strings++ = (char)(0x80 | (c >> 6 & 0x3f));
        *r->strings++ = (char)(0x80 | (c & 0x3f));
    } else {
        *r->strings++ = (char)(0xf0 | c >> 18);
        *r->strings++ = (char)(0x80 | (c >> 12 & 0x3f));
        *r->strings++ = (char)(0x80 | (c >> 6 & 0x3f));
        *r->strings++ = (char)(0x80 | (c & 0x3f));
    }
}
// Behind \u.
static inline uint32_t read_four(struct bytecode_reader *r)
{
    static const char digits[] = "0123456789abcdef";
    uint32_t value = 0;
    for (int i = 0; i < 4; i++) {
        const char *digit = r->at < r->end && *r->at != '\0' ? strchr(digits, *r->at) : NULL;
        if (digit == NULL) {
            read_expected(r, "one of four hexadecimal digits");
            return 0;
        }
        value = value << 4 | (uint32_t)(digit - digits);
        r->at++;
    }
    return value;
}
// Behind \: the character that is meant.
static inline uint32_t read_escape(struct bytecode_reader *r)
{
    static const char letters[] = "\"\\ntrbf", meant[] = "\"\\\n\t\r\b\f";
    const char *letter = r->at < r->end && *r->at != '\0' ? strchr(letters, *r->at) : NULL;
    if (letter != NULL) {
        r->at++;
        return (unsigned char)meant[letter - letters];
    }
    if (r->at == r->end || *r->at != 'u') {
        read_expected(r, "one of \" \\ n t r b f u");
        return 0;
    }
    r->at++;
    uint32_t c = read_four(r);
    if (c < 0xd800 || c > 0xdfff)
        return c;
    uint32_t low = 0;
    if (c < 0xdc00 && r->end - r->at > 2 && r->at[0] == '\\' && r->at[1] == 'u') {
        r->at += 2;
        low = read_four(r);
    }
    if (low < 0xdc00 || low > 0xdfff)
        read_fail(r, "\\u%04" PRIx32 " is half a pair of surrogates", c);
    return 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
}
static inline struct bytecode_text read_string(struct bytecode_reader *r)
{
    struct bytecode_text text = {.bytes = r->strings};
    read_blank(r, "a string");
    if (r->at < r->end && *r->at == '"')
        r->at++;
    else
        read_expected(r, "a string");
    while (r->at < r->end && *r->at != '"') {
        unsigned char c = (unsigned char)*r->at;
        if (c < ' ' || c > 0x7f) { // DEL is as good as a letter to JSON
            read_expected(r, "a string's end, or a character of ASCII");
        } else if (c == '\\') {
            r->at++;
            uint32_t escaped = read_escape(r);
            if (!r->failed)
                read_utf8(r, escaped);
        } else {
            *r->strings++ = (char)c;
            r->at++;
        }
    }
    if (r->at < r->end)
        r->at++;
    else
        read_expected(r, "a string's end");
    text.length = (size_t)(r->strings - text.bytes);
    *r->strings++ = '\0';
    return text;
}

// --- lists ------------------------------------------------------------------------------------

static inline const char *read_next_line(const char *at, const char *end)
{
    const char *newline = at < end ? memchr(at, '\n', (size_t)(end - at)) : NULL;
    return newline != NULL ? newline + 1 : end;
}
// The name of an instruction is written in capitals, all else is not.
static inline bool read_is_op(const char *at, const char *end)
{
    return at < end && *at >= 'A' && *at <= 'Z';
}

// How many lines there are of a list whose lines begin with the word, or of instructions (NULL).
static inline uint32_t read_count(struct bytecode_reader *r, const char *word, size_t least)
{
    uint32_t n = 0;
    const char *next;
    for (const char *at = r->at; at < r->end; at = next) {
        at = read_past_blanks(at, r->end);
        next = read_next_line(at, r->end);
        bool line = word == NULL && read_matches(at, r->end, "line");
        if (line)
            continue;
        if ((size_t)(next - at) < least ||
            !(word != NULL ? read_matches(at, r->end, word) : read_is_op(at, r->end)))
            break;
        n++;
    }
    if (n <= BYTECODE_MOST)
        return n;
    read_fail(r, "more than %d lines of one list of a code follow", BYTECODE_MOST);
    return 0;
}
static inline struct bytecode_text *read_texts(struct bytecode_reader *r, const char *word,
                                               uint32_t *n)
{
    *n = read_count(r, word, BYTECODE_LENGTH(BYTECODE_TEXT_LINE));
    struct bytecode_text *texts = read_room(r, *n * sizeof *texts);
    for (uint32_t i = 0; i < *n && !r->failed; i++) {
        read_begin(r, word);
        texts[i] = read_string(r);
        read_end(r);
    }
    return texts;
}
static inline void read_cells(struct bytecode_reader *r, struct bytecode_code *k)
{
    k->cells = read_count(r, "cell", BYTECODE_LENGTH(BYTECODE_CELL_LINE));
    k->cell = read_room(r, k->cells * sizeof *k->cell);
    for (uint32_t i = 0; i < k->cells && !r->failed; i++) {
        read_begin(r, "cell");
        k->cell[i].name = read_string(r);
        k->cell[i].local = read_word(r, "-1") ? -1 : (int32_t)read_number(r, BYTECODE_MOST - 1);
        read_end(r);
    }
}

static inline void read_tuple(struct bytecode_reader *r, struct bytecode_code *k, uint32_t number)
{
    struct bytecode_constant *tuple = &k->constant[number];
    for (const char *at = r->at; at < r->end && *at != '\n'; at++)
        tuple->items += *at == ' ';
    tuple->item = read_room(r, tuple->items * sizeof *tuple->item);
    tuple->nesting = 1;
    if (tuple->items > BYTECODE_MOST)
        read_fail(r, "more than %d items of one tuple", BYTECODE_MOST);
    for (uint32_t i = 0; i < tuple->items && !r->failed; i++) {
        uint32_t item = read_number(r, BYTECODE_MOST);
        if (!r->failed && item >= number)
            read_fail(r, "constant %" PRIu32 " has %" PRIu32 " in it, which is not before it",
                      number, item);
        else if (k->constant[item].nesting >= tuple->nesting)
            tuple->nesting = k->constant[item].nesting + 1;
        tuple->item[i] = item;
    }
    if (tuple->nesting > BYTECODE_NESTING)
        read_fail(r, "more than %d tuples within one another", BYTECODE_NESTING);
}
static inline void read_constants(struct bytecode_reader *r, struct bytecode_code *k)
{
    k->constants = read_count(r, "constant", BYTECODE_LENGTH(BYTECODE_CONSTANT_LINE));
    k->constant = read_room(r, k->constants * sizeof *k->constant);
    for (uint32_t i = 0; i < k->constants && !r->failed; i++) {
        struct bytecode_constant *c = &k->constant[i];
        read_begin(r, "constant");
        if (read_word(r, "int")) {
            c->kind = CONSTANT_INT;
            c->integer = read_integer(r);
        } else if (read_word(r, "float")) {
            c->kind = CONSTANT_FLOAT;
            c->number = read_float(r);
        } else if (read_word(r, "string")) {
            c->kind = CONSTANT_STRING;
            c->text = read_string(r);
        } else if (read_word(r, "none")) {
            c->kind = CONSTANT_NONE;
        } else if (read_word(r, "true")) {
            c->kind = CONSTANT_TRUE;
        } else if (read_word(r, "false")) {
            c->kind = CONSTANT_FALSE;
        } else if (read_word(r, "tuple")) {
            c->kind = CONSTANT_TUPLE;
            read_tuple(r, k, i);
        } else {
            read_expected(r, "int, float, string, none, true, false or tuple");
        }
        read_end(r);
    }
}

static inline void read_instructions(struct bytecode_reader *r, struct bytecode_code *k)
{
    uint32_t line = 0;
    k->length = read_count(r, NULL, BYTECODE_LENGTH(BYTECODE_OP_LINE));
    k->code = read_room(r, k->length * sizeof *k->code);
    for (uint32_t i = 0; i < k->length && !r->failed;) {
        struct bytecode_instruction *in = &k->code[i];
        if (read_begins(r, "line")) {
            read_begin(r, "line");
            line = read_number(r, INT32_MAX);
            read_end(r);
            continue;
        }
        r->at = read_past_blanks(r->at, r->end);
        while (in->op < OP_COUNT && !read_matches(r->at, r->end, bytecode_op_info[in->op].name))
            in->op++;
        if (in->op == OP_COUNT) {
            read_expected(r, "the name of an instruction");
            break;
        }
        const struct bytecode_op_info *op = &bytecode_op_info[in->op];
        r->at += strlen(op->name);
        if (op->a != OPERAND_NONE)
            in->a = (uint16_t)read_number(r, UINT16_MAX);
        if (op->b != OPERAND_NONE)
            in->b = (uint16_t)read_number(r, UINT16_MAX);
        in->line = line;
        read_end(r);
        i++;
    }
}

// --- the whole --------------------------------------------------------------------------------

static inline void read_code(struct bytecode_reader *r, struct bytecode_code *k, uint32_t number)
{
    read_begin(r, "code");
    if (read_number(r, BYTECODE_MOST) != number)
        read_fail(r, "code %" PRIu32 " was expected", number);
    k->name = read_string(r);
    read_end(r);
    read_begin(r, "kind");
    if (read_word(r, "module"))
        k->kind = CODE_MODULE;
    else if (read_word(r, "function"))
        k->kind = CODE_FUNCTION;
    else if (read_word(r, "class"))
        k->kind = CODE_CLASS;
    else
        read_expected(r, "module, function or class");
    read_end(r);
    read_begin(r, "arguments");
    k->arguments = read_number(r, BYTECODE_MOST);
    read_end(r);
    read_begin(r, "stack");
    k->stack = read_number(r, BYTECODE_MOST);
    read_end(r);
    k->local = read_texts(r, "local", &k->locals);
    read_cells(r, k);
    k->free = read_texts(r, "free", &k->frees);
    read_constants(r, k);
    k->name_of = read_texts(r, "name", &k->names);
    read_instructions(r, k);
    read_begin(r, "end");
    read_end(r);
}

static inline uint64_t read_checksum(const char *bytes, size_t length)
{
    uint64_t sum = 0xcbf29ce484222325u; // FNV-1a (Fowler, Noll, Vo, 1991)
    for (size_t i = 0; i < length; i++)
        sum = (sum ^ (unsigned char)bytes[i]) * 0x100000001b3u;
    return sum;
}
static inline void read_program(struct bytecode_reader *r, struct bytecode *b, uint32_t most)
{
    read_begin(r, "rclab-bytecode");
    if (!read_word(r, "1"))
        read_expected(r, "version 1, the only one that is known,");
    read_end(r);
    read_begin(r, "file");
    b->file = read_string(r);
    read_end(r);
    for (; b->codes < most && read_begins(r, "code"); b->codes++)
        read_code(r, &b->code[b->codes], b->codes);
    read_begin(r, "codes");
    if (read_number(r, BYTECODE_MOST) != b->codes)
        read_fail(r, "there were %" PRIu32 " codes", b->codes);
    else if (b->codes == 0)
        read_fail(r, "there is no code: not even the module's");
    read_end(r);
    char sum[17];
    snprintf(sum, sizeof sum, "%016" PRIx64, read_checksum(r->text, (size_t)(r->at - r->text)));
    read_begin(r, "checksum");
    if (!read_word(r, sum))
        read_fail(r, "the checksum of all lines before is %s: was one changed by hand?", sum);
    read_end(r);
    if (r->at != r->end)
        read_expected(r, "the end of the text");
}

// The line of the text in which an instruction, or a code's head, stands.
static inline uint32_t read_line_of(const struct bytecode_reader *r, const struct bytecode_fault *f)
{
    uint32_t line = 1, code = 0;
    int32_t instruction = 0;
    for (const char *at = r->text; at < r->end; at = read_next_line(at, r->end), line++) {
        const char *word = read_past_blanks(at, r->end);
        if (read_matches(word, r->end, "code") && code++ == f->code &&
            f->instruction == BYTECODE_NO_INSTRUCTION)
            break;
        if (read_is_op(word, r->end) && code == f->code + 1 && instruction++ == f->instruction)
            break;
    }
    return line;
}

static inline void bytecode_free(struct bytecode *b)
{
    BYTECODE_FREE(b);
}

// NULL, and a message with the line of the text that is at fault, if it is not a program.
static inline struct bytecode *bytecode_read(const char *bytes, size_t length, char *error,
                                             size_t error_size)
{
    struct bytecode_reader r = {.text = bytes,
                                .at = bytes,
                                .end = bytes + length,
                                .line = 1,
                                .error = error,
                                .error_size = error_size};
    size_t most = length / BYTECODE_LENGTH(BYTECODE_CODE_LINES);
    most = most < BYTECODE_MOST ? most : BYTECODE_MOST;
    size_t strings = length + 1,
           head = sizeof(struct bytecode) + most * sizeof(struct bytecode_code);
    struct bytecode *b = BYTECODE_CALLOC(1, head + BYTECODE_ROOM * length + strings);
    struct bytecode_fault fault;
    if (b == NULL) {
        read_fail(&r, "no memory for a text of %zu bytes", length);
        return NULL;
    }
    b->code = (struct bytecode_code *)(b + 1);
    r.room = (char *)b + head;
    r.strings = r.room + BYTECODE_ROOM * length;
    read_program(&r, b, (uint32_t)most);
    if (!r.failed && !bytecode_check(b, &fault)) {
        r.line = read_line_of(&r, &fault);
        read_fail(&r, "in code %" PRIu32 " (%s): %s", fault.code, b->code[fault.code].name.bytes,
                  fault.text);
    }
    if (!r.failed)
        return b;
    bytecode_free(b);
    return NULL;
}

#endif
