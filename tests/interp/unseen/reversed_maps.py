# Dictionaries from their ends.


def told(f):
    try:
        return f()
    except (RuntimeError, TypeError, KeyError) as e:
        return repr(e)


def grown(d, what):
    for k in reversed(what):
        d[str(k) + "x"] = 1


def bench(n):
    d = {i * 7 % 11: str(i) for i in range(n + 4)}
    out = [list(reversed(d)), list(reversed(d.keys())), list(reversed(d.values())), list(reversed(d.items()))]
    d[0] = "changed"
    del d[7]
    d[7] = "again"
    out.append(list(reversed(d.items())))
    out.append([list(reversed({})), tuple(reversed({}.items()))])
    r = reversed(d)
    out += [next(r), next(r), iter(r) is r, list(r), next(r, "end")]
    for k in reversed(list(d)):
        d[k] = d[k] + "!"
    for k in reversed(d):
        d[k] = len(d[k])
    out.append(d)
    out += [told(lambda: grown(d, d)), told(lambda: grown(d, d.values()))]
    out.append(told(lambda: list(reversed({1, 2}))))
    out.append(dict(zip(reversed(d), reversed(d.values()))))
    out.append([(i, k) for i, k in enumerate(reversed(d.keys()))])
    out.append(max(reversed({1: 2, 3: 4})))
    return out
