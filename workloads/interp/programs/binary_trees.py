# SPDX-License-Identifier: MIT
#
# Complete binary trees, built, walked and dropped, while one of them lives on. From the Computer
# Language Benchmarks Game, there after H.-J. Boehm's GCBench, which came from J. Ellis and P.
# Kovac.
#
# Stress: objects made and freed, a whole tree with its last reference; recursion, as deep as the
# tree.
# n: depth of the largest trees; below 6 it is 6, as in the Game. Usual: 10.
# The result: the nodes counted in the tree that is deeper by one, in all trees of depths 4, 6, ...,
# and in the one that lives.

MIN_DEPTH = 4


class Node:
    def __init__(self, left, right):
        self.left = left
        self.right = right

    def check(self):
        if self.left is None:
            return 1
        return 1 + self.left.check() + self.right.check()


def make_tree(depth):
    if depth == 0:
        return Node(None, None)
    return Node(make_tree(depth - 1), make_tree(depth - 1))


def bench(n):
    max_depth = max(MIN_DEPTH + 2, n)
    checks = [make_tree(max_depth + 1).check()]
    long_lived = make_tree(max_depth)
    for depth in range(MIN_DEPTH, max_depth + 1, 2):
        check = 0
        for i in range(1 << (max_depth - depth + MIN_DEPTH)):
            check += make_tree(depth).check()
        checks.append(check)
    checks.append(long_lived.check())
    return checks
