# SPDX-License-Identifier: MIT
# Conway's game of life, once on a grid that wraps around, once on a plane without an edge.


class Grid:
    def __init__(self, width, height):
        self.width = width
        self.height = height
        self.cells = [[0] * width for _ in range(height)]

    def neighbours(self, x, y):
        total = 0
        for dy in (-1, 0, 1):
            for dx in (-1, 0, 1):
                if dx or dy:
                    total += self.cells[(y + dy) % self.height][(x + dx) % self.width]
        return total

    def step(self):
        after = []
        for y in range(self.height):
            row = []
            for x in range(self.width):
                around = self.neighbours(x, y)
                row.append(1 if around == 3 or (around == 2 and self.cells[y][x]) else 0)
            after.append(row)
        self.cells = after

    def __str__(self):
        return "|".join(["".join([".#"[cell] for cell in row]) for row in self.cells])


def step_plane(alive):
    counts = {}
    for x, y in alive:
        for dx in range(-1, 2):
            for dy in range(-1, 2):
                if (dx, dy) != (0, 0):
                    place = (x + dx, y + dy)
                    counts[place] = counts.get(place, 0) + 1
    survivors = {place for place in alive if counts.get(place) == 2}
    return survivors | {place for place, number in counts.items() if number == 3}


def bench(n):
    glider = [(1, 0), (2, 1), (0, 2), (1, 2), (2, 2)]
    grid = Grid(8, 6)
    for x, y in glider:
        grid.cells[y][x] = 1
    plane = set(glider)
    r_pentomino = {(1, 0), (2, 0), (0, 1), (1, 1), (1, 2)}
    for generation in range(n):
        grid.step()
        plane = step_plane(plane)
        r_pentomino = step_plane(r_pentomino)
    return str(grid), sorted(plane), len(r_pentomino), min(r_pentomino), max(r_pentomino)
