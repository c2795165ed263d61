# SPDX-License-Identifier: MIT
# Sorting, by hand, in seven ways, each held against the built-in one.


def bubble_sort(items):
    items = items[:]
    for end in range(len(items) - 1, 0, -1):
        swapped = False
        for i in range(end):
            if items[i] > items[i + 1]:
                items[i], items[i + 1] = items[i + 1], items[i]
                swapped = True
        if not swapped:
            break
    return items


def insertion_sort(items):
    items = list(items)
    for i in range(1, len(items)):
        item = items[i]
        j = i - 1
        while j >= 0 and items[j] > item:
            items[j + 1] = items[j]
            j -= 1
        items[j + 1] = item
    return items


def shell_sort(items):
    items = items.copy()
    gap = len(items) // 2
    while gap > 0:
        for i in range(gap, len(items)):
            item = items[i]
            while i >= gap and items[i - gap] > item:
                items[i] = items[i - gap]
                i -= gap
            items[i] = item
        gap //= 2
    return items


def quick_sort(items):
    if len(items) < 2:
        return items
    pivot = items[len(items) // 2]
    smaller = [x for x in items if x < pivot]
    larger = [x for x in items if x > pivot]
    return quick_sort(smaller) + [x for x in items if x == pivot] + quick_sort(larger)


def merge_sort(items):
    if len(items) <= 1:
        return items
    middle = len(items) // 2
    left, right = merge_sort(items[:middle]), merge_sort(items[middle:])
    result = []
    i = j = 0
    while i < len(left) and j < len(right):
        if right[j] < left[i]:
            result.append(right[j])
            j += 1
        else:
            result.append(left[i])
            i += 1
    return result + left[i:] + right[j:]


def counting_sort(items):
    if not items:
        return []
    low = min(items)
    counts = [0] * (max(items) - low + 1)
    for item in items:
        counts[item - low] += 1
    result = []
    for value, count in enumerate(counts):
        result += [value + low] * count
    return result


def partition_sort(items):
    items = items[:]

    def sort(low, high):
        if low >= high:
            return
        pivot = items[high]
        place = low
        for i in range(low, high):
            if items[i] <= pivot:
                items[i], items[place] = items[place], items[i]
                place += 1
        items[place], items[high] = items[high], items[place]
        sort(low, place - 1)
        sort(place + 1, high)

    sort(0, len(items) - 1)
    return items


SORTS = [
    bubble_sort, insertion_sort, shell_sort, quick_sort, merge_sort, counting_sort, partition_sort,
]


def bench(n):
    state = n + 1
    items = []
    for i in range(n * 3):
        state = (state * 69069 + 1) % 4294967296
        items.append((state >> 20) % 200 - 100)
    right = sorted(items)
    agreed = [sort(items) == right for sort in SORTS]
    words = ["banana", "Apple", "cherry", "date", "fig", "Elder"] * (n % 3 + 1)
    words.sort(key=lambda word: word.lower())
    by_length = sorted(words, key=lambda word: (len(word), word), reverse=True)
    pairs = sorted([(x % 3, x) for x in items])[:3]
    floats = sorted([1.5, -2.0, 3, 0.25 * n])
    return all(agreed), len(agreed), right[:4], words, by_length[0], pairs, floats
