# Whole numbers and floats: signs, shifts, rounding, and how they are shown.


def bench(n):
    out = []
    for a in (7, -7, n, -n - 1, 0, 2**40):
        for b in (3, -3, 1, -1, n + 2, 2.5, -2.5, True):
            out += [a // b, a % b, divmod(a, b), a / b, a * b, a - b]
            if isinstance(b, int):
                out += [a & b, a | b, a ^ b, ~a, a >> (b & 7), (a & 0xffff) << (b & 7)]
        out += [abs(a), -a, +a, a == float(a), hash(a), bool(a), int(a / 3), round(a / 3, 2),
                a.bit_length(), hex(a), oct(a), bin(a), float(a), str(a),
                a ** 2 if a < 10 ** 6 else 0, a ** -1 if a else 0, a ** 0.5 if a > 0 else 0,
                pow(a, 3, 7), 1 if a < 0 else 2]
    for x in (0.1 + 0.2, 1e16, 1e15, 123456789.123456789, 1e-5, 0.0001, 1.0, -0.0, 1e22, 1e23,
              5e-324, 1.7976931348623157e308, float("inf"), float("nan"), 2.5, 3.5, -2.5, 0.5,
              1/3, 100.0, 1e5):
        out += [x, str(x), repr(x), "%g" % x,
                "%.3f" % x if abs(x) < 1e30 else "", f"{x:e}", f"{x:.2g}",
                x.is_integer() if x == x and abs(x) < 1e300 else 0]
        if abs(x) < 1e15 and x == x:
            out += [round(x), round(x, 1), int(x), x // 1, x % 1, divmod(x, 0.3), x ** 2]
    for f in (lambda: 1 // 0, lambda: 1 % 0, lambda: 1.0 / 0, lambda: 1.0 // 0, lambda: 1.0 % 0,
            lambda: divmod(1, 0), lambda: 0 ** -1, lambda: 0.0 ** -1, lambda: 1 << -1,
            lambda: 1 >> -1, lambda: 1 >> 100, lambda: -1 >> 100, lambda: 1.5 & 1, lambda: ~1.5,
            lambda: -"a", lambda: 10.0 ** 400, lambda: int(float("inf")),
            lambda: int(float("nan")), lambda: round("a"), lambda: abs("a"),
            lambda: round(2.675, 2), lambda: round(1234, -2), lambda: round(1250, -2),
            lambda: round(-15, -1), lambda: 1 < 2 < 3 != 4 > 1, lambda: True + True,
            lambda: 3 == 3.0, lambda: 2**53 == 2.0**53 + 1, lambda: 2**53 + 1 == 2.0**53,
            lambda: sum([0.1] * 10), lambda: (5).bit_count(), lambda: 1_000 + 0x10 + 0b1 + 0o7,
            lambda: (-8) ** (1/3) if 0 else 8 ** (1/3), lambda: float.is_integer(2.0),
            lambda: int("-5") // 2, lambda: -7 // 2.0, lambda: 1e308 * 10,
            lambda: max(1, float("nan")), lambda: 0 or [] or "x", lambda: 1 and 0 and 2,
            lambda: not 0):
        try:
            out.append(f())
        except Exception as e:
            out.append((type(e).__name__, str(e)))
    return out
