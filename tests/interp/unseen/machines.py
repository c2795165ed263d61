# SPDX-License-Identifier: MIT
# State machines: a vending machine, a Turing machine, a stack machine, Langton's ant.


class VendingMachine:
    def __init__(self, price):
        self.price = price
        self.state = "waiting"
        self.paid = 0
        self.log = []
        self.table = {
            ("waiting", "coin"): self.take_coin,
            ("paid", "coin"): self.take_coin,
            ("paid", "push"): self.sell,
            ("paid", "back"): self.give_back,
        }

    def take_coin(self, value):
        self.paid += value
        return "paid" if self.paid >= self.price else "waiting"

    def sell(self, value):
        self.log.append(self.paid - self.price)
        self.paid = 0
        return "waiting"

    def give_back(self, value):
        self.log.append(self.paid)
        self.paid = 0
        return "waiting"

    def handle(self, event, value=0):
        action = self.table.get((self.state, event))
        if action is None:
            self.log.append(f"{event}?")
        else:
            self.state = action(value)

    def close(self):
        self.table.clear()


def turing(rules, tape, state="start", limit=1000):
    cells = {i: symbol for i, symbol in enumerate(tape)}
    place = 0
    steps = 0
    while state != "halt" and steps < limit:
        symbol = cells.get(place, "_")
        symbol, move, state = rules[state][symbol]
        cells[place] = symbol
        place += move
        steps += 1
    return "".join([cells[i] for i in sorted(cells)]).strip("_"), steps


INCREMENT = {
    "start": {"0": ("0", 1, "start"), "1": ("1", 1, "start"), "_": ("_", -1, "carry")},
    "carry": {"0": ("1", 0, "halt"), "1": ("0", -1, "carry"), "_": ("1", 0, "halt")},
}
BEAVER = {
    "start": {"_": ("1", 1, "b"), "1": ("1", -1, "b")},
    "b": {"_": ("1", -1, "start"), "1": ("1", 1, "halt")},
}


def run(program, argument):
    stack = [argument]
    counter = 0
    while True:
        instruction, *operands = program[counter]
        counter += 1
        if instruction == "push":
            stack.append(operands[0])
        elif instruction == "copy":
            stack.append(stack[-operands[0]])
        elif instruction == "add":
            stack.append(stack.pop() + stack.pop())
        elif instruction == "swap":
            stack[-1], stack[-2] = stack[-2], stack[-1]
        elif instruction == "jump_if":
            if stack[-1] > 0:
                counter = operands[0]
        elif instruction == "jump":
            counter = operands[0]
        elif instruction == "drop":
            stack.pop()
        elif instruction == "stop":
            return stack.pop()


SUM = [
    ("push", 0), ("copy", 2), ("add",), ("swap",), ("push", -1), ("add",), ("jump_if", 9),
    ("drop",), ("stop",), ("swap",), ("jump", 1),
]


class Ant:
    moves = [(0, -1), (1, 0), (0, 1), (-1, 0)]

    def __init__(self):
        self.x = self.y = self.heading = 0
        self.black = set()

    def step(self):
        place = self.x, self.y
        if place in self.black:
            self.black.remove(place)
            self.heading -= 1
        else:
            self.black.add(place)
            self.heading += 1
        dx, dy = self.moves[self.heading % 4]
        self.x += dx
        self.y += dy


def bench(n):
    vending = VendingMachine(100)
    events = ["coin", "push", "coin", "coin", "back", "coin", "push"]
    for i in range(n * 3):
        vending.handle(events[i % 7], 50 if i % 2 else 70)
    vending.close()
    tape = "0"
    steps = 0
    for i in range(n):
        tape, more = turing(INCREMENT, tape)
        steps += more
    ant = Ant()
    for i in range(n * 10):
        ant.step()
    return (
        vending.log[:8], vending.state, tape, steps, turing(BEAVER, ""), run(SUM, n),
        len(ant.black), (ant.x, ant.y), sorted(ant.black)[:3],
    )
