# SPDX-License-Identifier: MIT
#
# Dhrystone 1.1: R. P. Weicker, "Dhrystone: a synthetic systems programming benchmark", CACM 27(10),
# 1984, in the form that Python users ran for thirty years as pystone: records are objects, the
# assignment of a record is a copy, parameters that a procedure changes are returned.
#
# Stress: the mix of statements that Weicker counted in systems programs: calls of small functions,
# global variables read and written, attributes, list elements, comparisons of strings.
# n: times through the main loop. Usual: 20000.
#
# Concurrent calls share the globals, the records too, as the benchmark has them. The result is
# therefore made of local variables, in which only globals enter that have the same value at that
# point in all calls: IntGlob (5 from Proc8 on), Char1Glob ("A") and Char2Glob ("B").

Ident1 = 1
Ident2 = 2
Ident3 = 3
Ident4 = 4
Ident5 = 5


class Record:
    def __init__(self, PtrComp=None, Discr=Ident1, EnumComp=Ident1, IntComp=0, StringComp=""):
        self.PtrComp = PtrComp
        self.Discr = Discr
        self.EnumComp = EnumComp
        self.IntComp = IntComp
        self.StringComp = StringComp

    def copy(self):
        return Record(self.PtrComp, self.Discr, self.EnumComp, self.IntComp, self.StringComp)


IntGlob = 0
BoolGlob = False
Char1Glob = "\0"
Char2Glob = "\0"
Array1Glob = [0] * 51
Array2Glob = [[0] * 51 for row in range(51)]
PtrGlb = None
PtrGlbNext = None


def Proc0(loops):
    global BoolGlob, PtrGlb, PtrGlbNext
    PtrGlbNext = Record()
    PtrGlb = Record(PtrGlbNext, Ident1, Ident3, 40, "DHRYSTONE PROGRAM, SOME STRING")
    string1 = "DHRYSTONE PROGRAM, 1'ST STRING"
    Array2Glob[8][7] = 10
    checksum = 0

    for i in range(loops):
        Proc5()
        Proc4()
        int1 = 2
        int2 = 3
        string2 = "DHRYSTONE PROGRAM, 2'ND STRING"
        enum = Ident2
        BoolGlob = not Func2(string1, string2)
        while int1 < int2:
            int3 = 5 * int1 - int2
            int3 = Proc7(int1, int2)
            int1 = int1 + 1
        Proc8(Array1Glob, Array2Glob, int1, int3)
        checksum = checksum + int3
        PtrGlb = Proc1(PtrGlb)
        char = "A"
        while char <= Char2Glob:
            if enum == Func1(char, "C"):
                enum = Proc6(Ident1)
            char = chr(ord(char) + 1)
        int3 = int2 * int1
        int2 = int3 // int1
        int2 = 7 * (int3 - int2) - int1
        int1 = Proc2(int1)
        checksum = checksum + int1 + int2 + int3 + enum
    return checksum


def Proc1(record):
    following = PtrGlb.copy()
    record.PtrComp = following
    record.IntComp = 5
    following.IntComp = record.IntComp
    following.PtrComp = record.PtrComp
    following.PtrComp = Proc3(following.PtrComp)
    if following.Discr == Ident1:
        following.IntComp = 6
        following.EnumComp = Proc6(record.EnumComp)
        following.PtrComp = PtrGlb.PtrComp
        following.IntComp = Proc7(following.IntComp, 10)
    else:
        record = following.copy()
    following.PtrComp = None  # it would refer to itself
    return record


def Proc2(value):
    number = value + 10
    while True:
        if Char1Glob == "A":
            number = number - 1
            value = number - IntGlob
            enum = Ident1
        if enum == Ident1:
            break
    return value


def Proc3(record):
    global IntGlob
    if PtrGlb is not None:
        record = PtrGlb.PtrComp
    else:
        IntGlob = 100
    PtrGlb.IntComp = Proc7(10, IntGlob)
    return record


def Proc4():
    global Char2Glob
    is_a = Char1Glob == "A"
    is_a = is_a or BoolGlob
    Char2Glob = "B"


def Proc5():
    global Char1Glob, BoolGlob
    Char1Glob = "A"
    BoolGlob = False


def Proc6(enum):
    result = enum
    if not Func3(enum):
        result = Ident4
    if enum == Ident1:
        result = Ident1
    elif enum == Ident2:
        if IntGlob > 100:
            result = Ident1
        else:
            result = Ident4
    elif enum == Ident3:
        result = Ident2
    elif enum == Ident4:
        pass
    elif enum == Ident5:
        result = Ident3
    return result


def Proc7(first, second):
    return second + (first + 2)


def Proc8(array1, array2, first, second):
    global IntGlob
    index = first + 5
    array1[index] = second
    array1[index + 1] = array1[index]
    array1[index + 30] = index
    for column in range(index, index + 2):
        array2[index][column] = index
    array2[index][index - 1] = array2[index][index - 1] + 1
    array2[index + 20][index] = array1[index]
    IntGlob = 5


def Func1(char1, char2):
    local1 = char1
    local2 = local1
    if local2 != char2:
        return Ident1
    return Ident2


def Func2(string1, string2):
    index = 1
    while index <= 1:
        if Func1(string1[index], string2[index + 1]) == Ident1:
            char = "A"
            index = index + 1
    if char >= "W" and char <= "Z":
        index = 7
    if char == "X":
        return True
    if string1 > string2:
        index = index + 7
        return True
    return False


def Func3(enum):
    local = enum
    return local == Ident3


def bench(n):
    return Proc0(n)
