"""The mutants of a file: each is the file with one operator, number, condition, loop or decorator changed."""

from __future__ import annotations

import ast
import pickle
from itertools import takewhile
from pathlib import Path

from attrs import field, frozen
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import MutationVisitor
from cosmic_ray.plugins import get_operator
from parso.tree import NodeOrLeaf

# Of Cosmic Ray's 150 operators those that make code which a person could have written by mistake. Left out are the ones that nearly
# always end in a TypeError, such as + made <<, which any test kills: they would only raise the figure. A comparison is moved by its
# edge and turned into its opposite; whatever notices both notices the others.
OPERATORS = (
    "AddNot",
    "ExceptionReplacer",
    "NumberReplacer",
    "RemoveDecorator",
    "ReplaceAndWithOr",
    "ReplaceBinaryOperator_Add_Sub",
    "ReplaceBinaryOperator_BitAnd_BitOr",
    "ReplaceBinaryOperator_BitOr_BitAnd",
    "ReplaceBinaryOperator_Div_FloorDiv",
    "ReplaceBinaryOperator_Div_Mul",
    "ReplaceBinaryOperator_FloorDiv_Div",
    "ReplaceBinaryOperator_FloorDiv_Mul",
    "ReplaceBinaryOperator_LShift_RShift",
    "ReplaceBinaryOperator_Mod_FloorDiv",
    "ReplaceBinaryOperator_Mul_Div",
    "ReplaceBinaryOperator_Pow_Mul",
    "ReplaceBinaryOperator_RShift_LShift",
    "ReplaceBinaryOperator_Sub_Add",
    "ReplaceBreakWithContinue",
    "ReplaceComparisonOperator_Eq_NotEq",
    "ReplaceComparisonOperator_GtE_Gt",
    "ReplaceComparisonOperator_GtE_Lt",
    "ReplaceComparisonOperator_Gt_GtE",
    "ReplaceComparisonOperator_Gt_LtE",
    "ReplaceComparisonOperator_IsNot_Is",
    "ReplaceComparisonOperator_Is_IsNot",
    "ReplaceComparisonOperator_LtE_Gt",
    "ReplaceComparisonOperator_LtE_Lt",
    "ReplaceComparisonOperator_Lt_GtE",
    "ReplaceComparisonOperator_Lt_LtE",
    "ReplaceComparisonOperator_NotEq_Eq",
    "ReplaceContinueWithBreak",
    "ReplaceFalseWithTrue",
    "ReplaceOrWithAnd",
    "ReplaceTrueWithFalse",
    "ReplaceUnaryOperator_Delete_Invert",
    "ReplaceUnaryOperator_Delete_Not",
    "ReplaceUnaryOperator_Delete_USub",
    "ZeroIterationForLoop",
)


@frozen
class Mutant:
    """One change of one file: where, whether it runs when the file is imported, what stood there and stands there now, and the whole file."""

    path: Path
    operator: str
    occurrence: int
    lines: range
    at_import: bool
    before: str
    after: str
    code: str = field(repr=False, eq=False)

    @property
    def key(self) -> tuple[str, str, str]:
        """What names the change in ``survivors``: the file and the two texts, and no line number."""
        return self.path.as_posix(), self.before, self.after


def mutants_of(path: Path) -> list[Mutant]:
    """Give the mutants of a file, but for changes of annotations, which do nothing, and those that leave the code as it was."""
    source = path.read_text(encoding="utf-8")
    nodes, parsed = list(ast_nodes(get_ast(source))), pickle.dumps(get_ast(source))
    tree = ast.parse(source)
    statements, bodies, annotations = _statements(tree), _bodies(tree), _annotations(tree)
    found = []
    for name in OPERATORS:
        operator = get_operator(f"core/{name}")()
        places = [(node, start) for node in nodes for start, _ in operator.mutation_positions(node)]
        for occurrence, (node, (line, column)) in enumerate(places):
            if _is_no_operation(node) or any(start <= (line, column) < end for start, end in annotations):
                continue
            code = MutationVisitor(occurrence, operator).walk(pickle.loads(parsed)).get_code()  # quicker than to parse again
            before, after = _difference(source, code)
            denied_twice = "not not" in after  # the same as without a not, which another operator makes
            if before == after or denied_twice or not _is_code(code):
                continue
            lines = statements.get(line, range(line, line + 1))
            found.append(Mutant(path, name, occurrence, lines, line not in bodies, before, after, code))
    return sorted(found, key=lambda mutant: mutant.lines.start)


def unchanged(path: Path) -> Mutant:
    """Give the file as it is, in the place of a mutant: where this one is noticed, it is the tests that are wrong."""
    source = path.read_text(encoding="utf-8")
    return Mutant(path, "Unchanged", 0, range(1, source.count("\n") + 2), False, "", "", source)


def _is_no_operation(node: NodeOrLeaf) -> bool:
    """Tell whether it is the bare star of ``def f(*, a)``, which Cosmic Ray takes for a product."""
    return node.parent is not None and node.parent.type in {"parameters", "lambdef"} and node.type == "operator"


def _is_code(text: str) -> bool:
    """Tell whether it can be parsed at all."""
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


def _difference(source: str, code: str) -> tuple[str, str]:
    """The lines that went and those that came, each as one text with single spaces."""
    old, new = source.splitlines(), code.splitlines()
    first = _in_common(old, new)
    last = _in_common(old[first:][::-1], new[first:][::-1])
    return " ".join(" ".join(old[first : len(old) - last]).split()), " ".join(" ".join(new[first : len(new) - last]).split())


def _in_common(one: list[str], other: list[str]) -> int:
    """How many lines are the same from the first on."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _statements(tree: ast.Module) -> dict[int, range]:
    """For each line the lines of the smallest statement around it: of a compound one those up to its body."""
    found: dict[int, range] = {}
    for node in ast.walk(tree):  # outer ones come first
        if isinstance(node, ast.stmt | ast.excepthandler):
            body = getattr(node, "body", None)
            first = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", ()))])
            last = max(body[0].lineno - 1, node.lineno) if body else node.end_lineno
            found.update(dict.fromkeys(range(first, last + 1), range(first, last + 1)))
    return found


def _bodies(tree: ast.Module) -> set[int]:
    """The lines in functions, which an import only passes by."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return {line for node in functions for line in range(node.body[0].lineno, (node.end_lineno or 0) + 1)}


def _annotations(tree: ast.Module) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Where annotations begin and end."""
    parts = [
        part for node in ast.walk(tree) for part in (getattr(node, "annotation", None), getattr(node, "returns", None)) if part
    ]
    return [((part.lineno, part.col_offset), (part.end_lineno, part.end_col_offset)) for part in parts]
