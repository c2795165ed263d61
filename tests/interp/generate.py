#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tests/interp/generate.py SEED [--own]: a random program of the subset that workloads/interp runs.

It defines bench(n), which returns a string that everything computed goes into. The program ends soon:
loops run over few numbers, calls go only to functions that are defined before, recursion counts
down. Integers are cut back by % after each step, so that they stay far within 64 bits. What a
builtin refuses is caught; the exception's type goes into the result.

Functions write globals, so calls in several threads disturb one another. With --own, all of it is within
bench(n): each call has its own functions, classes and variables.
"""
import random
import sys

INTS, FLOATS, STRINGS = "abcd", "fgh", "stu"  # the variables that each function has, by type
LISTS, DICTS = "lm", "pq"
WORDS = ["ab", "xyz", "", "a b c", "Q", "hello", "12", " pad ", "\\u00e9t\\u00e9", "x,y,,z"]
ERRORS = ["ValueError", "KeyError", "IndexError", "TypeError", "ZeroDivisionError",
          "Trouble", "WorseTrouble"]


class Generator:
    def __init__(self, seed):
        self.r = random.Random(seed)
        self.lines, self.depth = [], 0
        self.functions = []  # what may be called: takes two integers, returns one
        self.loops = 0  # of which break and continue may leave one
        self.names = 0
        self.budget = 0  # statements that this function may still have
        self.work = 1  # how often the innermost loop's body runs in one call

    def one(self, *choices):
        return self.r.choice(choices)

    def chance(self, percent):
        return self.r.randrange(100) < percent

    def new(self, stem):
        self.names += 1
        return "%s%d" % (stem, self.names)

    def put(self, line):
        self.lines.append("    " * self.depth + line)

    # Expressions. Each is closed: it fits wherever an operand does.

    def integer(self, level=2):
        r = self.r
        if level <= 0 or self.chance(20):
            return self.one(r.choice(INTS), str(r.randrange(-9, 100)), r.choice(INTS))
        a, b = self.integer(level - 1), self.integer(level - 1)
        return self.one(
            lambda: "((%s %s %s) %% %d)" % (a, self.one("+", "-", "*"), b, r.randrange(2, 99991)),
            lambda: "(%s %s %s)" % (a, self.one("//", "%"), self.one(b, str(r.randrange(1, 50)))),
            lambda: "((%s %s %s) & 0xfffff)" % (a, self.one("&", "|", "^"), b),
            lambda: "(((%s) & 0xffff) %s (%s & 7))" % (a, self.one("<<", ">>"), b),
            lambda: "((%s %% 7) ** %d)" % (a, r.randrange(0, 6)),
            lambda: "(%s %s)" % (self.one("-", "~", "+"), a),
            lambda: "(%s if %s else %s)" % (a, self.condition(level - 1), b),
            lambda: "(%s %s %s)" % (a, self.one("and", "or"), b),
            lambda: "len(%s)" % self.container(level - 1),
            lambda: "sum(%s) %% 10007" % self.integers(level - 1),
            lambda: "%s(%s, %s, 3)" % (self.one("min", "max"), a, b),
            lambda: "%s(%s + [%s])" % (self.one("min", "max"), self.integers(level - 1), a),
            lambda: "abs(%s)" % a,
            lambda: "int(%s %s %s)" % (a, self.one("<", "==", ">="), b),
            lambda: "int(%s) %% 1009" % self.real(level - 1),
            lambda: "(%s)[%s]" % (self.integers(level - 1), self.small()),
            lambda: "%s.get(%s, %s)" % (r.choice(DICTS), a, b),
            lambda: "%s[%s]" % (r.choice(DICTS), a),
            lambda: "%s.%s(%s)" % (r.choice(STRINGS), self.one("count", "find"), self.text(0)),
            lambda: "ord((%s + 'k')[0])" % self.text(level - 1),
            lambda: "(lambda x, y=%s: (x + y) %% 1013)(%s)" % (b, a),
            lambda: self.call(a, b),
            lambda: "%s.count(%s)" % (r.choice(LISTS), a),
            lambda: "%s.index(%s)" % (r.choice(LISTS), a),
            lambda: "(%s).bit_length()" % a,
            lambda: "len({x %% %d for x in %s})" % (r.randrange(1, 9), self.integers(level - 1)),
            lambda: "sum([i * x for i, x in enumerate(%s, %d)], %s) %% 7919" % (
                self.integers(level - 1), r.randrange(4), a),
            lambda: "%s(%s, key=lambda x: (x %% %d, x))" % (
                self.one("min", "max"), self.integers(level - 1), r.randrange(2, 9)),
            lambda: "int(%s%s)" % self.one(("'12'", ""), ("'ff'", ", 16"), ("'-101'", ", 2"), ("s", "")),
            lambda: "divmod(%s, %d)[%d]" % (a, r.randrange(-7, 8), r.randrange(2)),
            lambda: "pow(%s %% 50, %d, %d)" % (a, r.randrange(6), r.randrange(1, 99)),
            lambda: "round(%s) %% 997" % self.real(level - 1),
            lambda: "(%s).%s(%s)" % (self.text(level - 1), self.one("find", "rfind", "index", "count"), self.text(0)),
        )()

    def call(self, a, b):
        if self.work > 30 or not self.functions:
            return "(%s %% 5)" % a
        name = self.r.choice(self.functions)
        return self.one("%s(%s, %s)", "%s(%s, y=%s)", "%s(y=%s, x=%s)") % (name, a, b) + " % 10009"

    def small(self):
        return str(self.r.randrange(-3, 4)) if self.chance(60) else "(%s %% 4)" % self.r.choice(INTS)

    def real(self, level=2):
        r = self.r
        if level <= 0 or self.chance(25):
            return self.one(r.choice(FLOATS), repr(round(r.uniform(-50, 50), r.randrange(0, 6))), "1e10", "0.1")
        a = self.real(level - 1)
        return self.one(
            lambda: "(%s %s %s)" % (a, self.one("+", "-", "*"), self.real(level - 1)),
            lambda: "(%s / %s)" % (a, self.one(self.real(level - 1), self.integer(0))),
            lambda: "(%s %s %s)" % (a, self.one("//", "%"), self.one("3.5", "0.75", "-2.5")),
            lambda: "(%s %s %s)" % (a, self.one("+", "*"), self.integer(level - 1)),
            lambda: "float(%s)" % self.integer(level - 1),
            lambda: "abs(%s)" % a,
            lambda: "(-%s)" % a,
            lambda: "max(%s, %s)" % (a, self.real(level - 1)),
            lambda: "(%s if %s else %s)" % (a, self.condition(level - 1), r.choice(FLOATS)),
            lambda: "float(%s)" % self.one("'2.5'", "'1e3'", "'nope'", "str(%s)" % self.integer(0)),
        )()

    def text(self, level=2):
        r = self.r
        if level <= 0 or self.chance(20):
            return self.one(r.choice(STRINGS), '"%s"' % r.choice(WORDS))
        a = self.text(level - 1)
        return self.one(
            lambda: "(%s + %s)" % (a, self.text(level - 1)),
            lambda: "(%s)[:9] * %d" % (a, r.randrange(0, 4)),
            lambda: "(%s).%s()" % (a, self.one("upper", "lower", "strip", "lstrip", "rstrip")),
            lambda: "(%s)[%s]" % (a, self.slice()),
            lambda: "(%s)[%s]" % (a, self.small()),
            lambda: "(%s).replace(%s, %s)" % (a, self.one("'a'", "'x'", "' '"), self.one("''", "'bb'")),
            lambda: "str(%s)" % self.one(self.integer, self.real, self.integers)(level - 1),
            lambda: "repr(%s)" % self.one(self.text, self.real, self.integers)(level - 1),
            lambda: "%s.join([str(x) for x in %s])" % (self.one("','", "''"), self.integers(level - 1)),
            lambda: "chr(97 + %s %% 26)" % self.integer(level - 1),
            lambda: "'|'.join((%s).split(%s))" % (a, self.one("", "','")),
            lambda: "(%s)[:9].%s(%d%s)" % (a, self.one("center", "ljust", "rjust"), r.randrange(14),
                                           self.one("", ", '*'")),
            lambda: "(%s)[:9].zfill(%d)" % (a, r.randrange(14)),
            lambda: "(%s).%s()" % (a, self.one("title", "capitalize", "swapcase")),
            lambda: "str((%s).%s(%s))" % (a, self.one("partition", "rpartition"), self.one("','", "'a'", "' '")),
            lambda: "''.join(%s(%s))" % (self.one("reversed", "sorted", "list"), a),
            lambda: "''.join([c for c in %s if c %s 'b'])" % (a, self.one("!=", ">", "not in", "<=")),
            lambda: "str(%s)[:30]" % self.one("{k: v for k, v in sorted(%s.items())}" % r.choice(DICTS),
                                              "(%s, s)" % r.choice(INTS), "[s, %s]" % r.choice(FLOATS)),
            lambda: self.formatted(level - 1),
            lambda: "(%s if %s else %s)" % (a, self.condition(level - 1), r.choice(STRINGS)),
        )()

    def formatted(self, level):
        parts = []
        for _ in range(self.r.randrange(1, 4)):
            parts.append(self.one(
                lambda: "{%s:%s}" % (self.r.choice(INTS), self.one("d", "5d", "05d", "<6", ">+7d", "x", "^9", "b", ",",
                                                                    "#x", "o", "=+8", "*^10,", "_", "#010b")),
                lambda: "{%s:%s}" % (self.r.choice(FLOATS), self.one(".2f", "10.3f", ".3e", "g", "+.1f", "012.4f",
                                                                      "%", "<9.1f", ",.2f", ".4g", "^+12.3e")),
                lambda: "{%s[:8]%s}" % (self.r.choice(STRINGS), self.one("", "!r", ":>10", ":*^9", ":.3")),
                lambda: "{%s=}" % self.r.choice(INTS),
                lambda: "{%s:>{%s %% 9 + 1}}" % (self.r.choice(INTS), self.r.choice(INTS)),
                lambda: "{len(%s)}" % self.r.choice(LISTS),
                lambda: self.one("-", " text ", "{{}}", "\\n"))())
        return 'f"%s"' % "".join(parts)

    def slice(self):
        part = lambda: self.one("", str(self.r.randrange(-4, 6)))
        step = self.one("", "", ":2", ":-1", ":-2", ":3", ":")
        return "%s:%s%s" % (part(), part(), step)

    def integers(self, level=2):
        r = self.r
        if level <= 0 or self.chance(25):
            return r.choice(LISTS)
        a = self.integers(level - 1)
        condition = self.one("", " if x % 2", " if x > 3 if x < 50")
        return self.one(
            lambda: "[%s]" % ", ".join(self.integer(level - 1) for _ in range(r.randrange(0, 4))),
            lambda: "(%s + %s)" % (a, self.integers(0)),
            lambda: "(%s)[%s]" % (a, self.slice()),
            lambda: "[(x * %d + %s) %% 97 for x in %s%s]" % (r.randrange(9), r.choice(INTS), a, condition),
            lambda: "[x + y for x in range(%d) for y in %s[:3]]" % (r.randrange(4), a),
            lambda: "sorted(%s%s)" % (a, self.one("", ", reverse=True", ", key=lambda x: (x % 7, x)",
                                                  ", key=lambda x: -x, reverse=True")),
            lambda: "sorted({x %% 11 for x in %s})" % a,
            lambda: "list(range(%d, %d, %s))" % (r.randrange(9), r.randrange(9), self.one("1", "2", "-1", "-3")),
            lambda: "[i * x %% 31 for i, x in enumerate(%s)]" % a,
            lambda: "[x - y for x, y in zip(%s, %s)]" % (a, r.choice(LISTS)),
            lambda: "list(reversed(%s))" % a,
            lambda: "sorted(%s.%s())" % (r.choice(DICTS), self.one("keys", "values")),
            lambda: "[%s[k] for k in sorted(%s)]" % ((r.choice(DICTS),) * 2),
            lambda: "sorted(set(%s) %s {1, 2, 3, %s})" % (a, self.one("|", "&", "-", "^"), r.choice(INTS)),
            lambda: "list(%s)" % self.one("(1, %s)" % r.choice(INTS), "{x: 1 for x in %s}" % a),
            lambda: "(%s)[%s:%s:%d]" % (a, self.one("", r.choice(INTS)), self.one("", r.choice(INTS)),
                                          r.choice((-3, -2, -1, 2))),
            lambda: "[f(x) %% 89 for f in [lambda x, k=k: x * k + %s for k in range(3)] for x in %s[:3]]" % (
                r.choice(INTS), a),
            lambda: "[f() %% 83 for f in [lambda: x + %s for x in %s[:4]]]" % (r.choice(INTS), a),
            lambda: "[y for y in [[x, %s] for x in %s[:4]] for y in y]" % (r.choice(INTS), a),
            lambda: "[sum([x * y for y in range(x %% 4)]) for x in %s]" % a,
            lambda: "[k + v for k, v in sorted(%s.items(), key=lambda kv: (kv[1], -kv[0])%s)]" % (
                r.choice(DICTS), self.one("", ", reverse=True")),
            lambda: "[len(w) for w in sorted([s, t, u], key=len%s)]" % self.one("", ", reverse=True"),
            lambda: "sorted({1, %s}.%s(%s))" % (
                r.choice(INTS), self.one("union", "intersection", "difference", "symmetric_difference"), a),
            lambda: "[int(x) for x in %s.split(',') if x.isdigit()]" % self.text(0),
            lambda: "[x if x > y else y for x, y in zip(%s, reversed(%s))]" % (a, r.choice(LISTS)),
        )()

    def container(self, level):
        return self.one(self.integers, self.text)(level) if self.chance(70) else self.r.choice(DICTS)

    def condition(self, level=2):
        r = self.r
        if level <= 0 or self.chance(20):
            return "(%s %s %s)" % (self.integer(0), self.one("<", ">", "==", "!=", "<=", ">="), self.integer(0))
        a, b = self.condition(level - 1), self.condition(level - 1)
        return self.one(
            lambda: "(%s %s %s)" % (a, self.one("and", "or"), b),
            lambda: "(not %s)" % a,
            lambda: "(%s < %s <= %s)" % tuple(self.integer(level - 1) for _ in range(3)),
            lambda: "(%s %s %s)" % (self.integer(level - 1), self.one("in", "not in"), self.integers(level - 1)),
            lambda: "(%s %s %s)" % (self.text(0), self.one("in", "==", "<", "not in"), self.text(level - 1)),
            lambda: "(%s %s %s)" % (self.integers(0), self.one("==", "<", "!="), self.integers(level - 1)),
            lambda: "(%s %s %s)" % (self.real(level - 1), self.one("<", ">="), self.real(0)),
            lambda: "(%s %s None)" % (self.r.choice(INTS), self.one("is", "is not")),
            lambda: "isinstance(%s, %s)" % (self.integer(0), self.one("int", "str", "(int, float)", "bool")),
            lambda: "%s([x > 2 for x in %s])" % (self.one("any", "all"), self.integers(level - 1)),
            lambda: "bool(%s)" % self.container(level - 1),
            lambda: "(%s %s %s %s %s)" % (self.integer(0), self.one("<", "!=", "<="), self.integer(level - 1),
                                          self.one(">", "==", ">="), self.integer(0)),
            lambda: "set(%s).%s(%s)" % (self.integers(0), self.one("issubset", "issuperset", "isdisjoint"),
                                        self.integers(level - 1)),
            lambda: "(set(%s) %s {1, 2})" % (self.integers(level - 1), self.one("<", "<=", ">", ">=", "==")),
            lambda: "((%s, %s) %s (%s, s))" % (self.integer(0), self.text(0), self.one("<", "==", ">="),
                                               self.integer(0)),
            lambda: "(%s is %s)" % ((r.choice(LISTS), r.choice(LISTS))),
            lambda: "(%s).%s" % (self.text(0), self.one("isdigit()", "startswith('a')", "endswith('z')")),
        )()

    # Statements.

    def block(self, n=None):
        self.depth += 1
        for _ in range(n or self.r.randrange(1, 4)):
            self.statement()
        self.depth -= 1

    def statement(self):
        self.budget -= 1
        kinds = [self.assign] * 6 + [self.augment] * 3 + [self.mutate] * 4 + [self.note] * 3 + [self.unpack] * 2
        if self.budget > 0 and self.depth < 6:
            kinds += [self.branch] * 3 + [self.loop] * 3 + [self.guarded] * 4 + [self.closure, self.instance] * 2
            kinds += [self.deletion, self.scoped, self.nested, self.named, self.local_class]
        if self.loops:
            kinds += [self.escape] * 2
        if self.chance(4):
            kinds = [self.leave]
        self.r.choice(kinds)()

    def assign(self):
        r = self.r
        self.put(self.one(
            lambda: "%s = %s" % (r.choice(INTS), self.integer(3)),
            lambda: "%s = %s" % (r.choice(INTS), self.integer(3)),
            lambda: "%s = %s" % (r.choice(FLOATS), self.real()),
            lambda: "%s = (%s)[:40]" % (r.choice(STRINGS), self.text()),
            lambda: "%s = (%s)[:12]" % (r.choice(LISTS), self.integers()),
            lambda: "%s = {k: %s for k in %s}" % (r.choice(DICTS), self.one("k * 2 % 101", "a", "k"), self.integers(1)),
            lambda: "%s = %s = %s" % (INTS[r.randrange(2)], INTS[2 + r.randrange(2)], self.integer()),
        )())

    def augment(self):
        r = self.r
        v = r.choice(INTS)
        self.one(
            lambda: self.put("%s %s= %s; %s %%= 100003" % (v, self.one("+", "-", "*", "|", "^", "&"), self.integer(), v)),
            lambda: self.put("%s //= %s" % (v, self.integer(1))),
            lambda: self.put("%s[%s] += %s" % (r.choice(LISTS), self.small(), self.integer(1))),
            lambda: self.put("%s[%s] %s= %s" % (r.choice(LISTS), self.small(), self.one("-", "|", "&", "^", "%", "//"),
                                                self.integer(1))),
            lambda: self.put("%s[%s] *= %d" % (r.choice(LISTS), self.small(), r.randrange(-1, 2))),
            lambda: self.put("%s += (%s)[:3]" % (r.choice(LISTS), self.integers(1))),
            lambda: self.put("%s = %s[:5]; %s *= %d" % ((lambda x: (x, x, x, r.randrange(3)))(r.choice(LISTS)))),
            lambda: self.put("%s &= 0xffff; %s <<= %d; %s >>= %d" % (v, v, r.randrange(9), v, r.randrange(9))),
            lambda: self.put("%s %%= 9; %s **= %d" % (v, v, r.randrange(4))),
            lambda: self.put("z = {1, 2, %s}; z %s= set(%s); note(sorted(z))" % (
                v, self.one("|", "&", "-", "^"), self.integers(1))),
            lambda: self.put("%s[%s] = %s; %s[%s] -= 1" % ((r.choice(DICTS), v, self.integer(1)) + (r.choice(DICTS), v))),
            lambda: self.put("%s += %s; %s = %s[-40:]" % ((lambda s: (s, self.text(1), s, s))(r.choice(STRINGS)))),
            lambda: self.put("%s %s= %s" % (r.choice(FLOATS), self.one("+", "-", "*", "/"), self.real(1))),
        )()

    def mutate(self):
        r = self.r
        x, k = r.choice(LISTS), r.choice(DICTS)
        self.put(self.one(
            lambda: "%s.append(%s)" % (x, self.integer(1)),
            lambda: "%s.insert(%s, %s)" % (x, self.small(), self.integer(1)),
            lambda: "%s.pop(%s)" % (x, self.one("", self.small())),
            lambda: "%s.extend((%s)[:5])" % (x, self.integers(1)),
            lambda: "%s.reverse()" % x,
            lambda: "%s.sort(%s)" % (x, self.one("", "reverse=True", "key=lambda v: v % 5")),
            lambda: "%s.remove(%s)" % (x, self.integer(0)),
            lambda: "%s[%s] = %s" % (x, self.small(), self.integer(1)),
            lambda: "%s[%d:%d] = (%s)[:4]" % (x, r.randrange(3), r.randrange(5), self.integers(1)),
            lambda: "%s = %s.copy()" % (x, r.choice(LISTS)),
            lambda: "%s[%s] = %s" % (k, self.integer(1), self.integer(1)),
            lambda: "%s = %s.pop(%s%s)" % (r.choice(INTS), k, self.integer(0), self.one("", ", 7")),
            lambda: "%s = %s.setdefault(%s, %s)" % (r.choice(INTS), k, self.integer(0), self.integer(0)),
            lambda: "%s.update({%s: 1, 5: %s})" % (k, self.integer(0), self.integer(0)),
            lambda: "z = set(%s); z.%s(%s); note(sorted(z))" % (
                self.integers(1), self.one("add", "discard", "remove"), self.integer(0)),
            lambda: "z = set(%s); z.update(%s); note((len(z), sorted(z.copy())))" % (self.integers(1), r.choice(LISTS)),
            lambda: "z = {(%s, 1): %s, %s: 2, None: 3}; note(z.get((%s, 1)))" % (
                self.integer(0), self.integer(1), self.text(0), self.integer(0)),
            lambda: "note(%s.%s)" % (k, self.one("popitem()", "get(%s)" % self.integer(0), "copy() == %s" % k)),
            lambda: "%s[%s:%s:%d] = (%s)[:2]" % (x, self.one("", "1"), self.one("", "4"), r.choice((2, -1, -2)),
                                                 self.integers(1)),
            lambda: "note((%s in %s, len(%s), list(%s)[:3]))" % (self.integer(0), k, k, k),
            lambda: "%s.%s" % (self.one(x, k), "clear()") if self.chance(20) else "%s.append(1)" % x,
        )())

    def unpack(self):
        r = self.r
        self.put(self.one(
            lambda: "%s = %s" % (", ".join(INTS[:3]), ", ".join(INTS[i] for i in r.sample(range(4), 3))),
            lambda: "%s, %s = %s, %s" % (INTS[0], INTS[1], self.integer(1), self.integer(1)),
            lambda: "%s, *%s = %s" % (r.choice(INTS), r.choice(LISTS), self.integers(1)),
            lambda: "a, *l, b = %s" % self.integers(1),
            lambda: "*m, (a, b) = (%s)[:2] + [(%s, c)]" % (self.integers(1), self.integer(0)),
            lambda: "a, l[%s], p[%s] = %s, b, c" % (self.small(), self.integer(0), self.integer(1)),
            lambda: "s, t = t, (s + %s)[:20]" % self.text(0),
            lambda: "a, (b, c) = %s, (%s, %s)" % tuple(self.integer(1) for _ in range(3)),
            lambda: "[a, b] = %s" % self.integers(1),
            lambda: "a, b = divided(%s, %s)" % (self.integer(1), self.integer(0)),
        )())

    def note(self):
        kind = self.one(self.integer, self.real, self.text, self.integers, self.condition)
        self.put("note(%s)" % self.one(lambda: kind(2), lambda: "(%s, %s)" % (kind(1), self.integer(1)),
                                       lambda: "sorted(%s.items())" % self.r.choice(DICTS))())

    def branch(self):
        self.put("if %s:" % self.condition())
        self.block()
        if self.chance(40):
            self.put("elif %s:" % self.condition())
            self.block()
        if self.chance(60):
            self.put("else:")
            self.block()

    def loop(self):
        times = self.r.randrange(2, 6)
        if self.work * times > 150:
            self.note()
            return
        self.work *= times
        i = self.new("i")
        loops, self.loops = self.loops, self.loops + 1
        if self.chance(30):
            self.put("%s = 0" % i)
            self.put("while %s < %d%s:" % (i, times, self.one("", " and %s" % self.condition(1))))
            self.put("    %s += 1" % i)
        else:
            over, target = self.one(
                lambda: ("range(%d)" % times, i),
                lambda: ("%s[:%d]" % (self.r.choice(LISTS), times), i),
                lambda: ("enumerate(%s[:%d])" % (self.r.choice(STRINGS), times), "%s, v" % i),
                lambda: ("sorted(%s.items())[:%d]" % (self.r.choice(DICTS), times), "(%s, v)" % i),
                lambda: ("zip(range(%d), %s)" % (times, self.r.choice(LISTS)), "%s, v" % i),
                lambda: ("range(%d, 0, -1)" % times, i))()
            self.put("for %s in %s:" % (target, over))
        if self.chance(50):
            self.put("    %s = (%s + %s) %% 1000" % ((self.r.choice(INTS),) + (self.r.choice(INTS), i)))
        self.block()
        self.loops = loops
        if self.chance(40):
            self.put("else:")
            self.block(1)
        self.work //= times

    def escape(self):
        self.put("if %s:" % self.condition(1))
        self.put("    " + self.one("break", "continue"))

    def leave(self):
        """Out of the function, or into the handlers."""
        self.put("if %s:" % self.condition(1))
        self.put("    " + self.one(
            lambda: "return %s" % self.integer(1),
            lambda: "raise %s(%s)" % (self.r.choice(ERRORS), self.text(0)),
            lambda: "raise %s" % self.r.choice(ERRORS),
            lambda: "raise Trouble('cause') from ValueError(%s)" % self.integer(0),
            lambda: "assert %s, %s" % (self.condition(1), self.text(0)))())

    def guarded(self):
        """A try with what its parts may end with: nothing, break, continue, return, raise."""
        self.put("try:")
        self.block()
        if self.chance(40):
            self.put("    " + self.risky())
        handlers = self.chance(80)
        if handlers:
            kinds = [self.one(self.r.choice(ERRORS), "(%s, %s)" % tuple(self.r.sample(ERRORS, 2)))
                     for _ in range(self.r.randrange(0, 3))]
            for kind in kinds:
                self.handler(kind)
            if not kinds or self.chance(60):
                self.handler("Exception")
            if self.chance(30):
                self.put("else:")
                self.block(1)
        if not handlers or self.chance(50):
            self.put("finally:")
            self.block(1)
            if self.chance(25):
                self.depth += 1
                self.put("if %s:" % self.condition(1))
                self.put("    " + self.way_out())
                self.depth -= 1

    def way_out(self):
        ways = ["return %s" % self.integer(1)]
        if self.loops:
            ways += ["break", "continue", "continue"]
        return self.r.choice(ways)

    def risky(self):
        return self.one(self.way_out, lambda: "raise %s(%s)" % (self.r.choice(ERRORS), self.integer(0)),
                        lambda: "a = 1 // (b - b)", lambda: "l[99]", lambda: "p['none']",
                        lambda: "int('x' + s)", lambda: "a + s", lambda: "None.nothing",
                        lambda: "undefined_name", lambda: "note.a.b", lambda: "a, b, c = [1, 2]",
                        lambda: "{[]: 1}", lambda: "a()", lambda: "divided(1)", lambda: "len(a)")()

    def handler(self, kind):
        name = self.new("error") if self.chance(60) else None
        self.put("except %s%s:" % (kind, " as " + name if name else ""))
        self.depth += 1
        self.put("note(%s)" % ("type_of(%s)" % name if name else "'caught'"))
        if name and self.chance(20):
            self.put("note([type_of(%s) for _ in range(2)])" % name)
        if name and self.chance(30):
            self.put("note((len(%s.args), isinstance(%s, Trouble)))" % (name, name))
        self.depth -= 1
        self.block(1)
        if self.chance(25):
            self.put("    if %s:" % self.condition(1))
            self.put("        " + self.one("raise", self.way_out(), "raise WorseTrouble(1)"
                                           + (" from " + name if name else "")))

    def nested(self):
        """Each part of a try within each part of another one, all of which is told."""
        def inner(depth):
            self.put("try:")
            self.depth += 1
            self.put("note('%s')" % self.new("in"))
            if depth and self.chance(50):
                inner(depth - 1)
            if self.chance(60):
                self.put(self.risky_plain())
            self.depth -= 1
            for kind in self.r.sample(ERRORS, 2) + ["Exception"] * self.chance(60):
                self.put("except %s:" % kind)
                self.depth += 1
                if depth and self.chance(30):
                    inner(depth - 1)
                self.put(self.one("note('%s')" % kind, "raise", "raise WorseTrouble(%s)" % self.integer(0)))
                self.depth -= 1
            if self.chance(50):
                self.put("else:")
                self.put("    note(%s)" % self.integer(1))
            if self.chance(60):
                self.put("finally:")
                self.depth += 1
                if depth and self.chance(40):
                    inner(depth - 1)
                self.put("note('%s')" % self.new("last"))
                self.depth -= 1
        inner(2)

    def risky_plain(self):
        return self.one("raise %s(%s)" % (self.r.choice(ERRORS), self.integer(0)), "%s" % self.integer(2),
                        "note(l[%s])" % self.small(), "assert %s" % self.condition(1), "del p[%s]" % self.integer(0))

    def named(self):
        """Arguments by place, by name and by default, in all orders; some calls are wrong."""
        f = self.new("named")
        self.put("def %s(x, y=%s, z=%s):" % (f, self.integer(1), self.integer(0)))
        self.put("    return (x * 3 + y * 5 + z * 7) % 6007")
        for _ in range(2):
            x, y, z = self.integer(1), self.integer(0), self.integer(1)
            self.put("%s = %s(%s)" % (self.r.choice(INTS), f, self.one(
                x, "%s, z=%s" % (x, z), "z=%s, x=%s" % (z, x), "%s, %s, z=%s" % (x, y, z), "%s, %s, %s" % (x, y, z),
                "y=%s, z=%s, x=%s" % (y, z, x), *(["y=%s" % y, "%s, x=%s" % (x, y)] if self.chance(20) else []))))

    def local_class(self):
        """A class of the function's own, which sees its variables and derives from one of the module's."""
        kind, o = self.new("Own"), self.new("o")
        v = self.r.choice(INTS[:2])
        self.put("class %s(%s):" % (kind, self.one("Base", "Derived", "Last")))
        self.put("    table = [%s, %s]" % (self.integer(0), self.integer(0)))
        self.put("    def go(self, x=%s, twice=False):" % self.integer(0))
        self.put("        self.table[x %% 2] += %s %% 100" % v)
        self.put("        self.step ^= x & 7")
        self.put("        if twice:")
        self.put("            return super().go(x) + super().go(x=x + 1)")
        self.put("        return super().go(%s) - len(super().name())" % self.one("", "x", "x=x"))
        self.put("    def __eq__(self, other):")
        self.put("        return self.value % 3 == other.value % 3")
        self.put("    def __len__(self):")
        self.put("        return self.value % 4")
        self.put("    def __getitem__(self, i):")
        self.put("        return self.table[i]")
        self.put("%s = %s(%s)" % (o, kind, self.integer(1)))
        self.put("note((%s.go(%s), %s.go(%s, twice=True), %s.table))" % (o, self.integer(0), o, self.integer(0), o))
        self.put("%s.value %s= %s; %s.table[%s] += %s.step" % (o, self.one("+", "-", "^"), self.integer(1), o,
                                                               self.one("0", "1", "-1", "2"), o))
        self.put("note((bool(%s), %s == %s(%s), %s[0], len(%s), isinstance(%s, Derived)))" % (
            o, o, kind, self.integer(0), o, o, o))

    def closure(self):
        f = self.new("inner")
        if self.chance(50):
            self.put("def %s(x, k=%s):" % (f, self.integer(1)))
            v = self.r.choice(INTS)
            self.put("    nonlocal %s" % v)
            self.put("    %s = (%s + x * k) %% 5003" % (v, v))
            self.put("    return %s + %s" % (v, self.one("x", "k", "len(l)")))
        else:
            self.put("%s = lambda x, k=%s: (x * k + %s) %% 4001" % (f, self.integer(1), self.r.choice(INTS)))
        self.put("%s = %s(%s)" % (self.r.choice(INTS), f, self.integer(1)))
        self.put("note([%s(x%s) for x in range(3)])" % (f, self.one("", ", k=2", ", a")))

    def instance(self):
        o = self.new("o")
        self.put("%s = %s(%s%s)" % (o, self.one("Base", "Derived", "Last"), self.integer(1),
                                    self.one("", ", step=%d" % self.r.randrange(5))))
        self.put("%s.value += %s" % (o, self.integer(1)))
        self.put(self.one("note(%s.go(%s))", "note(%s.name() + str(%s))", "%s.extra = %s") % (o, self.integer(1)))
        self.put("note((%s.value, str(%s), %s.count))" % (o, o, o))
        if self.chance(30):
            self.put("note([x.value for x in sorted([%s, Base(%s), Last(2)])])" % (o, self.integer(0)))
        if self.chance(30):
            self.put("del %s.%s" % (o, self.one("extra", "value")))

    def deletion(self):
        self.put(self.one(
            lambda: "del %s[%s]" % (self.r.choice(LISTS), self.small()),
            lambda: "del %s[%s]" % (self.r.choice(LISTS), self.slice()),
            lambda: "del %s[%s]" % (self.r.choice(DICTS), self.integer(0)),
            lambda: "z = [1]; del z")())

    def scoped(self):
        self.put("note(counted(%s))" % self.integer(1))

    def locals(self):
        r = self.r
        for v in INTS[2:]:
            self.put("%s = %d" % (v, r.randrange(-5, 60)))
        for v in FLOATS:
            self.put("%s = %r" % (v, round(r.uniform(-9, 9), 3)))
        for v in STRINGS:
            self.put('%s = "%s"' % (v, r.choice(WORDS)))
        for v in LISTS:
            self.put("%s = %r" % (v, [r.randrange(30) for _ in range(r.randrange(1, 7))]))
        for v in DICTS:
            self.put("%s = %r" % (v, {r.randrange(9): r.randrange(99) for _ in range(4)}))

    def body(self, budget):
        """What a function computes, from its parameters x and y."""
        self.budget, self.work, self.loops = budget, 1, 0
        self.depth += 1
        self.put("a, b = x, y")
        self.locals()
        while self.budget > 0:
            if self.chance(80):  # so that what fails early does not end it all
                self.put("try:")
                self.block()
                self.put("except Exception as error:")
                self.put("    note(type_of(error))")
            else:
                self.statement()
        self.put("note((%s))" % ", ".join(INTS + FLOATS + STRINGS + LISTS))
        self.put("note(sorted(%s.items()))" % self.r.choice(DICTS))
        self.put("return %s" % self.integer(1))
        self.depth -= 1

    def function(self):
        name = self.new("work")
        self.put("def %s(x, y=%d):" % (name, self.r.randrange(9)))
        self.body(self.r.randrange(10, 40))
        self.functions.append(name)

    def recursive(self):
        name = self.new("again")
        a = self.r.randrange(1, 5)
        self.put("def %s(x, y=2, deep=%d):" % (name, self.r.randrange(3, 8)))
        self.put("    if deep <= 0 or x > 90000:")
        self.put("        return x - y")
        self.put("    return (%s(x %% 7001 + %d, y, deep - 1) + %s(y, deep=deep - 2) * %d) %% 9001" % (name, a, name, a))
        self.functions.append(name)

    def program(self):
        for line in PROLOGUE.splitlines():
            self.put(line % {"a": self.r.randrange(2, 9), "b": self.r.randrange(50)})
        for _ in range(self.r.randrange(2, 5)):
            self.one(self.function, self.function, self.recursive)()
        self.put("def bench(n):")
        self.depth += 1
        self.put("global total, notes, calls")
        self.put("total = 0; notes = []; calls = 0; Base.count = 0")
        self.put("for i in range(n % 3 + 1):")
        for name in self.functions:
            self.put("    try:")
            self.put("        note(%s(i, %s))" % (name, self.one("n", "y=i + n", "3")))
            self.put("    except Exception as error:")
            self.put("        note(type_of(error))")
        self.put("return f'{total} {len(notes)} {calls} ' + ';'.join(notes[-40:])")
        self.depth -= 1
        return "\n".join(self.lines) + "\n"


PROLOGUE = '''\
total = 0
notes = []
calls = 0
def note(what):
    global total
    text = str(what)
    for c in text[:60]:
        total = (total * 31 + ord(c)) & 0xffffffffff
    notes.append(text[:60])
class Trouble(Exception):
    pass
class WorseTrouble(Trouble):
    def __init__(self, code=0):
        super().__init__(code)
        self.code = code
def type_of(error):
    for kind, name in [(WorseTrouble, 'worse'), (Trouble, 'trouble'), (ZeroDivisionError, 'zero'),
                       (KeyError, 'key'), (IndexError, 'index'), (UnboundLocalError, 'unbound'),
                       (NameError, 'name'), (TypeError, 'type'), (AttributeError, 'attribute'),
                       (OverflowError, 'overflow'), (AssertionError, 'assertion'), (ValueError, 'value')]:
        if isinstance(error, kind):
            return name
    return 'other'
def divided(a, b):
    return a // b, a %% b
def counted(x):
    global calls
    calls += 1
    return x + calls
class Base:
    count = 0
    scale = %(a)d
    def __init__(self, value, step=%(a)d):
        self.value = value %% 1000
        self.step = step
        Base.count += 1
    def go(self, x=1):
        self.value = (self.value * self.scale + x * self.step) %% 100003
        return self.value
    def name(self):
        return 'base'
    def __str__(self):
        return f'{self.name()}<{self.value}>'
    def __lt__(self, other):
        return self.value < other.value
class Derived(Base):
    scale = %(b)d
    def go(self, x=2):
        return super().go(x=x + 1) + self.step
    def name(self):
        return 'derived ' + super().name()
class Last(Derived):
    def __init__(self, value, step=%(b)d):
        super().__init__(value, step)
        self.seen = [value]
    def go(self, x=3):
        self.seen.append(x)
        return super().go(x) %% 1009 + sum(self.seen) %% 11'''


def program(seed, own=False):
    text = Generator(seed).program()
    if not own:
        return text
    lines = text.replace("global ", "nonlocal ").splitlines()
    return "\n    ".join(["def bench(n):"] + lines + ["return bench(n)"]) + "\n"


def main(arguments):
    own = arguments[1:] == ["--own"]
    if not arguments or not arguments[0].isdigit() or len(arguments) > 1 + own:
        print("usage: tests/interp/generate.py SEED [--own]", file=sys.stderr)
        return 2
    sys.stdout.write(program(int(arguments[0]), own))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
