# SPDX-License-Identifier: MIT
# A tokenizer, a parser and an evaluator for arithmetic with variables.


class SyntaxProblem(Exception):
    def __init__(self, message, place):
        super().__init__(message)
        self.place = place


class Token:
    def __init__(self, kind, text, place):
        self.kind = kind
        self.text = text
        self.place = place

    def __repr__(self):
        return f"{self.kind}:{self.text}"


def tokenize(text):
    tokens = []
    i = 0
    while i < len(text):
        c = text[i]
        if c == " ":
            i += 1
            continue
        start = i
        if c.isdigit():
            while i < len(text) and text[i].isdigit():
                i += 1
            tokens.append(Token("number", text[start:i], start))
        elif c.isalpha():
            while i < len(text) and (text[i].isalpha() or text[i].isdigit()):
                i += 1
            tokens.append(Token("name", text[start:i], start))
        elif c in "+-*/()=,":
            i += 1
            tokens.append(Token(c, c, start))
        else:
            raise SyntaxProblem("strange character " + repr(c), i)
    tokens.append(Token("end", "", len(text)))
    return tokens


class Number:
    def __init__(self, value):
        self.value = value

    def evaluate(self, variables):
        return self.value

    def __str__(self):
        return str(self.value)


class Variable:
    def __init__(self, name):
        self.name = name

    def evaluate(self, variables):
        return variables[self.name]

    def __str__(self):
        return self.name


class Negation:
    def __init__(self, operand):
        self.operand = operand

    def evaluate(self, variables):
        return -self.operand.evaluate(variables)

    def __str__(self):
        return f"-{self.operand}"


class Binary:
    def __init__(self, left, right):
        self.left = left
        self.right = right

    def evaluate(self, variables):
        return self.apply(self.left.evaluate(variables), self.right.evaluate(variables))

    def __str__(self):
        return f"({self.left} {self.symbol} {self.right})"


class Sum(Binary):
    symbol = "+"

    def apply(self, a, b):
        return a + b


class Difference(Binary):
    symbol = "-"

    def apply(self, a, b):
        return a - b


class Product(Binary):
    symbol = "*"

    def apply(self, a, b):
        return a * b


class Quotient(Binary):
    symbol = "/"

    def apply(self, a, b):
        return a // b


class Call:
    def __init__(self, name, arguments):
        self.name = name
        self.arguments = arguments

    def evaluate(self, variables):
        values = [argument.evaluate(variables) for argument in self.arguments]
        return FUNCTIONS[self.name](values)

    def __str__(self):
        return self.name + "(" + ", ".join([str(a) for a in self.arguments]) + ")"


FUNCTIONS = {"max": max, "min": lambda values: min(values), "count": len}
CLASSES = {"+": Sum, "-": Difference, "*": Product, "/": Quotient}


class Parser:
    def __init__(self, text):
        self.tokens = tokenize(text)
        self.at = 0

    def next(self):
        token = self.tokens[self.at]
        self.at += 1
        return token

    def kind(self):
        return self.tokens[self.at].kind

    def expect(self, kind):
        token = self.next()
        if token.kind != kind:
            raise SyntaxProblem(f"{kind} expected, not {token}", token.place)
        return token

    def expression(self):
        left = self.term()
        while self.kind() in ("+", "-"):
            left = CLASSES[self.next().kind](left, self.term())
        return left

    def term(self):
        left = self.factor()
        while self.kind() in ("*", "/"):
            left = CLASSES[self.next().kind](left, self.factor())
        return left

    def factor(self):
        token = self.next()
        if token.kind == "number":
            return Number(int(token.text))
        if token.kind == "-":
            return Negation(self.factor())
        if token.kind == "(":
            inner = self.expression()
            self.expect(")")
            return inner
        if token.kind == "name":
            if self.kind() != "(":
                return Variable(token.text)
            self.next()
            arguments = []
            if self.kind() != ")":
                arguments.append(self.expression())
                while self.kind() == ",":
                    self.next()
                    arguments.append(self.expression())
            self.expect(")")
            return Call(token.text, arguments)
        raise SyntaxProblem(f"unexpected {token!r}", token.place)


def run(program, variables):
    results = []
    for line in program:
        try:
            name = None
            if "=" in line:
                name, line = line.split("=")
            parser = Parser(line)
            tree = parser.expression()
            parser.expect("end")
            value = tree.evaluate(variables)
            if name is not None:
                variables[name.strip()] = value
            results.append(f"{tree} is {value}")
        except SyntaxProblem as problem:
            results.append(f"{problem} at {problem.place}")
        except ZeroDivisionError:
            results.append("division by zero")
        except KeyError as error:
            results.append("unknown " + str(error))
    return results


PROGRAM = [
    "x = 2 + 3 * n",
    "y = (x - 1) * -(4 - n) / 3",
    "max(x, y, 7) - min(x, y) + count()",
    "x / (n - n)",
    "zebra + 1",
    "2 + * 3",
    "(1 + 2",
    "4 $ 4",
    "--x",
]


def bench(n):
    lines = []
    for i in range(n + 1):
        lines = run(PROGRAM, {"n": i})
    return lines
