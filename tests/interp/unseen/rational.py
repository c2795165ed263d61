# SPDX-License-Identifier: MIT
# Fractions, and determinants, inverses and solutions of linear equations made of them.


def gcd(a, b):
    while b != 0:
        a, b = b, a % b
    return abs(a)


class Fraction:
    def __init__(self, top, bottom=1):
        if bottom == 0:
            raise ZeroDivisionError("a fraction over zero")
        if bottom < 0:
            top, bottom = -top, -bottom
        divisor = gcd(top, bottom)
        self.top = top // divisor
        self.bottom = bottom // divisor

    def __add__(self, other):
        top = self.top * other.bottom + other.top * self.bottom
        return Fraction(top, self.bottom * other.bottom)

    def __neg__(self):
        return Fraction(-self.top, self.bottom)

    def __sub__(self, other):
        return self + (-other)

    def __mul__(self, other):
        return Fraction(self.top * other.top, self.bottom * other.bottom)

    def inverse(self):
        return Fraction(self.bottom, self.top)

    def __eq__(self, other):
        return self.top == other.top and self.bottom == other.bottom

    def __hash__(self):
        return self.top * 31 + self.bottom

    def __lt__(self, other):
        return self.top * other.bottom < other.top * self.bottom

    def __bool__(self):
        return self.top != 0

    def __repr__(self):
        if self.bottom == 1:
            return str(self.top)
        return f"{self.top}/{self.bottom}"


ZERO = Fraction(0)
ONE = Fraction(1)


def determinant(rows):
    rows = [row[:] for row in rows]
    size = len(rows)
    result = ONE
    for i in range(size):
        pivot = i
        while pivot < size and not rows[pivot][i]:
            pivot += 1
        if pivot == size:
            return ZERO
        if pivot != i:
            rows[i], rows[pivot] = rows[pivot], rows[i]
            result = -result
        result = result * rows[i][i]
        scale = rows[i][i].inverse()
        for j in range(i + 1, size):
            factor = rows[j][i] * scale
            for k in range(i, size):
                rows[j][k] = rows[j][k] - factor * rows[i][k]
    return result


def hilbert(size):
    return [[Fraction(1, i + j + 1) for j in range(size)] for i in range(size)]


def bench(n):
    total = ZERO
    for i in range(1, n % 9 + 4):
        total += Fraction(1, i * (i + 1))
    smallest = min([Fraction(i * 7 % 11 + 1, i + 2) for i in range(n + 2)])
    different = {Fraction(i % 4, i % 6 + 1) for i in range(n + 5)}
    in_order = sorted(different)
    try:
        Fraction(n, 0)
        message = "none"
    except ZeroDivisionError as error:
        message = str(error)
    singular = [[ZERO, ONE], [ZERO, ONE]]
    swapped = [[ZERO, ONE, ONE], [ONE, ZERO, ONE], [ONE, ONE, ZERO]]
    return (
        determinant(hilbert(n % 3 + 2)), total, smallest, in_order, message,
        determinant(singular), determinant(swapped), Fraction(2, 4) in different,
    )
