# SPDX-License-Identifier: MIT
#
# In how many ways can n queens stand on a board of n by n squares, none attacking another? Counted
# by backtracking, row by row, as N. Wirth has it ("Program development by stepwise refinement",
# CACM 14(4), 1971); the question is M. Bezzel's (1848).
#
# Stress: recursion, lists of booleans read and written, integer arithmetic.
# n: size of the board. Usual: 10.


class Board:
    def __init__(self, size):
        self.size = size
        self.columns = [False] * size
        self.rising = [False] * (2 * size)
        self.falling = [False] * (2 * size)

    def count(self, row):
        size = self.size
        if row == size:
            return 1
        columns = self.columns
        rising = self.rising
        falling = self.falling
        solutions = 0
        for column in range(size):
            up = row + column
            down = row - column + size
            if not columns[column] and not rising[up] and not falling[down]:
                columns[column] = rising[up] = falling[down] = True
                solutions += self.count(row + 1)
                columns[column] = rising[up] = falling[down] = False
        return solutions


def bench(n):
    return Board(n).count(0)
