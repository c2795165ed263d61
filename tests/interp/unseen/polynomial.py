# SPDX-License-Identifier: MIT
# Polynomials with integer coefficients.


class Polynomial:
    def __init__(self, coefficients):
        coefficients = list(coefficients)
        while coefficients and coefficients[-1] == 0:
            coefficients.pop()
        self.coefficients = coefficients

    def __len__(self):
        return len(self.coefficients)

    def __getitem__(self, power):
        if power < len(self.coefficients):
            return self.coefficients[power]
        return 0

    def __add__(self, other):
        size = max(len(self), len(other))
        return Polynomial([self[i] + other[i] for i in range(size)])

    def __neg__(self):
        return Polynomial([-c for c in self.coefficients])

    def __sub__(self, other):
        return self + -other

    def __mul__(self, other):
        result = [0] * (len(self) + len(other))
        for i, a in enumerate(self.coefficients):
            for j, b in enumerate(other.coefficients):
                result[i + j] += a * b
        return Polynomial(result)

    def __eq__(self, other):
        return self.coefficients == other.coefficients

    def __call__(self, x):
        value = 0
        for c in reversed(self.coefficients):
            value = value * x + c
        return value

    def __bool__(self):
        return bool(self.coefficients)

    def derivative(self):
        return Polynomial([i * c for i, c in enumerate(self.coefficients)][1:])

    def __str__(self):
        terms = []
        for power in range(len(self) - 1, -1, -1):
            c = self[power]
            if c == 0:
                continue
            sign = "-" if c < 0 else "+"
            number = "" if abs(c) == 1 and power > 0 else str(abs(c))
            letter = "" if power == 0 else "x" if power == 1 else f"x^{power}"
            terms.append(f" {sign} {number}{letter}")
        text = "".join(terms).strip()
        return text[2:] if text.startswith("+") else text or "0"


def chebyshev(n):
    before, now = Polynomial([1]), Polynomial([0, 1])
    two_x = Polynomial([0, 2])
    for i in range(n):
        before, now = now, two_x * now - before
    return before


def bench(n):
    p = Polynomial([-1, 0, 3, 1])
    q = Polynomial([1, -1])
    product = p * q
    for x in range(-3, 4):
        assert product(x) == p(x) * q(x)
        assert (p - q)(x) == p(x) - q(x)
    assert p - p == Polynomial([]) and not p - p
    t = chebyshev(n % 20)
    return str(product), str(t), t(1), t(-1), t.derivative()(1), str(p - p), p(0.5), len(t)
