# SPDX-License-Identifier: MIT
# Integers and floats at their edges: signs, division, powers, conversion, comparison, digits.


def digits(number, base):
    if number == 0:
        return "0"
    sign = "-" if number < 0 else ""
    number = abs(number)
    text = ""
    while number:
        text = "0123456789abcdefghijklmnopqrstuvwxyz"[number % base] + text
        number //= base
    return sign + text


def value(text, base):
    sign = 1
    if text[0] == "-":
        sign, text = -1, text[1:]
    total = 0
    for c in text:
        total = total * base + (ord(c) - 48 if c.isdigit() else ord(c) - 87)
    return sign * total


def power(base, exponent, modulus):
    result = 1
    while exponent > 0:
        if exponent % 2:
            result = result * base % modulus
        base = base * base % modulus
        exponent //= 2
    return result


def isqrt(n):
    x = n
    y = (x + 1) // 2
    while y < x:
        x, y = y, (y + n // y) // 2
    return x


def egcd(a, b):
    if b == 0:
        return a, 1, 0
    g, x, y = egcd(b, a % b)
    return g, y, x - a // b * y


WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]


def spell(number):
    return " ".join([WORDS[int(c)] for c in str(number)])


def luhn(text):
    total = 0
    for i, c in enumerate(reversed(text)):
        d = int(c)
        if i % 2 == 1:
            d = d * 2 - 9 if d > 4 else d * 2
        total += d
    return total % 10 == 0


def bench(n):
    for number in (0, n, -n, n * n + 5):
        for base in (2, 3, 10, 16, 36):
            assert value(digits(number, base), base) == number
    for a in (7, -7, n, -n):
        for b in (2, -2, 5, -5):
            assert a // b * b + a % b == a
            assert 0 <= a % b < b or b < a % b <= 0
    big = 9223372036854775807
    low = -big - 1
    overflowed = 0
    for operation in (
        lambda: big - n - 1 + n, lambda: low + n - n, lambda: big // (n + 1) * n, lambda: -big,
    ):
        overflowed += operation() < 0
    g, x, y = egcd(240, n + 46)
    assert 240 * x + (n + 46) * y == g
    return (
        big, low, low // 3, low % 7, big % -10, low >> 62, big >> 60, big & low, big | low, big ^ 5,
        overflowed, 3**20, (-2) ** 5, 2**62, (-2) ** 63, 0**0, 10**-2, power(3, n + 1000, 1000007),
        isqrt(n * 1000003), g, spell(n * 37), luhn("4539578763621486"), luhn("12345"),
        digits(-n - 255, 16), int("-42"), int(" 7 "), int(2.9), int(-2.9), int(True), float(7),
        float("-2.5e-3"), str(1.0), str(1e15), str(1e16), str(1.5e-5), str(-0.0), str(1e100),
        str(0.1), str(100 / 3), 7 / 2, 6 / 2, 7.0 // 2, -7.5 // 2, 7.5 % -2, 1 == 1.0,
        2**53 == 2.0**53, 2**53 + 1 == 2.0**53, n < n + 0.5, {1: "a", 1.0: "b", True: "c"},
        0.1 + 0.2 == 0.3, 5 / 3, max(1, 1.0), min(2.0, 2), sum([1, 2, 3], 10), abs(-n - 0.5),
        n * 0.1, 1e308 * 10, -1e308 * 10, not 0.0, 0x1F + 0b101 + 0o17 + 1_000, ord("€"), chr(8364),
        3 < 4 == 4.0 > n - 100, -(-n), +n,
    )
