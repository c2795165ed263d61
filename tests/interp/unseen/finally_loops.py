# SPDX-License-Identifier: MIT
# Exceptions and finally within loops, functions and one another; else, raise, nested handlers.


class Oops(Exception):
    pass


class WorseOops(Oops):
    def __init__(self, level):
        super().__init__("worse", level)
        self.level = level


def loop_with_finally(n, out):
    for i in range(n):
        try:
            if i % 3 == 0:
                continue
            if i == 17:
                break
            out.append(i)
        finally:
            out.append(-i)
    else:
        out.append("whole")
    return len(out)


def early(values, wanted):
    for i, value in enumerate(values):
        try:
            if value == wanted:
                return i
        finally:
            values = values + [value]
    return -len(values)


def overridden():
    while True:
        try:
            return "try"
        finally:
            break
    return "after"


def nested(level, out):
    try:
        out.append(f"in {level}")
        if level == 0:
            raise WorseOops(level)
        nested(level - 1, out)
    except WorseOops as error:
        out.append(f"caught {error.level}")
        if level == 2:
            raise Oops("changed") from error
        raise
    finally:
        out.append(f"out {level}")


def chain(n):
    out = []
    try:
        nested(n, out)
    except WorseOops as error:
        out.append(error.args)
    except Oops as error:
        out.append(str(error))
    else:
        out.append("nothing")
    return out


def which(action):
    try:
        action()
    except ZeroDivisionError:
        return "zero"
    except (KeyError, IndexError):
        return "lookup"
    except TypeError:
        return "type"
    except AttributeError:
        return "attribute"
    except NameError:
        return "name"
    except ValueError:
        return "value"
    except Exception as error:
        return "other " + str(error)
    return "fine"


def fail(message):
    raise RuntimeError(message)


def retry(attempts, succeed_at):
    tries = 0
    while True:
        tries += 1
        try:
            if tries < succeed_at:
                raise Oops(tries)
        except Oops:
            if tries >= attempts:
                return "gave up"
        else:
            return f"after {tries}"


def unbound(flag):
    if flag:
        x = 1
    try:
        return x
    except UnboundLocalError:
        return "unbound"


def stack_kept():
    total = 0
    for a in [1, 2]:
        for b in [10, 0, 5]:
            for c in (3,):
                try:
                    total += a * (100 // b)
                except ZeroDivisionError:
                    total -= c
                    break
    return total


def bench(n):
    out = []
    length = loop_with_finally(n, out)
    empty = {}
    nothing = None
    actions = [
        lambda: 1 // 0, lambda: 1.0 / 0, lambda: empty["x"], lambda: [][0], lambda: 1 + "a",
        lambda: len(5), lambda: (1).nothing, lambda: undefined_name, lambda: int("x"),
        lambda: fail("message"), lambda: [1, 2].index(3), lambda: "a".missing(), lambda: nothing[0],
        lambda: which(1, 2), lambda: 5 % 0, lambda: {}.pop(1), lambda: [].pop(), lambda: 5,
    ]
    caught = [which(action) for action in actions]
    messages = []
    for i in range(n % 5):
        try:
            try:
                raise Oops(i)
            except Oops as error:
                raise ValueError(f"from {error}")
            finally:
                messages.append("f")
        except ValueError as error:
            messages.append(str(error))
    try:
        assert n < 0, "n is not negative"
    except AssertionError as error:
        messages.append(str(error))
    return (
        out[-4:], length, early([5, 6, 7], n), overridden(), chain(0), chain(1), chain(3), caught,
        retry(3, n), messages, unbound(n > 1), stack_kept(), str(Oops()), repr(Oops("a", 1)),
    )
