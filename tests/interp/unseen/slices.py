# SPDX-License-Identifier: MIT
# Sequences: slices, unpacking, nesting, comparison, methods of lists, dictionaries, sets, tuples.


def rotate(items, by):
    by %= len(items) or 1
    return items[by:] + items[:by]


def chunks(items, size):
    return [items[i : i + size] for i in range(0, len(items), size)]


def flatten(items):
    flat = []
    for item in items:
        if isinstance(item, (list, tuple)):
            flat += flatten(item)
        else:
            flat.append(item)
    return flat


def spiral(rows):
    found = []
    while rows:
        found += rows.pop(0)
        rows = [list(column) for column in zip_all(rows)][::-1]
    return found


def zip_all(rows):
    return [[row[i] for row in rows] for i in range(len(rows[0]))] if rows else []


def pascal(height):
    row = [1]
    rows = []
    for _ in range(height):
        rows.append(row)
        row = [a + b for a, b in zip([0] + row, row + [0])]
    return rows


def bench(n):
    items = list(range(n % 12 + 4))
    first, second, *others = items
    *front, last = items
    head, *_, tail = items
    (a, b), [c, d] = (first, second), [head, tail]
    a, b = b, a
    slices = [
        items[1:3], items[-2:], items[:-2], items[::2], items[::-1], items[-1:0:-2], items[5:2],
        items[100:], items[-100:2], items[2:2], "slice"[1:4], "slice"[::-2], (1, 2, 3)[1:],
    ]
    changed = items[:]
    changed[1:3] = ["x", "y", "z"]
    changed[:0] = [-1]
    changed[-1:] = []
    del changed[::3]
    twice = items * 2
    for i in range(len(twice) - 1, -1, -1):
        if twice[i] % 2:
            del twice[i]
    twice.extend("ab")
    twice.insert(-1, None)
    numbers = {1, 2, 3} | {n}
    small = numbers - {n} & {1, 2, 5}
    words = dict([("one", 1), ("two", 2)])
    words.update({"three": 3, "two": 22})
    words["n"] = words.setdefault("n", n) + words.get("none", 1)
    gone = words.pop("one"), words.pop("one", "missing")
    copy = dict(words)
    copy["two"] = 0
    total = 0
    for (x, y), z in zip([(1, 2), (3, 4)], "ab"):
        total += x * y * ord(z)
    numbered = {value: key for key, value in enumerate("hello")}
    grid = [[0] * 3 for _ in range(2)]
    grid[1][2] += 5
    grid[0][-1] -= 1
    x = y = [1]
    y += [2]
    z = (1,)
    z += (2,)
    return (
        others, front, last, tail, (a, b, c, d), slices, changed, twice, sorted(numbers),
        sorted(small), {1, 2} <= numbers, numbers == {3, 2, 1, n}, 2 in small, words, gone,
        words == copy, list(words), list(words.values())[-1], list(copy.items())[0], total,
        numbered, grid, x, z, rotate(items, n), chunks("abcdefgh", n % 3 + 1),
        flatten([1, [2, (3, [4])], [], [[5]]]),
        spiral([[1, 2, 3], [4, 5, 6], [7, 8, 9]]), pascal(n % 8)[-1:], [1, 2] < [1, 2, 0] < [2],
        (1, "a") == (1, "a"), [] == (), [[]] * 2, items.index(2), items.count(1),
        (1, 2, 1).count(1),
        ("a", "b").index("b"), list(reversed(items))[:2], list(zip(items, "xyz")), max(3, n, 5),
        list(enumerate("ab", n)), list(range(5, -6, -5)), len(range(0, n, 3)), 7 in range(0, 70, 7),
        any([]), all([]), any([0, "", None, n]), sum([[1], [2]], []), min("hello"), (), (1,), {},
        bool([]), bool([0]), str([1, "a", None, True, 1.5, (2,), {"k": [3]}]), {3},
        [None] * (n % 3),
    )
