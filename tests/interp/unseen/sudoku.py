# SPDX-License-Identifier: MIT
# Sudoku by backtracking with sets of candidates, and a small maze.

PUZZLE = (
    "53..7...."
    "6..195..."
    ".98....6."
    "8...6...3"
    "4..8.3..1"
    "7...2...6"
    ".6....28."
    "...419..5"
    "....8..79"
)
MAZE = ["#########", "#S..#...#", "##.#..#.#", "#....##E#", "#########"]


class Sudoku:
    def __init__(self, text):
        self.cells = [0 if c == "." else int(c) for c in text]
        self.tried = 0

    def candidates(self, index):
        row, column = index // 9, index % 9
        used = set()
        for i in range(9):
            used.add(self.cells[row * 9 + i])
            used.add(self.cells[i * 9 + column])
            used.add(self.cells[(row // 3 * 3 + i // 3) * 9 + column // 3 * 3 + i % 3])
        return [digit for digit in range(1, 10) if digit not in used]

    def solve(self):
        best = None
        fewest = 10
        for index, cell in enumerate(self.cells):
            if cell == 0:
                options = self.candidates(index)
                if len(options) < fewest:
                    best, fewest, choices = index, len(options), options
        if best is None:
            return True
        for digit in choices:
            self.tried += 1
            self.cells[best] = digit
            if self.solve():
                return True
        self.cells[best] = 0
        return False

    def check(self):
        whole = {1, 2, 3, 4, 5, 6, 7, 8, 9}
        rows = [self.cells[i * 9 : i * 9 + 9] for i in range(9)]
        columns = [self.cells[i::9] for i in range(9)]
        return all([set(group) == whole for group in rows + columns])

    def __str__(self):
        return "".join([str(cell) for cell in self.cells])


def walk(maze, row, column, path):
    if maze[row][column] == "E":
        return path
    for step, dr, dc in (("n", -1, 0), ("e", 0, 1), ("s", 1, 0), ("w", 0, -1)):
        r, c = row + dr, column + dc
        if maze[r][c] in ".E" and (r, c) not in path:
            found = walk(maze, r, c, path + [(r, c)])
            if found is not None:
                return found
    return None


def bench(n):
    result = None
    for turn in range(n // 10 + 1):
        blanked = turn + n % 5
        sudoku = Sudoku(PUZZLE[:9].replace(str(blanked), ".") + PUZZLE[9:])
        solved = sudoku.solve()
        result = solved, sudoku.check(), sudoku.tried, str(sudoku)
    return result, walk(MAZE, 1, 1, [])
