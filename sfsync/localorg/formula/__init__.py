"""Salesforce formulas: validation rules and before-save conditions, evaluated from their own text.

`Formula.parse` checks syntax, names, functions and kinds once, when metadata is loaded; `evaluate` and
`holds` then run against one record. Sources: the formula function reference and, where that is silent about
nulls, github.com/salesforce/formula-engine.
"""

from __future__ import annotations

from dataclasses import dataclass

from sfsync.localorg.formula.compiler import Compiler, Resolve
from sfsync.localorg.formula.syntax import FormulaError, parse
from sfsync.localorg.formula.values import FormulaContext, Kind, Node, Reference, Value

__all__ = ["Formula", "FormulaContext", "FormulaError", "Kind", "Reference", "Resolve", "Value"]


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula ready to run.

    Attributes:
        text: as it was written.
        kind: what it gives; a validation rule must give BOOLEAN.
        references: canonical names of all fields, paths and globals it names.
    """

    text: str
    kind: Kind
    references: frozenset[str]
    _node: Node

    @classmethod
    def parse(cls, text: str, resolve: Resolve) -> Formula:
        """The formula of a text whose names `resolve` knows (`resolve(path)` is None for an unknown one).

        Names arrive as written, in any case: `OwnerId`, `Owner:User.ManagerId`, `$User.Id`, `$Permission.X`.
        Raises FormulaError for bad syntax, an unknown name or function, a wrong kind or number of arguments.
        """
        compiler = Compiler(resolve)
        node = compiler.compile(parse(text))
        return cls(text, node.kind, frozenset(compiler.references), node)

    def evaluate(self, context: FormulaContext) -> Value:
        """The value for one record; None is null. Ids come out with 15 characters, text is never None."""
        return self._node.run(context)

    def holds(self, context: FormulaContext) -> bool:
        """True when the formula gives true; null is not true."""
        return self._node.run(context) is True
