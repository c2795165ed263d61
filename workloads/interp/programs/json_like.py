# SPDX-License-Identifier: MIT
#
# A document of nested lists and dictionaries is written as JSON, read back by recursive descent,
# and written again. The language is D. Crockford's (RFC 8259); encoder and parser are the
# textbook's.
#
# Stress: recursion over data of many types, isinstance, characters taken from a string one by one,
# slices, join, conversion between text and numbers, exceptions that are not raised.
# n: records in the document. Usual: 400.
# The result: the text's length, a checksum of it, and whether it was the same the second time.

MODULUS = 2147483647
ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
UNESCAPES = {'"': '"', "\\": "\\", "/": "/", "n": "\n", "t": "\t", "r": "\r"}
DIGITS = "0123456789abcdef"


class ParseError(Exception):
    pass


def encode_string(text):
    parts = ['"']
    for character in text:
        if character in ESCAPES:
            parts.append(ESCAPES[character])
        elif ord(character) < 32 or ord(character) > 126:
            code = ord(character)
            digits = [DIGITS[(code >> shift) & 15] for shift in (12, 8, 4, 0)]
            parts.append("\\u" + "".join(digits))
        else:
            parts.append(character)
    parts.append('"')
    return "".join(parts)


def encode(value):
    if value is None:
        return "null"
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, str):
        return encode_string(value)
    if isinstance(value, list):
        return "[" + ", ".join([encode(element) for element in value]) + "]"
    if isinstance(value, dict):
        pairs = [encode_string(key) + ": " + encode(value[key]) for key in value]
        return "{" + ", ".join(pairs) + "}"
    return str(value)


class Parser:
    def __init__(self, text):
        self.text = text
        self.place = 0

    def parse(self):
        value = self.parse_value()
        if self.peek() != "":
            raise ParseError(f"more text at {self.place}")
        return value

    def peek(self):
        text = self.text
        while self.place < len(text) and text[self.place] in " \n\t\r":
            self.place += 1
        if self.place == len(text):
            return ""
        return text[self.place]

    def expect(self, character):
        if self.peek() != character:
            raise ParseError(f"{character!r} is missing at {self.place}")
        self.place += 1

    def parse_value(self):
        character = self.peek()
        if character == "{":
            return self.parse_dict()
        if character == "[":
            return self.parse_list()
        if character == '"':
            return self.parse_string()
        if character == "t":
            return self.parse_word("true", True)
        if character == "f":
            return self.parse_word("false", False)
        if character == "n":
            return self.parse_word("null", None)
        return self.parse_number()

    def parse_word(self, word, value):
        end = self.place + len(word)
        if self.text[self.place : end] != word:
            raise ParseError(f"{word!r} is missing at {self.place}")
        self.place = end
        return value

    def parse_number(self):
        start = self.place
        is_float = False
        while self.place < len(self.text) and self.text[self.place] in "0123456789+-.eE":
            if self.text[self.place] in ".eE":
                is_float = True
            self.place += 1
        digits = self.text[start : self.place]
        try:
            if is_float:
                return float(digits)
            return int(digits)
        except ValueError:
            raise ParseError(f"no value at {start}")

    def parse_string(self):
        self.expect('"')
        parts = []
        start = self.place
        while True:
            if self.place >= len(self.text):
                raise ParseError("a string does not end")
            character = self.text[self.place]
            if character == '"':
                break
            self.place += 1
            if character == "\\":
                parts.append(self.text[start : self.place - 1])
                parts.append(self.parse_escape())
                start = self.place
        parts.append(self.text[start : self.place])
        self.place += 1
        return "".join(parts)

    def parse_escape(self):
        character = self.text[self.place]
        self.place += 1
        if character == "u":
            code = 0
            for digit in self.text[self.place : self.place + 4]:
                code = code * 16 + DIGITS.index(digit)
            self.place += 4
            return chr(code)
        if character not in UNESCAPES:
            raise ParseError(f"unknown escape at {self.place}")
        return UNESCAPES[character]

    def parse_list(self):
        elements = []
        self.expect("[")
        if self.peek() == "]":
            self.place += 1
            return elements
        while True:
            elements.append(self.parse_value())
            if self.peek() != ",":
                break
            self.place += 1
        self.expect("]")
        return elements

    def parse_dict(self):
        pairs = {}
        self.expect("{")
        if self.peek() == "}":
            self.place += 1
            return pairs
        while True:
            self.peek()
            key = self.parse_string()
            self.expect(":")
            pairs[key] = self.parse_value()
            if self.peek() != ",":
                break
            self.place += 1
        self.expect("}")
        return pairs


def make_record(number):
    return {
        "id": number,
        "name": 'item "' + str(number) + '"\t\u00e9',
        "price": number * 0.25 - 7,
        "active": number % 3 == 0,
        "parent": None if number % 2 == 0 else number // 2,
        "tags": ["a" * (number % 4), "b\\c", "line\n" + str(number)],
        "place": {"x": -number, "y": [number, [number + 0.5, [True, []]]], "z": {}},
    }


def checksum(text):
    total = 0
    for character in text:
        total = (total * 31 + ord(character)) % MODULUS
    return total


def bench(n):
    text = encode([make_record(number) for number in range(n)])
    again = encode(Parser(text).parse())
    return len(text), checksum(text), again == text
