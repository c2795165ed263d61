# SPDX-License-Identifier: MIT
# Recursive functions that remember what they have answered.


def memoize(function):
    known = {}

    def remembered(argument):
        if argument not in known:
            known[argument] = function(argument)
        return known[argument]

    return remembered


def slow_fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


fib = memoize(slow_fib)


def partitions(n, largest, known):
    if n == 0:
        return 1
    if n < 0 or largest == 0:
        return 0
    key = n, largest
    if key not in known:
        known[key] = partitions(n - largest, largest, known) + partitions(n, largest - 1, known)
    return known[key]


def ackermann(m, n, memo):
    if (m, n) in memo:
        return memo[(m, n)]
    if m == 0:
        result = n + 1
    elif n == 0:
        result = ackermann(m - 1, 1, memo)
    else:
        result = ackermann(m - 1, ackermann(m, n - 1, memo), memo)
    memo[m, n] = result
    return result


def change(amount, coins):
    best = {0: 0}

    def fewest(rest):
        if rest in best:
            return best[rest]
        answers = [fewest(rest - coin) for coin in coins if coin <= rest]
        answers = [answer for answer in answers if answer is not None]
        best[rest] = 1 + min(answers) if answers else None
        return best[rest]

    return fewest(amount)


def catalan(n, memo={0: 1}):
    if n in memo:
        return memo[n]
    result = 0
    for i in range(n):
        result += catalan(i) * catalan(n - 1 - i)
    memo[n] = result
    return result


def bench(n):
    known = {}
    return (
        fib(n), fib(60), partitions(n, n, known), len(known), ackermann(2, n % 10, {}),
        change(n, [3, 7, 12]), change(n + 40, (1, 5, 10, 25)), catalan(n % 30),
    )
