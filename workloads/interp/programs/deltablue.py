# SPDX-License-Identifier: MIT
#
# DeltaBlue: an incremental solver of hierarchies of one-way constraints, with its two customary
# tests. B. N. Freeman-Benson, J. Maloney, A. Borning, "An incremental constraint solver", CACM
# 33(1), 1990; as a benchmark by J. Maloney and M. Wolczko for Smalltalk.
#
# Stress: calls of methods that subclasses define, attributes, lists that grow and shrink, a graph
# of objects that refer to one another.
# n: length of the chain, and number of scaled pairs in the projection; at least 1. Usual: 1000.
#
# All state hangs on the planner that a call makes. Variables and constraints refer to one another;
# each test takes its graph apart at its end, so that reference counting alone can free it.


class Strength:
    def __init__(self, level, name):
        self.level = level
        self.name = name

    def is_stronger_than(self, other):
        return self.level < other.level

    def is_weaker_than(self, other):
        return self.level > other.level


REQUIRED = Strength(0, "required")
STRONG_PREFERRED = Strength(1, "strong preferred")
PREFERRED = Strength(2, "preferred")
STRONG_DEFAULT = Strength(3, "strong default")
NORMAL = Strength(4, "normal")
WEAK_DEFAULT = Strength(5, "weak default")
WEAKEST = Strength(6, "weakest")
STRENGTHS = [REQUIRED, STRONG_PREFERRED, PREFERRED, STRONG_DEFAULT, NORMAL, WEAK_DEFAULT]


def weaker_of(a, b):
    if a.is_weaker_than(b):
        return a
    return b


# Directions of a constraint between two variables.
NONE = 0
FORWARD = 1
BACKWARD = -1


class Variable:
    def __init__(self, name, value=0):
        self.name = name
        self.value = value
        self.constraints = []
        self.determined_by = None
        self.mark = 0
        self.walk_strength = WEAKEST
        self.stay = True

    def add_constraint(self, constraint):
        self.constraints.append(constraint)

    def remove_constraint(self, constraint):
        self.constraints.remove(constraint)
        if self.determined_by is constraint:
            self.determined_by = None

    def take_apart(self):
        self.constraints = []
        self.determined_by = None


class Constraint:
    def __init__(self, strength):
        self.strength = strength

    def add(self, planner):
        self.add_to_graph()
        planner.incremental_add(self)

    def destroy(self, planner):
        if self.is_satisfied():
            planner.incremental_remove(self)
        self.remove_from_graph()

    def is_input(self):
        return False

    def satisfy(self, mark, planner):
        self.choose_method(mark)
        if not self.is_satisfied():
            if self.strength is REQUIRED:
                raise RuntimeError("a required constraint cannot be satisfied")
            return None
        self.mark_inputs(mark)
        output = self.output()
        overridden = output.determined_by
        if overridden is not None:
            overridden.mark_unsatisfied()
        output.determined_by = self
        if not planner.add_propagate(self, mark):
            raise RuntimeError("a cycle of constraints")
        output.mark = mark
        return overridden


class UnaryConstraint(Constraint):
    def __init__(self, variable, strength, planner):
        super().__init__(strength)
        self.variable = variable
        self.satisfied = False
        self.add(planner)

    def add_to_graph(self):
        self.variable.add_constraint(self)
        self.satisfied = False

    def remove_from_graph(self):
        if self.variable is not None:
            self.variable.remove_constraint(self)
            self.variable = None
        self.satisfied = False

    def choose_method(self, mark):
        variable = self.variable
        self.satisfied = variable.mark != mark and self.strength.is_stronger_than(
            variable.walk_strength
        )

    def is_satisfied(self):
        return self.satisfied

    def mark_unsatisfied(self):
        self.satisfied = False

    def mark_inputs(self, mark):
        pass

    def inputs_known(self, mark):
        return True

    def output(self):
        return self.variable

    def recalculate(self):
        self.variable.walk_strength = self.strength
        self.variable.stay = not self.is_input()
        if self.variable.stay:
            self.execute()

    def execute(self):
        pass


class StayConstraint(UnaryConstraint):
    pass


class EditConstraint(UnaryConstraint):
    def is_input(self):
        return True


class BinaryConstraint(Constraint):
    def __init__(self, first, second, strength, planner):
        super().__init__(strength)
        self.first = first
        self.second = second
        self.direction = NONE
        self.add(planner)

    def add_to_graph(self):
        self.first.add_constraint(self)
        self.second.add_constraint(self)
        self.direction = NONE

    def remove_from_graph(self):
        self.first.remove_constraint(self)
        self.second.remove_constraint(self)
        self.direction = NONE

    def choose_method(self, mark):
        first = self.first
        second = self.second
        if first.mark == mark:
            self.choose(second.mark != mark, second, FORWARD)
        elif second.mark == mark:
            self.choose(True, first, BACKWARD)
        elif first.walk_strength.is_weaker_than(second.walk_strength):
            self.choose(True, first, BACKWARD)
        else:
            self.choose(True, second, FORWARD)

    def choose(self, free, output, direction):
        self.direction = NONE
        if free and self.strength.is_stronger_than(output.walk_strength):
            self.direction = direction

    def is_satisfied(self):
        return self.direction != NONE

    def mark_unsatisfied(self):
        self.direction = NONE

    def mark_inputs(self, mark):
        self.input().mark = mark

    def inputs_known(self, mark):
        source = self.input()
        return source.mark == mark or source.stay or source.determined_by is None

    def input(self):
        if self.direction == FORWARD:
            return self.first
        return self.second

    def output(self):
        if self.direction == FORWARD:
            return self.second
        return self.first

    def recalculate(self):
        source = self.input()
        output = self.output()
        output.walk_strength = weaker_of(self.strength, source.walk_strength)
        output.stay = self.inputs_stay(source)
        if output.stay:
            self.execute()

    def inputs_stay(self, source):
        return source.stay


class EqualityConstraint(BinaryConstraint):
    def execute(self):
        self.output().value = self.input().value


class ScaleConstraint(BinaryConstraint):
    """second = first * scale + offset"""

    def __init__(self, first, scale, offset, second, strength, planner):
        self.scale = scale
        self.offset = offset
        super().__init__(first, second, strength, planner)

    def add_to_graph(self):
        super().add_to_graph()
        self.scale.add_constraint(self)
        self.offset.add_constraint(self)

    def remove_from_graph(self):
        super().remove_from_graph()
        self.scale.remove_constraint(self)
        self.offset.remove_constraint(self)

    def mark_inputs(self, mark):
        super().mark_inputs(mark)
        self.scale.mark = mark
        self.offset.mark = mark

    def inputs_stay(self, source):
        return source.stay and self.scale.stay and self.offset.stay

    def execute(self):
        if self.direction == FORWARD:
            self.second.value = self.first.value * self.scale.value + self.offset.value
        else:
            self.first.value = (self.second.value - self.offset.value) // self.scale.value


class Planner:
    def __init__(self):
        self.current_mark = 0

    def new_mark(self):
        self.current_mark += 1
        return self.current_mark

    def incremental_add(self, constraint):
        mark = self.new_mark()
        overridden = constraint.satisfy(mark, self)
        while overridden is not None:
            overridden = overridden.satisfy(mark, self)

    def incremental_remove(self, constraint):
        output = constraint.output()
        constraint.mark_unsatisfied()
        constraint.remove_from_graph()
        unsatisfied = self.remove_propagate_from(output)
        for strength in STRENGTHS:
            for candidate in unsatisfied:
                if candidate.strength is strength:
                    self.incremental_add(candidate)

    def make_plan(self, sources):
        mark = self.new_mark()
        plan = Plan()
        todo = sources
        while todo:
            constraint = todo.pop()
            output = constraint.output()
            if output.mark != mark and constraint.inputs_known(mark):
                plan.add(constraint)
                output.mark = mark
                self.add_constraints_consuming(output, todo)
        return plan

    def extract_plan(self, constraints):
        sources = []
        for constraint in constraints:
            if constraint.is_input() and constraint.is_satisfied():
                sources.append(constraint)
        return self.make_plan(sources)

    def add_propagate(self, constraint, mark):
        todo = [constraint]
        while todo:
            current = todo.pop()
            output = current.output()
            if output.mark == mark:
                self.incremental_remove(constraint)
                return False
            current.recalculate()
            self.add_constraints_consuming(output, todo)
        return True

    def remove_propagate_from(self, output):
        output.determined_by = None
        output.walk_strength = WEAKEST
        output.stay = True
        unsatisfied = []
        todo = [output]
        while todo:
            variable = todo.pop()
            determining = variable.determined_by
            for constraint in variable.constraints:
                if not constraint.is_satisfied():
                    unsatisfied.append(constraint)
                elif constraint is not determining:
                    constraint.recalculate()
                    todo.append(constraint.output())
        return unsatisfied

    def add_constraints_consuming(self, variable, todo):
        determining = variable.determined_by
        for constraint in variable.constraints:
            if constraint is not determining and constraint.is_satisfied():
                todo.append(constraint)


class Plan:
    def __init__(self):
        self.constraints = []

    def add(self, constraint):
        self.constraints.append(constraint)

    def execute(self):
        for constraint in self.constraints:
            constraint.execute()


def chain_test(n):
    """Variables, each equal to the one before it; the first is edited, the last follows."""
    planner = Planner()
    variables = [Variable("v" + str(i)) for i in range(n + 1)]
    for i in range(n):
        EqualityConstraint(variables[i], variables[i + 1], REQUIRED, planner)
    first = variables[0]
    last = variables[n]
    StayConstraint(last, STRONG_DEFAULT, planner)
    edit = EditConstraint(first, PREFERRED, planner)
    plan = planner.extract_plan([edit])
    total = 0
    for value in range(100):
        first.value = value
        plan.execute()
        total += last.value
    edit.destroy(planner)
    for variable in variables:
        variable.take_apart()
    return total


def change(planner, variable, value):
    edit = EditConstraint(variable, PREFERRED, planner)
    plan = planner.extract_plan([edit])
    for i in range(10):
        variable.value = value
        plan.execute()
    edit.destroy(planner)


def projection_test(n):
    """Pairs with second = first * scale + offset; both sides, scale and offset are changed."""
    planner = Planner()
    scale = Variable("scale", 10)
    offset = Variable("offset", 1000)
    sources = []
    results = []
    for i in range(n):
        sources.append(Variable("source" + str(i), i))
        results.append(Variable("result" + str(i), i))
        StayConstraint(sources[i], NORMAL, planner)
        ScaleConstraint(sources[i], scale, offset, results[i], REQUIRED, planner)
    source = sources[n - 1]
    result = results[n - 1]

    change(planner, source, 17)
    forward = result.value
    change(planner, result, 1050)
    backward = source.value
    change(planner, scale, 5)
    scaled = sum([variable.value for variable in results])
    change(planner, offset, 2000)
    moved = sum([variable.value for variable in results])
    for variable in sources + results + [scale, offset]:
        variable.take_apart()
    return forward, backward, scaled, moved


def bench(n):
    return chain_test(n), projection_test(n)
