# SPDX-License-Identifier: MIT
#
# The Fibonacci numbers by their definition, as a doubly recursive function: the customary measure
# of what a call costs. Leonardo of Pisa's numbers (1202), nobody's program.
#
# Stress: calls of a global function, with one argument, one comparison and three additions each.
# n: which number. fib(n) makes 2 * fib(n + 1) - 1 calls. Usual: 28.


def fib(n):
    if n < 2:
        return n
    return fib(n - 1) + fib(n - 2)


def bench(n):
    return fib(n)
