#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compiles a Python program, of the subset that workloads/interp runs, to docs/bytecode.md's text.

    scripts/compile_program.py FILE.py [-o OUT]

Python's own parser reads the program. One walk (Names) refuses what is outside the subset and
notes which scope binds and uses which name; then Code makes each scope's instructions. The result
depends on the program alone: not on the version of Python that runs this, nor on its place.
"""
import ast
import json
import math
import os
import re
import sys
import warnings

LIMIT = 65535  # of an operand, and of what is counted by one
NESTING = 100  # of constant tuples

OPERATORS = {"Add": 0, "Sub": 1, "Mult": 2, "Div": 3, "FloorDiv": 4, "Mod": 5, "Pow": 6,
             "LShift": 7, "RShift": 8, "BitAnd": 9, "BitOr": 10, "BitXor": 11}
COMPARISONS = {"Lt": ("COMPARE_OP", 0), "LtE": ("COMPARE_OP", 1), "Eq": ("COMPARE_OP", 2),
               "NotEq": ("COMPARE_OP", 3), "Gt": ("COMPARE_OP", 4), "GtE": ("COMPARE_OP", 5),
               "Is": ("IS_OP", 0), "IsNot": ("IS_OP", 1),
               "In": ("CONTAINS_OP", 0), "NotIn": ("CONTAINS_OP", 1)}
UNARY = {"USub": "UNARY_NEGATIVE", "UAdd": "UNARY_POSITIVE", "Invert": "UNARY_INVERT",
         "Not": "UNARY_NOT"}

# What the parser knows and the subset does not: its name for people, and what would help.
OUTSIDE = {
    "AsyncFunctionDef": ("an async function", ""), "AsyncFor": ("async for", ""),
    "AsyncWith": ("async with", ""), "Await": ("await", ""),
    "Yield": ("yield", "fill a list and return it"),
    "YieldFrom": ("yield from", "fill a list and return it"),
    "GeneratorExp": ("a generator expression", "write a list, in brackets"),
    "With": ("with", "write try and finally"),
    "Import": ("import", "define what is needed in this file"),
    "ImportFrom": ("import", "define what is needed in this file"),
    "Match": ("match", "write if and elif"), "TryStar": ("except*", ""),
    "Starred": ("a star in a display or a call", "join with + or write each element"),
    "MatMult": ("the operator @", ""), "ExtSlice": ("a slice within a tuple", ""),
    "TypeAlias": ("a type alias", ""), "TemplateStr": ("a template string", ""),
}
# What CPython finds without being told, and the machine does not.
BUILTINS = set("""
    BaseExceptionGroup BlockingIOError BrokenPipeError BufferError BytesWarning ChildProcessError
    ConnectionAbortedError ConnectionError ConnectionRefusedError ConnectionResetError
    DeprecationWarning EOFError Ellipsis EncodingWarning EnvironmentError ExceptionGroup
    FileExistsError FileNotFoundError FloatingPointError FutureWarning GeneratorExit IOError
    ImportError ImportWarning IndentationError InterruptedError IsADirectoryError
    ModuleNotFoundError NotADirectoryError PendingDeprecationWarning PermissionError
    ProcessLookupError PythonFinalizationError ReferenceError ResourceWarning RuntimeWarning
    StopAsyncIteration SyntaxError SyntaxWarning SystemError TabError TimeoutError
    UnicodeDecodeError UnicodeEncodeError UnicodeError UnicodeTranslateError UnicodeWarning
    UserWarning Warning __annotations__ __build_class__ __builtins__ __doc__ __file__ __import__
    __loader__ __package__ __spec__ aiter anext breakpoint bytearray bytes classmethod compile
    complex copyright credits dir eval exec exit frozenset globals help input license locals
    memoryview open property quit staticmethod vars
    """.split())
# What a class says by binding it, and the machine does not heed.
SPECIAL = set("""
    __slots__ __new__ __del__ __setattr__ __delattr__ __getattribute__ __get__ __set__ __delete__
    __set_name__ __init_subclass__ __class_getitem__ __divmod__ __rdivmod__ __trunc__ __round__
    """.split())
# What an assignment to would change more than an attribute.
FIXED = {"__class__", "__dict__", "__name__", "__qualname__", "__bases__"}
# What the walk passes through, without a say of its own.
PLAIN = """Return Delete Assign For While If Raise Try Assert Global Nonlocal Expr Pass Break
    Continue BoolOp BinOp Dict Set IfExp Compare Attribute Subscript List Tuple Slice Index
    JoinedStr FormattedValue ExceptHandler comprehension keyword Load Store Del And Or
    """.split() + list(OPERATORS) + list(COMPARISONS) + list(UNARY)


DECORATED = "write name = decorator(name) behind it"


class Refused(Exception):
    """A line, and what is wrong there."""


def refuse(line, construct, help_=""):
    raise Refused(line, "%s is outside rclab's subset of Python%s"
                  % (construct, ": " + help_ if help_ else ""))


def kind_of(node):
    return type(node).__name__


def is_super(node):
    """Is it super() without arguments?"""
    return (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
            and node.func.id == "super" and not node.args and not node.keywords)


class Scope:
    """What a code sees: its own names, those of functions around it, the globals."""

    def __init__(self, kind, name, parent, private, comprehension=False):
        self.kind, self.name, self.parent = kind, name, parent
        self.private = private  # the class whose __names are meant
        self.comprehension = comprehension
        self.parameters = []
        self.bound, self.used = {}, {}  # as sets that remember the order
        self.globals, self.nonlocals = set(), set()
        self.cells, self.frees = {}, {}
        self.number = None  # of its code

    def owns(self, name):
        return name in self.bound and name not in self.globals and name not in self.nonlocals

    def resolve(self, name):
        """Makes a name that belongs to a function around this scope a cell of that function."""
        if self.kind == "module" or name in self.globals or self.owns(name):
            return
        path, scope = [self], self.parent
        while scope.kind != "module":
            if scope.owns(name) if scope.kind == "function" else name == "__class__":
                scope.cells[name] = True
                for inner in path:
                    inner.frees[name] = True
                return
            if scope.kind == "function" and name in scope.globals:
                return
            path.append(scope)
            scope = scope.parent

    def access(self, name):
        """How the name is reached, as the end of an instruction's name."""
        if self.kind == "module":
            return "NAME"
        if name in self.globals:
            return "GLOBAL"
        if self.owns(name):
            if self.kind == "class":
                return "NAME"
            return "DEREF" if name in self.cells else "FAST"
        if name in self.frees:
            return "DEREF"
        return "NAME" if self.kind == "class" else "GLOBAL"


class Names(ast.NodeVisitor):
    """Refuses, spells private names out, and finds the scopes: scopes[node]."""

    def __init__(self):
        self.scopes, self.all = {}, []
        self.scope = None
        self.line = 1
        self.builtins = {}  # asked for, that the machine does not have: the first line

    def mangled(self, name):
        private = self.scope.private
        if private is None or not name.startswith("__") or name.endswith("__"):
            return name
        return "_%s%s" % (private, name) if private else name

    def use(self, name, binds=False):
        if name == "super":
            refuse(self.line, "super other than in super().method(...)")
        if binds and self.scope.kind == "class" and name in SPECIAL:
            refuse(self.line, "%s in a class" % name)
        if name in BUILTINS:
            self.builtins.setdefault(name, self.line)
        self.scope.used[name] = True
        if binds:
            self.scope.bound[name] = True

    def enter(self, node, kind, name, private, comprehension=False):
        scope = Scope(kind, name, self.scope, private, comprehension)
        self.scopes[node] = scope
        self.all.append(scope)
        self.scope = scope

    def leave(self):
        self.scope = self.scope.parent

    def each(self, nodes):
        for node in nodes:
            self.visit(node)

    def generic_visit(self, node):
        kind = kind_of(node)
        if kind not in PLAIN:
            refuse(self.line, *OUTSIDE.get(kind, (kind, "")))
        super().generic_visit(node)

    def visit(self, node):
        self.line = getattr(node, "lineno", self.line)
        super().visit(node)

    def visit_Module(self, node):
        self.enter(node, "module", "<module>", None)
        self.each(node.body)
        for scope in self.all:
            for name in list(scope.used):
                scope.resolve(name)
        for name, line in self.builtins.items():
            if not any(name in scope.bound for scope in self.all):
                refuse(line, name)

    def parameters(self, node):
        """A function's parameters, which a call gives by place."""
        a = node.args
        if a.vararg:
            refuse(self.line, "*" + a.vararg.arg, "give it one list")
        if a.kwarg:
            refuse(self.line, "**" + a.kwarg.arg, "give it one dictionary")
        if a.kwonlyargs:
            refuse(self.line, "a keyword-only parameter", "leave the star away")
        self.each(a.defaults)
        return a.posonlyargs + a.args

    def function(self, node, name, body):
        parameters = self.parameters(node)
        self.enter(node, "function", name, self.scope.private)
        for parameter in parameters:
            parameter.arg = self.mangled(parameter.arg)
            self.scope.parameters.append(parameter.arg)
            self.use(parameter.arg, True)
        self.each(body)
        self.leave()

    def visit_FunctionDef(self, node):
        if node.decorator_list:
            refuse(node.decorator_list[0].lineno, "a decorator", DECORATED)
        if getattr(node, "type_params", None):
            refuse(self.line, "a type parameter")
        name = node.name
        node.name = self.mangled(name)
        self.use(node.name, True)
        self.function(node, name, node.body)

    def visit_Lambda(self, node):
        self.function(node, "<lambda>", [node.body])

    def visit_ClassDef(self, node):
        if node.decorator_list:
            refuse(node.decorator_list[0].lineno, "a decorator", DECORATED)
        if getattr(node, "type_params", None):
            refuse(self.line, "a type parameter")
        if node.keywords:
            refuse(self.line, "a keyword or metaclass in a class statement")
        if len(node.bases) > 1:
            refuse(self.line, "multiple inheritance", "a class has one base at most")
        self.each(node.bases)
        name = node.name
        node.name = self.mangled(name)
        self.use(node.name, True)
        self.enter(node, "class", name, name.lstrip("_"))
        self.each(node.body)
        self.leave()

    def comprehension(self, node, name, elements):
        for generator in node.generators:
            if generator.is_async:
                refuse(self.line, "async for")
        self.visit(node.generators[0].iter)  # in the scope around it
        self.enter(node, "function", name, self.scope.private, True)
        self.scope.parameters.append(".0")
        self.use(".0", True)
        for generator in node.generators:
            if generator is not node.generators[0]:
                self.visit(generator.iter)
            self.visit(generator.target)
            self.each(generator.ifs)
        self.each(elements)
        self.leave()

    def visit_ListComp(self, node):
        self.comprehension(node, "<listcomp>", [node.elt])

    def visit_SetComp(self, node):
        self.comprehension(node, "<setcomp>", [node.elt])

    def visit_DictComp(self, node):
        self.comprehension(node, "<dictcomp>", [node.key, node.value])

    def visit_NamedExpr(self, node):
        """Binds in the scope around all comprehensions that it is in."""
        self.visit(node.value)
        name = node.target.id = self.mangled(node.target.id)
        inner, scope = [], self.scope
        while scope.comprehension:
            inner.append(scope)
            scope = scope.parent
        for comprehension in inner:
            comprehension.used[name] = True
            here = scope.kind == "module" or name in scope.globals
            (comprehension.globals if here else comprehension.nonlocals).add(name)
        here, self.scope = self.scope, scope
        self.use(name, True)
        self.scope = here

    def visit_Global(self, node):
        node.names = [self.mangled(name) for name in node.names]
        self.scope.globals.update(node.names)

    def visit_Nonlocal(self, node):
        node.names = [self.mangled(name) for name in node.names]
        self.scope.nonlocals.update(node.names)
        for name in node.names:
            self.use(name)

    def visit_Name(self, node):
        node.id = self.mangled(node.id)
        self.use(node.id, not isinstance(node.ctx, ast.Load))

    def visit_Attribute(self, node):
        node.attr = self.mangled(node.attr)
        if node.attr in FIXED and not isinstance(node.ctx, ast.Load):
            refuse(self.line, "a change of %s" % node.attr)
        self.visit(node.value)

    def visit_ExceptHandler(self, node):
        if node.type:
            self.visit(node.type)
        if node.name:
            node.name = self.mangled(node.name)
            self.use(node.name, True)
        self.each(node.body)

    def visit_AnnAssign(self, node):
        """As if the annotation were not there; a name is bound even without a value."""
        if node.value:
            self.visit(node.value)
        self.visit(node.target)

    def visit_AugAssign(self, node):
        self.each([node.op, node.value, node.target])

    def targets(self, elements):
        for element in elements:
            self.visit(element.value if isinstance(element, ast.Starred) else element)

    def visit_Tuple(self, node):
        (self.each if isinstance(node.ctx, ast.Load) else self.targets)(node.elts)

    visit_List = visit_Tuple

    def visit_Dict(self, node):
        for key, value in zip(node.keys, node.values):
            if key is None:
                refuse(value.lineno, "** in a display", "call update")
            self.each([key, value])

    def visit_Subscript(self, node):
        self.visit(node.value)
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else []
        if any(isinstance(part, ast.Slice) for part in parts):
            refuse(self.line, *OUTSIDE["ExtSlice"])
        self.visit(node.slice)

    def visit_Call(self, node):
        line = node.lineno
        if isinstance(node.func, ast.Attribute) and is_super(node.func.value):
            self.super_method(node.func)
        else:
            self.visit(node.func)
        self.each(node.args)
        for keyword in node.keywords:
            if keyword.arg is None:
                refuse(line, "** in a call", "write each argument")
            self.visit(keyword.value)

    def super_method(self, node):
        scope = self.scope
        if scope.comprehension or scope.kind != "function" or not scope.parameters:
            refuse(node.lineno, "super() outside a method")
        while scope and scope.kind != "class":
            scope = scope.parent
        if not scope:
            refuse(node.lineno, "super() outside a class")
        node.attr = self.mangled(node.attr)
        self.scope.used["__class__"] = True
        self.scope.used[self.scope.parameters[0]] = True

    def visit_UnaryOp(self, node):
        least = isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant)
        if not (least and type(node.operand.value) is int and node.operand.value == 2 ** 63):
            self.visit(node.operand)

    def visit_Constant(self, node):
        value = node.value
        if value is Ellipsis:
            refuse(self.line, "...", "write pass")
        if isinstance(value, bytes):
            refuse(self.line, "a bytes literal", "write a string or a list of integers")
        if isinstance(value, complex):
            refuse(self.line, "a complex number", "write two floats")
        if isinstance(value, int) and value >= 2 ** 63:
            refuse(self.line, "an integer of more than 64 bits")
        if isinstance(value, str) and any("\ud800" <= c <= "\udfff" for c in value):
            refuse(self.line, "half a surrogate pair in a string")


NO = object()  # no constant


def fold(node):
    """The value of a constant expression; NO if it is none, or if only running it should tell."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name) and node.id == "__debug__":
        return True
    if isinstance(node, ast.Tuple):
        values = []
        for element in node.elts:
            values.append(fold(element))
            if values[-1] is NO:
                return NO
        return tuple(values)
    if isinstance(node, ast.UnaryOp):
        operands = [fold(node.operand)]
    elif isinstance(node, ast.BinOp):
        operands = [fold(node.left)]
        if operands[0] is not NO:
            operands.append(fold(node.right))
    else:
        return NO
    if not all(isinstance(value, (int, float)) for value in operands):
        return NO
    try:
        result = computed(kind_of(node.op), *operands)
    except (ArithmeticError, TypeError, ValueError):
        return NO  # the same when it is run
    if isinstance(result, int) and -2 ** 63 <= result < 2 ** 63:
        return result
    return result if isinstance(result, float) and math.isfinite(result) else NO


def computed(operator, a, b=None):
    if operator in ("Pow", "LShift") and isinstance(a, int) and isinstance(b, int):
        if abs(b) > 64:
            return NO  # nothing large is made
    return {"USub": lambda: -a, "UAdd": lambda: +a, "Invert": lambda: ~a, "Not": lambda: not a,
            "Add": lambda: a + b, "Sub": lambda: a - b, "Mult": lambda: a * b,
            "Div": lambda: a / b, "FloorDiv": lambda: a // b, "Mod": lambda: a % b,
            "Pow": lambda: a ** b, "LShift": lambda: a << b, "RShift": lambda: a >> b,
            "BitAnd": lambda: a & b, "BitOr": lambda: a | b, "BitXor": lambda: a ^ b,
            }.get(operator, lambda: NO)()


def identity(value):
    """Equal for constants that nothing tells apart: 1, 1.0, True and 0.0, -0.0 differ."""
    if isinstance(value, tuple):
        return tuple(identity(element) for element in value)
    return kind_of(value), value.hex() if isinstance(value, float) else value


def nesting(value):
    """How many tuples stand within one another."""
    return 1 + max([nesting(v) for v in value], default=0) if isinstance(value, tuple) else 0


def quoted(text):
    return json.dumps(text, ensure_ascii=True)


# Instructions that do not go on to the next one, and by how much the others move the stack.
ENDS = ("JUMP", "JUMP_BACK", "RETURN_VALUE", "RAISE", "RERAISE")
EFFECT = {"POP_TOP": -1, "DUP_TOP": 1, "DUP_TOP_TWO": 2, "LOAD_ATTR": 0, "LOAD_METHOD": 1,
          "LOAD_CLOSURE": 1, "STORE_ATTR": -2, "DELETE_ATTR": -1, "STORE_SUBSCR": -3,
          "DELETE_SUBSCR": -2, "BINARY_SUBSCR": -1, "BINARY_OP": -1, "INPLACE_OP": -1,
          "COMPARE_OP": -1, "IS_OP": -1, "CONTAINS_OP": -1, "POP_JUMP_IF_FALSE": -1,
          "POP_JUMP_IF_TRUE": -1, "JUMP_IF_FALSE_OR_POP": -1, "JUMP_IF_TRUE_OR_POP": -1,
          "FOR_ITER": 1, "LIST_APPEND": -1, "SET_ADD": -1, "MAP_ADD": -2, "SUPER_METHOD": -1,
          "PUSH_EXC_INFO": 1, "POP_EXCEPT": -1}
TARGET_EFFECT = {"POP_JUMP_IF_FALSE": -1, "POP_JUMP_IF_TRUE": -1, "FOR_ITER": -1, "TRY": 1}


def effect(op, operands):
    if op in EFFECT:
        return EFFECT[op]
    n = operands[0] if operands else 0
    if op in ("BUILD_CLOSURE", "BUILD_TUPLE", "BUILD_LIST", "BUILD_SET", "BUILD_STRING",
              "BUILD_SLICE"):
        return 1 - n
    if op == "BUILD_MAP":
        return 1 - 2 * n
    if op == "UNPACK_SEQUENCE":
        return n - 1
    if op == "UNPACK_EX":
        return n + operands[1]
    if op == "FORMAT_VALUE":
        return -1 if n >= 4 else 0
    if op in ("CALL_FUNCTION", "CALL_FUNCTION_KW"):
        return -n
    if op in ("CALL_METHOD", "CALL_METHOD_KW"):
        return -n - 1
    if op in ("MAKE_FUNCTION", "MAKE_CLASS"):
        return 1 - bin(operands[1]).count("1")
    if op.startswith("LOAD_"):
        return 1
    return -1 if op.startswith("STORE_") else 0


class Label:
    at = None  # the instruction in front of which it stands


class Constant:
    def __init__(self, value):
        self.value = value


class Block:
    """What break, continue and return have to leave: a loop, a try's part, a value below."""

    def __init__(self, kind, top=None, after=None, body=None, name=None):
        self.kind, self.top, self.after, self.body, self.name = kind, top, after, body, name


class Code:
    """The instructions of one scope."""

    def __init__(self, program, scope):
        self.program, self.scope = program, scope
        self.instructions = []  # [operation, operands, line]
        self.constants, self.names = {}, {}
        self.constant_lines = []
        self.blocks = []
        self.line = 1
        scope.number = len(program.codes)
        program.codes.append(self)
        self.cells = [name for name in self.locals() if name in scope.cells]
        if scope.kind == "class":
            self.cells = list(scope.cells)
        self.variables = self.cells + list(scope.frees)

    def locals(self):
        if self.scope.kind != "function":
            return []
        return [name for name in self.scope.bound if self.scope.owns(name)]

    # What instructions refer to.

    def emit(self, op, *operands):
        if len(self.instructions) > 4 * LIMIT:  # with what will be dropped
            self.too_many("instructions")
        self.instructions.append([op, list(operands), self.line])

    def too_many(self, what):
        refuse(self.line, "code with more than %d %s" % (LIMIT, what))

    def place(self, label):
        label.at = len(self.instructions)

    def operand(self, operand, numbers):
        """An operand as it is written; constants and names that are not listed yet get a number."""
        if isinstance(operand, Label):
            return numbers[operand.at]
        if isinstance(operand, Constant):
            return self.constant(operand.value)
        if isinstance(operand, str):
            return self.names.setdefault(operand, len(self.names))
        return operand

    def constant(self, value):
        key = identity(value)
        if key in self.constants:
            return self.constants[key]
        if value is None or isinstance(value, bool):
            line = str(value).lower()
        elif isinstance(value, int):
            line = "int %d" % value
        elif isinstance(value, float):
            line = "float " + re.sub(r"\.?0*p", "p", value.hex())
        elif isinstance(value, str):
            line = "string " + quoted(value)
        else:
            line = " ".join(["tuple"] + [str(self.constant(element)) for element in value])
        self.constants[key] = len(self.constants)
        self.constant_lines.append(line)
        return self.constants[key]

    def load(self, value):
        if nesting(value) > NESTING:
            refuse(self.line, "more than %d constant tuples within one another" % NESTING)
        self.emit("LOAD_CONST", Constant(value))

    def variable(self, action, name):
        how = self.scope.access(name)
        if how == "FAST":
            number = self.locals().index(name)
        elif how == "DEREF":
            number = self.variables.index(name)
        else:
            number = name
        self.emit(action + "_" + how, number)

    # Expressions.

    def each(self, nodes):
        for node in nodes:
            self.expression(node)
        return len(nodes)

    def expression(self, node):
        value = fold(node)
        if value is NO:
            getattr(self, kind_of(node))(node)
        else:
            self.load(value)

    def Name(self, node):
        self.variable("LOAD", node.id)

    def NamedExpr(self, node):
        self.expression(node.value)
        self.emit("DUP_TOP")
        self.variable("STORE", node.target.id)

    def Attribute(self, node):
        self.expression(node.value)
        self.emit("LOAD_ATTR", node.attr)

    def Subscript(self, node):
        self.place_of(node)
        self.emit("BINARY_SUBSCR")

    def place_of(self, node):
        """Of a subscription: the container and the index."""
        self.expression(node.value)
        self.expression(node.slice)

    def Index(self, node):  # what Python 3.8 puts around one
        self.expression(node.value)

    def Slice(self, node):
        for part in (node.lower, node.upper):
            if part:
                self.expression(part)
            else:
                self.load(None)
        if node.step:
            self.expression(node.step)
        self.emit("BUILD_SLICE", 3 if node.step else 2)

    def UnaryOp(self, node):
        self.expression(node.operand)
        self.emit(UNARY[kind_of(node.op)])

    def BinOp(self, node):
        self.expression(node.left)
        self.expression(node.right)
        self.emit("BINARY_OP", OPERATORS[kind_of(node.op)])

    def BoolOp(self, node):
        end = Label()
        op = "JUMP_IF_FALSE_OR_POP" if isinstance(node.op, ast.And) else "JUMP_IF_TRUE_OR_POP"
        for value in node.values[:-1]:
            self.expression(value)
            self.emit(op, end)
        self.expression(node.values[-1])
        self.place(end)

    def Compare(self, node):
        if len(node.ops) == 1:
            self.expression(node.left)
            self.compared(node, 0)
            return
        fails, end = Label(), Label()
        self.chain(node, "JUMP_IF_FALSE_OR_POP", fails)
        self.emit("JUMP", end)
        self.place(fails)
        self.emit("ROT_TWO")
        self.emit("POP_TOP")
        self.place(end)

    def compared(self, node, i):
        self.expression(node.comparators[i])
        self.emit(*COMPARISONS[kind_of(node.ops[i])])

    def chain(self, node, op, fails):
        """All comparisons; at fails the operand of the next one stands on the stack."""
        self.expression(node.left)
        for i in range(len(node.ops) - 1):
            self.expression(node.comparators[i])
            self.emit("DUP_TOP")
            self.emit("ROT_THREE")
            self.emit(*COMPARISONS[kind_of(node.ops[i])])
            self.emit(op, fails)
        self.compared(node, -1)

    def IfExp(self, node):
        other, end = Label(), Label()
        self.jump_if(node.test, False, other)
        self.expression(node.body)
        self.emit("JUMP", end)
        self.place(other)
        self.expression(node.orelse)
        self.place(end)

    def jump_if(self, node, truth, target):
        """Goes to the target if the expression's truth is that."""
        value = fold(node)
        if value is not NO:
            if bool(value) == truth:
                self.emit("JUMP", target)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            self.jump_if(node.operand, not truth, target)
        elif isinstance(node, ast.BoolOp):
            decides = isinstance(node.op, ast.Or)  # the truth with which the rest does not matter
            end = target if decides == truth else Label()
            for part in node.values[:-1]:
                self.jump_if(part, decides, end)
            self.jump_if(node.values[-1], truth, target)
            if end is not target:
                self.place(end)
        elif isinstance(node, ast.IfExp):
            other, end = Label(), Label()
            self.jump_if(node.test, False, other)
            self.jump_if(node.body, truth, target)
            self.emit("JUMP", end)
            self.place(other)
            self.jump_if(node.orelse, truth, target)
            self.place(end)
        elif isinstance(node, ast.Compare) and len(node.ops) > 1:
            fails, end = Label(), Label()
            self.chain(node, "POP_JUMP_IF_FALSE", fails)
            self.emit("POP_JUMP_IF_TRUE" if truth else "POP_JUMP_IF_FALSE", target)
            self.emit("JUMP", end)
            self.place(fails)
            self.emit("POP_TOP")
            if not truth:
                self.emit("JUMP", target)
            self.place(end)
        else:
            self.expression(node)
            self.emit("POP_JUMP_IF_TRUE" if truth else "POP_JUMP_IF_FALSE", target)

    def Tuple(self, node):
        self.emit("BUILD_TUPLE", self.each(node.elts))

    def List(self, node):
        self.emit("BUILD_LIST", self.each(node.elts))

    def Set(self, node):
        self.emit("BUILD_SET", self.each(node.elts))

    def Dict(self, node):
        for key, value in zip(node.keys, node.values):
            self.expression(key)
            self.expression(value)
        self.emit("BUILD_MAP", len(node.keys))

    def JoinedStr(self, node):
        parts = []  # texts side by side are one
        for value in node.values:
            if isinstance(value, ast.Constant) and parts and isinstance(parts[-1], str):
                parts[-1] += value.value
            else:
                parts.append(value.value if isinstance(value, ast.Constant) else value)
        parts = [part for part in parts if part != ""]
        for part in parts:
            if isinstance(part, str):
                self.load(part)
            else:
                self.FormattedValue(part)
        if not parts:
            self.load("")
        elif len(parts) > 1:
            self.emit("BUILD_STRING", len(parts))

    def FormattedValue(self, node):
        self.expression(node.value)
        conversion = {-1: 0, 115: 1, 114: 2, 97: 3}[node.conversion]
        if node.format_spec and node.format_spec.values:
            self.JoinedStr(node.format_spec)
            conversion += 4
        self.emit("FORMAT_VALUE", conversion)

    def Call(self, node):
        kind = "METHOD"
        if not isinstance(node.func, ast.Attribute):
            self.expression(node.func)
            kind = "FUNCTION"
        elif is_super(node.func.value):
            self.emit("LOAD_GLOBAL", "super")
            self.variable("LOAD", "__class__")
            self.variable("LOAD", self.scope.parameters[0])
            self.emit("SUPER_METHOD", node.func.attr)
        else:
            self.expression(node.func.value)
            self.emit("LOAD_METHOD", node.func.attr)
        n = self.each(node.args) + self.each([keyword.value for keyword in node.keywords])
        if node.keywords:
            names = tuple(keyword.arg for keyword in node.keywords)
            self.emit("CALL_%s_KW" % kind, n, Constant(names))
        else:
            self.emit("CALL_" + kind, n)

    def closure(self, inner):
        """The flag of a closure, which stands on the stack if there is one."""
        if not inner.frees:
            return 0
        for name in inner.frees:
            self.emit("LOAD_CLOSURE", self.variables.index(name))
        self.emit("BUILD_CLOSURE", len(inner.frees))
        return 2

    def function(self, node, fill):
        """Makes the function of a node; fill(code) makes its instructions, the first time."""
        inner = self.program.scopes[node]
        flags = 0
        defaults = node.args.defaults if hasattr(node, "args") else []
        if defaults:
            self.expression(ast.Tuple(defaults, ast.Load()))
            flags = 1
        flags += self.closure(inner)
        if inner.number is None:  # else it stands in the body of a finally
            code = Code(self.program, inner)
            code.line = self.line
            fill(code)
        self.emit("MAKE_FUNCTION", inner.number, flags)

    def Lambda(self, node):
        def fill(code):
            code.expression(node.body)
            code.emit("RETURN_VALUE")
        self.function(node, fill)

    def comprehension(self, node, build, add, elements):
        def fill(code):
            code.emit(build, 0)
            code.generators(node.generators, 0, lambda depth: (
                code.each(elements), code.emit(add, depth)))
            code.emit("RETURN_VALUE")
        self.function(node, fill)
        self.expression(node.generators[0].iter)
        self.emit("GET_ITER")
        self.emit("CALL_FUNCTION", 1)

    def generators(self, all_, i, add):
        if i == len(all_):
            add(i + 1)
            return
        top, skip, end = Label(), Label(), Label()
        if i == 0:
            self.variable("LOAD", ".0")
        else:
            self.expression(all_[i].iter)
            self.emit("GET_ITER")
        self.place(top)
        self.emit("FOR_ITER", end)
        self.store(all_[i].target)
        for test in all_[i].ifs:
            self.jump_if(test, False, skip)
        self.generators(all_, i + 1, add)
        self.place(skip)
        self.emit("JUMP_BACK", top)
        self.place(end)

    def ListComp(self, node):
        self.comprehension(node, "BUILD_LIST", "LIST_APPEND", [node.elt])

    def SetComp(self, node):
        self.comprehension(node, "BUILD_SET", "SET_ADD", [node.elt])

    def DictComp(self, node):
        self.comprehension(node, "BUILD_MAP", "MAP_ADD", [node.key, node.value])

    # Statements.

    def body(self, statements):
        for statement in statements:
            self.line = statement.lineno
            getattr(self, kind_of(statement))(statement)

    def Pass(self, node):
        pass

    Global = Nonlocal = Pass

    def Expr(self, node):
        if fold(node.value) is NO:  # neither a docstring
            self.expression(node.value)
            self.emit("POP_TOP")

    def Assign(self, node):
        if len(node.targets) == 1 and self.exchange(node.targets[0], node.value):
            return
        self.expression(node.value)
        for target in node.targets[:-1]:
            self.emit("DUP_TOP")
            self.store(target)
        self.store(node.targets[-1])

    def exchange(self, target, value):
        """Up to three values to as many places, without a tuple, as all CPythons do it."""
        if not (isinstance(target, (ast.Tuple, ast.List)) and isinstance(value, ast.Tuple)
                and 1 <= len(target.elts) == len(value.elts) <= 3 and fold(value) is NO
                and not any(isinstance(e, ast.Starred) for e in target.elts)):
            return False
        n = self.each(value.elts)
        if n == 3:
            self.emit("ROT_THREE")
        if n >= 2:
            self.emit("ROT_TWO")
        for element in target.elts:
            self.store(element)
        return True

    def AnnAssign(self, node):
        if node.value:
            self.expression(node.value)
            self.store(node.target)
        elif not isinstance(node.target, ast.Name):  # its parts are looked at all the same
            parts = [node.target.value]
            if isinstance(node.target, ast.Subscript):
                parts.append(node.target.slice)
            for part in parts:
                self.expression(part)
                self.emit("POP_TOP")

    def store(self, target):
        if isinstance(target, ast.Name):
            self.variable("STORE", target.id)
        elif isinstance(target, ast.Attribute):
            self.expression(target.value)
            self.emit("STORE_ATTR", target.attr)
        elif isinstance(target, ast.Subscript):
            self.place_of(target)
            self.emit("STORE_SUBSCR")
        else:
            n = len(target.elts)
            stars = [i for i in range(n) if isinstance(target.elts[i], ast.Starred)]
            if stars:
                self.emit("UNPACK_EX", stars[0], n - stars[0] - 1)
            else:
                self.emit("UNPACK_SEQUENCE", n)
            for element in target.elts:
                self.store(element.value if isinstance(element, ast.Starred) else element)

    def AugAssign(self, node):
        target = node.target
        if isinstance(target, ast.Name):
            self.variable("LOAD", target.id)
        elif isinstance(target, ast.Attribute):
            self.expression(target.value)
            self.emit("DUP_TOP")
            self.emit("LOAD_ATTR", target.attr)
        else:
            self.place_of(target)
            self.emit("DUP_TOP_TWO")
            self.emit("BINARY_SUBSCR")
        self.expression(node.value)
        self.emit("INPLACE_OP", OPERATORS[kind_of(node.op)])
        if isinstance(target, ast.Name):
            self.variable("STORE", target.id)
        elif isinstance(target, ast.Attribute):
            self.emit("ROT_TWO")
            self.emit("STORE_ATTR", target.attr)
        else:
            self.emit("ROT_THREE")
            self.emit("STORE_SUBSCR")

    def Delete(self, node):
        for target in node.targets:
            self.delete(target)

    def delete(self, target):
        if isinstance(target, ast.Name):
            self.variable("DELETE", target.id)
        elif isinstance(target, ast.Attribute):
            self.expression(target.value)
            self.emit("DELETE_ATTR", target.attr)
        elif isinstance(target, ast.Subscript):
            self.place_of(target)
            self.emit("DELETE_SUBSCR")
        else:
            for element in target.elts:
                self.delete(element)

    def FunctionDef(self, node):
        self.function(node, lambda code: code.whole(node.body))
        self.variable("STORE", node.name)

    def ClassDef(self, node):
        flags = self.each(node.bases)
        inner = self.program.scopes[node]
        flags += self.closure(inner)
        if inner.number is None:
            code = Code(self.program, inner)
            code.line = self.line
            code.whole(node.body)
        self.emit("MAKE_CLASS", inner.number, flags)
        self.variable("STORE", node.name)

    def whole(self, statements):
        self.body(statements)
        self.load(None)
        self.emit("RETURN_VALUE")

    def Assert(self, node):
        end = Label()
        self.jump_if(node.test, True, end)
        self.emit("LOAD_ASSERTION_ERROR")
        if node.msg:
            self.expression(node.msg)
            self.emit("CALL_FUNCTION", 1)
        self.emit("RAISE", 1)
        self.place(end)

    def Raise(self, node):
        self.emit("RAISE", self.each([part for part in (node.exc, node.cause) if part]))

    def If(self, node):
        other, end = Label(), Label()
        self.jump_if(node.test, False, other)
        self.body(node.body)
        self.emit("JUMP", end)
        self.place(other)
        self.body(node.orelse)
        self.place(end)

    def While(self, node):
        top, other, after = Label(), Label(), Label()
        self.emit("LOOP_BEGIN")
        self.place(top)
        self.jump_if(node.test, False, other)
        self.within(Block("while", top, after), node.body)
        self.emit("JUMP_BACK", top)
        self.loop_end(node, other, after)

    def For(self, node):
        top, other, after = Label(), Label(), Label()
        self.emit("LOOP_BEGIN")
        self.expression(node.iter)
        self.emit("GET_ITER")
        self.place(top)
        self.emit("FOR_ITER", other)
        self.store(node.target)
        self.within(Block("for", top, after), node.body)
        self.emit("JUMP_BACK", top)
        self.loop_end(node, other, after)

    def loop_end(self, node, other, after):
        self.place(other)
        self.emit("LOOP_END")
        self.body(node.orelse)
        self.place(after)

    def within(self, block, statements):
        self.blocks = self.blocks + [block]
        self.body(statements)
        self.blocks = self.blocks[:-1]

    def leave(self, depth, value=False):
        """Leaves all blocks but the first; with a value on top, which stays there."""
        blocks = self.blocks
        for i in range(len(blocks) - 1, depth - 1, -1):
            self.blocks = blocks[:i]
            self.leave_one(blocks[i], value)
        self.blocks = blocks

    def leave_one(self, block, value):
        if block.kind in ("try", "finally", "named"):
            self.emit("TRY_END")
        if block.kind == "finally":
            self.within_value(block.body, value)
        elif block.kind == "named":
            self.unbind(block.name)
        drops = {"for": ["POP_TOP"], "value": ["POP_TOP"], "handler": ["POP_EXCEPT"],
                 "final handler": ["POP_TOP", "POP_EXCEPT"]}
        for drop in drops.get(block.kind, []):
            if value:
                self.emit("ROT_TWO")
            self.emit(drop)
        if block.kind in ("for", "while"):
            self.emit("LOOP_END")

    def within_value(self, statements, value):
        """The body of a finally; what leaves it leaves the value that would be returned."""
        if value:
            self.within(Block("value"), statements)
        else:
            self.body(statements)

    def innermost_loop(self):
        return max(i for i in range(len(self.blocks)) if self.blocks[i].kind in ("for", "while"))

    def Break(self, node):
        i = self.innermost_loop()
        self.leave(i)
        self.emit("JUMP", self.blocks[i].after)

    def Continue(self, node):
        i = self.innermost_loop()
        self.leave(i + 1)
        self.emit("JUMP_BACK", self.blocks[i].top)

    def Return(self, node):
        acts = [i for i in range(len(self.blocks))
                if self.blocks[i].kind in ("finally", "named", "handler", "final handler")]
        depth = acts[0] if acts else len(self.blocks)  # those outside of it end by themselves
        value = fold(node.value) if node.value else None
        if value is NO:
            self.expression(node.value)
        self.leave(depth, value is NO)
        if value is not NO:
            self.load(value)
        self.emit("RETURN_VALUE")

    def Try(self, node):
        if not node.finalbody:
            self.try_except(node)
            return
        handler, end = Label(), Label()
        self.emit("TRY", handler)
        outside = self.blocks
        self.blocks = outside + [Block("finally", body=node.finalbody)]
        if node.handlers:
            self.try_except(node)
        else:
            self.body(node.body)
        self.blocks = outside
        self.emit("TRY_END")
        self.body(node.finalbody)
        self.emit("JUMP", end)
        self.place(handler)
        self.emit("PUSH_EXC_INFO")
        self.within(Block("final handler"), node.finalbody)
        self.emit("RERAISE")
        self.place(end)

    def try_except(self, node):
        handlers, end = Label(), Label()
        self.emit("TRY", handlers)
        self.within(Block("try"), node.body)
        self.emit("TRY_END")
        self.body(node.orelse)
        self.emit("JUMP", end)
        self.place(handlers)
        self.emit("PUSH_EXC_INFO")
        for handler in node.handlers:
            self.line = handler.lineno
            other = Label()
            if handler.type:
                self.expression(handler.type)
                self.emit("CHECK_EXC_MATCH")
                self.emit("POP_JUMP_IF_FALSE", other)
            outside = self.blocks
            self.blocks = outside + [Block("handler")]
            if handler.name:
                self.named_handler(handler, end)
            else:
                self.emit("POP_TOP")
                self.body(handler.body)
                self.emit("POP_EXCEPT")
                self.emit("JUMP", end)
            self.blocks = outside
            self.place(other)
        self.emit("RERAISE")
        self.place(end)

    def named_handler(self, handler, end):
        cleanup = Label()
        self.variable("STORE", handler.name)
        self.emit("TRY", cleanup)
        self.within(Block("named", name=handler.name), handler.body)
        self.emit("TRY_END")
        self.unbind(handler.name)
        self.emit("POP_EXCEPT")
        self.emit("JUMP", end)
        self.place(cleanup)
        self.emit("PUSH_EXC_INFO")
        self.unbind(handler.name)
        self.emit("RERAISE")

    def unbind(self, name):
        self.load(None)  # it may be deleted already
        self.variable("STORE", name)
        self.variable("DELETE", name)

    # From labels to numbers.

    def target(self, i):
        """Where instruction i may go, an index; None if it has no target."""
        operands = self.instructions[i][1]
        return operands[0].at if operands and isinstance(operands[0], Label) else None

    def thread(self):
        """A jump to a jump goes where that one goes."""
        for i, (op, operands, _) in enumerate(self.instructions):
            if op not in ("JUMP", "POP_JUMP_IF_FALSE", "POP_JUMP_IF_TRUE"):
                continue
            while self.instructions[self.target(i)][0] == "JUMP":
                operands[0] = self.instructions[self.target(i)][1][0]
            there = self.target(i)
            if (op == "JUMP" and self.instructions[there][0] == "JUMP_BACK"
                    and self.target(there) < i):
                self.instructions[i][0] = "JUMP_BACK"
                operands[0] = self.instructions[there][1][0]

    def depths(self):
        """The depth of the stack before each instruction that can be reached."""
        depth = {}
        todo = [(0, 0)]
        while todo:
            i, here = todo.pop()
            if i in depth:
                continue
            depth[i] = here
            op, operands, _ = self.instructions[i]
            if self.target(i) is not None:
                todo.append((self.target(i), here + TARGET_EFFECT.get(op, 0)))
            if op not in ENDS:
                todo.append((i + 1, here + effect(op, operands)))
        return depth

    def kept(self, reached):
        """The instructions that stay, without jumps to the next one; and each one's number."""
        kept = sorted(reached)
        while True:
            numbers, n = [], 0  # of what is dropped: the next one's
            of = set(kept)
            for i in range(len(self.instructions)):
                numbers.append(n)
                n += i in of
            needed = [i for i in kept if self.instructions[i][0] != "JUMP"
                      or numbers[self.target(i)] != numbers[i] + 1]
            if len(needed) == len(kept):
                return kept, numbers
            kept = needed

    def lines(self):
        self.thread()
        depth = self.depths()
        kept, numbers = self.kept(depth)
        code, last = [], None
        for i in kept:
            op, operands, line = self.instructions[i]
            if line != last:
                code.append("line %d" % line)
                last = line
            if op == "JUMP_BACK" and numbers[self.target(i)] == numbers[i]:
                refuse(line, "a loop that does nothing and never ends")
            code.append(" ".join([op] + [str(self.operand(o, numbers)) for o in operands]))
        scope, local, stack = self.scope, self.locals(), max(depth.values())
        for what, count in (("instructions", len(kept)), ("constants", len(self.constants)),
                            ("names", len(self.names)), ("locals", len(local)),
                            ("values on the stack", stack)):
            if count > LIMIT:
                self.too_many(what)
        result = ["code %d %s" % (scope.number, quoted(scope.name)), "kind " + scope.kind,
                  "arguments %d" % len(scope.parameters), "stack %d" % stack]
        result += ["local " + quoted(name) for name in local]
        for name in self.cells:
            parameter = local.index(name) if name in scope.parameters else -1
            result.append("cell %s %d" % (quoted(name), parameter))
        result += ["free " + quoted(name) for name in scope.frees]
        result += ["constant " + line for line in self.constant_lines]
        result += ["name " + quoted(name) for name in self.names]
        return result + code + ["end"]


class Program:
    def __init__(self, file, tree):
        names = Names()
        names.visit(tree)
        self.scopes = names.scopes
        self.codes = []
        check_bench(tree)
        Code(self, self.scopes[tree]).whole(tree.body)
        if len(self.codes) > LIMIT:
            refuse(1, "a program with more than %d functions" % LIMIT)
        lines = ["rclab-bytecode 1", "file " + quoted(file)]
        for code in self.codes:
            lines += code.lines()
        lines.append("codes %d" % len(self.codes))
        text = "\n".join(lines) + "\n"
        self.text = text + "checksum %016x\n" % fnv(text.encode("ascii"))


def fnv(data):
    value = 0xcbf29ce484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001b3 & 0xffffffffffffffff
    return value


def check_bench(tree):
    found = [node for node in tree.body
             if isinstance(node, ast.FunctionDef) and node.name == "bench"]
    if not found:
        raise Refused(1, "no function bench: define bench(n) at the level of the module")
    a = found[-1].args
    n = len(a.posonlyargs + a.args)
    if n == 0 or n - len(a.defaults) > 1:
        raise Refused(found[-1].lineno, "bench takes one parameter, n; others need defaults")


def compiled(file):
    """The text of a file's program; Refused with a line and a message, or OSError."""
    with open(file, "rb") as stream:
        source = stream.read()
    try:
        tree = ast.parse(source, file)
        compile(source, file, "exec", dont_inherit=True)  # for errors that the parser does not see
    except SyntaxError as e:
        raise Refused(e.lineno or 1, e.msg)
    except ValueError as e:  # a zero byte
        raise Refused(1, str(e))
    return Program(os.path.basename(file).encode("ascii", "backslashreplace").decode(), tree).text


def main(arguments):
    if len(arguments) == 3 and arguments[1] == "-o":
        file, out = arguments[0], arguments[2]
    elif len(arguments) == 3 and arguments[0] == "-o":
        file, out = arguments[2], arguments[1]
    elif len(arguments) == 1 and not arguments[0].startswith("-"):
        file, out = arguments[0], None
    else:
        return failed("usage: scripts/compile_program.py FILE.py [-o OUT]")
    warnings.simplefilter("ignore")
    try:
        text = compiled(file)
    except Refused as e:
        return failed("%s:%d: %s" % ((file,) + e.args))
    except (RecursionError, MemoryError):  # the parser's, or here
        return failed("%s: nesting this deep is outside rclab's subset of Python" % file)
    except OSError as e:
        return failed("%s: %s" % (file, e.strerror))
    # a pipe or a device is written to, never replaced
    file_wanted = out and (os.path.isfile(out) or not os.path.exists(out))
    aside = "%s.%d" % (out, os.getpid()) if file_wanted else None
    try:
        with open(aside or out or 1, "w", encoding="ascii", closefd=bool(out)) as stream:
            stream.write(text)
        if aside:
            os.replace(aside, out)
    except OSError as e:
        if aside and os.path.exists(aside):
            os.unlink(aside)
        return failed("%s: %s" % (out or "standard output", e.strerror))
    return 0


def failed(message):
    print(message, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
