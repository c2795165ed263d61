# SPDX-License-Identifier: MIT
# Classes that behave like the built-in ones: iteration, indexing, calls, comparison, hashing.


class Countdown:
    def __init__(self, start):
        self.now = start

    def __iter__(self):
        return self

    def __next__(self):
        if self.now <= 0:
            raise StopIteration
        self.now -= 1
        return self.now + 1


class Squares:
    """Iterates by its indices alone."""

    def __init__(self, size):
        self.size = size

    def __len__(self):
        return self.size

    def __getitem__(self, index):
        if index < 0:
            index += self.size
        if not 0 <= index < self.size:
            raise IndexError("no such square")
        return index * index


class Sparse:
    def __init__(self, default=0):
        self.cells = {}
        self.default = default
        self.reads = 0

    def __getitem__(self, key):
        self.reads += 1
        return self.cells.get(key, self.default)

    def __setitem__(self, key, value):
        if value == self.default:
            self.cells.pop(key, None)
        else:
            self.cells[key] = value

    def __contains__(self, key):
        return key in self.cells

    def __len__(self):
        return len(self.cells)


class Vector:
    def __init__(self, x, y=0):
        self.x = x
        self.y = y

    def __add__(self, other):
        return Vector(self.x + other.x, self.y + other.y)

    def __sub__(self, other):
        return Vector(self.x - other.x, self.y - other.y)

    def __neg__(self):
        return Vector(-self.x, -self.y)

    def __mul__(self, factor):
        if isinstance(factor, Vector):
            return self.x * factor.x + self.y * factor.y
        return Vector(self.x * factor, self.y * factor)

    def __eq__(self, other):
        return isinstance(other, Vector) and self.x == other.x and self.y == other.y

    def __hash__(self):
        return self.x * 1000003 ^ self.y

    def __lt__(self, other):
        return (self.x, self.y) < (other.x, other.y)

    def __bool__(self):
        return self.x != 0 or self.y != 0

    def __repr__(self):
        return f"Vector({self.x}, {self.y})"


class Named(Vector):
    def __init__(self, name, x, y):
        super().__init__(x, y)
        self.name = name

    def __str__(self):
        return f"{self.name}={super().__repr__()}"


class Adder:
    calls = 0

    def __init__(self, amount):
        self.amount = amount

    def __call__(self, value, times=1):
        self.calls += 1
        return value + self.amount * times


class Stack:
    def __init__(self):
        self.items = []

    def __bool__(self):
        return len(self.items) > 0

    def push(self, item):
        self.items.append(item)
        return self

    def pop(self):
        return self.items.pop()


def bench(n):
    down = [i * 2 for i in Countdown(n)]
    squares = Squares(n)
    total = 0
    for square in squares:
        total += square
    grid = Sparse()
    for i in range(n):
        grid[i % 5, i // 5] = i
    grid[1, 0] = 0
    visits = {}
    at = Vector(0, 0)
    for i in range(n * 4):
        step = [Vector(1), Vector(0, 1), Vector(-1), Vector(0, -1)][(i * i + i // 3) % 4]
        at = at + step
        visits[at] = visits.get(at, 0) + 1
    busiest = max(visits.values()) if visits else 0
    add = Adder(3)
    functions = [add, Adder(amount=-1), lambda value: value * 2, len, str]
    values = [f(n) if f is not len else f([n]) for f in functions]
    stack = Stack()
    stack.push(1).push(2).push(n)
    popped = []
    while stack:
        popped.append(stack.pop())
    home = Named("home", 3, 4)
    return (
        down[:3], list(Countdown(n % 4)), total, 16 in squares, squares[-1] if n else None,
        len(grid), (1, 0) in grid, grid[2, 0], grid.reads, at, busiest, len(visits), values,
        add(1, times=n), add.calls, Adder.calls, popped, str(home), home, [home],
        home == Vector(3, 4), home * Vector(1, 1),
        -home * 2, not Vector(0), min([Vector(2, 1), home, Vector(2)]),
        sum(Countdown(n)), sorted(Countdown(3)), isinstance(home, Vector), isinstance(at, Named),
        Vector(1) != Vector(1, 0), Vector(1) is Vector(1), max(Squares(n + 1)), tuple(Squares(3)),
    )
