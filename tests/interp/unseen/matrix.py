# SPDX-License-Identifier: MIT
# Matrices of integers: sums, products, powers, transposition.


class Matrix:
    def __init__(self, rows):
        self.rows = rows
        self.height = len(rows)
        self.width = len(rows[0])

    def __getitem__(self, place):
        row, column = place
        return self.rows[row][column]

    def __setitem__(self, place, value):
        row, column = place
        self.rows[row][column] = value

    def __eq__(self, other):
        return isinstance(other, Matrix) and self.rows == other.rows

    def __add__(self, other):
        rows = []
        for mine, theirs in zip(self.rows, other.rows):
            rows.append([a + b for a, b in zip(mine, theirs)])
        return Matrix(rows)

    def __neg__(self):
        return Matrix([[-a for a in row] for row in self.rows])

    def __sub__(self, other):
        return self + -other

    def __mul__(self, other):
        columns = other.transposed().rows
        return Matrix(
            [
                [sum([a * b for a, b in zip(row, column)]) % 1000003 for column in columns]
                for row in self.rows
            ]
        )

    def transposed(self):
        return Matrix([[row[i] for row in self.rows] for i in range(self.width)])

    def __repr__(self):
        return f"Matrix({self.rows})"

    def __str__(self):
        return "; ".join([" ".join([str(a) for a in row]) for row in self.rows])


def identity(size):
    return Matrix([[1 if i == j else 0 for j in range(size)] for i in range(size)])


def power(matrix, exponent):
    result = identity(matrix.height)
    while exponent:
        if exponent & 1:
            result = result * matrix
        matrix = matrix * matrix
        exponent >>= 1
    return result


def bench(n):
    fibonacci = Matrix([[1, 1], [1, 0]])
    a = Matrix([[i * j % 7 - 3 for j in range(n + 1)] for i in range(n + 2)])
    b = a.transposed()
    product = a * b
    assert product == product.transposed()
    assert a - a == a + -a
    assert a != b
    product[0, 0] = n
    trace = 0
    for i in range(product.height):
        trace += product[i, i]
    return f"{trace} {power(fibonacci, n)} {power(fibonacci, 3)!r} {product.width}"
