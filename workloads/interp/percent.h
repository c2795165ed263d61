// SPDX-License-Identifier: MIT
//
// The operator % of strings (Objects/unicodeobject.c in CPython).
#ifndef PERCENT_H
#define PERCENT_H

#include "format.h"

struct percent {
    struct object *all;   // the right operand
    bool many;            // ... is a tuple of values
    bool mapping;         // ... can be asked for the value of a key
    size_t next;          // value
    struct object *keyed; // what the key in brackets has, counted; or NULL
    const char *start;    // of the format
};
// One conversion.
struct conversion {
    bool left, plus, blank, alternate, zero;
    int64_t width, precision; // -1: not given
    uint32_t code;
};
// Borrowed.
static struct object *percent_next(struct thread *t, struct percent *a)
{
    if (a->keyed != NULL)
        return a->keyed;
    if (a->next >= (a->many ? tuple_length(a->all) : 1))
        return raise_error(t, RAISES_TYPE_ERROR, "not enough arguments for format string");
    size_t i = a->next++;
    return a->many ? tuple_item(a->all, i) : a->all;
}
// Digits or a star.
static bool percent_number(struct thread *t, struct percent *a, const char **p, const char *end,
                           int64_t *value)
{
    if (*p < end && **p == '*') {
        struct object *o = percent_next(t, a);
        if (o == NULL)
            return false;
        if (!is_int(o)) {
            raise_error(t, RAISES_TYPE_ERROR, "* wants int");
            return false;
        }
        *value = int_value(o);
        ++*p;
        return true;
    }
    return spec_number(t, p, end, value);
}
// A text that stands in the field as it is, without zeros.
static void percent_text(struct builder *b, const struct conversion *c, const char *bytes,
                         size_t length, size_t count)
{
    int64_t missing = c->width - (int64_t)count;
    builder_fill(b, " ", c->left ? 0 : missing);
    builder_add(b, bytes, length);
    builder_fill(b, " ", c->left ? missing : 0);
}
static void percent_digits(struct builder *b, const struct conversion *c, bool negative,
                           const char *prefix, int64_t zeros, const char *digits, size_t length)
{
    const char *sign = negative ? "-" : c->plus ? "+" : c->blank ? " " : "";
    if (zeros < 0)
        zeros = 0;
    int64_t missing = c->width - (int64_t)(strlen(sign) + strlen(prefix) + length) - zeros;
    bool fill = c->zero && !c->left;
    builder_fill(b, " ", fill || c->left ? 0 : missing);
    builder_text(b, sign);
    builder_text(b, prefix);
    builder_fill(b, "0", (fill && missing > 0 ? missing : 0) + zeros);
    builder_add(b, digits, length);
    builder_fill(b, " ", c->left ? missing : 0);
}
static bool percent_int(struct thread *t, struct builder *b, const struct conversion *c,
                        struct object *o)
{
    uint32_t code = c->code == 'i' || c->code == 'u' ? 'd' : c->code;
    int64_t value;
    if (is_int(o)) {
        value = int_value(o);
    } else if (is_float(o) && code == 'd') {
        double whole = trunc(float_value(o));
        if (whole != whole)
            raise_error(t, RAISES_VALUE_ERROR, "cannot convert float NaN to integer");
        else if (!isfinite(whole))
            raise_error(t, RAISES_OVERFLOW_ERROR, "cannot convert float infinity to integer");
        else if (!double_is_int(whole, &value))
            int_outside(t);
        if (failed(t))
            return false;
    } else if (instance_has(t, o, NAME_INDEX)) {
        if (!as_index(t, o, &value))
            return false;
    } else if (code == 'd' && instance_has(t, o, NAME_INT)) {
        raise_fatal(t, "%%d of an instance that has __int__");
        return false;
    } else {
        raise_error(t, RAISES_TYPE_ERROR, "%%%c format: %s is required, not %s", (int)c->code,
                    code == 'd' ? "a real number" : "an integer", type_name(t, o));
        return false;
    }
    char room[INT_DIGITS + 1];
    const char *digits = int_digits(value, code_base(code), code == 'X', room);
    size_t length = strlen(digits);
    percent_digits(b, c, value < 0, c->alternate ? code_prefix(code) : "",
                   c->precision - (int64_t)length, digits, length);
    return true;
}
static bool percent_float(struct thread *t, struct builder *b, const struct conversion *c,
                          struct object *o)
{
    double value;
    if (!as_double(o, &value)) {
        if (kind_of(o) == KIND_INSTANCE)
            raise_fatal(t, "%%%c of an instance", (int)c->code);
        else
            raise_error(t, RAISES_TYPE_ERROR, "must be real number, not %s", type_name(t, o));
        return false;
    }
    struct builder text;
    builder_open(&text);
    builder_float(&text, value, (char)(c->code | 0x20), c->precision < 0 ? 6 : (int)c->precision,
                  c->alternate);
    if (is_upper((char)c->code))
        upper_case(text.bytes, text.length);
    percent_digits(b, c, signbit(value) && value == value, "", 0, text.bytes, text.length);
    builder_close(&text);
    return true;
}
static bool percent_character(struct thread *t, struct builder *b, const struct conversion *c,
                              struct object *o)
{
    char bytes[4];
    uint32_t code;
    if (is_int(o)) {
        if (int_value(o) < 0 || int_value(o) > 0x10ffff) {
            raise_error(t, RAISES_OVERFLOW_ERROR, "%%c arg not in range(0x110000)");
            return false;
        }
        code = (uint32_t)int_value(o);
    } else if (!string_code(o, &code)) {
        raise_error(t, RAISES_TYPE_ERROR, "%%c requires int or char");
        return false;
    }
    percent_text(b, c, bytes, utf8_write(bytes, code), 1);
    return true;
}
static bool percent_one(struct thread *t, struct builder *b, const struct conversion *c,
                        struct object *o, int64_t at)
{
    switch (c->code) {
    case 's':
    case 'r':
    case 'a': {
        struct object *text = c->code == 's'   ? str(t, o)
                              : c->code == 'r' ? repr(t, o)
                                               : ascii_of(t, o);
        if (text == NULL)
            return false;
        struct string *s = string_of(text);
        size_t count = text_length(s);
        if (c->precision >= 0 && (size_t)c->precision < count)
            count = (size_t)c->precision;
        percent_text(b, c, s->bytes, text_at(s, count), count);
        drop(t, text);
        return true;
    }
    case 'c':
        return percent_character(t, b, c, o);
    case 'd':
    case 'i':
    case 'u':
    case 'o':
    case 'x':
    case 'X':
        return percent_int(t, b, c, o);
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G':
        return percent_float(t, b, c, o);
    default:
        raise_error(t, RAISES_VALUE_ERROR,
                    "unsupported format character '%c' (0x%x) at index %" PRId64,
                    c->code > 31 && c->code < 128 ? (int)c->code : '?', (unsigned)c->code, at);
        return false;
    }
}
// The key in brackets behind %, which *p is at.
static bool percent_key(struct thread *t, struct percent *a, const char **p, const char *end)
{
    unsigned open = 1;
    const char *from = ++*p;
    if (!a->mapping) {
        raise_error(t, RAISES_TYPE_ERROR, "format requires a mapping");
        return false;
    }
    for (; *p < end && open != 0; ++*p)
        open += (**p == '(') - (unsigned)(**p == ')');
    if (open != 0)
        return spec_wrong(t, "incomplete format key");
    struct object *key = string_make(t, from, (size_t)(*p - 1 - from));
    a->keyed = subscript(t, a->all, key);
    drop(t, key);
    return a->keyed != NULL;
}
// A conversion, behind its per cent sign.
static bool percent_add(struct thread *t, struct builder *b, struct percent *a, const char **p,
                        const char *end)
{
    struct conversion c = {.width = -1, .precision = -1};
    if (*p < end && **p == '(' && !percent_key(t, a, p, end))
        return false;
    for (;; ++*p) {
        char flag = *p < end ? **p : '\0';
        if (flag == '-')
            c.left = true;
        else if (flag == '+')
            c.plus = true;
        else if (flag == ' ')
            c.blank = true;
        else if (flag == '#')
            c.alternate = true;
        else if (flag == '0')
            c.zero = true;
        else
            break;
    }
    bool star = *p < end && **p == '*';
    if (!percent_number(t, a, p, end, &c.width))
        return false;
    if (star && c.width < 0) {
        c.left = true;
        c.width = c.width > -INT64_MAX ? -c.width : INT64_MAX;
    }
    if (*p < end && **p == '.') {
        ++*p;
        c.precision = 0;
        if (!percent_number(t, a, p, end, &c.precision))
            return false;
        if (c.precision < 0)
            c.precision = 0;
    }
    if (!text_fits(t, c.width) || !text_fits(t, c.precision < 0 ? 0 : c.precision))
        return false;
    if (*p < end && strchr("hlL", **p) != NULL)
        ++*p;
    if (*p >= end)
        return spec_wrong(t, "incomplete format");
    c.code = utf8_read(*p);
    int64_t at = (int64_t)utf8_count(a->start, (size_t)(*p - a->start));
    *p += utf8_length(**p);
    struct object *o = percent_next(t, a);
    return o != NULL && percent_one(t, b, &c, o, at);
}
static struct object *string_remainder(struct thread *t, struct object *format, struct object *all)
{
    if (!is_string(format))
        return NOT_IMPLEMENTED;
    struct string *s = string_of(format);
    const char *p = s->bytes, *end = p + s->length;
    enum kind kind = kind_of(all);
    struct percent a = {.all = all, .many = is_tuple(all), .start = p};
    a.mapping = kind == KIND_LIST || kind == KIND_DICT || kind == KIND_RANGE ||
                instance_has(t, all, NAME_GETITEM);
    struct builder b;
    builder_open(&b);
    while (p < end) {
        const char *next = memchr(p, '%', (size_t)(end - p));
        if (next == NULL)
            next = end;
        builder_add(&b, p, (size_t)(next - p));
        p = next + 1;
        if (next == end)
            break;
        if (p < end && *p == '%') {
            builder_add(&b, p++, 1);
            continue;
        }
        bool done = percent_add(t, &b, &a, &p, end) && text_fits(t, (int64_t)b.length);
        drop_maybe(t, a.keyed);
        a.keyed = NULL;
        if (!done)
            return builder_failed(&b);
    }
    if (!a.mapping && a.next < (a.many ? tuple_length(all) : 1)) {
        raise_error(t, RAISES_TYPE_ERROR, "not all arguments converted during string formatting");
        return builder_failed(&b);
    }
    return builder_string(t, &b);
}

#endif
