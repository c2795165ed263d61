#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What programs answer in the virtual machine, beside what this CPython answers: those that are
shipped, those that strangers wrote, and random ones. In TAP: a case is a program on a runtime.

    tests/programs.py [--build DIR] [--place release|asan|tsan|...] [--runtimes A,B] [--threads N]
                      [--random FIRST LAST] [--spread K] [--small] [--only WORD] [--brief]

A random program may be refused, if a reason is given: that is told as skipped. Of one that answers something
else a command is printed which runs it again. In more threads than one, random programs keep what they write
to themselves. --brief tells what failed and a line for each runtime, in place of a line for each case.
"""
import argparse
import collections
import concurrent.futures
import glob
import json
import os
import shlex
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "interp"))
import generate  # pylint: disable=wrong-import-position

OUTSIDE = "outside rclab's subset of Python"
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build")
    parser.add_argument("--place", default="release")
    parser.add_argument("--runtimes", help="all, unless it is given")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--random", nargs=2, type=int, metavar=("FIRST", "LAST"), default=(1, 0))
    parser.add_argument("--spread", type=int, help="each random program on so many runtimes, in turn")
    parser.add_argument("--small", action="store_true", help="each program's two smallest n")
    parser.add_argument("--only", default="", help="programs whose name has this")
    parser.add_argument("--brief", action="store_true", help="what failed, and a line for each runtime")
    return parser.parse_args()


def all_runtimes():
    names = []
    with open("strategies/runtimes.def") as f:
        for line in f:
            if line.startswith('RUNTIME("'):
                names.append(line.split('"')[1])
    return names


def expected(options, directory):
    """(name, source, [(n, result)]) of each program."""
    programs = {}
    for table, folder in (("expected.txt", "workloads/interp/programs"),
                          ("unseen.txt", "tests/interp/unseen")):
        with open(os.path.join("tests/interp", table), encoding="utf-8") as f:
            for line in f:
                name, n, result = line.rstrip("\n").split(" ", 2)
                source = os.path.join(folder, name + ".py")
                programs.setdefault(name, (source, []))[1].append((int(n), result))
    for name, (source, cases) in sorted(programs.items()):
        if options.only in name:
            cases.sort()
            yield name, source, cases[:2] if options.small else cases
    for seed in range(options.random[0], options.random[1] + 1):
        name = "random_%d" % seed
        if options.only not in name:
            continue
        source = os.path.join(directory, name + ".py")
        text = generate.program(seed, own=options.threads > 1)
        with open(source, "w", encoding="utf-8") as f:
            f.write(text)
        space = {"__name__": "__program__"}
        exec(compile(text, source, "exec"), space)
        yield name, source, [(n, str(space["bench"](n))) for n in (0, 3)]


def differences(cell, code, cases, threads):
    """A line for each n for which the cell answers something else."""
    wrong = []
    for n, result in cases:
        try:
            run = subprocess.run(
                [cell, "--program", code, "--param", "n=%d" % n, "--ops", "1", "--samples", "1",
                 "--threads", str(threads), "--limit", "300"], stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, timeout=300)
        except subprocess.TimeoutExpired:
            wrong.append("n=%d: no end after 300 s" % n)
            continue
        try:
            sample = json.loads(run.stdout)
        except ValueError:
            wrong.append("n=%d: status %d: %s" % (n, run.returncode,
                                                  run.stderr.decode(errors="replace")[-1500:]))
            continue
        if not sample["verified"]:
            wrong.append("n=%d: %s" % (n, sample.get("wrong")))
        elif sample["result"] != result:
            wrong.append("n=%d: %r, CPython says %r" % (n, sample["result"][:700], result[:700]))
        elif run.returncode != 0:
            wrong.append("n=%d: status %d: %s" % (n, run.returncode, run.stderr[-1500:]))
    return wrong


def again(options, runtime, name):
    """The command that runs a random program on one runtime again."""
    words = ["tests/programs.py", "--build", options.build, "--place", options.place, "--runtimes", runtime,
             "--random", name[7:], name[7:], "--only", name]
    if options.threads > 1:
        words += ["--threads", str(options.threads)]
    return shlex.join(words)


def main():
    options = arguments()
    os.chdir(ROOT)
    runtimes = options.runtimes.split(",") if options.runtimes else all_runtimes()
    place = options.build + ("" if options.place == "release" else "/" + options.place)
    cells = ["%s/cells/program/%s" % (place, runtime) for runtime in runtimes]
    made = subprocess.run(["make", "--no-print-directory", "-k", "-j%d" % os.cpu_count(),
                           "BUILD=" + options.build] + cells, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    if made.returncode != 0:
        print(made.stdout.decode(errors="replace"))
    number = 0
    counts = collections.Counter()  # (runtime, right, refused or wrong): cases
    # what leaves objects behind in cycles is no leak of the machine's
    os.environ.setdefault("ASAN_OPTIONS", "detect_leaks=0:detect_stack_use_after_return=0")
    os.environ.setdefault("TSAN_OPTIONS", "halt_on_error=1")
    with tempfile.TemporaryDirectory() as directory, \
            concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = []
        for name, source, cases in expected(options, directory):
            code = os.path.join(directory, name + ".rcb")
            compiled = subprocess.run(["scripts/compile_program.py", "-o", code, source],
                                      stderr=subprocess.PIPE)
            for i, (runtime, cell) in enumerate(zip(runtimes, cells)):
                seed = int(name[7:]) if name.startswith("random_") else None
                if seed is not None and options.spread is not None and \
                        (i + seed * options.spread) % len(runtimes) >= options.spread:
                    continue
                if compiled.returncode != 0:
                    jobs.append((name, runtime, None, compiled.stderr.decode()))
                else:
                    jobs.append((name, runtime, pool.submit(differences, os.path.abspath(cell), code, cases,
                                                            options.threads), None))
        for name, runtime, job, refused in jobs:
            number += 1
            wrong = [refused] if job is None else job.result()
            drawn = name.startswith("random_")
            if drawn and wrong and all(OUTSIDE in line for line in wrong):
                counts[runtime, "refused"] += 1
                if not options.brief:
                    print("ok %d # SKIP %s on %s, %s" % (number, name, runtime, wrong[0]))
                continue
            counts[runtime, "wrong" if wrong else "right"] += 1
            if wrong or not options.brief:
                print("%sok %d - %s on %s, %s" % ("not " if wrong else "", number, name, runtime,
                                                  options.place))
            for line in wrong:
                print("#   " + line.replace("\n", "\n#   "))
            if wrong and drawn:
                print("#   again: " + again(options, runtime, name))
    if not options.brief:
        print("1..%d" % number)
        return any(counts[runtime, "wrong"] for runtime in runtimes)
    good = True
    for runtime in runtimes:
        right, refused, wrong = (counts[runtime, what] for what in ("right", "refused", "wrong"))
        passed = right > 0 and wrong == 0
        good = good and passed
        print("%sok - %-42s %d programs, %d failed, %d refused" % (
            "" if passed else "not ", "programs on %s, %s" % (runtime, options.place),
            right + wrong + refused, wrong, refused))
    return not good


if __name__ == "__main__":
    sys.exit(main())
