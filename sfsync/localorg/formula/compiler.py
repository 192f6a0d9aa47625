"""A formula's tree becomes Python closures; every name, function and kind is checked on the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sfsync.localorg.formula.functions import PLAIN_FUNCTIONS, Function
from sfsync.localorg.formula.operators import adapted, compile_operator, expected
from sfsync.localorg.formula.syntax import Call, Expression, FormulaError, Literal, Name
from sfsync.localorg.formula.values import (
    KIND_OF_FIELD_TYPE,
    FormulaContext,
    Kind,
    Node,
    Reference,
    Run,
    Value,
    as_text,
    blank_of,
    local_day,
)

Resolve = Callable[[str], Reference | None]

_OPERATORS = frozenset({"=", "<>", "<", "<=", ">", ">=", "+", "-", "*", "/", "^", "&"})
_ID_LENGTH = 15


def _one_kind(name: str, nodes: Sequence[Node]) -> Kind:
    kind = next((node.kind for node in nodes if node.kind is not Kind.NULL), Kind.NULL)
    for node in nodes:
        if node.kind not in (kind, Kind.NULL):
            raise expected(f"function '{name}()'", kind.value, node.kind)
    return kind


def _one_line_end(value: Value) -> Value:
    """Text with one kind of line end: ISCHANGED doesn't see a difference between them (formula-engine)."""
    return value.replace("\r\n", "\n") if isinstance(value, str) else value


class Compiler:
    """Compiles expressions against the names that `resolve` knows; `references` collects what they name."""

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve
        self.references: set[str] = set()

    def compile(self, expression: Expression) -> Node:
        """The node of an expression. Raises FormulaError."""
        if isinstance(expression, Literal):
            return self._literal(expression.value)
        if isinstance(expression, Name):
            return self._field(expression, lambda context: context.record)
        if expression.function in _OPERATORS:
            left, right = (self.compile(argument) for argument in expression.arguments)
            return compile_operator(expression.function, left, right)
        special = _SPECIAL_FORMS.get(expression.function)
        if special is not None:
            special_minimum, special_maximum, compile_special = special
            self._count(expression, special_minimum, special_maximum)
            return compile_special(self, expression)
        plain = PLAIN_FUNCTIONS.get(expression.function)
        if plain is None:
            raise FormulaError(f"Unknown function {expression.function}. Check spelling.")
        return self._plain(expression, plain)

    def _literal(self, value: Value) -> Node:
        if value is None:
            kind = Kind.NULL
        elif isinstance(value, bool):
            kind = Kind.BOOLEAN
        else:
            kind = Kind.TEXT if isinstance(value, str) else Kind.NUMBER
        return Node(kind, lambda context: value)

    def _field(self, name: Name, row_of: Callable[[FormulaContext], Mapping[str, Value] | None]) -> Node:
        reference = self._resolve(name.path)
        if reference is None:
            raise FormulaError(f"Field {name.path} does not exist. Check spelling.")
        self.references.add(reference.name)
        path = reference.name
        kind = KIND_OF_FIELD_TYPE.get(reference.type, Kind.TEXT)
        is_id = reference.type in ("id", "reference")
        blank = blank_of(kind)
        if path.startswith("$Permission."):
            permission = path.partition(".")[2]
            return Node(Kind.BOOLEAN, lambda context: permission in context.permissions)
        if path == "$User.Id":
            return Node(Kind.TEXT, lambda context: context.user_id[:_ID_LENGTH])
        related = "." in path

        def run(context: FormulaContext) -> Value:
            if related:
                value = context.related(path)
            else:
                row = row_of(context)
                value = None if row is None else row.get(path)
            if value is None:
                return blank
            return value[:_ID_LENGTH] if is_id and isinstance(value, str) else value

        return Node(kind, run)

    def _count(self, call: Call, minimum: int, maximum: int | None) -> None:
        given = len(call.arguments)
        if given < minimum or (maximum is not None and given > maximum):
            raise FormulaError(
                f"Incorrect number of parameters for function '{call.function}()'. "
                f"Expected {minimum}, received {given}"
            )

    def _typed(self, call: Call, position: int, kind: Kind) -> Run:
        """The argument's function, if it is of the kind (or NULL)."""
        node = self.compile(call.arguments[position])
        if node.kind not in (kind, Kind.NULL):
            raise expected(f"function '{call.function}()'", kind.value, node.kind)
        return adapted(node, kind)

    def _plain(self, call: Call, function: Function) -> Node:
        self._count(call, function.required, None if function.repeats else len(function.parameters))
        last = len(function.parameters) - 1
        runs = [
            self._typed(call, position, function.parameters[min(position, last)])
            for position in range(len(call.arguments))
        ]
        apply = function.apply

        def run(context: FormulaContext) -> Value:
            values = [argument(context) for argument in runs]
            return None if None in values else apply(*values)

        return Node(function.result, run)

    def _own_field(self, call: Call) -> Name:
        """The argument of ISCHANGED and PRIORVALUE: a field of the record itself."""
        argument = call.arguments[0]
        if not isinstance(argument, Name):
            raise FormulaError(f"Incorrect parameter type for function '{call.function}()'. Expected a field")
        if "." in argument.path or argument.path.startswith("$"):
            raise FormulaError(f"Field {argument.path} may not be used with function '{call.function}()'")
        return argument

    def conjunction(self, call: Call) -> Node:
        runs = [self._typed(call, position, Kind.BOOLEAN) for position in range(len(call.arguments))]

        def run(context: FormulaContext) -> Value:
            result: bool | None = True
            for condition in runs:
                value = condition(context)
                if value is False:
                    return False
                if value is None:
                    result = None
            return result

        return Node(Kind.BOOLEAN, run)

    def disjunction(self, call: Call) -> Node:
        runs = [self._typed(call, position, Kind.BOOLEAN) for position in range(len(call.arguments))]

        def run(context: FormulaContext) -> Value:
            result: bool | None = False
            for condition in runs:
                value = condition(context)
                if value is True:
                    return True
                if value is None:
                    result = None
            return result

        return Node(Kind.BOOLEAN, run)

    def negation(self, call: Call) -> Node:
        condition = self._typed(call, 0, Kind.BOOLEAN)

        def run(context: FormulaContext) -> Value:
            value = condition(context)
            return None if value is None else not value

        return Node(Kind.BOOLEAN, run)

    def choice(self, call: Call) -> Node:
        condition = self._typed(call, 0, Kind.BOOLEAN)
        nodes = [self.compile(argument) for argument in call.arguments[1:]]
        kind = _one_kind("IF", nodes)
        met, not_met = (adapted(node, kind) for node in nodes)
        return Node(kind, lambda context: met(context) if condition(context) is True else not_met(context))

    def case(self, call: Call) -> Node:
        if len(call.arguments) % 2:
            raise FormulaError(
                "Incorrect number of parameters for function 'CASE()'. Expected pairs and a default"
            )
        subject = self.compile(call.arguments[0])
        subject_kind = Kind.TEXT if subject.kind is Kind.PICKLIST else subject.kind
        whens = [self.compile(argument) for argument in call.arguments[1:-1:2]]
        for when in whens:
            if when.kind not in (subject_kind, Kind.NULL):
                raise expected("function 'CASE()'", subject_kind.value, when.kind)
        results = [self.compile(argument) for argument in (*call.arguments[2:-1:2], call.arguments[-1])]
        kind = _one_kind("CASE", results)
        default = adapted(results[-1], kind)
        branches = [
            (adapted(when, subject_kind), adapted(result, kind))
            for when, result in zip(whens, results[:-1], strict=True)
        ]

        def run(context: FormulaContext) -> Value:
            value = subject.run(context)
            for when, result in branches:
                if when(context) == value:
                    return result(context)
            return default(context)

        return Node(kind, run)

    def is_changed(self, call: Call) -> Node:
        field = self._own_field(call)
        current = self._field(field, lambda context: context.record).run
        prior = self._field(field, lambda context: context.prior).run

        def run(context: FormulaContext) -> Value:
            return context.prior is not None and _one_line_end(current(context)) != _one_line_end(
                prior(context)
            )

        return Node(Kind.BOOLEAN, run)

    def prior_value(self, call: Call) -> Node:
        return self._field(self._own_field(call), lambda context: context.prior)

    def is_new(self, call: Call) -> Node:
        return Node(Kind.BOOLEAN, lambda context: context.prior is None)

    def is_blank(self, call: Call) -> Node:
        run = self.compile(call.arguments[0]).run
        return Node(Kind.BOOLEAN, lambda context: run(context) in (None, ""))

    def is_null(self, call: Call) -> Node:
        run = self.compile(call.arguments[0]).run
        return Node(Kind.BOOLEAN, lambda context: run(context) is None)

    def _or_else(self, call: Call, blanks: tuple[Value, ...]) -> Node:
        nodes = [self.compile(argument) for argument in call.arguments]
        kind = _one_kind(call.function, nodes)
        value, substitute = (adapted(node, kind) for node in nodes)

        def run(context: FormulaContext) -> Value:
            found = value(context)
            return substitute(context) if found in blanks else found

        return Node(kind, run)

    def blank_value(self, call: Call) -> Node:
        return self._or_else(call, (None, ""))

    def null_value(self, call: Call) -> Node:
        return self._or_else(call, (None,))

    def _picklist(self, call: Call) -> Run:
        node = self.compile(call.arguments[0])
        if node.kind is not Kind.PICKLIST:
            raise expected(f"function '{call.function}()'", Kind.PICKLIST.value, node.kind)
        return node.run

    def _literal_text(self, call: Call) -> str:
        argument = call.arguments[1]
        if not isinstance(argument, Literal) or not isinstance(argument.value, str):
            raise FormulaError(
                f"Function {call.function} may only be called with a text literal as its second parameter"
            )
        return argument.value

    def is_picklist_value(self, call: Call) -> Node:
        run, wanted = self._picklist(call), self._literal_text(call)
        return Node(Kind.BOOLEAN, lambda context: run(context) == wanted)

    def includes(self, call: Call) -> Node:
        run, wanted = self._picklist(call), self._literal_text(call)
        return Node(Kind.BOOLEAN, lambda context: wanted in str(run(context)).split(";"))

    def text(self, call: Call) -> Node:
        node = self.compile(call.arguments[0])
        if node.kind in (Kind.TEXT, Kind.BOOLEAN):
            raise expected("function 'TEXT()'", "Number, Date, Date/Time, Picklist", node.kind)
        return Node(Kind.TEXT, lambda context: as_text(node.run(context), node.kind))

    def now(self, call: Call) -> Node:
        return Node(Kind.DATETIME, lambda context: context.now)

    def today(self, call: Call) -> Node:
        return Node(Kind.DATE, lambda context: local_day(context.now, context.time_zone))

    def date_value(self, call: Call) -> Node:
        node = self.compile(call.arguments[0])
        if node.kind in (Kind.DATE, Kind.TEXT):
            return Node(Kind.DATE, lambda context: node.run(context) or None)
        if node.kind is not Kind.DATETIME:
            raise expected("function 'DATEVALUE()'", "Text, Date, Date/Time", node.kind)

        def run(context: FormulaContext) -> Any:
            seconds = node.run(context)
            return local_day(seconds, context.time_zone) if isinstance(seconds, int | float) else None

        return Node(Kind.DATE, run)


_SPECIAL_FORMS: Mapping[str, tuple[int, int | None, Callable[[Compiler, Call], Node]]] = {
    "AND": (1, None, Compiler.conjunction),
    "OR": (1, None, Compiler.disjunction),
    "NOT": (1, 1, Compiler.negation),
    "IF": (3, 3, Compiler.choice),
    "CASE": (4, None, Compiler.case),
    "ISCHANGED": (1, 1, Compiler.is_changed),
    "PRIORVALUE": (1, 1, Compiler.prior_value),
    "ISNEW": (0, 0, Compiler.is_new),
    "ISBLANK": (1, 1, Compiler.is_blank),
    "ISNULL": (1, 1, Compiler.is_null),
    "BLANKVALUE": (2, 2, Compiler.blank_value),
    "NULLVALUE": (2, 2, Compiler.null_value),
    "ISPICKVAL": (2, 2, Compiler.is_picklist_value),
    "INCLUDES": (2, 2, Compiler.includes),
    "TEXT": (1, 1, Compiler.text),
    "NOW": (0, 0, Compiler.now),
    "TODAY": (0, 0, Compiler.today),
    "DATEVALUE": (1, 1, Compiler.date_value),
}
"""Functions that look at record, clock or their arguments' kinds: fewest and most arguments, compiler."""
