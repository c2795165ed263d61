# SPDX-License-Identifier: MIT
# Word and letter counts of a text, and bars for them.

TEXT = """It was the best of times, it was the worst of times, it was the age of wisdom,
it was the age of foolishness, it was the epoch of belief, it was the epoch of incredulity,
it was the season of Light, it was the season of Darkness."""


def words_of(text):
    words = []
    word = ""
    for c in text.lower():
        if "a" <= c <= "z":
            word += c
        elif word:
            words.append(word)
            word = ""
    if word:
        words.append(word)
    return words


def count(items):
    counts = {}
    for item in items:
        if item not in counts:
            counts[item] = 0
        counts[item] += 1
    return counts


def top(counts, how_many):
    pairs = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return pairs[:how_many]


def bars(pairs, width):
    largest = max([number for _, number in pairs])
    lines = []
    for word, number in pairs:
        lines.append(f"{word:>10} {'#' * (number * width // largest)} {number}")
    return lines


def bench(n):
    text = " ".join([TEXT] * (n + 1))
    words = words_of(text)
    lines = bars(top(count(words), 5), 20)
    letters = top(count([c for c in text if c.isalpha()]), 4)
    lengths = {}
    for word in words:
        lengths.setdefault(len(word), set()).add(word)
    by_length = [(k, sorted(lengths[k])) for k in sorted(lengths)]
    longest = max(words, key=len)
    return len(words), "/".join(lines), letters, by_length[-1], longest, text.count("was")
