# SPDX-License-Identifier: MIT
# A binary heap of objects that compare themselves, and an event simulation that uses it.


class Heap:
    def __init__(self, items=None):
        self.items = []
        if items is not None:
            for item in items:
                self.push(item)

    def __len__(self):
        return len(self.items)

    def __bool__(self):
        return len(self.items) > 0

    def push(self, item):
        items = self.items
        items.append(item)
        i = len(items) - 1
        while i > 0:
            parent = (i - 1) // 2
            if not items[i] < items[parent]:
                break
            items[i], items[parent] = items[parent], items[i]
            i = parent

    def pop(self):
        items = self.items
        if not items:
            raise IndexError("the heap is empty")
        top = items[0]
        last = items.pop()
        if items:
            items[0] = last
            i = 0
            while True:
                child = 2 * i + 1
                if child >= len(items):
                    break
                if child + 1 < len(items) and items[child + 1] < items[child]:
                    child += 1
                if not items[child] < items[i]:
                    break
                items[i], items[child] = items[child], items[i]
                i = child
        return top


class Event:
    def __init__(self, time, order, name):
        self.time = time
        self.order = order
        self.name = name

    def __lt__(self, other):
        if self.time != other.time:
            return self.time < other.time
        return self.order < other.order


def simulate(customers):
    events = Heap()
    order = 0
    for i in range(customers):
        order += 1
        events.push(Event(i * 7 % 50, order, "arrive"))
    waiting = 0
    busy = False
    longest = 0
    clock = 0
    while events:
        event = events.pop()
        clock = event.time
        if event.name == "arrive":
            waiting += 1
        else:
            busy = False
        if waiting and not busy:
            waiting -= 1
            busy = True
            order += 1
            events.push(Event(clock + 3, order, "leave"))
        longest = max(longest, waiting)
    return clock, longest


def bench(n):
    numbers = [i * i * 31 % 101 for i in range(n * 5)]
    heap = Heap(numbers)
    in_order = []
    while len(heap) > 0:
        in_order.append(heap.pop())
    assert in_order == sorted(numbers)
    try:
        heap.pop()
        message = ""
    except IndexError as error:
        message = str(error)
    pairs = Heap([(b, a) for a, b in enumerate(numbers)])
    first = pairs.pop() if pairs else None
    return simulate(n * 4), message, first, in_order[: n % 8]
