# SPDX-License-Identifier: MIT
# Run lengths, base 64, hexadecimal, Caesar's and Vigenere's ciphers, Huffman's code, a CRC.

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def run_lengths(text):
    runs = []
    for c in text:
        if runs and runs[-1][0] == c:
            runs[-1][1] += 1
        else:
            runs.append([c, 1])
    return "".join([c if count == 1 else f"{count}{c}" for c, count in runs])


def expand(text):
    result = ""
    count = ""
    for c in text:
        if c.isdigit():
            count += c
        else:
            result += c * int(count or 1)
            count = ""
    return result


def encode64(values):
    result = ""
    for i in range(0, len(values), 3):
        group = values[i : i + 3]
        missing = 3 - len(group)
        bits = 0
        for value in group + [0] * missing:
            bits = bits << 8 | value
        letters = [ALPHABET[bits >> shift & 63] for shift in range(18, -1, -6)]
        result += "".join(letters[: 4 - missing]) + "=" * missing
    return result


def decode64(text):
    values = []
    for i in range(0, len(text), 4):
        bits = 0
        for c in text[i : i + 4]:
            bits = (bits << 6) + (0 if c == "=" else ALPHABET.index(c))
        group = [bits >> 16 & 255, (bits >> 8) & 0xFF, bits & 0xFF]
        missing = text[i : i + 4].count("=")
        values += group[: 3 - missing]
    return values


def vigenere(text, key, sign=1):
    result = []
    for i, c in enumerate(text):
        if c.islower():
            shift = ord(key[i % len(key)]) - ord("a")
            c = chr((ord(c) - ord("a") + sign * shift) % 26 + ord("a"))
        result.append(c)
    return "".join(result)


def crc(values):
    register = 0xFFFFFFFF
    for value in values:
        register ^= value
        for bit in range(8):
            if register & 1:
                register = register >> 1 ^ 0xEDB88320
            else:
                register >>= 1
    return ~register & 0xFFFFFFFF


def huffman(text):
    counts = {}
    for c in text:
        counts[c] = counts.get(c, 0) + 1
    trees = sorted([(count, c, None, None) for c, count in counts.items()], key=lambda t: t[:2])
    while len(trees) > 1:
        a, b = trees[:2]
        del trees[:2]
        trees.append((a[0] + b[0], min(a[1], b[1]), a, b))
        trees.sort(key=lambda t: t[:2])
    codes = {}
    if trees:
        assign(trees[0], "", codes)
    return codes


def assign(tree, prefix, codes):
    _, letter, left, right = tree
    if left is None:
        codes[letter] = prefix or "0"
    else:
        assign(left, prefix + "0", codes)
        assign(right, prefix + "1", codes)


def bench(n):
    text = "aaabccdddde" + "z" * n + "hello world, " * (n % 4)
    packed = run_lengths(text)
    assert expand(packed) == text
    values = [ord(c) for c in text] + list(range(n))
    encoded = encode64(values)
    assert decode64(encoded) == values
    secret = vigenere(text, "lemon")
    assert vigenere(secret, "lemon", sign=-1) == text
    codes = huffman(text)
    bits = "".join([codes[c] for c in text])
    return packed, encoded[-12:], secret[:16], f"{crc(values):08x}", crc([]), codes, len(bits)
