// SPDX-License-Identifier: MIT
//
// Strings: what CPython has in Objects/unicodeobject.c.
//
// They are UTF-8. In a string of ASCII alone, which is the rule, an index is a byte; in others code
// points are counted from the beginning each time, which is right and slow. Bytes compare as code
// points do, and a part of UTF-8 is found as bytes, so most of what follows knows no difference:
// positions are bytes inside, and are translated at the door (text_at, text_index).
//
// The empty string and the 128 strings of one ASCII character exist once, as in CPython.
//
// What would need Unicode's tables (the upper case of a letter, say) is only done for ASCII; else
// the program is refused.
#ifndef TEXT_H
#define TEXT_H

#include "number.h"

#include <stdarg.h>

// sequence.h: what a slice means in a sequence of this length: the first index, the step, how many.
struct slice;
static const struct type slice_type;
static bool slice_bounds(struct thread *t, struct object *slice, int64_t length, int64_t *start,
                         int64_t *step, int64_t *count);
// iterators.h
static struct object *sequence_iterator(struct thread *t, struct object *sequence);
// percent.h
static struct object *string_remainder(struct thread *t, struct object *a, struct object *b);
// format.h
static builtin_fn string_format_method, string_format_map;

// A string that is longer is refused, as is padding that would make one.
enum { TEXT_MOST = INT32_MAX };

API bool is_string(const struct object *o)
{
    return o->type == &string_type;
}
API struct string *string_of(struct object *o)
{
    return (struct string *)o;
}

// --- UTF-8 ------------------------------------------------------------------------------------

// Bytes of the code point that begins with this one.
API size_t utf8_length(char first)
{
    unsigned char c = (unsigned char)first;
    return c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}
API uint32_t utf8_read(const char *bytes)
{
    const unsigned char *p = (const unsigned char *)bytes;
    switch (utf8_length(*bytes)) {
    case 1:
        return p[0];
    case 2:
        return (p[0] & 31u) << 6 | (p[1] & 63u);
    case 3:
        return (p[0] & 15u) << 12 | (p[1] & 63u) << 6 | (p[2] & 63u);
    default:
        return (p[0] & 7u) << 18 | (p[1] & 63u) << 12 | (p[2] & 63u) << 6 | (p[3] & 63u);
    }
}
// At most 4 bytes; answers how many.
API size_t utf8_write(char *bytes, uint32_t code)
{
    unsigned char *p = (unsigned char *)bytes;
    size_t n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned char first[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = n - 1; i != 0; i--, code >>= 6)
        p[i] = (unsigned char)(0x80 | (code & 63));
    p[0] = (unsigned char)(first[n] | code);
    return n;
}
// The code point that ends before p begins at the result.
API const char *utf8_before(const char *p)
{
    do
        p--;
    while ((*p & 0xc0) == 0x80);
    return p;
}
API size_t utf8_count(const char *bytes, size_t length)
{
    size_t n = 0;
    for (size_t i = 0; i < length; i++)
        n += (bytes[i] & 0xc0) != 0x80;
    return n;
}

API size_t text_length(const struct string *s)
{
    return s->ascii ? s->length : utf8_count(s->bytes, s->length);
}
// The byte at which code point `index` begins, which is not behind the end.
API size_t text_at(const struct string *s, size_t index)
{
    if (s->ascii)
        return index;
    size_t at = 0;
    for (; index != 0; index--)
        at += utf8_length(s->bytes[at]);
    return at;
}
// The index of the code point that begins at this byte.
API size_t text_index(const struct string *s, size_t at)
{
    return s->ascii ? at : utf8_count(s->bytes, at);
}

// --- making strings ---------------------------------------------------------------------------

static struct object *string_of_bytes(struct thread *t, const char *bytes, size_t length,
                                      bool ascii)
{
    if (length == 0)
        return keep(t, name_of(t, NAME_EMPTY));
    if (length == 1)
        return keep(t, interp_of(t)->character[(unsigned char)bytes[0]]);
    struct string *s = string_room(t, length, ascii);
    memcpy(s->bytes, bytes, length);
    return &s->base;
}
static struct object *string_make(struct thread *t, const char *bytes, size_t length)
{
    return string_of_bytes(t, bytes, length, string_ascii_bytes(bytes, length));
}
// chr(code)
static struct object *string_of_code(struct thread *t, uint32_t code)
{
    char bytes[4];
    return string_of_bytes(t, bytes, utf8_write(bytes, code), code < 0x80);
}
// ord(): whether o is a string of one code point, and which.
static bool string_code(struct object *o, uint32_t *code)
{
    if (!is_string(o) || text_length(string_of(o)) != 1)
        return false;
    *code = utf8_read(string_of(o)->bytes);
    return true;
}
// The bytes [from, to) of a string.
static struct object *string_part(struct thread *t, struct object *o, size_t from, size_t to)
{
    struct string *s = string_of(o);
    if (to - from == s->length)
        return keep(t, o);
    bool ascii = s->ascii || string_ascii_bytes(s->bytes + from, to - from);
    return string_of_bytes(t, s->bytes + from, to - from, ascii);
}

static void builder_open(struct builder *b)
{
    b->bytes = b->near;
    b->length = 0;
    b->room = sizeof b->near;
}
static void builder_close(struct builder *b)
{
    if (b->bytes != b->near)
        sync_free(b->bytes);
}
// Room for so many bytes more, which the caller writes; they are counted.
static char *builder_room(struct builder *b, size_t length)
{
    if (b->room - b->length < length) {
        size_t room = 2 * b->room > b->length + length ? 2 * b->room : b->length + length;
        char *bytes = sync_alloc(room);
        memcpy(bytes, b->bytes, b->length);
        builder_close(b);
        b->bytes = bytes;
        b->room = room;
    }
    b->length += length;
    return b->bytes + b->length - length;
}
static void builder_add(struct builder *b, const char *bytes, size_t length)
{
    memcpy(builder_room(b, length), bytes, length);
}
static void builder_text(struct builder *b, const char *text)
{
    builder_add(b, text, strlen(text));
}
static void builder_code(struct builder *b, uint32_t code)
{
    char bytes[4];
    builder_add(b, bytes, utf8_write(bytes, code));
}
static void builder_object(struct builder *b, struct object *string)
{
    builder_add(b, string_of(string)->bytes, string_of(string)->length);
}
// The code point whose bytes these are, so many times.
static void builder_fill(struct builder *b, const char *code, int64_t times)
{
    size_t size = utf8_length(*code);
    for (; times > 0; times--)
        builder_add(b, code, size);
}
static struct object *builder_string(struct thread *t, struct builder *b)
{
    struct object *o = string_make(t, b->bytes, b->length);
    builder_close(b);
    return o;
}
// Closes what an error has made useless.
static struct object *builder_failed(struct builder *b)
{
    builder_close(b);
    return NULL;
}

static void builder_print(struct builder *b, const char *format, va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    size_t length = (size_t)vsnprintf(NULL, 0, format, again);
    va_end(again);
    char *to = builder_room(b, length + 1);
    vsnprintf(to, length + 1, format, arguments);
    b->length--; // the zero
}
static __attribute__((format(printf, 2, 3))) void builder_format(struct builder *b,
                                                                 const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    builder_print(b, format, arguments);
    va_end(arguments);
}
static struct object *string_format(struct thread *t, const char *format, ...)
{
    struct builder b;
    va_list arguments;
    builder_open(&b);
    va_start(arguments, format);
    builder_print(&b, format, arguments);
    va_end(arguments);
    return builder_string(t, &b);
}

// --- kinds of characters ----------------------------------------------------------------------

API bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}
API bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}
API bool is_letter(char c)
{
    return is_lower(c) || is_upper(c);
}
API bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}
// Of any code point, as str.isspace and str.split have it.
static bool is_space(uint32_t c)
{
    if (c < 0x80)
        return c == ' ' || (c >= '\t' && c <= '\r') || (c >= 0x1c && c <= 0x1f);
    return c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 ||
           c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}
// As str.splitlines has it.
static bool is_line_end(uint32_t c)
{
    return (c >= '\n' && c <= '\r') || (c >= 0x1c && c <= 0x1e) || c == 0x85 || c == 0x2028 ||
           c == 0x2029;
}
// Whether repr shows it as it is: 1, 0, or -1: that is not known here. The ranges are the common
// ones of which Unicode leaves nothing unassigned.
static int is_printable(uint32_t c)
{
    static const uint32_t yes[][2] = {
        {0x20, 0x7e},     {0xa1, 0xac},     {0xae, 0x377},      {0x391, 0x3a1},
        {0x3a3, 0x52f},   {0x1d00, 0x1f15}, {0x2010, 0x2027},   {0x2030, 0x205e},
        {0x20a0, 0x20c0}, {0x2100, 0x218b}, {0x2190, 0x2426},   {0x2460, 0x2b73},
        {0x3001, 0x303f}, {0x3041, 0x3096}, {0x3099, 0x30ff},   {0x3220, 0xa48c},
        {0xac00, 0xd7a3}, {0xff01, 0xffbe}, {0x1f300, 0x1f6d7}, {0x1f90c, 0x1fa53},
    };
    static const uint32_t no[][2] = {
        {0, 0x1f},        {0x7f, 0xa0},     {0xad, 0xad},     {0x2000, 0x200f}, {0x2028, 0x202f},
        {0x205f, 0x2064}, {0xd800, 0xf8ff}, {0xfeff, 0xfeff}, {0x3000, 0x3000}, {0xffff, 0xffff},
    };
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
        if (c >= yes[i][0] && c <= yes[i][1])
            return 1;
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
        if (c >= no[i][0] && c <= no[i][1])
            return 0;
    return -1;
}

// --- repr -------------------------------------------------------------------------------------

static void builder_escape(struct builder *b, uint32_t c)
{
    builder_format(b, c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x", c);
}
// `ascii`: as ascii() does it, which escapes all that is not.
static bool builder_quote(struct thread *t, struct builder *b, struct string *s, bool ascii)
{
    char quote =
        memchr(s->bytes, '\'', s->length) != NULL && memchr(s->bytes, '"', s->length) == NULL
            ? '"'
            : '\'';
    builder_add(b, &quote, 1);
    for (size_t i = 0, size; i < s->length; i += size) {
        uint32_t c = utf8_read(s->bytes + i);
        size = utf8_length(s->bytes[i]);
        int shown = ascii && c > 0x7e ? 0 : is_printable(c);
        if (shown < 0) {
            raise_fatal(t, "whether U+%04X can be printed, which repr() asks, is not known here",
                        (unsigned)c);
            return false;
        }
        if (c == (unsigned char)quote || c == '\\')
            builder_format(b, "\\%c", (int)c);
        else if (c == '\n')
            builder_text(b, "\\n");
        else if (c == '\t')
            builder_text(b, "\\t");
        else if (c == '\r')
            builder_text(b, "\\r");
        else if (shown)
            builder_add(b, s->bytes + i, size);
        else
            builder_escape(b, c);
    }
    builder_add(b, &quote, 1);
    return true;
}
static bool builder_repr(struct thread *t, struct builder *b, struct object *o)
{
    if (is_string(o))
        return builder_quote(t, b, string_of(o), false);
    struct object *text = repr(t, o);
    if (text == NULL)
        return false;
    builder_object(b, text);
    drop(t, text);
    return true;
}
static struct object *string_repr(struct thread *t, struct object *o)
{
    struct builder b;
    builder_open(&b);
    return builder_quote(t, &b, string_of(o), false) ? builder_string(t, &b) : builder_failed(&b);
}
// ascii(o), the conversion !a.
static struct object *ascii_of(struct thread *t, struct object *o)
{
    struct object *text = is_string(o) ? keep(t, o) : repr(t, o);
    if (text == NULL || (string_of(text)->ascii && text != o))
        return text;
    struct builder b;
    builder_open(&b);
    struct string *s = string_of(text);
    if (text == o)
        builder_quote(t, &b, s, true);
    for (size_t i = 0; text != o && i < s->length; i += utf8_length(s->bytes[i])) {
        uint32_t c = utf8_read(s->bytes + i);
        if (c < 0x80)
            builder_code(&b, c);
        else
            builder_escape(&b, c);
    }
    drop(t, text);
    return builder_string(t, &b);
}
static struct object *string_str(struct thread *t, struct object *o)
{
    return keep(t, o);
}

// --- operators --------------------------------------------------------------------------------

// Whether the class of o, which is not a builtin type's, has this method.
static bool instance_has(struct thread *t, struct object *o, unsigned name)
{
    struct object *method =
        kind_of(o) == KIND_INSTANCE ? class_find(t, class_of(t, o), name_of(t, name)) : NULL;
    drop_maybe(t, method);
    return method != NULL;
}
static bool text_fits(struct thread *t, int64_t length)
{
    if (length > TEXT_MOST)
        raise_fatal(t, "a string of more than %d bytes", TEXT_MOST);
    return length <= TEXT_MOST;
}

static struct object *string_add(struct thread *t, struct object *a, struct object *b)
{
    if (!is_string(a) || (!is_string(b) && instance_has(t, b, NAME_RIGHT + OPERATOR_ADD)))
        return NOT_IMPLEMENTED;
    if (!is_string(b))
        return raise_error(t, RAISES_TYPE_ERROR, "can only concatenate str (not \"%s\") to str",
                           type_name(t, b));
    struct string *x = string_of(a), *y = string_of(b);
    if (x->length == 0)
        return keep(t, b);
    if (y->length == 0)
        return keep(t, a);
    if (!text_fits(t, (int64_t)(x->length + y->length)))
        return NULL;
    struct string *s = string_room(t, x->length + y->length, x->ascii && y->ascii);
    memcpy(s->bytes, x->bytes, x->length);
    memcpy(s->bytes + x->length, y->bytes, y->length);
    return &s->base;
}
static struct object *string_multiply(struct thread *t, struct object *a, struct object *b)
{
    struct object *o = is_string(a) ? a : b, *times = is_string(a) ? b : a;
    int64_t n, length;
    if (!is_int(times)) {
        if (kind_of(times) == KIND_INSTANCE && !instance_has(t, times, NAME_INDEX))
            return NOT_IMPLEMENTED;
        if (kind_of(times) != KIND_INSTANCE)
            return raise_error(t, RAISES_TYPE_ERROR,
                               "can't multiply sequence by non-int of type '%s'",
                               type_name(t, times));
    }
    if (!as_index(t, times, &n))
        return NULL;
    struct string *from = string_of(o);
    if (n == 1 || from->length == 0)
        return keep(t, o);
    if (n <= 0)
        return keep(t, name_of(t, NAME_EMPTY));
    if (__builtin_mul_overflow((int64_t)from->length, n, &length))
        length = INT64_MAX;
    if (!text_fits(t, length))
        return NULL;
    struct string *s = string_room(t, (size_t)length, from->ascii);
    if (from->length == 1) {
        memset(s->bytes, from->bytes[0], (size_t)n);
    } else {
        for (int64_t i = 0; i < n; i++)
            memcpy(s->bytes + (size_t)i * from->length, from->bytes, from->length);
    }
    return &s->base;
}

static struct object *string_compare(struct thread *t, struct object *a, struct object *b,
                                     enum comparison how)
{
    if (!is_string(b))
        return NOT_IMPLEMENTED;
    if (how == COMPARE_EQ || how == COMPARE_NE)
        return truth(t, (a == b || string_equal(a, b)) == (how == COMPARE_EQ));
    struct string *x = string_of(a), *y = string_of(b);
    int order = memcmp(x->bytes, y->bytes, x->length < y->length ? x->length : y->length);
    if (order == 0)
        order = (x->length > y->length) - (x->length < y->length);
    return truth(t, comparison_holds(how, order));
}
static int string_truth(struct thread *t, struct object *o)
{
    (void)t;
    return string_of(o)->length != 0;
}
static int64_t string_length(struct thread *t, struct object *o)
{
    (void)t;
    return (int64_t)text_length(string_of(o));
}

static struct object *string_slice(struct thread *t, struct object *o, struct object *slice)
{
    struct string *s = string_of(o);
    int64_t start, step, n, length = (int64_t)text_length(s);
    if (!slice_bounds(t, slice, length, &start, &step, &n))
        return NULL;
    if (n <= 0)
        return keep(t, name_of(t, NAME_EMPTY));
    if (step == 1)
        return string_part(t, o, text_at(s, (size_t)start), text_at(s, (size_t)(start + n)));
    struct builder b;
    builder_open(&b);
    if (s->ascii) {
        char *to = builder_room(&b, (size_t)n);
        for (int64_t i = 0; i < n; i++)
            to[i] = s->bytes[start + i * step];
        return builder_string(t, &b);
    }
    uint32_t *at = sync_alloc((size_t)length * sizeof *at); // where each code point begins
    for (uint32_t i = 0, byte = 0; i < length; i++) {
        at[i] = byte;
        byte += (uint32_t)utf8_length(s->bytes[byte]);
    }
    for (int64_t i = 0; i < n; i++)
        builder_fill(&b, s->bytes + at[start + i * step], 1);
    sync_free(at);
    return builder_string(t, &b);
}
static struct object *string_subscript(struct thread *t, struct object *o, struct object *index)
{
    struct string *s = string_of(o);
    int64_t i;
    if (index->type == &slice_type)
        return string_slice(t, o, index);
    if (!is_int(index) && !instance_has(t, index, NAME_INDEX))
        return raise_error(t, RAISES_TYPE_ERROR, "string indices must be integers, not '%s'",
                           type_name(t, index));
    if (!as_index(t, index, &i))
        return NULL;
    int64_t length = (int64_t)text_length(s);
    if (i < 0)
        i += length;
    if (i < 0 || i >= length)
        return raise_error(t, RAISES_INDEX_ERROR, "string index out of range");
    if (s->ascii)
        return keep(t, interp_of(t)->character[(unsigned char)s->bytes[i]]);
    return string_of_code(t, utf8_read(s->bytes + text_at(s, (size_t)i)));
}

// The first or last place of `sub` in the bytes [from, to) of s, or -1.
static int64_t text_find(const struct string *s, int64_t from, int64_t to, const struct string *sub,
                         bool last)
{
    int64_t n = (int64_t)sub->length;
    if (to - from < n)
        return -1;
    if (!last) {
        const char *at = memmem(s->bytes + from, (size_t)(to - from), sub->bytes, sub->length);
        return at != NULL ? at - s->bytes : -1;
    }
    for (int64_t at = to - n; at >= from; at--)
        if (memcmp(s->bytes + at, sub->bytes, sub->length) == 0)
            return at;
    return -1;
}
static int string_contains(struct thread *t, struct object *o, struct object *item)
{
    if (is_string(item))
        return text_find(string_of(o), 0, (int64_t)string_of(o)->length, string_of(item), false) >=
               0;
    raise_error(t, RAISES_TYPE_ERROR, "'in <string>' requires string as left operand, not %s",
                type_name(t, item));
    return -1;
}

#endif
