# SPDX-License-Identifier: MIT
# Dictionaries, sets and views, and keys that programs compare.


class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y

    def __eq__(self, other):
        return isinstance(other, Point) and self.x == other.x and self.y == other.y

    def __hash__(self):
        return hash((self.x, self.y)) % 5

    def __repr__(self):
        return "P(" + str(self.x) + "," + str(self.y) + ")"


class Sub(Point):
    pass


class Plain:
    pass


class NoHash:
    def __eq__(self, other):
        return True


class NoHash2(Point):
    def __eq__(self, other):
        return True


class Rehash(NoHash):
    def __hash__(self):
        return 0


class BadHash:
    def __hash__(self):
        return "x"


class Raises:
    def __init__(self, h):
        self.h = h

    def __hash__(self):
        if self.h is None:
            raise ValueError("no hash")
        return self.h

    def __eq__(self, other):
        raise ValueError("no eq")


def attempt(f):
    try:
        return f()
    except Exception as e:
        return type(e).__name__ + ": " + str(e)


def keys():
    out = []
    d = {}
    for i in range(20):
        for j in range(4):
            d[Point(i % 7, j)] = i
    out.append(len(d))
    out.append(sorted([str(k) for k in d]))
    out.append([d[Point(3, 2)], d[Sub(6, 0)], Point(9, 9) in d, d.get(Point(9, 9), "no")])
    p = Point(1, 1)
    d[p] = "new"
    out.append([d[Point(1, 1)], p in [k for k in d], [k is p for k in d].count(True)])
    d[(Point(1, 1), "t")] = "tuple"
    out.append([d[(Point(1, 1), "t")], (Point(1, 2), "t") in d, ((Point(1, 1), "t"),) in d])
    del d[Point(1, 1)]
    out.append([Point(1, 1) in d, len(d)])
    out.append([d.pop(Point(0, 0)), d.pop(Point(0, 0), "gone"), d.setdefault(Point(0, 0), "def"),
        len(d)])
    s = {Point(1, 2), Point(1, 2), Sub(1, 2), Point(2, 1)}
    out.append(len(s))
    s.add(Point(2, 1))
    s.discard(Point(5, 5))
    s.remove(Point(1, 2))
    out.append([len(s), Point(2, 1) in s])
    a = Plain()
    b = Plain()
    e = {a: 1, b: 2}
    out.append([e[a], e[b], len(e), Plain() in e])
    out.append({Rehash(): 1}[Rehash()])
    out.append([{1: "i", 1.0: "f", True: "b"}, {0: 1}[False], {2.0: 1}[2], (1, 2.0) in {(1.0,
        2): 1}])
    out.append([{None: 1, (): 2, "": 3}[None], {range(3): 1}[range(0, 3)]])
    for f in [lambda: {NoHash(): 1}, lambda: {NoHash2(1, 1): 1}, lambda: {BadHash()},
        lambda: {Raises(None): 1},
              lambda: {Raises(1): 1, Raises(1): 2}, lambda: {(1, Raises(None))},
              lambda: Raises(1) in {Raises(1): 1},
              lambda: {[1]: 1}, lambda: {}[{}], lambda: {1: 2}.get([]), lambda: {(1, {2})},
              lambda: {slice(1)}]:
        out.append(attempt(f))
    return out


def dicts():
    out = []
    d = {}
    for i in range(30):
        d[i * 7 % 31] = i
    out.append(list(d.items()))
    for i in range(0, 30, 3):
        del d[i * 7 % 31]
    out.append(list(d))
    d[0] = "again"
    out.append(d.popitem())
    out.append(d.popitem())
    d["x"] = 1
    out.append(list(d.values()))
    while d:
        d.popitem()
    out.append(d)
    d = {"a": 1, "b": 2}
    d.update({"b": 3, "c": 4})
    d.update([("d", 5), ["e", 6], "fg"])
    out.append(d)
    out.append([d.get("a"), d.get("z"), d.get("z", 7), d.setdefault("a", 9), d.setdefault("q"),
        d.pop("a")])
    e = d | {"b": 0, "n": 1}
    d |= [("w", 1)]
    out.append([e, d])
    out.append([{1: 2, 3: 4} == {3: 4, 1: 2}, {1: 2} == {1: 3}, {1: 2} != {2: 2}, {} == {},
        {1: []} == {1: []}, {} == [], {1: 1} == {1: True}])
    c = d.copy()
    c["new"] = 1
    out.append(["new" in d, len(c) - len(d)])
    c.clear()
    out.append([c, bool(c), len(c), bool({1: 1})])
    out.append(dict([(1, 2), (3, 4)]))
    out.append(dict({5: 6}))
    out.append({k: v for k, v in zip("abc", range(3))})
    d = {1: "a", 2: "b"}
    k = d.keys()
    v = d.values()
    i = d.items()
    out.append([k, v, i])
    d[3] = "c"
    out.append([len(k), len(v), len(i), 3 in k, "c" in v, (3, "c") in i, (3, "x") in i, 3 in i,
        [3, "c"] in i])
    out.append([sorted(k & {1, 3, 9}), sorted(k | [7]), sorted(k - {1}), sorted(k ^ {1, 8}),
        sorted(i & {(1, "a")})])
    out.append([k == {1, 2, 3}, k >= {1}, k < {1, 2, 3, 4}, {1, 2, 3} == k, i == {(1, "a"), (2,
        "b"), (3, "c")}, k == [1, 2, 3]])
    out.append(sorted({2, 5} | k) if False else sorted(k | {2, 5}))
    out.append([list(k), list(v), list(i), tuple(k), sorted(v, reverse=True), max(i), sum(k)])
    out.append([list(d), sorted(d), tuple(d), len(d), max(d)])

    def change(f):
        d = {1: 1, 2: 2, 3: 3}
        for x in d:
            f(d, x)

    def changes(f):
        s = {1, 2, 3}
        for x in s:
            f(s, x)

    def add(d, x):
        d[x + 10] = 1

    def same(d, x):
        d[x] = x + 1

    def remove(d, x):
        del d[x]

    out.append([attempt(lambda: change(add)), attempt(lambda: change(same)),
        attempt(lambda: change(remove))])
    out.append([attempt(lambda: changes(lambda s, x: s.add(x + 10))),
        attempt(lambda: changes(lambda s, x: s.add(x)))])
    total = 0
    big = {}
    for n in range(2000):
        big[n * 37 % 1009] = n
        if n % 3 == 0 and n * 11 % 1009 in big:
            del big[n * 11 % 1009]
        if n % 7 == 0:
            big.setdefault(n % 50, n)
    for a, b in big.items():
        total = (total * 31 + a * 7 + b) % 1000003
    out.append([total, len(big)])
    return out


def sets():
    out = []
    a = {1, 2, 3, 4}
    b = {3, 4, 5}
    out.append([sorted(a | b), sorted(a & b), sorted(a - b), sorted(a ^ b)])
    c = a.copy()
    c |= b
    out.append(sorted(c))
    c &= {1, 2, 3, 9}
    out.append(sorted(c))
    c -= {1}
    out.append(sorted(c))
    c ^= {2, 7}
    out.append(sorted(c))
    c ^= c
    out.append([c, len(c), bool(c)])
    out.append([a < b, {3} < a, a <= a, a < a, a >= {1}, a > {1, 2, 3, 4}, a == {4, 3, 2, 1},
        a != b, a == [1, 2, 3, 4]])
    out.append([sorted(a.union([9], "x" and (8,))), sorted(a.union()), sorted(a.intersection([1,
        2], {2: 0})),
                sorted(a.difference([1], (2,))), sorted(a.symmetric_difference([4, 4, 5]))])
    a.update([7], {8: 1}, range(2))
    out.append(sorted(a))
    a.intersection_update(range(1, 8))
    a.difference_update((1,))
    a.symmetric_difference_update([2, 50, 50])
    out.append(sorted(a))
    out.append([a.issubset(range(100)), a.issuperset([3]), a.isdisjoint([0, 1]),
        a.isdisjoint([3]), {1}.issubset({1, 2}), {1}.issuperset(())])
    out.append([3 in a, 99 in a, len(a), repr(set()), repr({5}), {(1, 2)}])
    p = a.pop()
    out.append(p in a)
    a.discard(1000)
    a.clear()
    out.append(a)
    out.append(sorted(set("hello")))
    out.append(sorted({x % 3 for x in range(10)}))
    out.append(len({1, 1.0, True}))
    s = set()
    total = 0
    for n in range(3000):
        k = n * n * 31 % 577
        if k in s:
            s.discard(k)
            total += 1
        else:
            s.add(k)
    out.append([len(s), total, sum(s), sorted(s)[:5]])
    s = {1, 2}
    s -= s
    out.append(s)
    return out


def bench(n):
    if n == 0:
        return keys()
    return [dicts(), sets()]
