#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# Writes expected.txt and unseen.txt anew: what bench(n) of each program in
# workloads/interp/programs and in unseen/ answers under CPython, in lines `program n result`. The
# virtual machine must answer the same. The former are run for small n and for the usual one, and
# held before to what others have published about them; the latter were written without the machine
# in mind (but lists, maps and shared, which go through what containers do), and all take the same
# n. All are held to the promise that calls in several threads do not disturb one another.
import importlib.util
import pathlib
import re
import sys
import threading

HERE = pathlib.Path(__file__).resolve().parent
PROGRAMS = HERE.parent.parent / "workloads" / "interp" / "programs"

# The n for which results are kept, beside the usual one, which stands in the program's head.
ARGUMENTS = {
    "binary_trees": [0, 6, 7, 8],
    "countdown": [0, 1, 2, 1000],
    "deltablue": [1, 2, 3, 10, 100],
    "dhrystone": [0, 1, 2, 100],
    "dict_churn": [0, 1, 2, 5, 100, 3000],
    "fannkuch": [2, 3, 4, 5, 6, 7],
    "fib": [0, 1, 2, 3, 10, 20],
    "json_like": [0, 1, 2, 3, 20],
    "list_ops": [0, 1, 2, 3, 10, 100, 1000],
    "method_calls": [0, 1, 2, 3, 100],
    "nbody": [0, 1, 2, 10, 1000],
    "nqueens": [0, 1, 2, 3, 4, 5, 6, 7, 8],
    "richards": [0, 1, 2],
    "spectral_norm": [1, 2, 3, 10, 100],
    "string_build": [0, 1, 2, 3, 50, 500],
}
UNSEEN = HERE / "unseen"
UNSEEN_ARGUMENTS = [0, 1, 7, 30]
THREADS = 4


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def usual(path):
    found = re.search(r"Usual: (\d+)\.$", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert found, f"{path}: its head does not say 'Usual: N.'"
    return int(found.group(1))


def check_published(programs):
    # OEIS A000045.
    assert [programs["fib"].bench(n) for n in (10, 20)] == [55, 6765]

    # The counts that M. Richards's C version checks itself for, and with an idle count of 1000, as
    # in V8's suite.
    assert programs["richards"].simulate(10000) == (23246, 9297)
    assert programs["richards"].simulate(1000) == (2322, 928)

    # What Dhrystone 2.1 prints as "should be" about those variables that 1.1 has too and treats
    # alike (enumerations count from 0 there, from 1 here).
    dhrystone = programs["dhrystone"]
    dhrystone.bench(100)
    record = dhrystone.PtrGlb
    following = record.PtrComp
    assert dhrystone.IntGlob == 5 and dhrystone.BoolGlob
    assert dhrystone.Char1Glob == "A" and dhrystone.Char2Glob == "B"
    assert dhrystone.Array1Glob[8] == 7 and dhrystone.Array2Glob[8][7] == 100 + 10
    assert (record.Discr - 1, record.EnumComp - 1, record.IntComp) == (0, 2, 17)
    assert (following.Discr - 1, following.EnumComp - 1, following.IntComp) == (0, 1, 18)
    assert record.StringComp == following.StringComp == "DHRYSTONE PROGRAM, SOME STRING"

    # What the benchmark asserts of itself: in the chain the last variable follows the first; in the
    # projection 17 * 10 + 1000, (1050 - 1000) / 10, and all pairs but the last after the scale is 5
    # and the offset 2000.
    for n in (2, 10, 100):
        chain, (forward, backward, scaled, moved) = programs["deltablue"].bench(n)
        last = backward * 5
        assert (chain, forward, backward) == (sum(range(100)), 1170, 5)
        assert scaled == sum(i * 5 + 1000 for i in range(n - 1)) + last + 1000
        assert moved == sum(i * 5 + 2000 for i in range(n - 1)) + last + 2000

    # The Computer Language Benchmarks Game: the programs' descriptions and the outputs it gives for
    # comparison (n-body 1000, fannkuch-redux 7, spectral-norm 100, binary-trees 10).
    assert programs["nbody"].bench(0) == "-0.169075164"
    assert programs["nbody"].bench(1000) == "-0.169087605"
    assert programs["fannkuch"].bench(7) == (228, 16)
    assert programs["spectral_norm"].bench(100) == "1.274219991"
    assert programs["binary_trees"].bench(10) == [4095, 31744, 32512, 32704, 32752, 2047]

    # OEIS A000170: queens; A000720: primes up to 10, 100, 1000.
    queens = [1, 1, 0, 0, 2, 10, 4, 40, 92]
    assert [programs["nqueens"].bench(n) for n in range(9)] == queens
    assert [programs["list_ops"].bench(n)[1] for n in (10, 100, 1000)] == [4, 25, 168]


def load_all(directory):
    return {path.stem: load(path) for path in sorted(directory.glob("*.py"))}


def answer(name, program, n):
    result = str(program.bench(n))
    assert "\n" not in result, f"{name}({n}): a result of several lines"
    assert result == str(program.bench(n)), f"{name}({n}) differs the second time"
    return result


def check_threads(name, program, n):
    result = answer(name, program, n)
    answers = []

    def call():
        for turn in range(3):
            answers.append(str(program.bench(n)))

    threads = [threading.Thread(target=call) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [result] * (3 * THREADS), f"{name}({n}) differs between threads"


def write(path, programs, arguments):
    """Answers of all programs, each for its arguments; the last but one is run in threads too."""
    lines = []
    for name, program in programs.items():
        for n in arguments[name]:
            lines.append(f"{name} {n} {answer(name, program, n)}\n")
        check_threads(name, program, arguments[name][-2])
    path.write_text("".join(lines), encoding="utf-8")


def main():
    sys.setswitchinterval(1e-6)
    sys.dont_write_bytecode = True
    programs = load_all(PROGRAMS)
    assert sorted(programs) == sorted(ARGUMENTS), "programs and ARGUMENTS differ"
    check_published(programs)
    arguments = {name: ARGUMENTS[name] + [usual(PROGRAMS / f"{name}.py")] for name in programs}
    write(HERE / "expected.txt", programs, arguments)

    unseen = load_all(UNSEEN)
    write(HERE / "unseen.txt", unseen, {name: UNSEEN_ARGUMENTS for name in unseen})


if __name__ == "__main__":
    main()
