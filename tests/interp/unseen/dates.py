# SPDX-License-Identifier: MIT
# Days, months and weekdays in the Gregorian calendar, Easter, a calendar's page, durations.

MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def is_leap(year):
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def days_in(year, month):
    if month == 2:
        return 29 if is_leap(year) else 28
    return 30 if month in (4, 6, 9, 11) else 31


class Date:
    def __init__(self, year, month, day):
        if not 1 <= month <= 12 or not 1 <= day <= days_in(year, month):
            raise ValueError(f"no such day: {year}-{month}-{day}")
        self.year, self.month, self.day = year, month, day

    def ordinal(self):
        before = self.year - 1
        days = before * 365 + before // 4 - before // 100 + before // 400
        for month in range(1, self.month):
            days += days_in(self.year, month)
        return days + self.day

    def weekday(self):
        return DAYS[(self.ordinal() - 1) % 7]

    def __sub__(self, other):
        return self.ordinal() - other.ordinal()

    def __add__(self, days):
        year, month, day = self.year, self.month, self.day + days
        while day > days_in(year, month):
            day -= days_in(year, month)
            month += 1
            if month > 12:
                year, month = year + 1, 1
        while day < 1:
            month -= 1
            if month < 1:
                year, month = year - 1, 12
            day += days_in(year, month)
        return Date(year, month, day)

    def __eq__(self, other):
        return (self.year, self.month, self.day) == (other.year, other.month, other.day)

    def __lt__(self, other):
        return (self.year, self.month, self.day) < (other.year, other.month, other.day)

    def __hash__(self):
        return self.ordinal()

    def __str__(self):
        return f"{self.year:04d}-{self.month:02d}-{self.day:02d}"

    def __repr__(self):
        return f"{self.day} {MONTHS[self.month - 1]} {self.year}"


def parse(text):
    parts = text.split("-")
    if len(parts) != 3:
        raise ValueError("a date has three parts, not " + str(len(parts)))
    year, month, day = [int(part) for part in parts]
    return Date(year, month, day)


def easter(year):
    a, b, c = year % 19, year // 100, year % 100
    d = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    e = (32 + 2 * (b % 4) + 2 * (c // 4) - d - c % 4) % 7
    f = d + e - 7 * ((a + 11 * d + 22 * e) // 451) + 114
    return Date(year, f // 31, f % 31 + 1)


def page(year, month):
    first = DAYS.index(Date(year, month, 1).weekday())
    cells = ["  "] * first + [f"{day:2}" for day in range(1, days_in(year, month) + 1)]
    return "|".join([" ".join(cells[i : i + 7]) for i in range(0, len(cells), 7)])


def duration(seconds):
    parts = []
    for size, name in ((86400, "d"), (3600, "h"), (60, "m"), (1, "s")):
        if seconds >= size:
            parts.append(f"{seconds // size}{name}")
            seconds %= size
    return " ".join(parts) or "0s"


def bench(n):
    start = Date(1999, 12, 25)
    later = start + n * 37
    assert later - start == n * 37 and later + -37 * n == start
    problems = []
    for text in ("2023-02-29", "2024-02-29", "2024-13-01", "2024-1", "today-or-not"):
        try:
            problems.append(repr(parse(text)))
        except ValueError as error:
            message = str(error)
            problems.append(message if "day" in message and "int" not in message else "bad")
    easters = [easter(2000 + i) for i in range(n % 12 + 2)]
    earliest = min(easters, key=lambda date: (date.month, date.day))
    fridays = 0
    for year in range(2000, 2000 + n):
        for month in range(1, 13):
            if Date(year, month, 13).weekday() == "Fri":
                fridays += 1
    return (
        str(later), later.weekday(), problems, easters[-1], earliest, fridays,
        page(2024, n % 12 + 1), duration(n * 98765), max(easters) < later, start in {start, later},
    )
