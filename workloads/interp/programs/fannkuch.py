# SPDX-License-Identifier: MIT
#
# Fannkuch ("Pfannkuchen", pancakes): for each permutation of 1 to n, reverse as many of the first
# elements as the first one says until that is 1, and count. K. R. Anderson, D. Rettig, "Performing
# Lisp analysis of the FANNKUCH benchmark", Lisp Pointers VII(4), 1994. Here with the checksum of
# the Computer Language Benchmarks Game (fannkuch-redux): flips, alternately added and subtracted,
# in the Game's order of permutations.
#
# Stress: lists of small integers: elements, slices, reversal, insertion and removal.
# n: length of the permutation, at least 2. Usual: 8.
# The result: checksum, and the largest number of flips.


def count_flips(permutation):
    flips = 0
    stack = permutation[:]
    first = stack[0]
    while first:
        stack[: first + 1] = stack[first::-1]
        flips += 1
        first = stack[0]
    return flips


def bench(n):
    permutation = list(range(n))
    count = [0] * n
    checksum = 0
    most = 0
    sign = 1
    rank = n
    while True:
        while rank > 1:
            count[rank - 1] = rank
            rank -= 1
        flips = count_flips(permutation)
        most = max(most, flips)
        checksum += sign * flips
        sign = -sign
        while True:
            if rank == n:
                return checksum, most
            permutation.insert(rank, permutation.pop(0))
            count[rank] -= 1
            if count[rank] > 0:
                break
            rank += 1
