// SPDX-License-Identifier: MIT
//
// What an interpreter of its time did and did not do: -DERA=104 is Python 1.4, 206 is 2.6, and so
// on to 314. Each flag names one difference that costs or saves time, and where the real one is.
// Nothing here is tuned: a flag is on from the release in which CPython had it.
#ifndef ERA_H
#define ERA_H

#ifndef ERA
#define ERA 314
#endif

enum {
    // Dispatch. Until 3.0 a switch in a loop, which looks at a ticker for each instruction; from
    // 3.1 on a jump at the end of each instruction (A. Pitrou, bpo-4753).
    ERA_THREADED = ERA >= 301,
    // Each instruction looks whether the program is traced (until 3.11; later a traced program has
    // other instructions), and all eras write down where they are (f_lasti).
    ERA_TRACES = ERA < 312,
    // Instructions that may take long, which is half of them, look whether something is pending
    // (eval_breaker, until 3.9); later those that jump back or begin a function do.
    ERA_BREAKS = ERA >= 301 && ERA < 310,
    // 1.4 has an instruction for each source line (SET_LINENO, until 2.3).
    ERA_LINES = ERA < 203,
    // A conditional jump leaves its condition for a POP_TOP in both branches (until 2.6).
    ERA_JUMP_KEEPS = ERA < 207,
    // SETUP_LOOP and POP_BLOCK around each loop (until 3.7).
    ERA_LOOP_BLOCKS = ERA < 308,
    // A `for` over a sequence counts with an integer object that it keeps on the stack (FOR_LOOP,
    // until 2.1); later there are iterators.
    ERA_FOR_INDEX = ERA < 202,
    // `try` pushes a block at run time (until 3.10); later a table is looked up when something is
    // raised.
    ERA_TRY_BLOCKS = ERA < 311,

    // Frames: an object for each call (until 3.10), 1.4's from a free list, later one that the code
    // keeps for its next call; from 3.11 on a piece of the thread's data stack, and a Python
    // function calls another one without a C call.
    ERA_DATA_STACK = ERA >= 311,
    ERA_FRAME_KEPT = ERA >= 205 && ERA < 311,
    // Arguments are packed into a tuple for each call (until 2.2: call_object), and of a bound
    // method into a second one with self; later they go from stack to frame (fast_function).
    ERA_ARGUMENT_TUPLE = ERA < 203,
    // fast_function counts what it puts into the frame, and the stack's references go when the call
    // has ended (until 3.10); call_function holds the function meanwhile (until 3.7). Later a call
    // moves all of it.
    ERA_ARGUMENTS_MOVE = ERA >= 311,
    ERA_CALLEE_HELD = ERA >= 203 && ERA < 308,
    // obj.method() makes a bound method (until 3.6); later LOAD_METHOD leaves the two apart.
    // So does __init__ of a new object, which method_call gives a second tuple with self (until 3.5).
    ERA_BOUND_METHODS = ERA < 307,
    ERA_SELF_TUPLE = ERA < 306,
    // Builtin functions take a tuple of arguments (until 3.6), or one or none as they are (from 2.2
    // on, METH_O and METH_NOARGS); later an array (METH_FASTCALL, vectorcall).
    ERA_BUILTIN_TUPLE = ERA < 307,
    ERA_BUILTIN_ONE = ERA >= 202,

    // Attributes. Classes and instances of 1.4 are searched one dictionary after another, the
    // instance's first; from 2.2 on the class comes first (descriptors), through a cache of types
    // and names from 2.6 on. Methods of builtin types were found by comparing their names.
    ERA_CLASSIC = ERA < 202,
    // The operators hold both operands while they work, and make a float of an integer that meets
    // one (PyNumber_Coerce; until 2.0, for all but classic instances).
    ERA_COERCES = ERA < 201,
    ERA_METHOD_CACHE = ERA >= 206,
    // PyObject_GenericGetAttr and its like hold the name and the instance's dictionary while they
    // look; who stores holds the name twice, and until 3.2 the dictionary.
    ERA_ATTRIBUTE_HELD = ERA >= 202,
    ERA_STORE_HELD = ERA >= 202 && ERA < 303,

    // Inline caches of globals: by the versions of the two dictionaries (3.8 to 3.10), or, as all
    // that follow, specialised instructions (PEP 659).
    ERA_GLOBAL_CACHE = ERA >= 308 && ERA < 311,
    ERA_SPECIALISES = ERA >= 311,
    // Pairs of instructions that are one (3.12: LOAD_FAST__LOAD_FAST and the like).
    ERA_PAIRS = ERA >= 312,
    // A local that outlives its use is lent to the stack (LOAD_FAST_BORROW).
    ERA_BORROWS = ERA >= 314,

    // Integers: in 1.4 and 2.6 there are blocks of them with a free list; -1 to 99 are made once in
    // 1.4, -5 to 256 later.
    ERA_SMALL_LEAST = ERA < 205 ? -1 : -5,
    ERA_SMALL_MOST = ERA < 205 ? 99 : 256,
    // From 1.5 to 2.7 the loop itself adds, subtracts and compares integers and indexes lists by
    // them, without a call through the type.
    ERA_INT_IN_LOOP = ERA >= 105 && ERA < 300,
};

// What of each kind is kept for the next one when it dies: at most so many of each size.
#define ERA_KEEPS(keep)                                                                            \
    keep(INT, ERA < 300 ? 1 << 30 : ERA >= 314 ? 100 : 0)                                          \
    keep(FLOAT, ERA < 300 ? (ERA < 105 ? 0 : 1 << 30) : 100)                                       \
    keep(TUPLE, ERA < 104 ? 0 : ERA < 205 ? 100 : 2000)                                            \
    keep(LIST, ERA < 204 ? 0 : 80)                                                                 \
    keep(DICT, ERA < 204 ? 0 : 80)                                                                 \
    keep(METHOD, ERA < 105 ? 0 : ERA < 311 ? 256 : 20)                                             \
    keep(FRAME, ERA < 205 ? 1 << 30 : 200)                                                         \
    keep(ITERATOR, ERA >= 314 ? 10 : 0)

#endif
