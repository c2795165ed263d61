# SPDX-License-Identifier: MIT
# The Mandelbrot set in letters; square roots by Newton; pi by several series; integration.

LETTERS = " .:-=+*#%@"


def escape(cx, cy, limit):
    x = y = 0.0
    for i in range(limit):
        xx = x * x
        yy = y * y
        if xx + yy > 4.0:
            return i
        y = 2.0 * x * y + cy
        x = xx - yy + cx
    return limit


def square_root(value):
    guess = value
    while abs(guess * guess - value) > 1e-12:
        guess = (guess + value / guess) / 2
    return guess


def leibniz(terms):
    total = 0.0
    sign = 1
    for i in range(terms):
        total += sign / (2 * i + 1)
        sign = -sign
    return 4 * total


def integrate(function, low, high, steps):
    width = (high - low) / steps
    area = 0.0
    for i in range(steps):
        area += function(low + (i + 0.5) * width) * width
    return area


def bench(n):
    limit = n + 10
    rows = []
    inside = 0
    for row in range(9):
        text = ""
        for column in range(24):
            steps = escape(column / 8 - 2.2, row / 4 - 1.0, limit)
            if steps == limit:
                inside += 1
            text += LETTERS[steps * 9 // limit]
        rows.append(text)
    area = integrate(lambda x: x * x, 0, 3, n + 1)
    return (
        "/".join(rows), inside, square_root(2.0), f"{leibniz(n * 10):.10f}", area,
        int(-3.7), int(3.7), -7 // 2, -7 % 3, 7.5 // 2, -7.5 % 2, 2**-1, 2.0**10, float("1e3"),
        float("inf") > 1e308, min(1, 0.5), abs(-0.0), 1e16, 123456789.125, 1 / 3,
    )
