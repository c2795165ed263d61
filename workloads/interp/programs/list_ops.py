# SPDX-License-Identifier: MIT
#
# What ordinary programs do with lists: a stack, a queue, a sieve, a merge, an insertion into a
# sorted list, slices, sorting, reversing. No published program, but for the sieve of Eratosthenes.
#
# Stress: append and pop at both ends, elements read and written, slices that copy and are assigned
# to, insert, index, sort and reverse, comprehensions.
# n: elements. Usual: 25000.

MODULUS = 2147483647


def make_numbers(n):
    numbers = []
    seed = 42
    for i in range(n):
        seed = seed * 16807 % MODULUS
        numbers.append(seed % 100003)
    return numbers


def stack_and_queue(numbers):
    """A stack that larger numbers leave, and a queue to whose end odd ones go back, halved."""
    stack = []
    total = 0
    for number in numbers:
        while stack and stack[-1] > number:
            total += stack.pop()
        stack.append(number)
    queue = numbers[::10] + stack
    while queue:
        number = queue.pop(0)
        if number % 2 == 1:
            queue.append(number // 2)
        total = (total * 3 + number) % MODULUS
    return total


def sieve(n):
    prime = [True] * (n + 2)
    prime[0] = prime[1] = False
    i = 2
    while i * i <= n:
        if prime[i]:
            for multiple in range(i * i, n + 1, i):
                prime[multiple] = False
        i += 1
    return [i for i in range(n + 1) if prime[i]]


def merge(left, right):
    merged = []
    i = 0
    j = 0
    while i < len(left) and j < len(right):
        if left[i] <= right[j]:
            merged.append(left[i])
            i += 1
        else:
            merged.append(right[j])
            j += 1
    merged.extend(left[i:])
    merged.extend(right[j:])
    return merged


def insert_sorted(numbers):
    """Each number into its place, which is found by bisection."""
    result = []
    for number in numbers:
        low = 0
        high = len(result)
        while low < high:
            middle = (low + high) // 2
            if result[middle] < number:
                low = middle + 1
            else:
                high = middle
        result.insert(low, number)
    return result


def digest(numbers):
    total = 0
    for number in numbers:
        total = (total * 31 + number) % MODULUS
    return total


def bench(n):
    numbers = make_numbers(n)
    half = n // 2
    left = numbers[:half]
    right = numbers[half:]
    left.sort()
    right.sort(reverse=True)
    right.reverse()
    merged = merge(left, right)

    inserted = insert_sorted(numbers[: n // 8])
    found = 0
    for number in inserted[::100]:
        found += inserted.index(number)

    rotated = numbers[half:] + numbers[:half]
    rotated[::2] = [number // 2 for number in rotated[::2]]
    return [
        stack_and_queue(numbers),
        len(sieve(n)),
        digest(merged),
        merged == sorted(numbers),
        digest(inserted),
        found,
        digest(rotated[::-1]),
    ]
