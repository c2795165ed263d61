# SPDX-License-Identifier: MIT
# Roman numerals, there and back.

VALUES = [
    (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"),
    (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
]
DIGITS = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}


def to_roman(number):
    if not 0 < number < 4000:
        raise ValueError(f"{number} has no Roman numeral")
    result = ""
    for value, letters in VALUES:
        while number >= value:
            result += letters
            number -= value
    return result


def from_roman(text):
    total = 0
    for i, letter in enumerate(text):
        value = DIGITS[letter]
        if i + 1 < len(text) and DIGITS[text[i + 1]] > value:
            total -= value
        else:
            total += value
    return total


def bench(n):
    longest = ""
    letters = 0
    refused = []
    for number in range(0, 30 * n + 10):
        try:
            roman = to_roman(number * 5)
        except ValueError as error:
            refused.append(str(error))
            continue
        assert from_roman(roman) == number * 5
        letters += len(roman)
        if len(roman) > len(longest):
            longest = roman
    return letters, longest, refused[0], len(refused), to_roman(n % 3999 + 1)
