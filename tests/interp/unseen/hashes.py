# A bool is an int; hash() of whole numbers is the number.


def bench(n):
    out = [isinstance(True, int), isinstance(1, bool), issubclass(bool, int), issubclass(int, bool)]
    out += [isinstance(b, int) for b in (1, 2.5, True, False, None, "1")]
    out += [isinstance(True, (str, int)), isinstance(n == 0, (float, bool)), type(True) is int]
    for k in (0, 1, -1, n, -n, 2 ** 61 - 1, 2 ** 61, 2 ** 62, -(2 ** 61), True, False, 3.0, -1.0, n * 1.0):
        out.append(hash(k))
    numbers = [1, True, 2.0, "x", None, n]
    out.append(sum([k for k in numbers if isinstance(k, int)]))
    out.append({1: "int", True: "bool", 1.0: "float"})
    return out
