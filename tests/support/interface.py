"""The public names in words: a line for each name, signature, field and member, the same on every supported Python and attrs."""

from __future__ import annotations

import ast
import contextlib
import enum
import functools
import inspect
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import NamedTuple

import attrs

from flexlib.errors import FlexError

OTHER_NAMES = {
    "flexlib.formats.accounts": ["AccountFile", "read_account"],
    "flexlib.formats.usage": ["UsageFile", "read_usage"],
    "flexlib.providers.hookspecs": ["FlexlibHooks"],
    "flexlib.testing.pytest_plugin": ["installed_rate_providers"],
}
"""Documented names of modules without an ``__all__``."""

MODULES = sorted(
    [
        "flexlib",
        "flexlib.formats",
        "flexlib.history",
        "flexlib.planning",
        "flexlib.reports",
        "flexlib.reports.charts",
        "flexlib.reports.page",
        "flexlib.scale",
        "flexlib.testing",
        "flexlib.testing.strategies",
        *OTHER_NAMES,
    ]
)

_OPERATORS = {"__add__", "__call__", "__contains__", "__enter__", "__exit__", "__getitem__", "__iter__", "__len__", "__lt__"}
_FIELD_OF_A_TUPLE = type(NamedTuple("_Pair", [("first", int)]).first)
_PLAIN_FUNCTIONS = (types.FunctionType, types.BuiltinFunctionType)


def names_of(module: str) -> list[str]:
    """Return the public names of a module."""
    return OTHER_NAMES.get(module) or import_module(module).__all__


def described(module: str) -> list[str]:
    """Return the lines about a module's public names, sorted; a missing optional package raises the module's own error."""
    found = import_module(module)
    return sorted(line for name in names_of(module) for line in _lines(name, getattr(found, name)))


def _lines(name: str, value: object) -> Iterator[str]:
    if inspect.isclass(value):
        yield f"{name}: {_kind(value)}"
        yield from (f"{name}.{line}" for line in _members(value))
    elif isinstance(value, _PLAIN_FUNCTIONS):
        yield f"{name}{_signature(value)}"
    elif callable(wrapped := inspect.unwrap(value)) and isinstance(wrapped, types.FunctionType):
        yield f"{name}{_signature(wrapped)}"  # a fixture or strategy, whose wrapper is another in every version of its library
    elif typing.get_origin(value) is not None:
        yield f"{name} = {_annotation(value)}"
    elif isinstance(value, Mapping):
        yield from (f"{name}[{key!r}]" for key in value)
    else:
        yield f"{name}: {type(value).__name__}"


def _kind(kind: type) -> str:
    """Return what a class is: its public bases and those that others catch it by."""
    bases = [base.__name__ for base in kind.__mro__[1:-1] if _is_said(base)]
    return f"class({', '.join(bases)})"


def _is_said(base: type) -> bool:
    if _is_own(base):
        return not base.__name__.startswith("_")
    return (base.__module__ == "builtins" and base is not BaseException) or base in {
        enum.Enum,
        enum.StrEnum,
        enum.IntEnum,
        typing.Protocol,
        typing.NamedTuple,
    }


def _members(kind: type) -> Iterator[str]:
    if issubclass(kind, enum.Enum):
        yield from (f"{name} = {_default(member.value)}" for name, member in kind.__members__.items())
    elif attrs.has(kind):
        yield from _attrs_members(kind)
    elif issubclass(kind, tuple):
        yield f"__init__({', '.join(kind._fields)})"
    elif typing.Protocol in kind.__bases__:
        pass  # the initialiser that every protocol has is Python's
    elif "__init__" in vars(kind) or any("__init__" in vars(base) for base in kind.__mro__[1:] if _is_own(base)):
        yield f"__init__{_signature(kind.__init__, bound=True)}"
    fields = {field.name for field in attrs.fields(kind)} if attrs.has(kind) else set()
    for name in sorted(_own_names(kind) - fields - set(getattr(kind, "__members__", ()))):
        yield f"{name}{_member(inspect.getattr_static(kind, name))}"


def _attrs_members(kind: type) -> Iterator[str]:
    """Yield the parameters of a class of attrs, in their order, and its fields."""
    fields = attrs.fields(kind)
    if "__attrs_init__" in vars(kind):
        yield f"__init__{_signature(kind.__init__, bound=True)}"
    else:
        places = [_parameter(field) for field in fields if field.init and not field.kw_only]
        words = [_parameter(field) for field in fields if field.init and field.kw_only]
        yield f"__init__({', '.join([*places, *(['*'] if words else []), *words])})"
    written = _annotations(kind)
    yield from (f"{field.name}: {_annotation(written[field.name])}" for field in fields if not field.name.startswith("_"))


def _annotations(kind: type) -> dict[str, object]:
    """Return the annotations of a class as they are written: attrs' own are resolved once cattrs has met the class."""
    return {name: value for base in reversed(kind.__mro__) for name, value in inspect.get_annotations(base).items()}


def _parameter(field: attrs.Attribute) -> str:
    if field.default is attrs.NOTHING:
        return field.alias
    made = isinstance(field.default, attrs.Factory)
    return f"{field.alias}={'<made>' if made else _default(field.default)}"


def _is_own(kind: type) -> bool:
    return kind.__module__.startswith("flexlib")


def _own_names(kind: type) -> set[str]:
    names = {name for base in kind.__mro__ if _is_own(base) for name in vars(base)}
    return {name for name in names if name in _OPERATORS or not name.startswith("_")}


def _member(value: object) -> str:  # noqa: PLR0911  # one for each kind
    if isinstance(value, _FIELD_OF_A_TUPLE):
        return ": field"
    if isinstance(value, property):
        return f": property -> {_annotation(inspect.get_annotations(value.fget).get('return'))}"
    if isinstance(value, functools.cached_property | types.MemberDescriptorType):
        return ": property"  # attrs makes slots of cached properties
    if isinstance(value, classmethod):
        return f": classmethod{_signature(value.__func__, bound=True)}"
    if isinstance(value, staticmethod):
        return f": staticmethod{_signature(value.__func__)}"
    if isinstance(value, _PLAIN_FUNCTIONS):
        options = getattr(value, "flexlib_spec", {})  # set by pluggy on a hook's specification
        said = [name for name in sorted(options) if options[name] is True]
        return _signature(value, bound=True) + (f" [{', '.join(said)}]" if said else "")
    if inspect.isclass(value):
        return ": class"
    return f" = {_default(value)}"


def _signature(function: Callable[..., object], *, bound: bool = False) -> str:
    """Return a function's parameters and what it returns, as they are written."""
    signature = inspect.signature(function)
    given = list(signature.parameters.values())[1 if bound else 0 :]
    parts: list[str] = []
    star = False
    for number, one in enumerate(given):
        if one.kind is one.KEYWORD_ONLY and not star:
            parts.append("*")
            star = True
        star = star or one.kind is one.VAR_POSITIONAL
        marks = {one.VAR_POSITIONAL: "*", one.VAR_KEYWORD: "**"}
        part = f"{marks.get(one.kind, '')}{one.name}"
        part += f": {_annotation(one.annotation)}" if one.annotation is not one.empty else ""
        part += f" = {_default(one.default)}" if one.default is not one.empty else ""
        parts.append(part)
        following = given[number + 1].kind if number + 1 < len(given) else None
        if one.kind is one.POSITIONAL_ONLY and following is not one.POSITIONAL_ONLY:
            parts.append("/")
    returned = signature.return_annotation
    return f"({', '.join(parts)})" + (f" -> {_annotation(returned)}" if returned is not signature.empty else "")


def _annotation(value: object) -> str:  # noqa: PLR0911  # one for each kind
    """Return a type as it is written in code, whether the module's annotations are texts or not."""
    if isinstance(value, str):
        return ast.unparse(ast.parse(value, mode="eval"))
    if value is None or value is type(None):
        return "None"
    if value is ...:
        return "..."
    if isinstance(value, list):
        return f"[{', '.join(map(_annotation, value))}]"
    origin, inner = typing.get_origin(value), typing.get_args(value)
    if origin in {types.UnionType, typing.Union}:
        return " | ".join(map(_annotation, inner))
    if origin is typing.Literal:
        return f"Literal[{', '.join(map(repr, inner))}]"
    if origin is not None:
        return f"{origin.__name__}[{', '.join(map(_annotation, inner))}]"
    return getattr(value, "__forward_arg__", None) or getattr(value, "__name__", None) or repr(value)


def _default(value: object) -> str:  # noqa: PLR0911  # one for each kind
    """Return a default in words that hold no address and nothing that another Python says otherwise."""
    if id(value) in _constants():
        return _constants()[id(value)]
    if isinstance(value, enum.Enum):
        return f"{type(value).__name__}.{value.name}"
    if isinstance(value, frozenset | set):
        return f"{{{', '.join(sorted(map(_default, value)))}}}"
    if isinstance(value, types.MappingProxyType):
        return _default(dict(value))
    if isinstance(value, tuple):
        return f"({', '.join(map(_default, value))})"
    if inspect.isclass(value) or isinstance(value, _PLAIN_FUNCTIONS):
        return value.__name__
    if attrs.has(type(value)):
        parts = [_default(getattr(value, field.name)) for field in attrs.fields(type(value))]
        return f"{type(value).__name__}({', '.join(parts)})"
    shown = repr(value)
    return f"<{type(value).__name__}>" if " at 0x" in shown else shown


@functools.cache
def _constants() -> dict[int, str]:
    """Return the names of the public constants, which stand as defaults under these names, by the ids of their values."""
    found: dict[int, str] = {}
    for module in MODULES:
        with contextlib.suppress(FlexError, ModuleNotFoundError):  # without their optional package, they are nobody's default
            for name in filter(str.isupper, names_of(module)):
                found.setdefault(id(getattr(import_module(module), name)), name)
    return found
