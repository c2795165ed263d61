# SPDX-License-Identifier: MIT
#
# A loop that counts down to zero and does nothing else: the least that an interpreter can do in a
# turn of a loop. Nobody's algorithm.
#
# Stress: the dispatch of instructions, a comparison, a subtraction that makes an integer and drops
# another, and a jump back. What is measured here is the floor below all other programs.
# n: turns. Usual: 1000000.


def bench(n):
    while n > 0:
        n = n - 1
    return n
