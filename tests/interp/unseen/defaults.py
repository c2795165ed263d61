# What object and Exception do themselves, asked for by super() and by name.
class Point:
    def __init__(self, x, y):
        self.x, self.y = x, y

    def __eq__(self, other):
        if not isinstance(other, Point):
            return super().__eq__(other)
        return (self.x, self.y) == (other.x, other.y)

    def __ne__(self, other):
        return super().__ne__(other)

    def __hash__(self):
        return super().__hash__()

    def __repr__(self):
        return "<" + super().__repr__().split(".")[-1].split(" ")[0] + ">"

    def __str__(self):
        return "a " + super().__str__()


class Note(Exception):
    def __str__(self):
        return "note: " + super().__str__()

    def __repr__(self):
        return "~" + super().__repr__()


class Missing(KeyError):
    def __str__(self):
        return super().__str__() + "!"


class Plain:
    pass


class Asked:
    def __getattr__(self, name):
        return name.upper()


def told(f):
    try:
        return f()
    except (TypeError, AttributeError) as e:
        return str(e)


def bench(n):
    p, q, r = Point(n, 1), Point(n, 1), Point(n, 2)
    out = [p == q, p != q, p != r, p == n, p != n, p.__eq__(n) is NotImplemented, hash(p) == hash(p)]
    out += [repr(p), str(p), p.__repr__(), p.__str__()]
    for e in (Note("x", n), Note(), Note("y"), Missing("k"), Exception(n)):
        out += [str(e), repr(e), e.__str__()]
    a, b = Plain(), Plain()
    out += [a.__eq__(a), a.__eq__(b) is NotImplemented, a.__ne__(a), a.__hash__() == hash(a), a.__str__() == str(a)]
    out += [object.__repr__(p) == object.__repr__(p), object.__str__(a) == str(a), Plain.__eq__(a, a)]
    for x in (p, a, n, 1.5, "s", [], (), {}, set(), None, range(n), bench, len, Plain, int, Note("z")):
        out.append([hasattr(x, name) for name in (
            "__len__", "__iter__", "__call__", "__next__", "__getitem__", "__eq__", "__add__", "__doc__", "x",
            "real", "__module__", "__mro__", "__cause__", "append", "index", "nothing", "__contains__",
            "__setitem__", "__hash__", "__int__", "__index__", "__reversed__", "__bool__")])
    out.append([hasattr(Asked(), "any"), Asked().some, getattr(n, "none", 7), getattr(p, "x", None)])
    d = dict.fromkeys("abca")
    e = d.fromkeys([n, 1.5], [])
    f = dict.fromkeys
    e[n].append(1)
    out += [d, e, f(range(3), "v"), dict.fromkeys({}), told(lambda: dict.fromkeys([[]])), told(lambda: f(5))]
    delattr(p, "x")
    out += [hasattr(p, "x"), told(lambda: delattr(p, "x"))]
    return out
