# SPDX-License-Identifier: MIT
# Text: wrapped, justified, indented, centred; acronyms, palindromes, anagrams, a template.

TEXT = """The quick brown fox jumps over the lazy dog. Pack my box with five dozen liquor jugs!
How vexingly quick daft zebras jump; the five boxing wizards jump quickly."""


def wrap(text, width):
    lines = []
    line = []
    length = 0
    for word in text.split():
        if line and length + len(line) + len(word) > width:
            lines.append(line)
            line, length = [], 0
        line.append(word)
        length += len(word)
    if line:
        lines.append(line)
    return lines


def justify(words, width):
    if len(words) == 1:
        return words[0].ljust(width)
    spaces = width - len("".join(words))
    each, more = spaces // (len(words) - 1), spaces % (len(words) - 1)
    text = ""
    for i, word in enumerate(words):
        text += word
        if i < len(words) - 1:
            text += " " * (each + (1 if i < more else 0))
    return text


def is_palindrome(text):
    letters = [c for c in text.lower() if c.isalpha()]
    return letters == letters[::-1]


def anagrams(words):
    groups = {}
    for word in words:
        key = "".join(sorted(word.lower()))
        groups.setdefault(key, []).append(word)
    return [group for group in groups.values() if len(group) > 1]


def fill(template, values):
    result = []
    for i, part in enumerate(template.split("$")):
        if i % 2 == 0:
            result.append(part)
        else:
            result.append(str(values.get(part, "?")))
    return "".join(result)


def camel(name):
    first, *rest = name.split("_")
    return first + "".join([part[0].upper() + part[1:] for part in rest if part])


def bench(n):
    width = 20 + n % 15
    lines = wrap(TEXT, width)
    text = [justify(line, width) for line in lines[:-1]] + [" ".join(lines[-1]).center(width, "*")]
    for line in text:
        assert len(line) == width
    letters = {c for c in TEXT.lower() if "a" <= c <= "z"}
    return (
        text, len(letters), [is_palindrome(s) for s in ("Never odd or even", "odd", "", "Anna")],
        anagrams(["listen", "Silent", "google", "enlist", "banana", "tinsel", "elgoog"]),
        fill("Dear $name$, you owe $sum$ $coin$$", {"name": "Ann", "sum": n * 3}),
        "".join([w[0].upper() for w in TEXT.split()]), camel("snake_case_name"),
        "  pad\t".strip(), "xxhixx".strip("x"), "  left".lstrip(), "right  ".rstrip() + "|",
        "a,b,,c".split(","), "one two  three".split(" "), "a--b--c".split("--", 1),
        "l1\nl2\n".split("\n"), "Mississippi".replace("ss", "SS", 1), "7".zfill(3), "-7".zfill(4),
        "banana".rfind("an"), "banana".find("x"), "banana".index("n"), "tItLe".title(),
        "abc".upper().lower().capitalize(), "a1".isdigit(), "12".isdigit(), "ab".isalpha(),
        " ".isspace(), "abc" < "abd" < "b", "ab" * n, "é" > "z", "a\tb\\'\"",
    )
