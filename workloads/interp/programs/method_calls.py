# SPDX-License-Identifier: MIT
#
# Figures of several classes in one list, each asked for its area, moved and scaled by methods of
# its own, inherited, or extended through super(). The textbook's hierarchy; no published program.
#
# Stress: calls of methods on objects of changing classes at one place of the code, look-ups through
# base classes, super(), attributes of instances and of classes.
# n: rounds over the 12 figures. Usual: 4000.


class Figure:
    sides = 0

    def __init__(self, x, y):
        self.x = x
        self.y = y
        self.moves = 0

    def move(self, dx, dy):
        self.x += dx
        self.y += dy
        self.moves += 1

    def area(self):
        return 0

    def scale(self, factor):
        pass

    def describe(self):
        return self.area() + self.sides


class Rectangle(Figure):
    sides = 4

    def __init__(self, x, y, width, height):
        super().__init__(x, y)
        self.width = width
        self.height = height

    def area(self):
        return self.width * self.height

    def scale(self, factor):
        self.width = self.width * factor % 97 + 1
        self.height = self.height * factor % 89 + 1


class Square(Rectangle):
    def __init__(self, x, y, side):
        super().__init__(x, y, side, side)

    def scale(self, factor):
        super().scale(factor)
        self.height = self.width


class Triangle(Figure):
    sides = 3

    def __init__(self, x, y, base, height):
        super().__init__(x, y)
        self.base = base
        self.height = height

    def area(self):
        return self.base * self.height // 2

    def scale(self, factor):
        self.base = self.base * factor % 83 + 1


class Marked(Square):
    """A square that counts how often it is asked, and moves half as far."""

    def __init__(self, x, y, side):
        super().__init__(x, y, side)
        self.asked = 0

    def area(self):
        self.asked += 1
        return super().area() + 1

    def move(self, dx, dy):
        super().move(dx // 2, dy // 2)


def make_figures():
    figures = []
    for i in range(3):
        figures.append(Rectangle(i, 0, 3 + i, 5))
        figures.append(Square(0, i, 4 + i))
        figures.append(Triangle(i, i, 6, 7 + i))
        figures.append(Marked(-i, i, 2 + i))
    return figures


def bench(n):
    figures = make_figures()
    total = 0
    for turn in range(n):
        for figure in figures:
            figure.move(turn % 5, 3)
            figure.scale(turn % 7 + 2)
            total += figure.describe()
    for figure in figures:
        total += figure.x + figure.y + figure.moves
        if isinstance(figure, Marked):
            total += figure.asked
    return total
