// SPDX-License-Identifier: MIT
//
// The methods of strings, and their type.
#ifndef TEXT_METHODS_H
#define TEXT_METHODS_H

#include "text.h"

// --- methods: arguments -----------------------------------------------------------------------

#define STRING_METHOD(name)                                                                     \
    static struct object *string_##name(struct thread *t, struct object *self,                  \
                                        struct object *const *argument __attribute__((unused)), \
                                        unsigned n __attribute__((unused)),                     \
                                        struct object *const *keyword __attribute__((unused)))

// Argument i of a method in which all have names, or NULL; *ok is false where it is given twice.
static struct object *named(struct thread *t, struct object *const *argument, unsigned n,
                            struct object *const *keyword, unsigned i, bool *ok)
{
    struct object *by_name = keyword[i];
    if (i < n && by_name != NULL) {
        raise_error(t, RAISES_TYPE_ERROR, "argument given by name and by position (%u)", i + 1);
        *ok = false;
    }
    return i < n ? argument[i] : by_name;
}
// what: begins the message.
static bool want_string(struct thread *t, struct object *o, const char *what)
{
    if (!is_string(o))
        raise_error(t, RAISES_TYPE_ERROR, "%smust be str, not %s", what, type_name(t, o));
    return is_string(o);
}
static bool is_none(struct thread *t, const struct object *o)
{
    return o == NULL || o == interp_of(t)->none;
}
// Arguments i and i + 1, start and end in code points, as bytes of s. Nothing, not even the empty
// string, is in what begins behind the end: there *from is above *to.
static bool text_bounds(struct thread *t, const struct string *s, struct object *const *argument,
                        unsigned n, unsigned i, int64_t *from, int64_t *to)
{
    *from = 0;
    *to = (int64_t)s->length;
    if (i >= n)
        return true;
    int64_t length = (int64_t)text_length(s), bound[2] = {0, length};
    for (unsigned j = 0; j < 2 && i + j < n; j++) {
        struct object *o = argument[i + j];
        if (is_none(t, o))
            continue;
        if (!is_int(o) && !instance_has(t, o, NAME_INDEX)) {
            raise_error(t, RAISES_TYPE_ERROR,
                        "slice indices must be integers or None or have an __index__ method");
            return false;
        }
        if (!as_index(t, o, &bound[j]))
            return false;
        if (bound[j] < 0)
            bound[j] = bound[j] + length > 0 ? bound[j] + length : 0;
    }
    if (bound[1] > length)
        bound[1] = length;
    *from = 1;
    *to = 0;
    if (bound[0] <= bound[1]) {
        *from = (int64_t)text_at(s, (size_t)bound[0]);
        *to = (int64_t)text_at(s, (size_t)bound[1]);
    }
    return true;
}

// References that become a list's.
struct parts {
    struct object **item;
    size_t n, room;
    struct object *near[12];
};
static void parts_open(struct parts *p)
{
    p->item = p->near;
    p->n = 0;
    p->room = sizeof p->near / sizeof p->near[0];
}
static void parts_close(struct parts *p)
{
    if (p->item != p->near)
        sync_free(p->item);
}
static void parts_add(struct parts *p, struct object *o)
{
    if (p->n == p->room) {
        struct object **item = sync_alloc(2 * p->room * sizeof *item);
        memcpy(item, p->item, p->n * sizeof *item);
        parts_close(p);
        p->item = item;
        p->room *= 2;
    }
    p->item[p->n++] = o;
}
static struct object *parts_list(struct thread *t, struct parts *p)
{
    struct object *l = list_make(t, p->item, p->n);
    parts_close(p);
    return l;
}

// --- methods: case and kinds of characters ----------------------------------------------------

// Only what is ASCII has a case here.
static bool want_ascii(struct thread *t, struct object *o, const char *method)
{
    if (!string_of(o)->ascii)
        raise_fatal(t, "str.%s() of a string that is not ASCII", method);
    return string_of(o)->ascii;
}
enum letter_case { LOWER, UPPER, SWAPPED, TITLE, CAPITAL };
static struct object *string_cased(struct thread *t, struct object *o, enum letter_case how,
                                   const char *method)
{
    struct string *s = string_of(o);
    if (!want_ascii(t, o, method))
        return NULL;
    struct builder b;
    builder_open(&b);
    char *to = builder_room(&b, s->length);
    for (size_t i = 0; i < s->length; i++) {
        char c = s->bytes[i];
        bool inside = how == CAPITAL ? i != 0 : i != 0 && is_letter(s->bytes[i - 1]);
        bool upper = how == UPPER || (how == SWAPPED && is_lower(c)) || (how >= TITLE && !inside);
        to[i] = !is_letter(c) ? c : (char)(upper ? c & ~0x20 : c | 0x20);
    }
    return builder_string(t, &b);
}
#define CASED(name, how)                          \
    STRING_METHOD(name)                           \
    {                                             \
        return string_cased(t, self, how, #name); \
    }
CASED(lower, LOWER)
CASED(upper, UPPER)
CASED(swapcase, SWAPPED)
CASED(title, TITLE)
CASED(capitalize, CAPITAL)
CASED(casefold, LOWER)

#define ALL_ARE(name, test)                             \
    STRING_METHOD(name)                                 \
    {                                                   \
        struct string *s = string_of(self);             \
        if (!want_ascii(t, self, #name))                \
            return NULL;                                \
        bool all = s->length != 0;                      \
        for (size_t i = 0; all && i < s->length; i++) { \
            char c = s->bytes[i];                       \
            all = test;                                 \
        }                                               \
        return truth(t, all);                           \
    }
ALL_ARE(isdigit, is_digit(c))
ALL_ARE(isdecimal, is_digit(c))
ALL_ARE(isnumeric, is_digit(c))
ALL_ARE(isalpha, is_letter(c))
ALL_ARE(isalnum, is_letter(c) || is_digit(c))
ALL_ARE(isidentifier, is_letter(c) || c == '_' || (is_digit(c) && i != 0))

// Letters are there, and all of this case.
static struct object *string_has_case(struct thread *t, struct object *o, bool upper,
                                      const char *method)
{
    struct string *s = string_of(o);
    bool any = false, other = false;
    if (!want_ascii(t, o, method))
        return NULL;
    for (size_t i = 0; i < s->length; i++) {
        any |= is_letter(s->bytes[i]);
        other |= upper ? is_lower(s->bytes[i]) : is_upper(s->bytes[i]);
    }
    return truth(t, any && !other);
}
STRING_METHOD(isupper)
{
    return string_has_case(t, self, true, "isupper");
}
STRING_METHOD(islower)
{
    return string_has_case(t, self, false, "islower");
}
STRING_METHOD(istitle)
{
    struct string *s = string_of(self);
    bool any = false, inside = false;
    if (!want_ascii(t, self, "istitle"))
        return NULL;
    for (size_t i = 0; i < s->length; i++) {
        char c = s->bytes[i];
        if (is_letter(c) && is_upper(c) == inside)
            return truth(t, false);
        inside = is_letter(c);
        any |= inside;
    }
    return truth(t, any);
}
STRING_METHOD(isspace)
{
    struct string *s = string_of(self);
    bool all = s->length != 0;
    for (size_t i = 0; all && i < s->length; i += utf8_length(s->bytes[i]))
        all = is_space(utf8_read(s->bytes + i));
    return truth(t, all);
}
STRING_METHOD(isascii)
{
    return truth(t, string_of(self)->ascii);
}
STRING_METHOD(isprintable)
{
    struct string *s = string_of(self);
    int all = 1;
    for (size_t i = 0; all == 1 && i < s->length; i += utf8_length(s->bytes[i]))
        all = is_printable(utf8_read(s->bytes + i));
    return all < 0 ? raise_fatal(t, "str.isprintable() of a character that is not known here")
                   : truth(t, all);
}

// --- methods: padding and stripping -----------------------------------------------------------

// Whether a code point is among those of `set`, or a space where that is NULL.
API bool code_in(const char *code, const struct string *set)
{
    return set == NULL ? is_space(utf8_read(code))
                       : memmem(set->bytes, set->length, code, utf8_length(*code)) != NULL;
}
static struct object *string_stripped(struct thread *t, struct object *o,
                                      struct object *const *argument, unsigned n, bool left,
                                      bool right, const char *method)
{
    struct string *s = string_of(o), *set = NULL;
    if (n != 0 && !is_none(t, argument[0])) {
        if (!is_string(argument[0]))
            return raise_error(t, RAISES_TYPE_ERROR, "%s arg must be None or str", method);
        set = string_of(argument[0]);
    }
    const char *from = s->bytes, *to = s->bytes + s->length;
    while (left && from < to && code_in(from, set))
        from += utf8_length(*from);
    while (right && from < to && code_in(utf8_before(to), set))
        to = utf8_before(to);
    return string_part(t, o, (size_t)(from - s->bytes), (size_t)(to - s->bytes));
}
STRING_METHOD(strip)
{
    return string_stripped(t, self, argument, n, true, true, "strip");
}
STRING_METHOD(lstrip)
{
    return string_stripped(t, self, argument, n, true, false, "lstrip");
}
STRING_METHOD(rstrip)
{
    return string_stripped(t, self, argument, n, false, true, "rstrip");
}
STRING_METHOD(removeprefix)
{
    if (!want_string(t, argument[0], "removeprefix() argument "))
        return NULL;
    struct string *s = string_of(self), *prefix = string_of(argument[0]);
    bool there = text_find(s, 0, (int64_t)(prefix->length < s->length ? prefix->length : s->length),
                           prefix, false) == 0;
    return string_part(t, self, there ? prefix->length : 0, s->length);
}
STRING_METHOD(removesuffix)
{
    if (!want_string(t, argument[0], "removesuffix() argument "))
        return NULL;
    struct string *s = string_of(self), *suffix = string_of(argument[0]);
    bool there = suffix->length <= s->length &&
                 memcmp(s->bytes + s->length - suffix->length, suffix->bytes, suffix->length) == 0;
    return string_part(t, self, 0, s->length - (there ? suffix->length : 0));
}

// So many fill characters on both sides.
static struct object *string_padded(struct thread *t, struct object *o, const char *fill,
                                    int64_t left, int64_t right)
{
    struct builder b;
    int64_t added;
    if (__builtin_add_overflow(left, right, &added) || added > TEXT_MOST)
        added = TEXT_MOST;
    if (!text_fits(t, (int64_t)(string_of(o)->length + (size_t)added * utf8_length(*fill))))
        return NULL;
    builder_open(&b);
    builder_fill(&b, fill, left);
    builder_object(&b, o);
    builder_fill(&b, fill, right);
    return builder_string(t, &b);
}
// Width and fill character of the methods that pad; *missing: how many, 0 for none.
static bool padding(struct thread *t, struct object *self, struct object *const *argument,
                    unsigned n, int64_t *width, int64_t *missing, const char **fill)
{
    int64_t length = (int64_t)text_length(string_of(self));
    uint32_t code;
    if (!as_index(t, argument[0], width))
        return false;
    *missing = *width > length ? *width - length : 0;
    *fill = " ";
    if (n < 2)
        return true;
    if (!is_string(argument[1]))
        raise_error(t, RAISES_TYPE_ERROR, "The fill character must be a unicode character, not %s",
                    type_name(t, argument[1]));
    else if (!string_code(argument[1], &code))
        raise_error(t, RAISES_TYPE_ERROR, "The fill character must be exactly one character long");
    *fill = string_of(argument[1])->bytes;
    return !failed(t);
}
STRING_METHOD(ljust)
{
    int64_t width, missing;
    const char *fill;
    if (!padding(t, self, argument, n, &width, &missing, &fill))
        return NULL;
    return missing == 0 ? keep(t, self) : string_padded(t, self, fill, 0, missing);
}
STRING_METHOD(rjust)
{
    int64_t width, missing;
    const char *fill;
    if (!padding(t, self, argument, n, &width, &missing, &fill))
        return NULL;
    return missing == 0 ? keep(t, self) : string_padded(t, self, fill, missing, 0);
}
STRING_METHOD(center)
{
    int64_t width, missing;
    const char *fill;
    if (!padding(t, self, argument, n, &width, &missing, &fill))
        return NULL;
    int64_t left = missing / 2 + (missing & width & 1); // as CPython rounds it
    return missing == 0 ? keep(t, self) : string_padded(t, self, fill, left, missing - left);
}
STRING_METHOD(zfill)
{
    int64_t width, missing;
    const char *fill;
    struct string *s = string_of(self);
    if (!padding(t, self, argument, 1, &width, &missing, &fill))
        return NULL;
    if (missing == 0)
        return keep(t, self);
    struct object *filled = string_padded(t, self, "0", missing, 0);
    // a new string that nobody has seen: the sign goes to its beginning
    if (filled != NULL && s->length != 0 && (s->bytes[0] == '+' || s->bytes[0] == '-')) {
        string_of(filled)->bytes[0] = s->bytes[0];
        string_of(filled)->bytes[missing] = '0';
    }
    return filled;
}
STRING_METHOD(expandtabs)
{
    struct string *s = string_of(self);
    bool ok = true;
    struct object *size = named(t, argument, n, keyword, 0, &ok);
    int64_t tab = 8, column = 0;
    if (!ok || (size != NULL && !as_index(t, size, &tab)))
        return NULL;
    if (!text_fits(t, tab))
        return NULL;
    struct builder b;
    builder_open(&b);
    for (size_t i = 0; i < s->length; i += utf8_length(s->bytes[i])) {
        char c = s->bytes[i];
        if (c == '\t') {
            int64_t missing = tab > 0 ? tab - column % tab : 0;
            builder_fill(&b, " ", missing);
            column += missing;
        } else {
            builder_fill(&b, s->bytes + i, 1);
            column = c == '\n' || c == '\r' ? 0 : column + 1;
        }
    }
    return builder_string(t, &b);
}

// --- methods: searching -----------------------------------------------------------------------

// As a code point's index, or -1; -2: error.
static int64_t string_search(struct thread *t, struct object *self, struct object *const *argument,
                             unsigned n, bool last)
{
    int64_t from, to;
    struct string *s = string_of(self);
    if (!want_string(t, argument[0], "") || !text_bounds(t, s, argument, n, 1, &from, &to))
        return -2;
    int64_t at = text_find(s, from, to, string_of(argument[0]), last);
    return at < 0 ? at : (int64_t)text_index(s, (size_t)at);
}
static struct object *string_searched(struct thread *t, int64_t at, bool must)
{
    if (at == -1 && must)
        return raise_error(t, RAISES_VALUE_ERROR, "substring not found");
    return at == -2 ? NULL : int_new(t, at);
}
STRING_METHOD(find)
{
    return string_searched(t, string_search(t, self, argument, n, false), false);
}
STRING_METHOD(rfind)
{
    return string_searched(t, string_search(t, self, argument, n, true), false);
}
STRING_METHOD(index)
{
    return string_searched(t, string_search(t, self, argument, n, false), true);
}
STRING_METHOD(rindex)
{
    return string_searched(t, string_search(t, self, argument, n, true), true);
}
static int64_t text_occurrences(const struct string *s, int64_t from, int64_t to,
                                const struct string *sub)
{
    int64_t n = 0;
    if (from > to)
        return 0;
    if (sub->length == 0)
        return (int64_t)utf8_count(s->bytes + from, (size_t)(to - from)) + 1;
    for (; (from = text_find(s, from, to, sub, false)) >= 0; from += (int64_t)sub->length)
        n++;
    return n;
}
STRING_METHOD(count)
{
    int64_t from, to;
    struct string *s = string_of(self);
    if (!want_string(t, argument[0], "") || !text_bounds(t, s, argument, n, 1, &from, &to))
        return NULL;
    return int_new(t, text_occurrences(s, from, to, string_of(argument[0])));
}

static bool text_begins(const struct string *s, int64_t from, int64_t to, const struct string *sub,
                        bool at_end)
{
    int64_t n = (int64_t)sub->length;
    return to - from >= n &&
           memcmp(s->bytes + (at_end ? to - n : from), sub->bytes, sub->length) == 0;
}
static struct object *string_begins(struct thread *t, struct object *self,
                                    struct object *const *argument, unsigned n, bool at_end)
{
    const char *method = at_end ? "endswith" : "startswith";
    struct object *o = argument[0];
    int64_t from, to;
    struct string *s = string_of(self);
    if (!text_bounds(t, s, argument, n, 1, &from, &to))
        return NULL;
    if (is_string(o))
        return truth(t, text_begins(s, from, to, string_of(o), at_end));
    if (!is_tuple(o))
        return raise_error(t, RAISES_TYPE_ERROR,
                           "%s first arg must be str or a tuple of str, not %s", method,
                           type_name(t, o));
    for (size_t i = 0; i < tuple_length(o); i++) {
        struct object *item = tuple_item(o, i);
        if (!is_string(item))
            return raise_error(t, RAISES_TYPE_ERROR, "tuple for %s must only contain str, not %s",
                               method, type_name(t, item));
        if (text_begins(s, from, to, string_of(item), at_end))
            return truth(t, true);
    }
    return truth(t, false);
}
STRING_METHOD(startswith)
{
    return string_begins(t, self, argument, n, false);
}
STRING_METHOD(endswith)
{
    return string_begins(t, self, argument, n, true);
}

STRING_METHOD(replace)
{
    int64_t most = -1, at = 0, next, length;
    if (!want_string(t, argument[0], "replace() argument 1 ") ||
        !want_string(t, argument[1], "replace() argument 2 ") ||
        (n > 2 && !as_index(t, argument[2], &most)))
        return NULL;
    struct string *s = string_of(self), *old = string_of(argument[0]),
                  *new = string_of(argument[1]);
    int64_t end = (int64_t)s->length, there = text_occurrences(s, 0, end, old);
    if (most < 0 || most > there)
        most = there;
    if (most == 0)
        return keep(t, self);
    if (__builtin_mul_overflow(most, (int64_t) new->length, &length) || length > TEXT_MOST)
        length = TEXT_MOST;
    if (!text_fits(t, end - most * (int64_t)old->length + length))
        return NULL;
    struct builder b;
    builder_open(&b);
    for (; most != 0; most--) {
        next = old->length != 0 ? text_find(s, at, end, old, false) : at;
        builder_add(&b, s->bytes + at, (size_t)(next - at));
        builder_add(&b, new->bytes, new->length);
        at = next + (int64_t)old->length;
        if (old->length == 0 && at < end) { // before each code point
            builder_fill(&b, s->bytes + at, 1);
            at += (int64_t)utf8_length(s->bytes[at]);
        }
    }
    builder_add(&b, s->bytes + at, (size_t)(end - at));
    return builder_string(t, &b);
}

// --- methods: splitting and joining -----------------------------------------------------------

// At most so many times, from the left; a negative number is no bound. sep NULL: at runs of spaces.
static struct object *string_split_left(struct thread *t, struct object *o,
                                        const struct string *sep, int64_t most)
{
    struct string *s = string_of(o);
    struct parts p;
    int64_t at = 0, end = (int64_t)s->length, next;
    parts_open(&p);
    if (sep != NULL) {
        while (most-- != 0 && (next = text_find(s, at, end, sep, false)) >= 0) {
            parts_add(&p, string_part(t, o, (size_t)at, (size_t)next));
            at = next + (int64_t)sep->length;
        }
        parts_add(&p, string_part(t, o, (size_t)at, (size_t)end));
        return parts_list(t, &p);
    }
    for (;; at = next) {
        while (at < end && code_in(s->bytes + at, NULL))
            at += (int64_t)utf8_length(s->bytes[at]);
        if (at == end)
            return parts_list(t, &p);
        bool rest = most-- == 0;
        for (next = rest ? end : at; next < end && !code_in(s->bytes + next, NULL);)
            next += (int64_t)utf8_length(s->bytes[next]);
        parts_add(&p, string_part(t, o, (size_t)at, (size_t)next));
    }
}
// The same from the right.
static struct object *string_split_right(struct thread *t, struct object *o,
                                         const struct string *sep, int64_t most)
{
    struct string *s = string_of(o);
    struct parts p;
    parts_open(&p);
    if (sep != NULL) {
        int64_t end = (int64_t)s->length, next;
        while (most-- != 0 && (next = text_find(s, 0, end, sep, true)) >= 0) {
            parts_add(&p, string_part(t, o, (size_t)next + sep->length, (size_t)end));
            end = next;
        }
        parts_add(&p, string_part(t, o, 0, (size_t)end));
    } else {
        for (const char *end = s->bytes + s->length, *next;; end = next) {
            while (end > s->bytes && code_in(utf8_before(end), NULL))
                end = utf8_before(end);
            if (end == s->bytes)
                break;
            bool rest = most-- == 0;
            for (next = rest ? s->bytes : end;
                 next > s->bytes && !code_in(utf8_before(next), NULL);)
                next = utf8_before(next);
            parts_add(&p, string_part(t, o, (size_t)(next - s->bytes), (size_t)(end - s->bytes)));
        }
    }
    for (size_t i = 0; i < p.n / 2; i++) {
        struct object *last = p.item[p.n - 1 - i];
        p.item[p.n - 1 - i] = p.item[i];
        p.item[i] = last;
    }
    return parts_list(t, &p);
}
static struct object *string_splitting(struct thread *t, struct object *self,
                                       struct object *const *argument, unsigned n,
                                       struct object *const *keyword, bool right)
{
    bool ok = true;
    struct object *sep = named(t, argument, n, keyword, 0, &ok);
    struct object *maxsplit = named(t, argument, n, keyword, 1, &ok);
    const struct string *between = NULL;
    int64_t most = -1;
    if (!ok || (maxsplit != NULL && !as_index(t, maxsplit, &most)))
        return NULL;
    if (!is_none(t, sep)) {
        if (!is_string(sep))
            return raise_error(t, RAISES_TYPE_ERROR, "must be str or None, not %s",
                               type_name(t, sep));
        between = string_of(sep);
        if (between->length == 0)
            return raise_error(t, RAISES_VALUE_ERROR, "empty separator");
    }
    return right ? string_split_right(t, self, between, most)
                 : string_split_left(t, self, between, most);
}
STRING_METHOD(split)
{
    return string_splitting(t, self, argument, n, keyword, false);
}
STRING_METHOD(rsplit)
{
    return string_splitting(t, self, argument, n, keyword, true);
}
STRING_METHOD(splitlines)
{
    struct string *s = string_of(self);
    bool ok = true;
    struct object *keepends = named(t, argument, n, keyword, 0, &ok);
    int kept = keepends != NULL && ok ? is_true(t, keepends) : 0;
    if (!ok || kept < 0)
        return NULL;
    struct parts p;
    parts_open(&p);
    for (size_t at = 0, end, next; at < s->length; at = next) {
        for (end = at; end < s->length && !is_line_end(utf8_read(s->bytes + end));)
            end += utf8_length(s->bytes[end]);
        next = end;
        if (end < s->length)
            next += utf8_length(s->bytes[end]);
        if (end + 1 < s->length && s->bytes[end] == '\r' && s->bytes[end + 1] == '\n')
            next = end + 2;
        parts_add(&p, string_part(t, self, at, kept ? next : end));
    }
    return parts_list(t, &p);
}
static struct object *string_parted(struct thread *t, struct object *self, struct object *sep,
                                    bool last)
{
    struct string *s = string_of(self);
    if (!want_string(t, sep, ""))
        return NULL;
    if (string_of(sep)->length == 0)
        return raise_error(t, RAISES_VALUE_ERROR, "empty separator");
    int64_t at = text_find(s, 0, (int64_t)s->length, string_of(sep), last);
    struct object *empty = name_of(t, NAME_EMPTY), *part[3];
    if (at < 0) {
        part[last ? 2 : 0] = keep(t, self);
        part[1] = keep(t, empty);
        part[last ? 0 : 2] = keep(t, empty);
    } else {
        part[0] = string_part(t, self, 0, (size_t)at);
        part[1] = keep(t, sep);
        part[2] = string_part(t, self, (size_t)at + string_of(sep)->length, s->length);
    }
    return tuple_make(t, part, 3);
}
STRING_METHOD(partition)
{
    return string_parted(t, self, argument[0], false);
}
STRING_METHOD(rpartition)
{
    return string_parted(t, self, argument[0], true);
}

struct joining {
    struct builder text;
    struct string *between;
    struct object *only; // the one item that there is so far, counted
    size_t n;
};
static bool join_one(struct thread *t, void *argument, struct object *item)
{
    struct joining *j = argument;
    if (!is_string(item)) {
        raise_error(t, RAISES_TYPE_ERROR, "sequence item %zu: expected str instance, %s found",
                    j->n, type_name(t, item));
        return false;
    }
    if (j->n != 0)
        builder_add(&j->text, j->between->bytes, j->between->length);
    else
        j->only = keep(t, item);
    j->n++;
    builder_object(&j->text, item);
    return text_fits(t, (int64_t)j->text.length);
}
STRING_METHOD(join)
{
    struct joining j = {.between = string_of(self)};
    struct object *items = argument[0], *iterator = NULL;
    if (!is_list(items) && !is_tuple(items)) {
        items = iterator = iterate(t, items);
        if (iterator == NULL && raised(t, RAISES_TYPE_ERROR))
            raise_error(t, RAISES_TYPE_ERROR, "can only join an iterable");
        if (iterator == NULL)
            return NULL;
    }
    builder_open(&j.text);
    struct object *joined = NULL;
    if (!for_each(t, items, join_one, &j))
        builder_close(&j.text);
    else if (j.n == 1) {
        builder_close(&j.text);
        joined = keep(t, j.only);
    } else
        joined = builder_string(t, &j.text);
    drop_maybe(t, j.only);
    drop_maybe(t, iterator);
    return joined;
}

// --- the type ---------------------------------------------------------------------------------

#define REFUSED(name)                                                  \
    STRING_METHOD(name)                                                \
    {                                                                  \
        (void)self;                                                    \
        return raise_fatal(t, "str.%s()", #name);                      \
    }
REFUSED(encode)
REFUSED(maketrans)
REFUSED(translate)

static const struct builtin_def string_methods[] = {
    {"capitalize", string_capitalize, 0, 0, {0}},
    {"casefold", string_casefold, 0, 0, {0}},
    {"center", string_center, 1, 2, {0}},
    {"count", string_count, 1, 3, {0}},
    {"encode", string_encode, 0, BUILTIN_ANY, {"encoding", "errors"}},
    {"endswith", string_endswith, 1, 3, {0}},
    {"expandtabs", string_expandtabs, 0, 1, {"tabsize"}},
    {"find", string_find, 1, 3, {0}},
    {"format", string_format_method, 0, BUILTIN_ANY, {BUILTIN_NAMES}},
    {"format_map", string_format_map, 1, 1, {0}},
    {"index", string_index, 1, 3, {0}},
    {"isalnum", string_isalnum, 0, 0, {0}},
    {"isalpha", string_isalpha, 0, 0, {0}},
    {"isascii", string_isascii, 0, 0, {0}},
    {"isdecimal", string_isdecimal, 0, 0, {0}},
    {"isdigit", string_isdigit, 0, 0, {0}},
    {"isidentifier", string_isidentifier, 0, 0, {0}},
    {"islower", string_islower, 0, 0, {0}},
    {"isnumeric", string_isnumeric, 0, 0, {0}},
    {"isprintable", string_isprintable, 0, 0, {0}},
    {"isspace", string_isspace, 0, 0, {0}},
    {"istitle", string_istitle, 0, 0, {0}},
    {"isupper", string_isupper, 0, 0, {0}},
    {"join", string_join, 1, 1, {0}},
    {"ljust", string_ljust, 1, 2, {0}},
    {"lower", string_lower, 0, 0, {0}},
    {"lstrip", string_lstrip, 0, 1, {0}},
    {"maketrans", string_maketrans, 0, BUILTIN_ANY, {0}},
    {"partition", string_partition, 1, 1, {0}},
    {"removeprefix", string_removeprefix, 1, 1, {0}},
    {"removesuffix", string_removesuffix, 1, 1, {0}},
    {"replace", string_replace, 2, 3, {0}},
    {"rfind", string_rfind, 1, 3, {0}},
    {"rindex", string_rindex, 1, 3, {0}},
    {"rjust", string_rjust, 1, 2, {0}},
    {"rpartition", string_rpartition, 1, 1, {0}},
    {"rsplit", string_rsplit, 0, 2, {"sep", "maxsplit"}},
    {"rstrip", string_rstrip, 0, 1, {0}},
    {"split", string_split, 0, 2, {"sep", "maxsplit"}},
    {"splitlines", string_splitlines, 0, 1, {"keepends"}},
    {"startswith", string_startswith, 1, 3, {0}},
    {"strip", string_strip, 0, 1, {0}},
    {"swapcase", string_swapcase, 0, 0, {0}},
    {"title", string_title, 0, 0, {0}},
    {"translate", string_translate, 0, BUILTIN_ANY, {0}},
    {"upper", string_upper, 0, 0, {0}},
    {"zfill", string_zfill, 1, 1, {0}},
    {0},
};

static const struct slots string_slots = {
    .kind = KIND_STRING,
    .binary = {[OPERATOR_ADD] = string_add,
               [OPERATOR_MULTIPLY] = string_multiply,
               [OPERATOR_REMAINDER] = string_remainder},
    .compare = string_compare,
    .truth = string_truth,
    .length = string_length,
    .subscript = string_subscript,
    .contains = string_contains,
    .iterate = sequence_iterator,
    .repr = string_repr,
    .str = string_str,
    .method = string_methods,
};

#endif
