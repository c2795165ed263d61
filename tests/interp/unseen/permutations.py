# SPDX-License-Identifier: MIT
# Permutations, combinations and subsets, by recursion and in order of the alphabet; a puzzle.


def permutations(items):
    if not items:
        return [[]]
    result = []
    for i, item in enumerate(items):
        for rest in permutations(items[:i] + items[i + 1 :]):
            result.append([item] + rest)
    return result


def next_permutation(items):
    i = len(items) - 2
    while i >= 0 and items[i] >= items[i + 1]:
        i -= 1
    if i < 0:
        return False
    j = len(items) - 1
    while items[j] <= items[i]:
        j -= 1
    items[i], items[j] = items[j], items[i]
    items[i + 1 :] = items[:i:-1]
    return True


def combinations(items, size, start=0, chosen=()):
    if len(chosen) == size:
        return [chosen]
    found = []
    for i in range(start, len(items)):
        found.extend(combinations(items, size, start=i + 1, chosen=chosen + (items[i],)))
    return found


def subsets(items):
    result = [[]]
    for item in items:
        result += [subset + [item] for subset in result]
    return result


def puzzle():
    """AB * C = DE, with five different digits."""
    for a, b, c, d in [p for p in combinations_ordered([1, 2, 3, 4, 5, 6, 7, 8, 9], 4)]:
        product = (10 * a + b) * c
        if product // 10 == d and product % 10 not in (0, a, b, c, d):
            return a, b, c, d, product % 10
    return None


def combinations_ordered(items, size):
    if size == 0:
        return [[]]
    return [
        [item] + rest
        for item in items
        for rest in combinations_ordered([x for x in items if x != item], size - 1)
    ]


def bench(n):
    size = n % 6 + 1
    items = list("abcdef"[:size])
    all_of_them = permutations(items)
    count = 1
    walker = items[:]
    while next_permutation(walker):
        assert walker == all_of_them[count]
        count += 1
    assert count == len(all_of_them)
    words = ["".join(p) for p in all_of_them]
    assert words == sorted(words)
    pairs = combinations("abcde", 2)
    return count, words[-1], words[len(words) // 2], pairs, len(subsets(items)), puzzle()
