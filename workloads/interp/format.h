// SPDX-License-Identifier: MIT
//
// Numbers to text and back, and two of the three ways of formatting: the mini-language of format() and
// f-strings (Python/formatter_unicode.c in CPython) and str.format() (Objects/stringlib).
//
// Decimals are the C library's, which are exact for any number of digits in the C locale, in which
// the process is.
#ifndef FORMAT_H
#define FORMAT_H

#include "text_methods.h"

#include <ctype.h>

// --- floats -----------------------------------------------------------------------------------

// A finite, positive double as its decimal digits: 0.digits times ten to the power of `point`.
enum { DIGITS_SHORTEST = 17 }; // no double needs more to be told from the others
struct digits {
    char digit[DIGITS_SHORTEST + 1];
    int n, point;
};
// So many digits, correctly rounded; zeros at the end are left out.
static void digits_of(struct digits *d, double value, int n)
{
    char text[40]; // d.ddde+ddd
    snprintf(text, sizeof text, "%.*e", n - 1, value);
    d->digit[0] = text[0];
    if (n > 1)
        memcpy(d->digit + 1, text + 2, (size_t)n - 1);
    d->point = atoi(strchr(text, 'e') + 1) + 1;
    while (n > 1 && d->digit[n - 1] == '0')
        n--;
    d->n = n;
    d->digit[n] = '\0';
}
static bool digits_are(const struct digits *d, double value)
{
    char text[40];
    snprintf(text, sizeof text, "%se%d", d->digit, d->point - d->n);
    return strtod(text, NULL) == value;
}
// The next decimal of so many digits above.
static void digits_up(struct digits *d, int n)
{
    while (d->n < n)
        d->digit[d->n++] = '0';
    for (d->digit[n] = '\0'; d->n != 0 && d->digit[d->n - 1] == '9';)
        d->digit[--d->n] = '\0';
    if (d->n != 0) {
        d->digit[d->n - 1]++;
    } else {
        strcpy(d->digit, "1");
        d->n = 1;
        d->point++;
    }
}
// As few as read back as the same double, and of those the nearest ones. Whatever has 15 digits or
// fewer survives a normal double, so that 15 show it. Below a power of two the doubles are closer
// than above: there the nearest decimal of 16 digits may belong to the neighbour below when the
// next one is the double's own.
static void digits_shortest(struct digits *d, double value)
{
    for (int n = value >= 0x1p-1022 ? 15 : 1; n < DIGITS_SHORTEST; n++) {
        digits_of(d, value, n);
        if (digits_are(d, value))
            return;
        digits_up(d, n);
        if (n == 16 && digits_are(d, value))
            return;
    }
    digits_of(d, value, DIGITS_SHORTEST);
}

// |value| as the format codes e, f and g have it; 0: as repr or, with a precision, as g with at
// least one digit behind the point.
static void builder_float(struct builder *b, double value, char code, int precision, bool alternate)
{
    const char *point = alternate ? "." : "";
    value = fabs(value);
    if (value != value || value == HUGE_VAL) {
        builder_text(b, value != value ? "nan" : "inf");
        return;
    }
    if (code == 0 && precision < 0) {
        struct digits d = {"0", 1, 1};
        if (value != 0)
            digits_shortest(&d, value);
        if (d.point <= -4 || d.point > 16)
            builder_format(b, "%c%s%se%+03d", d.digit[0], d.n > 1 ? "." : point, d.digit + 1,
                           d.point - 1);
        else if (d.point <= 0)
            builder_format(b, "0.%.*s%s", -d.point, "0000", d.digit);
        else if (d.n <= d.point)
            builder_format(b, "%s%.*s.0", d.digit, d.point - d.n, "0000000000000000");
        else
            builder_format(b, "%.*s.%s", d.point, d.digit, d.digit + d.point);
        return;
    }
    static const char *const how[2][2] = {{"%.*e", "%#.*e"}, {"%.*f", "%#.*f"}};
    size_t from = b->length;
    if (code == 'e' || code == 'f') {
        builder_format(b, how[code == 'f'][alternate], precision, value);
        return;
    }
    // not by the C library's g: glibc 2.36 loses the zeros of %#.6g where 999999.5 becomes 1e+06
    if (precision == 0)
        precision = 1;
    builder_format(b, how[0][alternate], precision - 1, value);
    builder_add(b, "", 1);
    char exponent[8];
    strcpy(exponent, strchr(b->bytes + from, 'e'));
    int power = atoi(exponent + 1);
    bool fixed = power >= -4 && power < precision - (code == 0);
    if (fixed) {
        b->length = from;
        builder_format(b, how[1][alternate], precision - 1 - power, value);
    } else {
        b->length -= strlen(exponent) + 1;
    }
    if (!alternate && memchr(b->bytes + from, '.', b->length - from) != NULL) {
        while (b->bytes[b->length - 1] == '0')
            b->length--;
        b->length -= b->bytes[b->length - 1] == '.';
    }
    if (!fixed)
        builder_text(b, exponent);
    else if (code == 0 && memchr(b->bytes + from, '.', b->length - from) == NULL)
        builder_text(b, ".0");
}
static size_t float_text(double value, char *text)
{
    struct builder b;
    builder_open(&b);
    if (signbit(value) && value == value)
        builder_text(&b, "-");
    builder_float(&b, value, 0, -1, false);
    memcpy(text, b.bytes, b.length);
    text[b.length] = '\0';
    return b.length; // few: nothing to close
}

// --- reading numbers --------------------------------------------------------------------------

// What int() and float() look at: without the spaces around it, and ASCII.
struct number_text {
    const char *at, *end;
};
// False: the program is refused, as there are digits that are not ASCII.
static bool number_text(struct thread *t, struct object *o, struct number_text *n)
{
    struct string *s = string_of(o);
    n->at = s->bytes;
    n->end = s->bytes + s->length;
    while (n->at < n->end && code_in(n->at, NULL))
        n->at += utf8_length(*n->at);
    while (n->at < n->end && code_in(utf8_before(n->end), NULL))
        n->end = utf8_before(n->end);
    if (string_ascii_bytes(n->at, (size_t)(n->end - n->at)))
        return true;
    raise_fatal(t, "a number from text that is not ASCII");
    return false;
}
static struct object *raise_literal(struct thread *t, struct object *o, const char *format,
                                    int base)
{
    struct object *shown = string_repr(t, o);
    if (shown != NULL) {
        struct string *s = string_of(shown);
        // CPython cuts what int() refuses behind 200 characters
        size_t length = text_length(s), most = base >= 0 && length > 200 ? 200 : length;
        struct object *what =
            base >= 0 ? string_format(t, format, base) : string_format(t, "%s", format);
        raise_error(t, RAISES_VALUE_ERROR, "%.*s: %.*s", (int)string_of(what)->length,
                    string_of(what)->bytes, (int)text_at(s, most), s->bytes);
        drop(t, what);
        drop(t, shown);
    }
    return NULL;
}
API int digit_value(char c)
{
    return is_digit(c) ? c - '0' : is_letter(c) ? (c | 0x20) - 'a' + 10 : 99;
}
// int(o, base) of a string; base 0: as in the source of a program.
static struct object *int_from_text(struct thread *t, struct object *o, int64_t base)
{
    if (base != 0 && (base < 2 || base > 36))
        return raise_error(t, RAISES_VALUE_ERROR, "int() base must be >= 2 and <= 36, or 0");
    int asked = (int)base;
    struct number_text n;
    if (!number_text(t, o, &n))
        return NULL;
    bool negative = n.at < n.end && *n.at == '-', overflow = false, digit = false;
    if (n.at < n.end && (*n.at == '-' || *n.at == '+'))
        n.at++;
    if (n.end - n.at > 1 && n.at[0] == '0') {
        int other = (n.at[1] | 0x20) == 'x'   ? 16
                    : (n.at[1] | 0x20) == 'o' ? 8
                    : (n.at[1] | 0x20) == 'b' ? 2
                                              : 0;
        if (other != 0 && (base == 0 || base == other)) {
            base = other;
            n.at += 2;
            if (n.at < n.end && *n.at == '_')
                n.at++;
        }
    }
    bool zeros = base == 0 && n.at < n.end && *n.at == '0'; // then nothing but zeros follows
    if (base == 0)
        base = 10;
    int64_t value = 0;
    for (; n.at < n.end; n.at++) {
        if (*n.at == '_' && digit) {
            digit = false; // one alone, between two digits
            continue;
        }
        int d = digit_value(*n.at);
        if (d >= base || (zeros && d != 0))
            return raise_literal(t, o, "invalid literal for int() with base %d", asked);
        digit = true;
        overflow |=
            __builtin_mul_overflow(value, base, &value) ||
            __builtin_sub_overflow(value, d, &value); // below zero there is room for one more
    }
    if (!digit)
        return raise_literal(t, o, "invalid literal for int() with base %d", asked);
    if (overflow || (!negative && value == INT64_MIN))
        return int_outside(t);
    return int_new(t, negative ? value : -value);
}
// Digits with single underscores between them, without these; answers how many digits.
static size_t float_digits(struct number_text *n, struct builder *b)
{
    size_t digits = 0;
    for (; n->at < n->end; n->at++) {
        if (is_digit(*n->at)) {
            builder_add(b, n->at, 1);
            digits++;
        } else if (*n->at != '_' || digits == 0 || n->at[-1] == '_' || n->end - n->at == 1 ||
                   !is_digit(n->at[1])) {
            break;
        }
    }
    return digits;
}
// float(o) of a string.
static struct object *float_from_text(struct thread *t, struct object *o)
{
    struct number_text n;
    struct builder b;
    if (!number_text(t, o, &n))
        return NULL;
    builder_open(&b);
    if (n.at < n.end && (*n.at == '-' || *n.at == '+'))
        builder_add(&b, n.at++, 1);
    static const char *const word[] = {"inf", "infinity", "nan"};
    bool good = false;
    for (size_t i = 0; i < 3 && !good; i++) {
        size_t length = strlen(word[i]);
        good = (size_t)(n.end - n.at) == length && strncasecmp(n.at, word[i], length) == 0;
        if (good)
            builder_text(&b, word[i]);
    }
    if (!good) {
        size_t digits = float_digits(&n, &b);
        if (n.at < n.end && *n.at == '.') {
            builder_add(&b, n.at++, 1);
            digits += float_digits(&n, &b);
        }
        good = digits != 0;
        if (good && n.at < n.end && (*n.at | 0x20) == 'e') {
            builder_add(&b, n.at++, 1);
            if (n.at < n.end && (*n.at == '-' || *n.at == '+'))
                builder_add(&b, n.at++, 1);
            good = float_digits(&n, &b) != 0;
        }
        good = good && n.at == n.end;
    }
    builder_add(&b, "", 1);
    double value = good ? strtod(b.bytes, NULL) : 0;
    builder_close(&b);
    return good ? float_new(t, value)
                : raise_literal(t, o, "could not convert string to float", -1);
}

// --- round ------------------------------------------------------------------------------------

// To the even one of two that are equally near.
static struct object *round_int(struct thread *t, int64_t value, int64_t digits)
{
    if (digits >= 0)
        return int_new(t, value);
    if (digits < -19)
        return int_new(t, 0);
    unsigned __int128 unit = 1;
    for (; digits != 0; digits++)
        unit *= 10;
    unsigned __int128 x = value < 0 ? -(__int128)value : value, over = x % unit;
    x -= over;
    if (2 * over > unit || (2 * over == unit && x / unit % 2 == 1))
        x += unit;
    if (x > INT64_MAX)
        return int_outside(t);
    return int_new(t, value < 0 ? -(int64_t)x : (int64_t)x);
}
// The double nearest to the decimal that is nearest to this one.
static struct object *round_float(struct thread *t, double value, int64_t digits)
{
    if (!isfinite(value) || digits > 323)
        return float_new(t, value);
    if (digits < -308)
        return float_new(t, copysign(0, value));
    struct builder b;
    builder_open(&b);
    if (digits >= 0) {
        builder_format(&b, "%.*f", (int)digits, value);
    } else {
        // whole tens: the digits before the point are exact, and what follows them decides ties
        double whole = trunc(value);
        size_t cut = (size_t)-digits;
        builder_format(&b, "%0*.0f", (int)cut + 1, fabs(whole));
        char *rest = b.bytes + b.length - cut;
        bool above = whole != value;
        for (size_t i = 1; i < cut; i++)
            above |= rest[i] != '0';
        bool up = rest[0] > '5' || (rest[0] == '5' && (above || (rest[-1] - '0') % 2 == 1));
        b.length -= cut;
        for (char *p = rest; up && p > b.bytes;) {
            p--;
            up = *p == '9';
            *p = up ? '0' : (char)(*p + 1);
        }
        if (up) { // all nines
            builder_room(&b, 1);
            memmove(b.bytes + 1, b.bytes, b.length - 1);
            b.bytes[0] = '1';
        }
        builder_format(&b, "e%zu", cut);
    }
    builder_add(&b, "", 1);
    double rounded = copysign(strtod(b.bytes, NULL), value);
    builder_close(&b);
    if (!isfinite(rounded))
        return raise_error(t, RAISES_OVERFLOW_ERROR, "rounded value too large to represent");
    return float_new(t, rounded);
}
// round(x, digits) of numbers; digits: NULL or None without.
static struct object *round_value(struct thread *t, struct object *x, struct object *digits)
{
    int64_t n = 0;
    if (!is_int(x) && !is_float(x)) {
        if (kind_of(x) == KIND_INSTANCE)
            return raise_fatal(t, "round() of an instance");
        return raise_error(t, RAISES_TYPE_ERROR, "type %s doesn't define __round__ method",
                           type_name(t, x));
    }
    if (!is_none(t, digits) && !as_index(t, digits, &n))
        return NULL;
    if (is_int(x))
        return round_int(t, int_value(x), n);
    if (!is_none(t, digits))
        return round_float(t, float_value(x), n);
    double value = float_value(x), whole = nearbyint(value); // to even, as the mode is
    if (value != value)
        return raise_error(t, RAISES_VALUE_ERROR, "cannot convert float NaN to integer");
    if (!isfinite(value))
        return raise_error(t, RAISES_OVERFLOW_ERROR, "cannot convert float infinity to integer");
    int64_t i;
    return double_is_int(whole, &i) ? int_new(t, i) : int_outside(t);
}

// --- the mini-language ------------------------------------------------------------------------

struct format_spec {
    const char *fill; // the bytes of one code point
    char align, sign; // 0: not given
    bool alternate, no_negative_zero;
    char grouping; // ',' or '_'
    int64_t width; // 0 or more
    int precision; // -1: not given
    uint32_t code; // 0: not given
};
API bool is_align(char c)
{
    return c == '<' || c == '>' || c == '=' || c == '^';
}
// Digits at *p as a number; false if they are too many. None: *value stays.
static bool spec_number(struct thread *t, const char **p, const char *end, int64_t *value)
{
    int64_t n = 0;
    const char *from = *p;
    for (; *p < end && is_digit(**p); ++*p) {
        if (n > INT64_MAX / 10 - 1) {
            raise_error(t, RAISES_VALUE_ERROR, "Too many decimal digits in format string");
            return false;
        }
        n = n * 10 + (**p - '0');
    }
    if (*p != from)
        *value = n;
    return true;
}
static bool spec_wrong(struct thread *t, const char *text)
{
    raise_error(t, RAISES_VALUE_ERROR, "%s", text);
    return false;
}
static bool spec_unknown(struct thread *t, const struct format_spec *f, struct object *o)
{
    const char *type = type_name(t, o);
    if (f->code > 32 && f->code < 128)
        raise_error(t, RAISES_VALUE_ERROR, "Unknown format code '%c' for object of type '%s'",
                    (int)f->code, type);
    else
        raise_error(t, RAISES_VALUE_ERROR, "Unknown format code '\\x%x' for object of type '%s'",
                    (unsigned)f->code, type);
    return false;
}
// align, code: what is meant where nothing is given.
static bool spec_read(struct thread *t, struct format_spec *f, struct object *o,
                      struct string *spec, char align, char code)
{
    const char *p = spec->bytes, *end = p + spec->length;
    *f = (struct format_spec){.fill = " ", .align = align, .precision = -1, .code = (uint32_t)code};
    bool filled = false, aligned = false;
    size_t first = p < end ? utf8_length(*p) : 0;
    if (p + first < end && is_align(p[first])) {
        f->fill = p;
        f->align = p[first];
        filled = aligned = true;
        p += first + 1;
    } else if (p < end && is_align(*p)) {
        f->align = *p++;
        aligned = true;
    }
    if (p < end && (*p == '+' || *p == '-' || *p == ' '))
        f->sign = *p++;
    if (p < end && *p == 'z') {
        f->no_negative_zero = true;
        p++;
    }
    if (p < end && *p == '#') {
        f->alternate = true;
        p++;
    }
    if (!filled && p < end && *p == '0') {
        f->fill = "0";
        if (!aligned && align == '>')
            f->align = '=';
        p++;
    }
    if (!spec_number(t, &p, end, &f->width))
        return false;
    if (p < end && *p == ',')
        f->grouping = *p++;
    if (p < end && *p == '_') {
        if (f->grouping != 0)
            return spec_wrong(t, "Cannot specify both ',' and '_'.");
        f->grouping = *p++;
    }
    if (p < end && *p == ',' && f->grouping == '_')
        return spec_wrong(t, "Cannot specify both ',' and '_'.");
    if (p < end && *p == '.') {
        int64_t precision = -1;
        p++;
        if (!spec_number(t, &p, end, &precision))
            return false;
        if (precision < 0)
            return spec_wrong(t, "Format specifier missing precision");
        f->precision = precision < TEXT_MOST ? (int)precision : TEXT_MOST;
    }
    if (p < end && p + utf8_length(*p) < end) {
        raise_error(t, RAISES_VALUE_ERROR,
                    "Invalid format specifier '%.*s' for object of type '%s'", (int)spec->length,
                    spec->bytes, type_name(t, o));
        return false;
    }
    if (p < end)
        f->code = utf8_read(p);
    if (f->grouping == 0 || f->code == 0 || (f->code < 128 && strchr("defgEG%F", (int)f->code)) ||
        (f->grouping == '_' && f->code < 128 && strchr("boxX", (int)f->code)))
        return true;
    if (f->code > 32 && f->code < 128)
        raise_error(t, RAISES_VALUE_ERROR, "Cannot specify '%c' with '%c'.", f->grouping,
                    (int)f->code);
    else
        raise_error(t, RAISES_VALUE_ERROR, "Cannot specify '%c' with '\\x%x'.", f->grouping,
                    (unsigned)f->code);
    return false;
}

// How many fill characters stand before what has this length.
API int64_t spec_left(const struct format_spec *f, int64_t missing)
{
    return missing <= 0 ? 0 : f->align == '>' ? missing : f->align == '^' ? missing / 2 : 0;
}
static struct object *format_text(struct thread *t, struct object *o, struct format_spec *f)
{
    struct string *s = string_of(o);
    if (f->sign != 0)
        return raise_error(t, RAISES_VALUE_ERROR, "%s not allowed in string format specifier",
                           f->sign == ' ' ? "Space" : "Sign");
    if (f->no_negative_zero)
        return raise_error(t, RAISES_VALUE_ERROR,
                           "Negative zero coercion (z) not allowed in string format specifier");
    if (f->alternate)
        return raise_error(t, RAISES_VALUE_ERROR,
                           "Alternate form (#) not allowed in string format specifier");
    if (f->align == '=')
        return raise_error(t, RAISES_VALUE_ERROR,
                           "'=' alignment not allowed in string format specifier");
    int64_t length = (int64_t)text_length(s);
    bool cut = f->precision >= 0 && f->precision < length;
    if (!cut && f->width <= length)
        return keep(t, o);
    if (!text_fits(t, f->width))
        return NULL;
    if (cut)
        length = f->precision;
    struct builder b;
    builder_open(&b);
    int64_t missing = f->width - length, left = spec_left(f, missing);
    builder_fill(&b, f->fill, left);
    builder_add(&b, s->bytes, text_at(s, (size_t)length));
    builder_fill(&b, f->fill, missing - left);
    return builder_string(t, &b);
}

// A number in its parts: sign, what says its base, digits before the point, and what follows these.
struct number_parts {
    bool negative;
    const char *prefix, *digits, *rest;
    size_t digit_count, rest_length;
    unsigned group; // digits between two separators
};
static struct object *format_number(struct thread *t, const struct format_spec *f,
                                    const struct number_parts *n)
{
    char sign = n->negative ? '-' : f->sign == '+' || f->sign == ' ' ? f->sign : '\0';
    int64_t others = (sign != 0) + (int64_t)(strlen(n->prefix) + n->rest_length);
    int64_t count = (int64_t)n->digit_count, zeros = 0, separators = 0;
    if (!text_fits(t, f->width))
        return NULL;
    // zeros that fill up are grouped too
    int64_t least = *f->fill == '0' && f->align == '=' ? f->width - others : 0;
    if (f->grouping != 0) {
        for (;; zeros++) {
            separators = (count + zeros - (count + zeros > 0)) / n->group;
            if (count + zeros + separators >= least || n->digit_count == 0)
                break;
        }
    }
    int64_t missing = f->width - others - count - zeros - separators;
    int64_t left = spec_left(f, missing);
    struct builder b;
    builder_open(&b);
    builder_fill(&b, f->fill, left);
    if (sign != 0)
        builder_add(&b, &sign, 1);
    builder_text(&b, n->prefix);
    if (f->align == '=')
        builder_fill(&b, f->fill, missing);
    for (int64_t i = 0, all = count + zeros; i < all; i++) {
        builder_add(&b, i < zeros ? "0" : n->digits + (i - zeros), 1);
        if (separators != 0 && i + 1 < all && (all - i - 1) % n->group == 0)
            builder_add(&b, &f->grouping, 1);
    }
    builder_add(&b, n->rest, n->rest_length);
    if (f->align != '=')
        builder_fill(&b, f->fill, missing - left);
    return builder_string(t, &b);
}

static void upper_case(char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (is_lower(bytes[i]))
            bytes[i] &= ~0x20;
}
static struct object *format_float(struct thread *t, double value, struct format_spec *f)
{
    char code = (char)(f->code == 'n' ? 'g' : f->code == '%' ? 'f' : f->code | 0x20);
    if (f->code == 0)
        code = 0;
    int precision = f->precision < 0 && code != 0 ? 6 : f->precision;
    if (!text_fits(t, (int64_t)precision + 400))
        return NULL;
    if (f->code == '%')
        value *= 100;
    struct builder b;
    builder_open(&b);
    builder_float(&b, value, code, precision, f->alternate);
    if (f->code < 128 && is_upper((char)f->code))
        upper_case(b.bytes, b.length);
    struct number_parts n = {
        .negative = signbit(value) && value == value, .prefix = "", .digits = b.bytes, .group = 3};
    if (f->no_negative_zero && n.negative) {
        n.negative = false;
        for (size_t i = 0; i < b.length && (b.bytes[i] | 0x20) != 'e'; i++)
            n.negative |= b.bytes[i] != '0' && b.bytes[i] != '.';
    }
    if (f->code == '%')
        builder_text(&b, "%");
    n.digits = b.bytes;
    while (n.digit_count < b.length && is_digit(b.bytes[n.digit_count]))
        n.digit_count++;
    n.rest = b.bytes + n.digit_count;
    n.rest_length = b.length - n.digit_count;
    struct object *text = format_number(t, f, &n);
    builder_close(&b);
    return text;
}

// The magnitude in this base, at the end of `room`.
enum { INT_DIGITS = 64 };
static const char *int_digits(int64_t value, unsigned base, bool upper, char room[INT_DIGITS + 1])
{
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
    char *p = room + INT_DIGITS;
    *p = '\0';
    do
        *--p = (upper ? "0123456789ABCDEF" : "0123456789abcdef")[rest % base];
    while ((rest /= base) != 0);
    return p;
}
static unsigned code_base(uint32_t code)
{
    return code == 'b' ? 2 : code == 'o' ? 8 : code == 'x' || code == 'X' ? 16 : 10;
}
static const char *code_prefix(uint32_t code)
{
    return code == 'b' ? "0b" : code == 'o' ? "0o" : code == 'x' ? "0x" : code == 'X' ? "0X" : "";
}
static struct object *format_int(struct thread *t, struct object *o, struct format_spec *f)
{
    int64_t value = int_value(o);
    char room[INT_DIGITS + 1];
    if (f->precision >= 0)
        return raise_error(t, RAISES_VALUE_ERROR,
                           "Precision not allowed in integer format specifier");
    if (f->no_negative_zero)
        return raise_error(t, RAISES_VALUE_ERROR,
                           "Negative zero coercion (z) not allowed in integer format specifier");
    if (f->code == 'c') {
        if (f->sign != 0)
            return raise_error(t, RAISES_VALUE_ERROR,
                               "Sign not allowed with integer format specifier 'c'");
        if (f->alternate)
            return raise_error(t, RAISES_VALUE_ERROR,
                               "Alternate form (#) not allowed with integer format specifier 'c'");
        if (value < 0 || value > 0x10ffff)
            return raise_error(t, RAISES_OVERFLOW_ERROR, "%%c arg not in range(0x110000)");
        if (f->align == '=')
            f->align = '>';
        struct object *one = string_of_code(t, (uint32_t)value), *text = format_text(t, one, f);
        drop(t, one);
        return text;
    }
    unsigned base = code_base(f->code);
    struct number_parts n = {.negative = value < 0,
                             .prefix = f->alternate ? code_prefix(f->code) : "",
                             .digits = int_digits(value, base, f->code == 'X', room),
                             .rest = "",
                             .group = base == 10 ? 3 : 4};
    n.digit_count = strlen(n.digits);
    return format_number(t, f, &n);
}

static struct object *format_value(struct thread *t, struct object *o, struct object *spec)
{
    struct string *text = string_of(spec != NULL ? spec : name_of(t, NAME_EMPTY));
    struct format_spec f;
    enum kind kind = kind_of(o);
    bool found = false;
    if (kind == KIND_INSTANCE) {
        struct object *argument = &text->base,
                      *done = call_special(t, NAME_FORMAT, o, &argument, 1, &found);
        if (done != NULL && !is_string(done)) {
            raise_error(t, RAISES_TYPE_ERROR, "__format__ must return a str, not %s",
                        type_name(t, done));
            drop(t, done);
            done = NULL;
        }
        if (found)
            return done;
    }
    if (text->length == 0)
        return str(t, o);
    switch (kind) {
    case KIND_STRING:
        if (!spec_read(t, &f, o, text, '<', 's') || (f.code != 's' && !spec_unknown(t, &f, o)))
            return NULL;
        return format_text(t, o, &f);
    case KIND_BOOL:
    case KIND_INT:
        if (!spec_read(t, &f, o, text, '>', 'd'))
            return NULL;
        if (f.code < 128 && strchr("bcdonxX", (int)f.code) != NULL)
            return format_int(t, o, &f);
        if (f.code < 128 && strchr("eEfFgG%", (int)f.code) != NULL)
            return format_float(t, (double)int_value(o), &f);
        spec_unknown(t, &f, o);
        return NULL;
    case KIND_FLOAT:
        if (!spec_read(t, &f, o, text, '>', 0))
            return NULL;
        if (f.code < 128 && strchr("eEfFgGn%", (int)f.code) != NULL) // also 0: none given
            return format_float(t, float_value(o), &f);
        spec_unknown(t, &f, o);
        return NULL;
    default:
        return raise_error(t, RAISES_TYPE_ERROR,
                           "unsupported format string passed to %s.__format__", type_name(t, o));
    }
}

// --- str.format -------------------------------------------------------------------------------

struct fields {
    struct object *const *argument;
    unsigned n;
    struct object *names; // a dictionary of those with names; or NULL
    int64_t next;         // field {}
    bool numbers, counts; // fields with numbers, fields without them were there
    bool map;             // format_map
};
// What a field's attributes and items, from p on, lead to from o, which is given up; or NULL.
static struct object *field_part(struct thread *t, struct object *o, const char *p, const char *end)
{
    while (o != NULL && p < end) {
        bool item = *p == '[';
        const char *from = ++p;
        while (p < end && (item ? *p != ']' : *p != '.' && *p != '['))
            p++;
        const char *to = p;
        struct object *key = NULL, *part = NULL;
        if (to == from) {
            raise_error(t, RAISES_VALUE_ERROR, "Empty attribute in format string");
        } else if (item && p == end) {
            raise_error(t, RAISES_VALUE_ERROR, "Missing ']' in format string");
        } else if (item && ++p < end && *p != '.' && *p != '[') {
            raise_error(t, RAISES_VALUE_ERROR,
                        "Only '.' or '[' may follow ']' in format field specifier");
        } else {
            const char *number = from;
            int64_t i = 0;
            if (item && !spec_number(t, &number, to, &i))
                number = NULL;
            if (number != NULL) {
                key = item && number == to ? int_new(t, i)
                                           : string_make(t, from, (size_t)(to - from));
                part = item ? subscript(t, o, key) : get_attribute(t, o, key);
                drop(t, key);
            }
        }
        drop(t, o);
        o = part;
    }
    return o;
}
// The field's value: counted. `name` is what stands before ! and :
static struct object *field_value(struct thread *t, struct fields *f, const char *name,
                                  const char *end)
{
    const char *p = name;
    int64_t i = -1;
    while (p < end && *p != '.' && *p != '[')
        p++;
    const char *number = name;
    if (!spec_number(t, &number, p, &i))
        return NULL;
    if (number != p) {
        struct object *key = string_make(t, name, (size_t)(p - name));
        struct object *o = f->names != NULL ? subscript(t, f->names, key)
                                            : raise_with(t, RAISES_KEY_ERROR, key);
        drop(t, key);
        return field_part(t, o, p, end);
    }
    *(i < 0 ? &f->counts : &f->numbers) = true;
    if (f->counts && f->numbers)
        return raise_error(t, RAISES_VALUE_ERROR,
                           i < 0 ? "cannot switch from manual field specification to automatic "
                                   "field numbering"
                                 : "cannot switch from automatic field numbering to manual field "
                                   "specification");
    if (f->map)
        return raise_error(t, RAISES_VALUE_ERROR, "Format string contains positional fields");
    if (i < 0)
        i = f->next++;
    if (i >= f->n)
        return raise_error(t, RAISES_INDEX_ERROR,
                           "Replacement index %" PRId64 " out of range for positional args tuple",
                           i);
    return field_part(t, keep(t, f->argument[i]), p, end);
}
static bool fields_add(struct thread *t, struct builder *b, struct fields *f, const char *p,
                       const char *end, unsigned depth);
// One field, whose opening brace has been read: *p, behind its closing one at the end.
static bool field_add(struct thread *t, struct builder *b, struct fields *f, const char **p,
                      const char *end, unsigned depth)
{
    const char *name = *p, *at = *p;
    for (bool item = false; at < end && (item || !strchr("{}!:", *at)); at++)
        item = *at == '[' || (item && *at != ']');
    if (at == end)
        return spec_wrong(t, "expected '}' before end of string");
    if (*at == '{')
        return spec_wrong(t, "unexpected '{' in field name");
    const char *name_end = at;
    char conversion = '\0';
    if (*at == '!') {
        if (end - at < 2)
            return spec_wrong(t, "end of string while looking for conversion specifier");
        conversion = at[1];
        at += 2;
        if (at == end)
            return spec_wrong(t, "unmatched '{' in format spec");
        if (*at != ':' && *at != '}') {
            return spec_wrong(t, "expected ':' after conversion specifier");
        }
    }
    const char *spec = at, *spec_end = at;
    if (*at == ':') {
        unsigned open = 1;
        for (spec = ++at; at < end && open != 0; at++)
            open += (*at == '{') - (unsigned)(*at == '}');
        if (open != 0)
            return spec_wrong(t, "unmatched '{' in format spec");
        spec_end = at - 1;
    } else {
        at++;
    }
    *p = at;
    struct object *o = field_value(t, f, name, name_end);
    if (o != NULL && conversion != '\0') {
        struct object *text = NULL;
        if (conversion == 's' || conversion == 'r' || conversion == 'a')
            text = conversion == 's' ? str(t, o) : conversion == 'r' ? repr(t, o) : ascii_of(t, o);
        else
            raise_error(t, RAISES_VALUE_ERROR, "Unknown conversion specifier %c", conversion);
        drop(t, o);
        o = text;
    }
    if (o == NULL)
        return false;
    struct builder inner;
    struct object *how = NULL, *text = NULL;
    builder_open(&inner);
    if (fields_add(t, &inner, f, spec, spec_end, depth + 1))
        how = builder_string(t, &inner);
    else
        builder_close(&inner);
    if (how != NULL)
        text = format_value(t, o, how);
    drop_maybe(t, how);
    drop(t, o);
    if (text == NULL)
        return false;
    builder_object(b, text);
    drop(t, text);
    return text_fits(t, (int64_t)b->length);
}
static bool fields_add(struct thread *t, struct builder *b, struct fields *f, const char *p,
                       const char *end, unsigned depth)
{
    if (p < end && depth > 1)
        return spec_wrong(t, "Max string recursion exceeded");
    while (p < end) {
        const char *from = p;
        while (p < end && *p != '{' && *p != '}')
            p++;
        builder_add(b, from, (size_t)(p - from));
        if (p == end)
            break;
        char brace = *p++;
        if (p < end && *p == brace) {
            builder_add(b, p++, 1);
        } else if (brace == '}' || p == end) {
            raise_error(t, RAISES_VALUE_ERROR, "Single '%c' encountered in format string", brace);
            return false;
        } else if (!field_add(t, b, f, &p, end, depth)) {
            return false;
        }
    }
    return true;
}
// names: a dictionary of the arguments that have one, or NULL; map: there are no others.
static struct object *format_with(struct thread *t, struct object *format,
                                  struct object *const *argument, unsigned n, struct object *names,
                                  bool map)
{
    struct fields f = {.argument = argument, .n = n, .names = names, .map = map};
    struct string *s = string_of(format);
    struct builder b;
    builder_open(&b);
    return fields_add(t, &b, &f, s->bytes, s->bytes + s->length, 0) ? builder_string(t, &b)
                                                                    : builder_failed(&b);
}
STRING_METHOD(format_method)
{
    return format_with(t, self, argument, n, keyword[0], false);
}
STRING_METHOD(format_map)
{
    (void)n;
    return format_with(t, self, argument, 0, argument[0], true);
}

#endif
