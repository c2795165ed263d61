# SPDX-License-Identifier: MIT
#
# A dictionary of integers and one of strings that fill, are looked up, hit and missed, counted in,
# emptied by half and filled again, as caches and word counts are. No published program.
#
# Stress: insertion, look-up, deletion and resizing of dictionaries; strings made as keys; hashing.
# n: keys. Usual: 50000.
# Keys come from Lehmer's generator in the constants of S. K. Park and K. W. Miller (CACM 31(10),
# 1988), which starts anew in every call.

MODULUS = 2147483647


def make_keys(n):
    keys = []
    seed = 42
    for i in range(n):
        seed = seed * 16807 % MODULUS
        keys.append(seed)
    return keys


def churn_integers(keys):
    places = {}
    for place, key in enumerate(keys):
        places[key] = place
    total = 0
    for key in keys:
        total += places[key]
        if key + 1 in places:
            total += 1
    for key in keys:
        if key % 2 == 0:
            del places[key]
    for key in keys:
        total += places.get(key, -1)
    for key in keys[: len(keys) // 4]:
        places[-key] = key % 100
    for key, value in places.items():
        if key < 0:
            total += value
    return total + len(places)


def churn_strings(keys):
    counts = {}
    for key in keys:
        word = "w" + str(key % 1000)
        counts[word] = counts.get(word, 0) + 1
    groups = {}
    for word, count in counts.items():
        groups.setdefault(count, []).append(word)
    total = len(counts)
    for count in sorted(groups.keys()):
        total += count * len(groups[count])
        for word in groups[count]:
            total += counts.pop(word) * len(word)
    return total + len(counts)


def bench(n):
    keys = make_keys(n)
    return churn_integers(keys), churn_strings(keys)
