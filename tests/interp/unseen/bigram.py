# SPDX-License-Identifier: MIT
# A model of which letter follows which, sentences made with it, and a chi-squared of its counts.

TEXT = (
    "she sells sea shells by the sea shore the shells she sells are surely sea shells "
    "so if she sells shells on the sea shore i am sure she sells sea shore shells"
)


class Random:
    def __init__(self, seed):
        self.seed = seed

    def __call__(self, below):
        self.seed = (self.seed * 25214903917 + 11) & ((1 << 28) - 1)
        return (self.seed >> 12) % below


class Model:
    def __init__(self, order):
        self.order = order
        self.follow = {}
        self.total = 0

    def learn(self, text):
        for i in range(len(text) - self.order):
            key = text[i : i + self.order]
            after = text[i + self.order]
            counts = self.follow.setdefault(key, {})
            counts[after] = counts.get(after, 0) + 1
            self.total += 1

    def choose(self, key, random):
        if key not in self.follow:
            return None
        counts = self.follow[key]
        chosen = random(sum(counts.values()))
        for letter in sorted(counts):
            chosen -= counts[letter]
            if chosen < 0:
                return letter

    def say(self, start, length, random):
        text = start
        while len(text) < length:
            letter = self.choose(text[-self.order :], random)
            if letter is None:
                break
            text += letter
        return text

    def __len__(self):
        return len(self.follow)

    def __getitem__(self, key):
        return self.follow[key]


def bench(n):
    random = Random(n * 2 + 1)
    models = [Model(order) for order in (1, 2, 3)]
    for model in models:
        for turn in range(n + 1):
            model.learn(TEXT)
    said = [model.say("she"[: model.order], 3 * n + 8, random) for model in models]
    best = {}
    for key, counts in models[0].follow.items():
        best[key] = max(counts.items(), key=lambda item: (item[1], item[0]))[0]
    chain = "".join([key + best[key] for key in sorted(best)])
    return said, [len(model) for model in models], models[1].total, chain, models[2]["she"][" "]
