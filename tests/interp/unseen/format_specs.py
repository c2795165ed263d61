# format() of values of each kind with each kind of specification.


def bench(n):
    out = []
    for spec in ("", "d", "5", "<5", ">5", "^5", "*^9", "=+6", "+", " ", ",", "_", "x", "#x", "b",
            "#b", "o", "08", "08.3f", ".2f", "e", "g", ".3g", "%", ".1%", "n", "c", "s", "10s",
            "^10", "010", "+,", "#_x", "z", ".3", "-^+12,.2f", "0=8", "{", "5d", "_b", "G", "E",
            ".0f", ",.3f", "é^7", ">>4", "<010d"):
        for v in (n * 1234567 + 97, -n, 2.5 * n + 0.125, 1e100, float("inf"), -0.0,
                "str", True, None, [1]):
            try:
                out.append(format(v, spec))
            except Exception as e:
                out.append((type(e).__name__, str(e)))
    return out
