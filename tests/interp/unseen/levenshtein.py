# SPDX-License-Identifier: MIT
# The edit distance between words, by a table and by one row, and the longest common subsequence.


def distance(a, b):
    table = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i in range(len(a) + 1):
        table[i][0] = i
    for j in range(len(b) + 1):
        table[0][j] = j
    for i, x in enumerate(a, 1):
        for j, y in enumerate(b, 1):
            cost = 0 if x == y else 1
            table[i][j] = min(table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + cost)
    return table[-1][-1]


def distance_in_one_row(a, b):
    row = list(range(len(b) + 1))
    for i in range(len(a)):
        last, row[0] = row[0], i + 1
        for j in range(len(b)):
            above = row[j + 1]
            row[j + 1] = min(above + 1, row[j] + 1, last + (a[i] != b[j]))
            last = above
    return row[len(b)]


def common(a, b):
    best = [""] * (len(b) + 1)
    for x in a:
        previous = best[:]
        for j, y in enumerate(b):
            if x == y:
                best[j + 1] = previous[j] + x
            elif len(best[j]) > len(previous[j + 1]):
                best[j + 1] = best[j]
            else:
                best[j + 1] = previous[j + 1]
    return best[-1]


WORDS = ["kitten", "sitting", "", "saturday", "sunday", "flaw", "lawn", "intention", "execution"]


def bench(n):
    total = 0
    longest = ""
    for i, a in enumerate(WORDS):
        for b in WORDS[i:]:
            a2 = a + "x" * (n % 4)
            d = distance(a2, b)
            assert d == distance_in_one_row(a2, b) == distance(b, a2)
            total += d
            shared = common(a, b)
            if a != b and len(shared) > len(longest):
                longest = shared
    long = "abcde" * n
    return total, longest, distance(long, long[::-1]), len(common(long, "ace" * n))
