# SPDX-License-Identifier: MIT
# A table of prices, aligned by the widths of its columns, with totals and averages.

ITEMS = [("Apples", 12, 0.5), ("Pears", 7, 0.75), ("Quinces", 1, 12.25), ("Ünder", 100, 0.125)]
HEAD = ["item", "count", "each", "total"]


def money(amount):
    return f"{amount:,.2f}"


def make_rows(factor):
    rows = []
    for name, count, price in ITEMS:
        count *= factor
        rows.append([name, str(count), money(price), money(count * price)])
    return rows


def render(head, rows):
    widths = [max([len(row[i]) for row in [head] + rows]) for i in range(len(head))]
    lines = [" | ".join([cell.center(width) for cell, width in zip(head, widths)])]
    lines.append("-+-".join(["-" * width for width in widths]))
    for name, *numbers in rows:
        cells = [name.ljust(widths[0])]
        for number, width in zip(numbers, widths[1:]):
            cells.append(number.rjust(width))
        lines.append(" | ".join(cells))
    return lines


def bench(n):
    rows = []
    for factor in range(n + 1):
        rows = make_rows(factor * factor)
    total = 0.0
    for _, count, price in ITEMS:
        total += count * price
    average = total / len(ITEMS)
    lines = render(HEAD, rows)
    width, digits = 12, 3
    summary = [
        f"{average:.4f}", f"{total:e}", f"{total:>{width}.{digits}f}", f"[{n:5d}]", f"[{n:<5}]",
        f"[{n:^5}]", f"{n:05}", f"{n:x}", f"{n:08b}", f"{-n:+d}", f"{n / 7:.1%}", f"{{{n}}}",
        f"{'a'!r:>5}", f"{total!s}", f"{1e22} {1e-7} {0.1 + 0.2} {float(n)}",
    ]
    return "\\".join(lines), summary
