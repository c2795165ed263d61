#!/bin/bash
# SPDX-License-Identifier: MIT
# Programs and runtimes as a user drives them, in TAP. BUILD (build) says which build.
# shellcheck disable=SC2317 # most functions are called by ok
set -u
cd "$(dirname "$0")/.." || exit 2
BUILD=${BUILD:-build}
rclab=$BUILD/rclab
[ -x "$rclab" ] || { echo "interp: no $rclab: make first" >&2; exit 2; }
[ -x scripts/compile_program.py ] || { echo "ok 1 # SKIP no scripts/compile_program.py"; exit; }
[[ $rclab = /* ]] || rclab=$PWD/$rclab

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
. tests/tap.sh
export BOUND=300 # cells are compiled, too
export TMPDIR=$work/tmp
mkdir "$TMPDIR"

names() { "$rclab" list "$1" | sed -n 's/^  \([^ ][^ ]*\) .*/\1/p'; }
few=(--ops 20 --samples 2 --share)

cat >"$work/sum.py" <<'END'
# sum: numbers added up
def bench(n):
    total = 0
    for i in range(n):
        total += i
    return total
END
echo 'def bench(n): yield n' >"$work/generator.py"

# --- what there is --------------------------------------------------------------------------------

run "$rclab" list runtime
ok "list runtime tells schemes, era and features" says "gil-3.12 " "pep703+optimistic+gus+heaps, instructions of 3.12" \
    "immortal" "check_10"
run "$rclab" list runtime --json
for member in rc lock reclaimer alloc era features baseline; do
    ok "list runtime --json: $member of each" test "$(grep -c "\"$member\": \"" "$work/out")" = "$(names runtime | wc -l)"
done

# --- run ------------------------------------------------------------------------------------------

for runtime in $(names runtime); do
    run "$rclab" run program --file "$work/sum.py" --runtime "$runtime" --param n=5 "${few[@]}"
    ok "a program under $runtime" is 0
    ok "$runtime: cell, figures and result" says "runtime=$runtime program=sum.py n=5" "2 of 2 samples verified"
    ok "$runtime: the result once" test "$(grep -c '^result: ' "$work/out")" = 1
done
for runtime in gil-3.12 pep703; do
    run "$rclab" run program --file "$work/sum.py" --runtime "$runtime" --threads 2 --json "${few[@]}"
    ok "two threads under $runtime" is 0
    ok "$runtime --json: what was run and what came out" says "\"runtime\":\"$runtime\"" '"program":"sum.py"' \
        '"result":"' '"leaked":0' '"params":{"n":10}' '"verified":true'
done
cat >"$work/prints.py" <<'END'
def caught(f):
    try:
        return f()
    except TypeError as e:
        return str(e)


def bench(n):
    print("some", "text", sep="-", end="!\n", flush=True, file=None)
    return [caught(lambda: print(sep=1)), caught(lambda: print(end=[]))]
END
run "$BUILD/cells/program/gil-3.12" --program <(scripts/compile_program.py "$work/prints.py") --ops 1 --samples 1
ok "print() takes what CPython's takes" says "sep must be None or a string, not int" "end must be None or a string, not list"
ok "... and prints" has err "some-text!"
# CPython's own ends are elsewhere, and some of these end it
cat >"$work/deep.py" <<'END'
# Values within one another, n deep: what goes down into them ends with a RecursionError.
def told(f):
    try:
        return f()
    except RecursionError as e:
        return "RecursionError"


def tuples(n):
    t = ()
    for i in range(n):
        t = (t,)
    return t


def wrapped(n, wrap):
    it = iter([1, 2])
    for i in range(n):
        it = wrap(it)
    return it


class Called:
    pass


def deeper(k, f):
    return f() if k == 0 else deeper(k - 1, f)


def bench(n):
    t, u, kinds = tuples(n), tuples(n), (str,)
    Called.__call__ = Called()
    for i in range(n):
        kinds = (kinds,)
    d = {}
    out = []
    for f in (
        lambda: hash(t) == hash(u), lambda: t == u, lambda: t < u, lambda: len(repr(t)), lambda: t in d,
        lambda: d.update({t: 1}), lambda: d[u], lambda: len({t, u}), lambda: str(t) == "%s" % (u,),
        lambda: t in [u], lambda: "{!r}".format(t) == f"{u}", lambda: isinstance(1, kinds),
        lambda: next(wrapped(n, enumerate)) is None, lambda: next(wrapped(n, zip)) is None,
        lambda: next(wrapped(n, lambda it: map(str, it))), lambda: next(wrapped(n, lambda it: filter(None, it))),
        lambda: Called()(),
        lambda: sorted([t, u]) is None, lambda: max(t, u) is None, lambda: [t].index(u), lambda: (t,).count(u),
        lambda: t in {u: 1}.keys(), lambda: {t: 1} == {u: 1}, lambda: {1: t} == {1: u},
        lambda: ascii(t) is None, lambda: dict([(t, 1)]) is None, lambda: set([t]) is None,
    ):
        out.append(told(f))
        out.append(told(lambda: deeper(900, f)))
    return out
END
scripts/compile_program.py -o "$work/deep.rcb" "$work/deep.py"
for n in 500 5000 60000 300000; do
    run "$BUILD/cells/program/gil-3.12" --program "$work/deep.rcb" --param n=$n --ops 1 --samples 1
    ok "values within one another, $n deep, overflow no stack" is 0
done
ok "... but raise, all of them" test "$(grep -o RecursionError "$work/out" | wc -l)" = 54
ok "a cell's program is called as its runtime" test -x "$BUILD/cells/program/pep703"
run "$rclab" run program --file "$work/sum.py" --runtime gil-3.12 --census "${few[@]}"
ok "a census of a program" says "census, per operation:"
run "$rclab" run private_objects --runtime gil-3.12 --json "${few[@]}"
ok "another workload with a runtime" says '"runtime":"gil-3.12"' '"lock":"gil"' '"alloc":"pool"'
ok "... has no program" bash -c "! grep -q '\"program\":' '$work/out'"

# shellcheck disable=SC2016 # a name
odd=$work/'-it'\''s "a"  $(file) *
é.py'
cp "$work/sum.py" "$odd"
cd "$work" || exit 2
run "$rclab" run program --file "${odd##*/}" --runtime gil-3.12 --json "${few[@]}"
ok "a file of any name" is 0
run "$rclab" run program --file=- --runtime gil-3.12 "${few[@]}"
ok "no file is called -" refused "no program '-': No such file"
cd "$OLDPWD" || exit 2
ok "nothing is left behind" test -z "$(ls -A "$TMPDIR")"
both() { # at the same time
    local first second
    "$rclab" run program --file "$work/sum.py" --runtime gil-3.12 "${few[@]}" >/dev/null 2>"$work/one" &
    first=$!
    "$rclab" run program --file "$work/sum.py" --runtime gil-3.12 "${few[@]}" >/dev/null 2>"$work/two" &
    second=$!
    wait $first && wait $second
}
ok "two at a time" both

# --- sweeps ---------------------------------------------------------------------------------------

program=$(names program | head -n 1)
if [ -n "$program" ]; then
    cat >"$work/plan.ini" <<END
[plan]
ops = 20
samples = 1
rounds = 6
checks = 0
[programs]
workload = program
runtime = gil-3.12 pep703
program = $program
param.n = 1
END
    run "$rclab" run program --program "$program" --runtime gil-3.12 --param n=1 "${few[@]}"
    ok "a program by its name" says "program=$program n=1"
    run "$rclab" sweep "$work/plan.ini" --store "$work/store.db" --share
    ok "a sweep over runtimes" is 0 "12 of 12 invocations"
    run "$rclab" show --store "$work/store.db"
    ok "show calls cells as their runtimes" says "program=$program n=1" "  runtime " "  gil-3.12 " "  pep703 "
    run "$rclab" show --format tsv --store "$work/store.db"
    tsv_has() { # runtime, its index, the columns' end
        awk -F '\t' -v runtime="$1" -v i="$2" -v program="$program" '
            NR == 1 { last = $(NF - 2) " " $(NF - 1) " " $NF == "runtime runtime_index program" }
            NR > 1 && $(NF - 2) == runtime && $(NF - 1) == i && $NF == program { n++ }
            END { exit !(last && n == 1) }' "$work/out"
    }
    ok "show --format tsv tells runtime and program in its last columns" tsv_has gil-3.12 0
    ok "... of each" tsv_has pep703 1
    run "$rclab" compare --base runtime=gil-3.12 --with runtime=pep703 --store "$work/store.db"
    ok "compare finds runtimes" says "runtime gil-3.12 -> pep703"
    run "$rclab" export --format csv --store "$work/store.db"
    ok "csv tells runtime and program" says ',"gil-3.12","'"$program"'","'
else
    skip "sweeps: no program in workloads/interp/programs"
fi

# --- bad input ------------------------------------------------------------------------------------

run "$rclab" run --help
ok "run --help tells of programs" says "--runtime" "--program" "--file"
known="known: $(names runtime | tr '\n' ' ' | sed 's/ $//')"
some=(--file "$work/sum.py")
bad_input "no runtime" "$known" -- run program "${some[@]}"
bad_input "an unknown runtime" "'nonsense'" "$known" -- run program "${some[@]}" --runtime nonsense
bad_input "schemes instead of a runtime" "$known" -- run program "${some[@]}" --rc plain --lock gil
for option in rc lock reclaimer alloc; do
    bad_input "--runtime and --$option" "either --runtime or --$option" -- \
        run program "${some[@]}" --runtime gil-3.12 "--$option" none
done
bad_input "no program" "--program NAME or --file" -- run program --runtime gil-3.12
bad_input "an unknown program" "no program 'nonsense'; known:" -- run program --program nonsense --runtime gil-3.12
bad_input "a path for a program's name" "no program '../x'" -- run program --program ../x --runtime gil-3.12
bad_input "two programs" "either --program or --file" -- run program --program x "${some[@]}" --runtime gil-3.12
bad_input "a missing file" "$work/none.py': No such file" "rclab list program" -- run program --file "$work/none.py" --runtime gil-3.12
bad_input "a directory" "'$work': it is a directory" "defines bench(n)" -- run program --file "$work" --runtime gil-3.12
bad_input "no file at all" "no program '': No such file" -- run program --file '' --runtime gil-3.12
mkfifo "$work/pipe"
bad_input "a pipe" "'$work/pipe': it is no regular file" -- run program --file "$work/pipe" --runtime gil-3.12
to_pipe() {
    timeout 10 cat "$work/pipe" >"$work/piped" &
    timeout 10 scripts/compile_program.py "$work/sum.py" -o "$work/pipe" && wait $! &&
        [ -p "$work/pipe" ] && scripts/compile_program.py "$work/sum.py" | cmp - "$work/piped"
}
ok "the compiler writes to a pipe, and does not replace it" to_pipe
bad_input "a program on another workload" "runs no programs" -- run dict_get "${some[@]}" --rc atomic
bad_input "what is not in the language" "generator.py:1" "could not be compiled" -- \
    run program --file "$work/generator.py" --runtime gil-3.12
while IFS=$'\t' read -r line what; do
    printf '# a program\nprint("begins")\ndef bench(n):\n    try:\n        %s\n    except BaseException:\n        return 0\n' \
        "$line" >"$work/fatal.py"
    bad_input "what only the machine can refuse: $line" "fatal.py: the program cannot be run: fatal.py:5 in bench:" \
        "outside rclab's subset of Python: $what" -- run program --file "$work/fatal.py" --runtime gil-3.12
done <<'END'
return 2 ** 64	an integer outside 64 bits
print(n, file=n)	print() to a file
return 'a'.encode()	str.encode()
return n.real	the attribute real of 'int'
return getattr(n, 'imag', 0)	the attribute imag of 'int'
return int.__mro__	the attribute __mro__ of 'int'
return ValueError(n).__cause__	the attribute __cause__ of 'ValueError'
return str(OSError(2, 'x'))	an OSError of an error number
return OSError().errno	the attribute errno of 'OSError'
bench.cache = n	a function's attribute cache
setattr(ValueError(n), '__class__', int)	a change of __class__
END
# shellcheck disable=SC2016 # Python
python3 - >"$work/attributes.py" <<'END'
import builtins


class C:
    def m(self):
        pass


def f():
    pass


things = """C() C C().m f None 5 int True 1.5 "a" str () [] list {} dict set() range(3) slice(1) iter([])
    iter(range(3)) {}.keys() {}.values() {}.items() enumerate([]) zip() reversed([]) map(str,[])
    filter(None,[]) len [].append ValueError(1) KeyError StopIteration(1)""".split()
print("class C:\n    def m(self): pass\ndef f(): pass\ndef bench(n):\n    absent = []")
for thing in things:
    print("    absent += [(name, %r) for name in %r if not hasattr(%s, name)]"
          % (thing, dir(eval(thing)), thing))
print("    return absent")
END
run "$BUILD/cells/program/gil-3.12" --program <(scripts/compile_program.py "$work/attributes.py") --ops 1 --samples 1
ok "what CPython's objects have, the machine's have or are known to lack" says '"result":"[]"'
python3 - >"$work/builtins.py" <<'END'
import builtins
print("def bench(n):\n    return [")
for name in dir(builtins):
    print("       ", name, ",")
print("    ] is None")
END
unknown() { # builtins that are refused one after the other, then none
    local name
    while run scripts/compile_program.py -o "$work/builtins.rcb" "$work/builtins.py"; [ "$status" = 2 ]; do
        name=$(sed -n 's/.*: \([A-Za-z_]*\)\( other.*\)\? is outside.*/\1/p' "$work/err")
        [ -n "$name" ] || return
        sed -i "/^        $name ,/d" "$work/builtins.py"
    done
    run "$BUILD/cells/program/gil-3.12" --program "$work/builtins.rcb" --ops 1 --samples 1
    says '"result":"False"'
}
ok "a builtin of CPython's is found or refused" unknown
echo 'def bench(n): return n
del bench' >"$work/gone.py"
bad_input "a program that ends without its bench" "gone.py: no bench(n)" -- run program --file "$work/gone.py" --runtime gil-3.12
printf 'count = [0]\ndef bench(n):\n    count[0] += 1\n    return n if count[0] < 3 else chr(0xd800)\n' >"$work/late.py"
bad_input "what only a later call shows" "late.py:4 in bench" -- run program --file "$work/late.py" --runtime gil-3.12
echo 'def bench(n): return 1 // 0' >"$work/raises.py"
run "$rclab" run program --file "$work/raises.py" --runtime gil-3.12 "${few[@]}"
ok "a program that raises is not refused: its run is void" is 1 "raises.py:1 in bench: ZeroDivisionError"
bad_input "an n that is none" "'-1'" "from 0 to 9007199254740992" -- \
    run program "${some[@]}" --runtime gil-3.12 --param n=-1
for n in '' x 1e3 5.5 0x10 9007199254740993 99999999999999999999; do
    bad_input "n=$n" "'$n' is not a number from 0 to 9007199254740992" -- \
        run program "${some[@]}" --runtime gil-3.12 --param "n=$n"
done
bad_input "another parameter" "'m'; known: n" -- run program "${some[@]}" --runtime gil-3.12 --param m=1
bad_input "a parameter without its value" "'n' is not KEY=VALUE, such as n=10" -- \
    run program "${some[@]}" --runtime gil-3.12 --param n
# the line, what is said of it, and the plan's lines behind the first four
while IFS=$'\t' read -r line says text; do
    printf '[plan]\nrounds = 6\n[x]\nworkload = program\n%b\n' "$text" >"$work/bad.ini"
    bad_input "a plan: $text" "$work/bad.ini:$line: $says" -- sweep "$work/bad.ini" --dry-run
done <<END
5	no runtime 'gil-9'; $known	runtime = gil-3.12 gil-9\nprogram = fib
6	no program 'nonsense'; known: 	runtime = *\nprogram = fib nonsense
6	no program 'fib.py'; known: 	runtime = *\nprogram = fib.py
7	parameter n: '-1' is not a number from 0 to 9007199254740992	runtime = *\nprogram = fib\nparam.n = 3 -1
7	no workload of [x] has a parameter 'm'; known: n	runtime = *\nprogram = fib\nparam.m = 3
7	no runtime 'gil-9'; $known	runtime = *\nprogram = fib\nexclude = runtime=gil-9
3	[x] has no valid cell: program: which program?	runtime = *
3	[x] has no valid cell: program is built for a runtime	pair = plain+gil\nprogram = fib
END
echo nonsense >"$work/bytecode"
run "$BUILD/cells/program/gil-3.12" --program "$work/bytecode"
ok "the machine refuses what is no bytecode" refused "the program cannot be run"
run make -s "BUILD=$BUILD" "$BUILD/cells/program/nonsense"
ok "a cell of an unknown runtime" is 2 "no runtime nonsense; $known"
ok "nothing is left behind by what was refused" test -z "$(ls -A "$TMPDIR")"

# --- what programs cost ---------------------------------------------------------------------------

# Those whose instructions do not specialise count the same each time; their columns are the first.
documented() {
    local exact
    exact=$(names runtime | sed -n '/^gil-\(1\|2\|3\.[0-9]$\)/p')
    # shellcheck disable=SC2086 # words
    scripts/programs_table "$rclab" $exact <docs/interpreter.md >"$work/counted" || return
    awk -F ' [|] ' -v n="$(echo "$exact" | wc -l)" '
        /^<!-- programs / { inside = 1; whole = / (published|locks) /; next }
        /^<!-- end/ { inside = 0 }
        inside && whole { print }
        inside && !whole { for (i = 1; i <= n + 1; i++) printf "%s%s", $i, i <= n ? " | " : " |\n" }
    ' docs/interpreter.md >"$work/documented"
    diff "$work/documented" "$work/counted" >&2
}
ok "docs/interpreter.md has what programs cost" documented

plan
