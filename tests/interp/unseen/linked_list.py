# SPDX-License-Identifier: MIT
# A singly linked list, short with all operations, and a very long one, built and dropped.


class Node:
    def __init__(self, value, rest=None):
        self.value = value
        self.rest = rest


class Iterator:
    def __init__(self, node):
        self.node = node

    def __iter__(self):
        return self

    def __next__(self):
        if self.node is None:
            raise StopIteration
        value = self.node.value
        self.node = self.node.rest
        return value


class LinkedList:
    def __init__(self):
        self.first = None
        self.length = 0

    def push(self, value):
        self.first = Node(value, self.first)
        self.length += 1

    def pop(self):
        if self.first is None:
            raise IndexError("pop from an empty list")
        value = self.first.value
        self.first = self.first.rest
        self.length -= 1
        return value

    def reverse(self):
        previous = None
        node = self.first
        while node:
            node.rest, previous, node = previous, node, node.rest
        self.first = previous

    def __iter__(self):
        return Iterator(self.first)

    def __len__(self):
        return self.length

    def __getitem__(self, index):
        for i, value in enumerate(self):
            if i == index:
                return value
        raise IndexError(index)


def bench(n):
    short = LinkedList()
    for i in range(n + 2):
        short.push(i * i)
    short.reverse()
    values = [value for value in short]
    third = short[1]
    popped = short.pop()
    outside = 0
    try:
        short[n + 100]
    except IndexError:
        outside = 1

    # 30 gives a million nodes, of which each holds the next one.
    long = LinkedList()
    for i in range(n * 35000):
        long.push(i)
    total = 0
    node = long.first
    while node is not None:
        total += node.value
        node = node.rest
    length = len(long)
    long = None
    nested = []
    for i in range(n * 10000):
        nested = [nested]
    nested = None
    return values[-3:], third, popped, outside, len(short), total, length, 1 in values
