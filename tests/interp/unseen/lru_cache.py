# SPDX-License-Identifier: MIT
# A cache that forgets what was used least recently: a dictionary and a doubly linked list.


class Link:
    def __init__(self, key=None, value=None):
        self.key = key
        self.value = value
        self.before = None
        self.after = None


class LRUCache:
    def __init__(self, capacity):
        self.capacity = capacity
        self.links = {}
        self.head = Link()
        self.tail = Link()
        self.head.after = self.tail
        self.tail.before = self.head
        self.hits = 0
        self.misses = 0

    def __len__(self):
        return len(self.links)

    def __contains__(self, key):
        return key in self.links

    def unlink(self, link):
        link.before.after = link.after
        link.after.before = link.before

    def push(self, link):
        link.after = self.head.after
        link.before = self.head
        self.head.after.before = link
        self.head.after = link

    def __getitem__(self, key):
        try:
            link = self.links[key]
        except KeyError:
            self.misses += 1
            raise
        self.hits += 1
        self.unlink(link)
        self.push(link)
        return link.value

    def __setitem__(self, key, value):
        if key in self.links:
            link = self.links[key]
            link.value = value
            self.unlink(link)
        else:
            if len(self) >= self.capacity:
                oldest = self.tail.before
                self.unlink(oldest)
                del self.links[oldest.key]
            link = Link(key, value)
            self.links[key] = link
        self.push(link)

    def keys(self):
        keys = []
        link = self.head.after
        while link is not self.tail:
            keys.append(link.key)
            link = link.after
        return keys

    def clear(self):
        """Takes the links apart, as they form cycles."""
        link = self.head
        while link is not None:
            after = link.after
            link.before = link.after = None
            link = after
        self.links.clear()


def slow_square(x):
    return x * x


def bench(n):
    cache = LRUCache(16)
    seed = 7
    total = 0
    for i in range(20 * n):
        seed = (seed * 1103515245 + 12345) % 2147483648
        key = (seed >> 16) % 24
        try:
            value = cache[key]
        except KeyError:
            value = slow_square(key)
            cache[key] = value
        total += value
    result = total, cache.hits, cache.misses, len(cache), cache.keys(), 3 in cache
    cache.clear()
    return result
