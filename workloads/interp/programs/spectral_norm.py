# SPDX-License-Identifier: MIT
#
# The spectral norm of an infinite matrix, approached by its upper left n by n part, by the power
# method: ten multiplications with the transpose times the matrix. From the Computer Language
# Benchmarks Game; the problem is number 3 of N. Trefethen's "A hundred-dollar, hundred-digit
# challenge", SIAM News 35(1), 2002.
#
# Stress: calls of a small function, arithmetic that goes from integers to floats, list elements.
# n: rows and columns; at least 1. Usual: 80.
# The result has the digits that the Game prints.


def element(i, j):
    return 1.0 / ((i + j) * (i + j + 1) // 2 + i + 1)


def multiply(vector):
    result = []
    for i in range(len(vector)):
        total = 0.0
        for j, component in enumerate(vector):
            total += element(i, j) * component
        result.append(total)
    return result


def multiply_transposed(vector):
    result = []
    for i in range(len(vector)):
        total = 0.0
        for j, component in enumerate(vector):
            total += element(j, i) * component
        result.append(total)
    return result


def bench(n):
    u = [1.0] * n
    for turn in range(10):
        v = multiply_transposed(multiply(u))
        u = multiply_transposed(multiply(v))
    product = 0.0
    square = 0.0
    for ue, ve in zip(u, v):
        product += ue * ve
        square += ve * ve
    return f"{(product / square) ** 0.5:.9f}"
