# The operator % with each conversion and with what it refuses.


def bench(n):
    out = []
    for s in ("%d", "%5d|", "%-5d|", "%05d", "%+d", "% d", "%x", "%X", "%#x", "%o", "%#o", "%e",
            "%.2e", "%g", "%.3g", "%f", "%.0f", "%10.3f|", "%-10.3f|", "%s", "%r", "%10s|",
            "%-10s|", "%.2s", "%c", "%i", "%u", "%%%d", "%#.3g", "%+.1f", "%a", "%5.1f%%"):
        for v in (n * 7 + 1, -n - 65, 3.14159 * (n + 1), "text"):
            try:
                out.append(s % v)
            except Exception as e:
                out.append((type(e).__name__, str(e)))
    for f in (lambda: "%s %s" % (1,), lambda: "%s" % (1, 2), lambda: "%(a)s %(b)05d" % {"a": [1],
            "b": n}, lambda: "%(x)s" % {}, lambda: "%*d" % (6, n), lambda: "%.*f" % (2, 1.005),
            lambda: "%" % 1, lambda: "%z" % 1, lambda: "%s" % ((1, 2),), lambda: "no" % (),
            lambda: "no" % 1, lambda: "no" % [1], lambda: "no" % {},
            lambda: "%s %(a)s" % {"a": 1}, lambda: "%-*d|" % (5, 3), lambda: "%hd %ld" % (1, 2),
            lambda: "%c%c" % (97, "z"), lambda: "%c" % "ab", lambda: "%d" % True,
            lambda: "%s" % None, lambda: "%d" % 3.99, lambda: "%x" % 3.5):
        try:
            out.append(f())
        except Exception as e:
            out.append((type(e).__name__, str(e)))
    return out
