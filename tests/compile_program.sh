#!/bin/bash
# SPDX-License-Identifier: MIT
# tests/compile_program.sh: what scripts/compile_program.py refuses, takes, and makes of one program. TAP.
# shellcheck disable=SC2317 # most functions are called by ok
set -u
cd "$(dirname "$0")/.." || exit 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. tests/tap.sh

bench='def bench(n): return n'
compile() { # the program on standard input
    cat >"$work/p.py"
    run scripts/compile_program.py "$work/p.py"
}
said() { # line, text: status 2, nothing on stdout, and one line on stderr that begins so
    [ "$status" = 2 ] || { echo "status $status, not 2"; return 1; }
    [ ! -s "$work/out" ] || { echo 'it printed something'; return 1; }
    [ "$(wc -l <"$work/err")" = 1 ] || { echo 'not one line'; return 1; }
    grep -qF -e "$work/p.py:$1: $2" "$work/err" || { echo "no '$1: $2'"; return 1; }
}
outside() { said "$1" "$2 is outside rclab's subset of Python"; }
made() { [ "$status" = 0 ] && [ ! -s "$work/err" ] && tail -n 1 "$work/out" | grep -qE '^checksum [0-9a-f]{16}$'; }
since() { # minor: is Python 3 that new?
    python3 -c "import sys; sys.exit(sys.version_info < (3, $1))"
}

# A construct on line 2 (| is a new line) and its name.
while IFS=$'\t' read -r construct name; do
    compile < <(printf '%s\n%s\n' "$bench" "${construct//|/$'\n'}")
    ok "refused: $construct" outside 2 "$name"
done <<'EOT'
def f(): yield 1	yield
def f(): yield from []	yield from
x = (i for i in [])	a generator expression
x = sum(i for i in [])	a generator expression
x = ''.join(str(i) for i in [])	a generator expression
async def f(): pass	an async function
with open('x') as f: pass	with
import sys	import
from sys import path	import
from sys import *	import
@staticmethod|def f(): pass	a decorator
@f|class C: pass	a decorator
def f(*a): pass	*a
def f(**k): pass	**k
f = lambda *a: 1	*a
def f(*, a): pass	a keyword-only parameter
print(*[1])	a star in a display or a call
print(**{})	** in a call
x = [*[1], 2]	a star in a display or a call
x = 1, *[2]	a star in a display or a call
x = {**{}}	** in a display
class C(int, str): pass	multiple inheritance
class C(metaclass=type): pass	a keyword or metaclass in a class statement
x = ...	...
x = b'a'	a bytes literal
x = 1j	a complex number
x = 9223372036854775808	an integer of more than 64 bits
x = -9223372036854775809	an integer of more than 64 bits
x = [1][0:1, 2]	a slice within a tuple
x = 1 @ 2	the operator @
x = '\ud800'	half a surrogate pair in a string
x = super	super other than in super().method(...)
class C: f = lambda self: super().x	super other than in super().method(...)
class C: f = lambda self: super(C, self).f()	super other than in super().method(...)
class C: f = lambda self: [super().f() for i in '']	super() outside a method
f = lambda x: super().f()	super() outside a class
while True: pass	a loop that does nothing and never ends
x = frozenset()	frozenset
def f(): return open('x')	open
f = lambda: [vars() for i in x]	vars
raise IOError(1)	IOError
if __file__: pass	__file__
class C: __slots__ = ()	__slots__ in a class
class C: __new__ = f	__new__ in a class
x.__class__ = C	a change of __class__
del x.__dict__	a change of __dict__
EOT
if since 10; then
    compile < <(printf '%s\n' "$bench" 'match 1:' '    case 1: pass')
    ok 'refused: match' outside 2 match
fi
if since 11; then
    compile < <(printf '%s\n' "$bench" 'try: pass' 'except* ValueError: pass')
    ok 'refused: except*' outside 2 'except*'
fi
if since 12; then
    compile < <(printf '%s\n' "$bench" 'type T = int')
    ok 'refused: a type alias' outside 2 'a type alias'
    compile < <(printf '%s\n' "$bench" 'def f[T](a): pass')
    ok 'refused: a type parameter' outside 2 'a type parameter'
fi
compile < <(printf '%s\n' "$bench" 'x = sum(i for i in [])')
ok 'a refusal says what would help' grep -q 'write a list' "$work/err"
nested() { python3 -c "print('x = ' + '(' * $1 + '1' + ',)' * $1)"; }
compile < <(echo "$bench"; nested 100; echo 'y = 1')
ok 'constant tuples within one another' made
compile < <(echo "$bench"; nested 101; echo 'y = 1')
ok 'more of them' outside 2 'more than 100 constant tuples within one another'

# Syntax errors: Python's words.
compile < <(printf '%s\n' "$bench" 'break')
ok 'break outside of a loop' said 2 "'break' outside loop"
compile < <(printf '%s\n' "$bench" 'def f(a):' '    global a')
ok 'a parameter that is global' said 3 "name 'a' is parameter and global"
compile < <(printf '%s\n' "$bench" 'def')
ok 'no program' said 2 ''
compile < <(printf 'x = "\0"\n')
ok 'a zero byte' said 1 ''

# bench.
compile < <(echo 'x = 1')
ok 'no bench' said 1 'no function bench'
compile < <(echo 'def bench(): pass')
ok 'bench without a parameter' said 1 'bench takes one parameter'
compile < <(printf '\ndef bench(n, m): pass\n')
ok 'bench with two parameters' said 2 'bench takes one parameter'
compile < <(echo 'def bench(n, m=1): pass')
ok 'bench with a second one that has a default' made

# Files.
run scripts/compile_program.py "$work/none.py"
ok 'no file' test "$status:$(cat "$work/err")" = "2:$work/none.py: No such file or directory"
run scripts/compile_program.py "$work"
ok 'a directory' test "$status:$(cat "$work/err")" = "2:$work: Is a directory"
run scripts/compile_program.py
ok 'no argument' test "$status" = 2
echo "$bench" >"$work/p.py"
run scripts/compile_program.py "$work/p.py" -o "$work/none/p"
ok 'no directory for the output' grep -q 'none/p: No such file or directory' "$work/err"
run scripts/compile_program.py "$work/p.py" -o "$work/p"
written() { [ "$status" = 0 ] && [ ! -s "$work/out" ] && scripts/compile_program.py "$work/p.py" | cmp - "$work/p"; }
ok '-o writes what stdout would get' written
cp "$work/p" "$work/before"
echo 'import x' >"$work/p.py"
run scripts/compile_program.py "$work/p.py" -o "$work/p"
kept() { [ "$status" = 2 ] && cmp "$work/p" "$work/before" && [ "$(echo "$work"/p*)" = "$work/p $work/p.py" ]; }
ok 'what is refused leaves the old output, and nothing aside' kept
if [ -e /dev/full ]; then
    echo "$bench" >"$work/p.py"
    ok 'a full disk' test "$(scripts/compile_program.py "$work/p.py" 2>&1 >/dev/full)" = \
        'standard output: No space left on device'
fi
compile < <(echo "$bench"; printf 'x = %s1%s\n' "$(printf '(%.0s' {1..3000})" "$(printf ')%.0s' {1..3000})")
deep() { [ "$status" = 2 ] && ! grep -q Traceback "$work/err"; } # old parsers have a word of their own
ok 'too many parentheses' deep
compile < <(echo "$bench"; printf 'x = n%s\n' "$(printf ' + n%.0s' {1..5000})")
ok 'too long a sum' deep

# Accepted constructs.
while IFS= read -r construct; do
    compile < <(printf '%s\n%s\n' "$bench" "${construct//|/$'\n'}")
    ok "compiles: $construct" made
done <<'EOT'
x = -9223372036854775808
def f(a, b=1, c=(2, [])): return a
f = lambda a, b=1: (lambda: a + b)
class C: pass
class C(ValueError):|    def f(self): return super().f(1, k=2)
class C:|    def f(self): return lambda: self|    def g(self):|        def h(x): return super().g()|        return self
for i, (a, *b), [c] in []: pass|else: pass
while True: break
while x < 1: continue
try: x|except (A, B) as e: x = [e for i in e]|except: raise|else: x|finally: x
for i in x:|    try: break|    finally:|        for j in x:|            try: continue|            finally: break
def f():|    while 1:|        try: return 1|        finally: continue
def f():|    x = 1|    def g():|        nonlocal x|        x += 1|        del x|    return g
def f():|    global y|    y = 1
a = b.c = d[e] = 1
a, b = b, a
a[1:2], a[::3], a[:] = a, b, c
x += 1; x.y **= 2; x[y] //= 3; x[1:] += [4]
del x, y.z, a[1], a[1:2], (b, c)
x: int = 3
x: undefined
assert x, 'text'
raise A from B
x = 1 < y <= z != 3 is not None
x = a if b else c and d or not e
if (x := f(1)) and not (a < b < c or d): pass
x = [(y := i) for i in z]
x = f"{a}{b!r:>{c}}{d=}{{}}" "text"
x = {1: 2, 3: 4} if 0 else [] if x else {}
x = {i: j for i in a if i for j in i if j}
x = a.b(c, d=e) + f(g=1)
open = 3|x = open
def f(input): return input
x.__doc__ = 1
EOT

# One program, line by line.
compile <<'EOT'
def bench(n):
    """Sums."""
    total = 0
    for i in range(n):
        total += i * -(2 ** 3)
    return f"{total:>5}\u00e9"
EOT
sed '$d' >"$work/expected" <<'EOT'
rclab-bytecode 1
file "p.py"
code 0 "<module>"
kind module
arguments 0
stack 1
constant none
name "bench"
line 1
MAKE_FUNCTION 1 0
STORE_NAME 0
LOAD_CONST 0
RETURN_VALUE
end
code 1 "bench"
kind function
arguments 1
stack 4
local "n"
local "total"
local "i"
constant int 0
constant int -8
constant string ">5"
constant string "\u00e9"
name "range"
line 3
LOAD_CONST 0
STORE_FAST 1
line 4
LOOP_BEGIN
LOAD_GLOBAL 0
LOAD_FAST 0
CALL_FUNCTION 1
GET_ITER
FOR_ITER 16
STORE_FAST 2
line 5
LOAD_FAST 1
LOAD_FAST 2
LOAD_CONST 1
BINARY_OP 2
INPLACE_OP 0
STORE_FAST 1
JUMP_BACK 7
LOOP_END
line 6
LOAD_FAST 1
LOAD_CONST 2
FORMAT_VALUE 4
LOAD_CONST 3
BUILD_STRING 2
RETURN_VALUE
end
codes 2

EOT
ok 'one program' diff "$work/expected" <(sed '$d' "$work/out")
cp "$work/out" "$work/first"
again() {
    for seed in 0 1 2; do
        PYTHONHASHSEED=$seed scripts/compile_program.py "$work/p.py" | cmp - "$work/first" || return 1
    done
}
ok 'the same program, the same text' again
fnv() { # of standard input, as 16 digits
    od -An -v -tu1 | tr -s ' ' '\n' | {
        hash=$((0xcbf29ce484222325))
        while read -r byte; do [ -z "$byte" ] || hash=$(((hash ^ byte) * 0x100000001b3)); done
        printf '%016x' "$hash"
    }
}
ok 'the checksum' test "$(tail -n 1 "$work/first")" = "checksum $(sed '$d' "$work/first" | fnv)"
compile <<'EOT'
def bench(n): return 1, 1.0, True, [0.0, -0.0, -(0.0), 0.5, 1e999, "1", None]
EOT
constants() {
    diff <(sed -n 's/^constant //p' "$work/out" | tail -n +2) - <<'EOT'
int 1
float 0x1p+0
true
float 0x0p+0
float -0x0p+0
float 0x1p-1
float inf
string "1"
none
EOT
}
ok 'constants are told apart' constants
plan
