# SPDX-License-Identifier: MIT
# Noughts and crosses: perfect play by negamax with a memory, against players of other kinds.

LINES = [(0, 1, 2), (3, 4, 5), (6, 7, 8), (0, 3, 6), (1, 4, 7), (2, 5, 8), (0, 4, 8), (2, 4, 6)]


class Board:
    def __init__(self, cells="." * 9):
        self.cells = cells

    def play(self, place, mark):
        return Board(self.cells[:place] + mark + self.cells[place + 1 :])

    def free(self):
        return [i for i, cell in enumerate(self.cells) if cell == "."]

    def winner(self):
        for a, b, c in LINES:
            if self.cells[a] == self.cells[b] == self.cells[c] != ".":
                return self.cells[a]
        return None

    def __str__(self):
        return "/".join([self.cells[i : i + 3] for i in (0, 3, 6)])


def other(mark):
    return "o" if mark == "x" else "x"


class Player:
    name = "nobody"

    def __init__(self, mark):
        self.mark = mark
        self.wins = 0

    def choose(self, board):
        raise NotImplementedError

    def __repr__(self):
        return f"{self.name}:{self.mark}:{self.wins}"


class First(Player):
    name = "first"

    def choose(self, board):
        return board.free()[0]


class Random(Player):
    name = "random"

    def __init__(self, mark, seed):
        super().__init__(mark)
        self.seed = seed

    def choose(self, board):
        self.seed = (self.seed * 75 + 74) % 65537
        free = board.free()
        return free[self.seed % len(free)]


class Perfect(Player):
    name = "perfect"

    def __init__(self, mark):
        super().__init__(mark)
        self.known = {}

    def value(self, board, mark):
        key = board.cells + mark
        if key in self.known:
            return self.known[key]
        if board.winner():
            result = -1
        elif not board.free():
            result = 0
        else:
            result = -2
            for place in board.free():
                result = max(result, -self.value(board.play(place, mark), other(mark)))
                if result == 1:
                    break
        self.known[key] = result
        return result

    def choose(self, board):
        best, chosen = -2, None
        for place in board.free():
            value = -self.value(board.play(place, self.mark), other(self.mark))
            if value > best:
                best, chosen = value, place
        return chosen


def game(x, o):
    board = Board()
    players = [x, o]
    turn = 0
    while board.winner() is None and board.free():
        player = players[turn % 2]
        board = board.play(player.choose(board), player.mark)
        turn += 1
    for player in players:
        if player.mark == board.winner():
            player.wins += 1
    return board


def bench(n):
    perfect = Perfect("x")
    opponents = [First("o"), Random("o", n + 1), Perfect("o")]
    boards = []
    for turn in range(n + 1):
        boards = [str(game(perfect, opponent)) for opponent in opponents]
    try:
        game(Player("x"), First("o"))
        message = "played"
    except NotImplementedError:
        message = "not implemented"
    return boards, perfect, opponents, len(perfect.known), message
