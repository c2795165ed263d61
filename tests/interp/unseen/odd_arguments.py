# Lists, tuples, sets, dictionaries and ranges with arguments that a person may get wrong.


def attempt(f):
    try:
        return f()
    except Exception as e:
        return (type(e).__name__, str(e))


def bench(n):
    l = list(range(n + 8))
    m = l[:]
    m[2:4] = "xyz"
    m[::3] = [0] * len(m[::3])
    del m[1::4]
    m[len(m):] = [1, 2]
    m[:0] = (7, 8)
    m.insert(-1, "i")
    m.insert(100, "e")
    m.extend("ab")
    m += (1,)
    m *= 2
    a, *b, c = l
    *d, = "ab"
    (e, f), g = (1, 2), [3]
    h, (i, *j), k = 1, "xyz", 2
    def s1():
        m[::2] = [1]
    def s2():
        x, y = 1, 2, 3
    def s3():
        x, y, *z = [1]
    def s4():
        x, y = 5
    def s5():
        del m[100]
    def s6():
        m[100] = 1
    out = [m, a, b, c, d, e, f, g, h, i, j, k] + [attempt(q) for q in (s1, s2, s3, s4, s5, s6,
        lambda: l[5:1:-1], lambda: l[-3:], lambda: l[::-2], lambda: l[10**10:], lambda: l[-100:3],
                lambda: l[::0], lambda: l["a"], lambda: l[1.0], lambda: l[True],
                lambda: l.index(99), lambda: l.index(2, 1, 5), lambda: l.remove(99),
                lambda: [].pop(), lambda: l.pop(50), lambda: l.count(1),
        lambda: sorted(l, key=lambda x: (-x % 3, x)), lambda: sorted(["b", "A",
                "c"], key=str.lower, reverse=True), lambda: sorted([1, "a"]),
                lambda: sorted([3, 1], reverse=1), lambda: [1, 2] < [1, 3], lambda: [1] < "a",
                lambda: [1] + (2,), lambda: [[]] * 3, lambda: l == tuple(l), lambda: list(zip(l,
                "abc")), lambda: list(zip()), lambda: sum([[1], [2]], []), lambda: sum("ab"),
                lambda: min([]), lambda: max([], default=None), lambda: max("b", "abc", key=len),
                lambda: min(1, 2.0, True), lambda: l.copy() is l,
                lambda: list(map(lambda x, y: x * y, l, l[1:])), lambda: any([]), lambda: all([]),
                lambda: list(filter(None, [0, 1, "", "a"])), lambda: list(reversed((1, 2))),
                lambda: reversed(5), lambda: iter(5), lambda: next(iter([])), lambda: len(5),
                lambda: range(10)[2:8:3], lambda: range(5, 0, -2)[-1],
                lambda: 4 in range(0, 10, 2), lambda: range(3) == range(0, 3),
                lambda: list(range(0)), lambda: range(1, 2, 0), lambda: range(10).index(5),
                lambda: len(range(-5, 5, 3)), lambda: repr(range(1, 5, 2)), lambda: (1,) * 2 + (),
                lambda: (1, 2)[::-1], lambda: ((1, 2), 3) < ((1, 2), 4), lambda: (),
                lambda: (1,).index(2), lambda: hash((1, 2)) == hash((1, 2)), lambda: {[]: 1},
                lambda: {1, 2} < {1, 2, 3}, lambda: sorted({1, 2} ^ {2, 3}),
                lambda: sorted({1, 2} | {5}), lambda: {1, 2} - {2}, lambda: {1} & {2},
                lambda: {1} | [2], lambda: {3}.pop(), lambda: set().pop(), lambda: {1}.remove(2),
                lambda: {1}.discard(2), lambda: {1}.issubset([1, 2]),
                lambda: {1, 2}.isdisjoint((3,)), lambda: {1}.union([2], (3,)) == {1, 2, 3},
                lambda: {1: 2}.pop(3), lambda: {1: 2}.pop(3, None), lambda: {}.popitem(),
                lambda: {1: 2}[2], lambda: {"a": 1}["b"], lambda: {1: 2} | {1: 3, 4: 5},
                lambda: {1: 2}.setdefault(1, 5), lambda: {}.setdefault(1),
                lambda: {1: 1, 1.0: 2, True: 3})]
    return out
