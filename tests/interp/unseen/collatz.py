# SPDX-License-Identifier: MIT
# The longest way down to 1 by halving and tripling, with a table of known lengths.


def steps(number):
    count = 0
    while number != 1:
        number = number // 2 if number % 2 == 0 else 3 * number + 1
        count += 1
    return count


def peak(number):
    highest = number
    while number > 1:
        if number & 1:
            number = (number << 1) + number + 1
        else:
            number >>= 1
        highest = max(highest, number)
    return highest


def bench(n):
    lengths = {1: 0}
    best = 1
    for start in range(2, 40 * n + 3):
        chain = []
        number = start
        while number not in lengths:
            chain.append(number)
            if number % 2:
                number = 3 * number + 1
            else:
                number //= 2
        length = lengths[number]
        for number in reversed(chain):
            length += 1
            lengths[number] = length
        if lengths[start] > lengths[best]:
            best = start
    assert steps(best) == lengths[best]
    return best, lengths[best], peak(best), len(lengths), peak(27), steps(n + 1)
