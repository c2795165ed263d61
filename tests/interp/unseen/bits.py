# SPDX-License-Identifier: MIT
# A set of small integers in words of 60 bits, a Bloom filter, Gray codes, population counts, CRCs.

WORD = 60


class BitSet:
    def __init__(self, size, members=()):
        self.size = size
        self.words = [0] * ((size + WORD - 1) // WORD)
        for member in members:
            self.add(member)

    def add(self, i):
        if not 0 <= i < self.size:
            raise IndexError(f"{i} is not below {self.size}")
        self.words[i // WORD] |= 1 << i % WORD

    def discard(self, i):
        self.words[i // WORD] &= ~(1 << i % WORD)

    def __contains__(self, i):
        return self.words[i // WORD] >> i % WORD & 1 == 1

    def combine(self, other, operation):
        result = BitSet(self.size)
        result.words = [operation(a, b) for a, b in zip(self.words, other.words)]
        return result

    def __add__(self, other):
        return self.combine(other, lambda a, b: a | b)

    def __mul__(self, other):
        return self.combine(other, lambda a, b: a & b)

    def either(self, other):
        return self.combine(other, lambda a, b: a ^ b)

    def __sub__(self, other):
        return self.combine(other, lambda a, b: a & ~b)

    def __len__(self):
        count = 0
        for word in self.words:
            while word:
                word &= word - 1
                count += 1
        return count

    def __eq__(self, other):
        return self.words == other.words

    def members(self):
        return [i for i in range(self.size) if i in self]


class Bloom:
    def __init__(self, size):
        self.bits = BitSet(size)

    def places(self, text):
        a, b = 17, 5381
        for c in text:
            a = (a * 31 + ord(c)) % 1000003
            b = (b * 33 ^ ord(c)) & 0xFFFFFF
        return [(a + i * b) % self.bits.size for i in range(3)]

    def add(self, text):
        for place in self.places(text):
            self.bits.add(place)

    def __contains__(self, text):
        return all([place in self.bits for place in self.places(text)])


def gray(n):
    return n ^ (n >> 1)


def reverse_bits(value, width):
    result = 0
    for i in range(width):
        result = result << 1 | value >> i & 1
    return result


def xorshift(state):
    state ^= (state << 13) & 0xFFFFFFFF
    state ^= state >> 17
    state ^= (state << 5) & 0xFFFFFFFF
    return state


def bench(n):
    size = 10 * n + 10
    threes = BitSet(size, range(0, size, 3))
    fives = BitSet(size, [i for i in range(size) if i % 5 == 0])
    fifteens = threes * fives
    assert fifteens.members() == list(range(0, size, 15))
    assert len(threes + fives) == len(threes) + len(fives) - len(fifteens)
    assert threes.either(fives) == threes + fives - fifteens
    threes.discard(3)
    outside = ""
    try:
        threes.add(size)
    except IndexError as error:
        outside = str(error)
    bloom = Bloom(40 * n + 50)
    for i in range(n):
        bloom.add(f"word{i}")
    assert all([f"word{i}" in bloom for i in range(n)])
    false_positives = sum([f"other{i}" in bloom for i in range(100)])
    state = 2463534242
    for i in range(n):
        state = xorshift(state)
    codes = [gray(i) for i in range(9)]
    return (
        len(threes), 3 in threes, 6 in threes, outside, false_positives, state, codes,
        reverse_bits(n, 16), ~n, -n >> 1, n << 40, -1 & 255, 6 ^ -3, 5 | -8, (-5) % 8, 1 << 62,
        not n, -n // 4, True + True, True & False, 2 > 1 != False,
    )
