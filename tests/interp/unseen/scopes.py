# SPDX-License-Identifier: MIT
# Names: closures, nonlocal, global, defaults, keywords, lambdas, del, classes within functions.

LIMIT = 10
touched = 0


def counter(start=0, step=1):
    value = start

    def advance(by=None):
        nonlocal value
        value += step if by is None else by
        return value

    def reset():
        nonlocal value
        value = start

    return advance, reset


def compose(f, g):
    return lambda x: f(g(x))


def repeat(function, times):
    result = lambda x: x
    for _ in range(times):
        result = compose(function, result)
    return result


def late():
    functions = []
    for i in range(3):
        functions.append(lambda: i)
    kept = [lambda i=i: i for i in range(3)]
    return [f() for f in functions], [f() for f in kept]


def collect(item, into=None, front=False):
    if into is None:
        into = []
    if front:
        into.insert(0, item)
    else:
        into.append(item)
    return into


def order(a, b=2, c=3, d=4):
    return a * 1000 + b * 100 + c * 10 + d


def deep(x):
    def second(y):
        def third(z):
            nonlocal x
            x += 1
            return [x, y, z]

        return third

    return second


def make_account(balance):
    def deposit(amount):
        nonlocal balance
        balance += amount
        return balance

    def withdraw(amount):
        nonlocal balance
        if amount > balance:
            return None
        balance -= amount
        return balance

    return {"deposit": deposit, "withdraw": withdraw, "balance": lambda: balance}


def make_class(base_value):
    class Local:
        shared = base_value * 2
        names = [base_value, "x"]

        def get(self):
            return base_value + self.shared

    return Local


def touch():
    global touched
    touched = 1
    return touched


def shadows(len):
    sum = len + 1
    return sum


def forget(n):
    value = n
    del value
    try:
        return value
    except UnboundLocalError:
        value = "gone"
    return value


def fold(function, values, start):
    result = start
    for value in values:
        result = function(result, value)
    return result


class Base:
    label = "base"

    def __init__(self):
        self.trail = []
        self.setup()

    def setup(self):
        self.trail.append("base")

    def who(self):
        return self.label


class Middle(Base):
    def setup(self):
        super().setup()
        self.trail.append("middle")


class Leaf(Middle):
    label = "leaf"

    def setup(self):
        self.trail.append("before")
        super().setup()

    def who(self):
        return "the " + super().who()


def bench(n):
    up, reset = counter(n, step=5)
    first = [up(), up(by=2), up(-1)]
    reset()
    first.append(up())
    account = make_account(n)
    steps = [account["deposit"](50), account["withdraw"](n + 51), account["withdraw"](20)]
    Local = make_class(n)
    one, other = Local(), Local()
    one.shared = 1
    third = deep(n)(2)
    third(3)
    leaf = Leaf()
    bound = leaf.who
    leaf.extra = n
    del leaf.extra
    try:
        leaf.extra
        has_extra = True
    except AttributeError:
        has_extra = False
    data = {"a": [1, 2, 3], "b": 2}
    del data["b"], data["a"][1:]
    table = {key: [k for k in range(key)] for key in range(n % 4)}
    i = "kept"
    inner = [i for i in range(2)]
    return (
        first, repeat(lambda x: x * 2, 5)(n), late(), collect(1), collect(2),
        collect(3, front=True), collect(n, into=[7], front=True),
        order(1), order(1, d=9), order(c=5, a=n, b=0),
        third(4), steps, account["balance"](), one.get(), other.get(), Local.names, touch(),
        shadows(n), forget(n), fold(lambda a, b: a * 3 + b, range(n % 20), 1), leaf.trail, bound(),
        Middle().who(), has_extra, data, table, i, inner, (lambda a, b=LIMIT: a % b)(n),
    )
