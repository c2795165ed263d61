# SPDX-License-Identifier: MIT
# Lists, dictionaries, sets and iterators that several threads change at a time.
LIST = list(range(50))
WORDS = {}
SEEN = set()
ITERATORS = [iter([])]


class Key:
    def __init__(self, n):
        self.n = n

    def __hash__(self):
        return self.n % 7

    def __eq__(self, other):
        return isinstance(other, Key) and self.n == other.n


def change_list(i):
    a = LIST
    a[3:7] = [i, i + 1]
    a[1:1] = (i, i)
    a[::3] = a[::3]
    del a[40:]
    a.reverse()
    a += [1, 2]
    if len(a) > 60:
        a[::2] = []
    a.sort()
    a.extend(range(4))
    b = a[::-1]
    a[5:2] = b[:3]
    a.insert(-2, 0)
    a.pop()
    a *= 2
    del a[30:]
    return len(b) >= 0 and 1 in a + [1] and a.count(-5) == 0


def change_dict(i):
    d = WORDS
    d[Key(i % 20)] = i
    d[i % 30] = Key(3)
    d.pop(i % 11, None)
    d.setdefault((i % 5, "k"), [])
    d.get(Key(i % 13))
    if len(d) > 3:
        d.popitem()
    e = d.copy()
    d.update({i % 9: 1})
    for k, v in e.items():
        if v is d:
            return False
    if i % 50 == 0:
        d.clear()
    return len(e) >= 0


def change_set(i):
    s = SEEN
    s.add(i % 17)
    s.add(Key(i % 5))
    s |= {i % 3, i % 4}
    s -= {i % 6}
    s.discard(Key(2))
    t = s.copy()
    s &= t
    t ^= {1}
    if len(s) > 8:
        s.pop()
    return len(t) >= 0


def attempt(f, i):
    try:
        return f(i)
    except (RuntimeError, ValueError, IndexError, KeyError):
        return True


def change_iterators(i):
    it = ITERATORS[0]
    for n in range(5):
        next(it, None)
    if i % 3 == 0:
        ITERATORS[0] = iter([1, 2, 3])
    elif i % 3 == 1:
        ITERATORS[0] = zip(WORDS, enumerate(LIST))
    else:
        ITERATORS[0] = map(lambda x: x, filter(None, WORDS.items()))
    return True


def bench(n):
    fine = 0
    for i in range(n * 20):
        for f in [change_list, change_dict, change_set, change_iterators]:
            if attempt(f, i):
                fine += 1
    return fine
