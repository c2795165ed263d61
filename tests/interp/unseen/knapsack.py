# SPDX-License-Identifier: MIT
# The knapsack problem: by trying all, by a table, and greedily; and which things were taken.


class Thing:
    def __init__(self, name, weight, value):
        self.name = name
        self.weight = weight
        self.value = value

    def __repr__(self):
        return self.name


def try_all(things, room):
    best = (0, [])
    for choice in range(1 << len(things)):
        taken = [thing for i, thing in enumerate(things) if choice >> i & 1]
        if sum([thing.weight for thing in taken]) <= room:
            value = sum([thing.value for thing in taken])
            if value > best[0]:
                best = value, taken
    return best


def by_table(things, room):
    table = [[0] * (room + 1)]
    for thing in things:
        before = table[-1]
        row = before[:]
        for space in range(thing.weight, room + 1):
            row[space] = max(before[space], before[space - thing.weight] + thing.value)
        table.append(row)
    taken = []
    space = room
    for i in range(len(things), 0, -1):
        if table[i][space] != table[i - 1][space]:
            taken.insert(0, things[i - 1])
            space -= things[i - 1].weight
    return table[-1][room], taken


def greedy(things, room):
    total = 0
    for thing in sorted(things, key=lambda t: t.value / t.weight, reverse=True):
        if thing.weight <= room:
            room -= thing.weight
            total += thing.value
    return total


def bench(n):
    things = []
    for i in range(8):
        things.append(Thing(chr(ord("A") + i), i * 5 % 7 + 2, i * 11 % 13 + 3))
    room = n
    value, taken = by_table(things, room)
    assert value == try_all(things, room)[0]
    assert sum([thing.weight for thing in taken]) <= room
    return value, taken, greedy(things, room)
