# SPDX-License-Identifier: MIT
# Slices, slice assignment, sorting, errors and recursion of lists and tuples.
class Fault(Exception):
    pass


class Num:
    def __init__(self, v):
        self.v = v

    def __lt__(self, other):
        if self.v == 13:
            raise Fault("unlucky")
        return self.v < other.v

    def __eq__(self, other):
        return isinstance(other, Num) and self.v == other.v

    def __hash__(self):
        return hash(self.v)

    def __repr__(self):
        return "N" + str(self.v)


class Index:
    def __init__(self, i):
        self.i = i

    def __index__(self):
        return self.i


def slices():
    out = []
    bounds = [None, -100, -7, -3, -1, 0, 1, 2, 5, 6, 9, 100]
    total = 0
    for n in range(8):
        a = list(range(n))
        tu = tuple(a)
        s = "abcdefgh"[:n]
        r = range(3, 3 + 2 * n, 2)
        for i in bounds:
            for j in bounds:
                for k in [None, -100, -3, -2, -1, 1, 2, 3, 100]:
                    x = a[i:j:k]
                    total = (total * 31 + len(x)) % 1000003
                    for e in x:
                        total = (total * 31 + e) % 1000003
                    assert tuple(x) == tu[i:j:k]
                    assert [ord(c) - 97 for c in s[i:j:k]] == x
                    assert [(e - 3) // 2 for e in r[i:j:k]] == x
                    b = a[:]
                    del b[i:j:k]
                    assert len(b) == n - len(x)
                    for e in b:
                        total = (total * 31 + e) % 1000003
                    c = a[:]
                    c[i:j:k] = [9] * len(x)
                    for e in c:
                        total = (total * 31 + e) % 1000003
                    assert len(c) == n or (k is None or k == 1)
            for m in range(5):
                d = a[:]
                d[i:3] = range(m)
                total = (total * 31 + len(d)) % 1000003
                for e in d:
                    total = (total * 31 + e) % 1000003
    out.append(total)
    out.append(range(0, 10)[::3])
    out.append(range(0, 10)[::-1])
    out.append(range(10)[7:2:-2])
    out.append(range(5, 5)[::-1])
    out.append([1, 2, 3][Index(1)])
    out.append((1, 2, 3)[Index(-1):])
    a = [1, 2, 3, 4]
    a[1:2] = a
    out.append(a)
    a[::2] = "wxyz"
    out.append(a[:])
    a[:] = ()
    out.append(a[:])
    return out


def attempt(f):
    try:
        return f()
    except Exception as e:
        return type(e).__name__ + ": " + str(e)


def errors():
    a = [1, 2, 3]
    tu = (1, 2, 3)
    five = 5
    one = {1}

    def store(i, v):
        a[i] = v

    def delete(i):
        del a[i]

    def grow(v):
        b = [1]
        b += v
        return b

    return [attempt(f) for f in [
        lambda: a[3], lambda: a[-4], lambda: a["x"], lambda: a[1.0], lambda: tu[5],
        lambda: tu["x"],
        lambda: store(3, 0), lambda: store(-4, 0), lambda: store("k", 0), lambda: delete(9),
        lambda: store(slice(0, 2), 5), lambda: store(slice(0, 3, 2), [1]), lambda: a[::0],
        lambda: a[1.5:], lambda: [].pop(), lambda: a.pop(7), lambda: a.pop(-9), lambda: a.pop("x"),
        lambda: a.remove(99), lambda: a.index(99), lambda: tu.index(99), lambda: a + 1,
        lambda: a + tu,
        lambda: tu + a, lambda: 1 + a, lambda: a * 1.5, lambda: "x" * a, lambda: a * a,
        lambda: grow(5),
        lambda: grow("ab"), lambda: a < 1, lambda: a < tu, lambda: a == tu, lambda: [1,
        "a"] < [1, 2],
        lambda: sorted([1, "a"]), lambda: sorted([3, 1, 2], key=lambda x: 1 // (x - 1)),
        lambda: sorted(5), lambda: range(1, 2, 0), lambda: range(3)[3], lambda: range(3)[-4],
        lambda: range(5).index(9), lambda: range(5).index(2.0), lambda: reversed(5),
        lambda: reversed({1}),
        lambda: list(5), lambda: tuple(5), lambda: zip(1), lambda: enumerate(1),
        lambda: a.insert("x", 1), lambda: tu.count(1), lambda: (1).x, lambda: a.x,
        lambda: [Num(5), Num(13), Num(2)].sort(), lambda: {[]: 1}, lambda: {1: 2}[3],
        lambda: {"a": 1}["b"],
        lambda: {1, 2}.remove(7), lambda: set().pop(), lambda: {}.popitem(), lambda: {}.pop("k"),
        lambda: {}.pop("k", 5), lambda: {(1, []): 2}, lambda: {{}}, lambda: dict([1]),
        lambda: dict([(1, 2, 3)]),
        lambda: {1} | [1], lambda: {1: 2} | [1], lambda: {} < {}, lambda: {1} < [1], lambda: [][0],
        lambda: hash([]), lambda: next(iter([])), lambda: set(5), lambda: {}.update(5),
        lambda: {1}.union(5),
        lambda: len(5), lambda: None in 5, lambda: five[0], lambda: [] in {1}, lambda: one[0],
    ]]


def sorting():
    out = []
    seed = 12345
    for n in [0, 1, 2, 3, 10, 31, 32, 33, 63, 64, 65, 100, 129, 1000]:
        for shape in range(6):
            a = []
            for i in range(n):
                seed = (seed * 1103515245 + 12345) % 2147483648
                if shape == 0:
                    a.append(seed % 1000)
                elif shape == 1:
                    a.append(i)
                elif shape == 2:
                    a.append(n - i)
                elif shape == 3:
                    a.append(seed % 3)
                elif shape == 4:
                    a.append(i if seed % 10 else seed % n)
                else:
                    a.append((seed // 16) % 100 / 4)
            b = sorted(a)
            for i in range(1, n):
                assert b[i - 1] <= b[i]
            pairs = [(x, i) for i, x in enumerate(a)]
            p = sorted(pairs, key=lambda q: q[0])
            q = sorted(pairs, key=lambda r: r[0], reverse=True)
            assert p == sorted(pairs)
            for i in range(1, n):
                assert p[i - 1] < p[i]
                assert q[i - 1][0] > q[i][0] or q[i - 1][0] == q[i][0] and q[i - 1][1] < q[i][1]
            w = sorted([str(x) for x in a], reverse=True)
            for i in range(1, n):
                assert w[i - 1] >= w[i]
            v = [Num(x) for x in a if x != 13]
            v.sort()
            total = 0
            for x in v:
                total = (total * 7 + int(x.v * 4)) % 1000003
            for x, i in q:
                total = (total * 7 + i) % 1000003
            out.append(total)
    mixed = [3, 1.5, True, -2, 2.0, 1]
    mixed.sort()
    out.append(mixed)
    out.append(sorted(["b", "a", "é", "z", "", "ab", "abc"]))
    out.append(sorted({3: 1, 1: 2, 2: 0}))
    out.append(sorted("hello"))
    out.append(sorted([[2, 1], [1, 9], [1], []]))
    a = [1, 2, 3]

    def meddle(x):
        a.append(x)
        return x

    out.append(attempt(lambda: a.sort(key=meddle)))
    out.append(a)
    seen = []

    def look(x):
        seen.append(len(a))
        return -x

    a.sort(key=look)
    out.append(seen)
    out.append(a)
    b = [Num(5), Num(13), Num(2), Num(9)]
    attempt(lambda: b.sort())
    out.append(len(b))
    return out


def methods():
    out = []
    a = []
    for i in range(10):
        a.insert(i // 2, i)
    out.append(a[:])
    a.insert(-1, "m")
    a.insert(-100, "f")
    a.insert(100, "l")
    out.append(a[:])
    out.append([a.pop(), a.pop(0), a.pop(-2), a.pop(3)])
    a.extend((1, 2))
    a.extend(a)
    a.extend({7: 1, 8: 2})
    a.extend("hi")
    a.extend(range(2))
    a.extend(map(lambda x: -x, [1, 2]))
    out.append(a[:])
    out.append([a.count(1), a.index(1), a.index(1, 5), a.index(8, -9, 100)])
    a.remove(1)
    a.reverse()
    out.append(a)
    c = a.copy()
    c.clear()
    out.append([c, len(a), bool(c), bool(a)])
    a = [[]] * 3
    a[0].append(1)
    out.append(a)
    a *= 2
    out.append(len(a))
    a *= 0
    out.append(a)
    a += [1]
    b = a
    b += (2, 3)
    out.append(a is b)
    out.append(a)
    out.append(3 * [1, 2] + [] * 5 + [0] * -1)
    out.append((1, 2) * 2 + () + 2 * (3,))
    rec = [1]
    rec.append(rec)
    t = (rec, 1)
    rec.append(t)
    out.append(repr(rec))
    d = {"k": rec}
    d["d"] = d
    d["v"] = d.values()
    out.append(repr(d["d"]["k"]))
    del d["v"]
    out.append(repr(d))
    out.append([(), (1,), (1, 2), ((),)])
    out.append([(1, 2) < (1, 3), (1,) < (1, 0), (2,) > (1, 5), (1, 2) == (1, 2.0), (1,) != (1,),
                [1, 2] >= [1], [] <= [], [1] == [True], (1, (2, [3])) == (1, (2, [3]))])
    out.append([1 in [1, 2], 3 in (1, 2), 2.0 in [1, 2], Num(3) in [Num(2), Num(3)],
        "x" not in []])
    out.append((1, 2, 1, 1.0).count(1))
    out.append((1, 2, 3, 2).index(2, 2))
    return out


def iterators():
    out = []
    it = iter([1, 2, 3])
    out.append([next(it), list(it), list(it)])
    a = [1, 2, 3]
    seen = []
    for x in a:
        seen.append(x)
        if len(a) < 7:
            a.append(x * 10)
    out.append(seen)
    a = [1, 2, 3, 4, 5, 6]
    for x in a:
        a.remove(x)
    out.append(a)
    it = iter(a)
    list(it)
    a.append(5)
    out.append(list(it))
    out.append(list(reversed([1, 2, 3])))
    out.append(list(reversed((1, 2, 3))))
    out.append(list(reversed("aé€z")))
    out.append(list("aé€z"))
    out.append(list(reversed(range(0, 10, 3))))
    out.append(list(reversed(range(5, 0))))
    out.append(list(enumerate("abc", 5)))
    out.append(list(enumerate("abc", start=-1)))
    out.append(list(zip()))
    out.append(list(zip([1, 2, 3], "ab", range(9))))
    z = iter([1, 2, 3])
    out.append(list(zip(z, z)))
    out.append(list(map(lambda x, y: x + y, [1, 2, 3], [10, 20])))
    out.append(list(filter(None, [0, 1, "", "a", [], [0]])))
    out.append(list(filter(lambda x: x % 2, range(9))))
    out.append([list(range(5)), list(range(5, 0, -2)), list(range(0)), range(1, 9, 3)])
    out.append([len(range(0, 10, 3)), 9 in range(0, 10, 3), 8 in range(0, 10, 3),
        3.0 in range(5), "a" in range(3),
                range(0) == range(2, 2), range(0, 3, 2) == range(0, 4, 2), range(1) != range(2),
                    bool(range(0)),
                range(10).index(3), range(10).count(3), range(10).count(30)])
    r = range(2, 20, 5)
    out.append([r.start, r.stop, r.step, r[0], r[-1], r[1:3]])
    out.append(list(range(-9223372036854775808, 9223372036854775807, 4611686018427387904)))
    out.append(len(range(-5, 5)))
    first, *rest = range(4)
    out.append([first, rest])
    it = enumerate([1, 2])
    out.append(next(it))
    out.append(iter(it) is it)
    out.append(sum(map(len, ["a", "bb"])))
    out.append([max(zip([1, 3, 2], "abc")), min((3, 1, 2)), sorted(zip("ba", [1, 2]))])
    return out


def bench(n):
    if n == 1:
        return [slices(), sorting()]
    return [errors(), methods(), iterators()]
