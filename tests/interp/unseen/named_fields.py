# Keywords of any name, and format strings with named fields.


class Point:
    def __init__(self, x, y):
        self.x = x
        self.items = [x, {"k": y}]

    def __repr__(self):
        return "P(%r)" % self.x

    def __format__(self, spec):
        return "<" + spec + ">"


class Missing:
    def __getitem__(self, name):
        return "no " + name


def told(f):
    try:
        return f()
    except (TypeError, KeyError, ValueError, IndexError, AttributeError) as e:
        return repr(e)


def bench(n):
    p = Point(n, n * 2)
    d = dict(a=n, b=[n])
    e = dict({"a": 1, 2: 3}, a=n, z="last")
    f = dict([("q", 1)], self=2, format=3)
    d.update(c=1, a="new")
    d.update({"c": 5}, c=6, d=7)
    d.update()
    make = dict
    later = "{x}-{x!r:>6}".format
    out = [
        d, e, f, make(k=n), make(), later(x="a"),
        "{x}".format(x=n), "{0} {name} {1}".format(1, 2, name="three"),
        "{} {b} {}".format("l", "r", b="middle"),
        "{p.items[0]!r:>5}|{p.items[1][k]:<4}|{p!r}|{p:spec}".format(p=p),
        "{w:{width}.{precision}f}".format(w=n / 3, width=10, precision=3),
        "{d[a b]} {d[0]}".format(d={"a b": 1, 0: 2}),
        "{{{x}}}".format(x=1), "{x:,}".format(x=1234567 * (n + 1), unused=1),
        "{a} {b}".format_map({"a": 1, "b": n}), "{some} {thing}".format_map(Missing()),
        "nothing".format_map({}), "{x[0][1]}".format_map({"x": [[1, 2]]}),
    ]
    out += [told(f) for f in (
        lambda: "{missing}".format(x=1), lambda: "{missing}".format(), lambda: "{missing}".format(1, 2),
        lambda: "{0} {x}".format(x=1), lambda: "{}".format_map({"a": 1}),
        lambda: "{0}".format_map({"a": 1}), lambda: "{a} {b}".format_map({"a": 1}),
        lambda: "{a.b}".format(a=1), lambda: "{a[x]}".format(a=[1]), lambda: "{a[5]}".format(a=[1]),
        lambda: "{a!z}".format(a=1), lambda: "{a".format(a=1), lambda: "a}".format(a=1),
        lambda: "{} {0}".format(1), lambda: dict(1, a=2), lambda: dict([(1,)], a=2),
        lambda: d.update(1, a=2), lambda: "{x:d}".format(x="s"),
        lambda: dict(1, 2, a=3) and 0, lambda: {}.update(1, 2, a=1),
    )]
    total = 0
    for i in range(n * 3):
        total += len(dict(i=i, j=i + 1)) + len("{a}{b}".format(b=i, a=total))
    return out + [total, d]
