# SPDX-License-Identifier: MIT
# Prime numbers by sieving, factors by trial division, perfect numbers, Euclid's algorithm.


def primes_up_to(limit):
    composite = set()
    found = []
    for i in range(2, limit + 1):
        if i in composite:
            continue
        found.append(i)
        for j in range(i * i, limit + 1, i):
            composite.add(j)
    return found


def factorize(number, primes):
    factors = {}
    for p in primes:
        if p * p > number:
            break
        while number % p == 0:
            factors[p] = factors.get(p, 0) + 1
            number //= p
    if number > 1:
        factors[number] = factors.get(number, 0) + 1
    return factors


def is_prime(number):
    if number < 2:
        return False
    d = 2
    while d * d <= number:
        if number % d == 0:
            return False
        d += 1
    else:
        return True


def gcd(a, b):
    while b:
        a, b = b, a % b
    return a


def perfect(number):
    return number > 1 and sum([d for d in range(1, number) if number % d == 0]) == number


def bench(n):
    limit = 20 * n + 30
    primes = primes_up_to(limit)
    for p in primes:
        assert is_prime(p)
    text = []
    for number in range(limit - 5, limit + 1):
        factors = factorize(number, primes)
        text.append("*".join([f"{p}^{k}" if k > 1 else str(p) for p, k in factors.items()]))
    twins = [(p, q) for p, q in zip(primes, primes[1:]) if q - p == 2]
    coprime = 0
    for a in range(1, n + 10):
        for b in range(1, n + 10):
            if gcd(a, b) == 1:
                coprime += 1
    return len(primes), text, twins[-1], coprime, [i for i in range(limit) if perfect(i)]
