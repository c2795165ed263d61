# SPDX-License-Identifier: MIT
#
# A table of records is written as text, line by line, taken apart again, searched and changed: what
# scripts do with log files and CSV. No published program.
#
# Stress: strings made and dropped by concatenation, join, split, slices, replace, case, formatting;
# characters one by one; strings as keys.
# n: lines. Usual: 8000.

MODULUS = 2147483647
NAMES = ["alpha", "Bravo", "charlie", "Delta", "echo", "Foxtrot", "golf"]


def make_line(number):
    name = NAMES[number % len(NAMES)]
    share = number % 1000 / 8
    return f"{number:06d},{name:<8}|{share:>9.3f}," + name.upper() + ";" + str(number * number)


def reverse_words(text):
    words = text.replace(",", " ").replace("|", " ").replace(";", " ").split()
    words.reverse()
    return "-".join(words)


def count_letters(text):
    counts = {}
    for character in text:
        if character.isalpha():
            counts[character] = counts.get(character, 0) + 1
    return counts


def title(word):
    return word[:1].upper() + word[1:].lower()


def repeat_by_concatenation(n):
    text = ""
    for i in range(n):
        text += chr(ord("a") + i % 26)
        if len(text) > 60:
            text = text[30:]
    return text


def checksum(text):
    total = 0
    for character in text[::7]:
        total = (total * 33 + ord(character)) % MODULUS
    return total


def bench(n):
    lines = []
    for number in range(n):
        lines.append(make_line(number))
    text = "\n".join(lines)

    reversed_lines = []
    found = 0
    squares = 0
    for line in text.split("\n"):
        if line.startswith("0000") or line.endswith("9"):
            found += line.find("LPHA") + 1
        fields = line.split(",")
        squares += int(fields[-1][fields[-1].find(";") + 1 :] or "0")
        reversed_lines.append(reverse_words(line))
    text = "\n".join(reversed_lines)
    text = text.replace("ECHO", "Echo").replace("--", "-")

    counts = count_letters(text)
    letters = ""
    for letter in sorted(counts.keys()):
        letters += f"{letter}{counts[letter]}"
    names = " ".join([title(name) for name in NAMES])
    tail = repeat_by_concatenation(n)
    return f"{len(text)} {found} {squares} {checksum(text)} {checksum(letters)} {names} [{tail}]"
