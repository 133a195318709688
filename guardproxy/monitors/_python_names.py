"""What a piece of Python mentions: modules it imports, names of functions it uses, and what can't be told from its text.

The code is parsed and never run. Names are followed through imports and assignments without regard to order, so that
what a name may mean somewhere it may mean everywhere: reading too much into code is safe, too little is not. A function
counts when it is *mentioned*, called or not: `map(os.system, …)` calls it too.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, TypeGuard

MAX_PATHS: Final = 16
"""Meanings of one name that are told apart."""
MAX_PARTS: Final = 32
"""Attributes of one expression, one of another; longer chains are read in part and told as `dynamic`."""
MAX_NESTED: Final = 4
"""Code in texts in code: read this deep."""
_BUILTINS: Final = frozenset(dir(builtins))
_CODE: Final = ("eval", "exec", "compile")
_REFLECTION: Final = frozenset(
    (
        "__class__", "__base__", "__bases__", "__mro__", "__subclasses__", "__globals__", "__builtins__", "__dict__",
        "__code__", "__closure__", "__func__", "__self__", "__wrapped__", "__getattribute__", "__getattr__", "__loader__",
        "__spec__", "__reduce__", "__reduce_ex__", "__import__", "__subclasshook__", "__init_subclass__", "__module__",
        "gi_frame", "gi_code", "cr_frame", "cr_code", "ag_frame", "ag_code", "tb_frame", "f_back", "f_globals", "f_locals",
        "f_builtins", "f_code", "func_globals", "mro",
    )
)  # fmt: skip
"""Attributes that lead from any value to everything there is."""
_LOOKUPS: Final = frozenset(
    f"builtins.{name}" for name in ("globals", "locals", "vars", "__builtins__", "__loader__", "__spec__", "breakpoint")
)
"""Functions whose results hold everything by name."""
_DYNAMIC: Final = (
    "sys.modules", "sys._getframe", "sys.meta_path", "sys.path_hooks", "importlib.", "imp.", "pkgutil.", "runpy.",
    "builtins.__dict__", "__main__.", "operator.attrgetter", "operator.methodcaller", "inspect.", "gc.", "marshal.loads",
    "pickle.load", "dill.load", "cloudpickle.load", "types.CodeType", "types.FunctionType", "code.", "codeop.",
)  # fmt: skip
"""Beginnings of names that lead to other names, or to code that is not in the text."""
_HANDLES: Final = frozenset(
    ("builtins.eval", "builtins.exec", "builtins.compile", "builtins.getattr", "builtins.setattr", "builtins.__import__",
     "importlib.import_module")
)  # fmt: skip
"""Functions that are understood where they are called by name, and nowhere else."""
_SHELL: Final = "get_ipython"


@dataclass(slots=True)
class Mentioned:
    """What was found."""

    imports: set[tuple[str, str]] = field(default_factory=set)
    """(module, what is taken of it): `import os` gives (os, os), `from os import path` gives (os, os.path)."""
    modules: set[str] = field(default_factory=set)
    """Names that are modules for sure."""
    names: set[str] = field(default_factory=set)
    """Functions and other members that are used, by their full names; `.head`, and `df.head`, where it is not known of
    what."""
    called: set[str] = field(default_factory=set)
    """Those of them that are called, and `()` for a call of what has no name."""
    passed: set[str] = field(default_factory=set)
    """Modules that are handed on as values: from there on nothing tells what is used of them."""
    dynamic: bool = False
    """Something is looked up or made at run time, by a name that the text doesn't hold."""
    shell: bool = False
    """A command goes to IPython's shell."""


def read(tree: ast.Module, depth: int = 0) -> Mentioned:
    """What a parsed piece of code mentions."""
    return _Reader(tree, depth).read()


class _Reader:
    def __init__(self, tree: ast.Module, depth: int) -> None:
        self.out, self.depth = Mentioned(), depth
        self.nodes = list(ast.walk(tree))
        self.last = tree.body[-1] if tree.body else None
        if self._long_chains():
            self.out.dynamic = True
        self.means: dict[str, set[str]] = {}  # name → full names that it may have
        self.stars: set[str] = set()
        self.bound: set[str] = set()  # names that the code makes itself, in any other way
        self.callees = {id(n.func) for n in self.nodes if isinstance(n, ast.Call)}
        self.modules = self.out.modules

    def _long_chains(self) -> bool:
        """Take what lies deep in long chains out of the nodes: their names would be as many as they are long."""
        depth: dict[int, int] = {}
        for node in reversed(self.nodes):  # the walk goes outside in
            if isinstance(node, ast.Attribute):
                depth[id(node)] = depth.get(id(node.value), 0) + 1
        long = {i for i, deep in depth.items() if deep > MAX_PARTS}
        self.nodes = [node for node in self.nodes if id(node) not in long]
        return bool(long)

    def read(self) -> Mentioned:
        for node in self.nodes:
            self._imports(node)
            if isinstance(node, ast.ClassDef):
                modules = (one for one in _body(node) if isinstance(one, ast.Import))
                self.out.passed |= {alias.name for one in modules for alias in one.names}
        self._bindings()
        bases = {id(n.value) for n in self.nodes if isinstance(n, ast.Attribute)}
        plain = self._plain_assignments()
        for node in self.nodes:
            if isinstance(node, ast.Name | ast.Attribute):
                self._mention(node, base=id(node) in bases, handed=id(node) not in plain)
            elif isinstance(node, ast.Call):
                self._call(node)
            elif isinstance(node, ast.MatchClass):
                self._pattern(node)
        return self.out

    # -------------------------------------------------------------------------------------------- names

    def _imports(self, node: ast.AST) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                self.out.imports.add((alias.name, alias.name))
                self._module(alias.asname or alias.name.partition(".")[0], alias.name if alias.asname else "")
                self.modules.add(alias.name)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            for alias in node.names:
                if alias.name == "*":
                    self.out.imports.add((module, module))
                    self.stars.add(module)
                    continue
                self.out.imports.add((module, f"{module}.{alias.name}"))
                self.out.names.add(f"{module}.{alias.name}")
                self._means(alias.asname or alias.name, f"{module}.{alias.name}")
                self._looked_up(f"{module}.{alias.name}")

    def _module(self, name: str, full: str) -> None:
        self._means(name, full or name)
        self.modules.add(full or name)

    def _means(self, name: str, full: str) -> bool:
        known = self.means.setdefault(name, set())
        if full in known:
            return False
        if full.count(".") > MAX_PARTS:  # a name that is made of itself grows without end
            self.out.dynamic = True
            return False
        if len(known) >= MAX_PATHS:
            self.out.dynamic = True
            return False
        known.add(full)
        return True

    def _bindings(self) -> None:
        """Follow `a = os`, `b = a.system` until nothing is learnt; note what else the code gives names to."""
        pairs: list[tuple[str, ast.expr]] = []
        for node in self.nodes:
            if isinstance(node, ast.Assign):
                pairs += [(t.id, node.value) for t in node.targets if isinstance(t, ast.Name)]
            elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and isinstance(node.target, ast.Name) and node.value:
                pairs.append((node.target.id, node.value))
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                self.bound.add(node.name)
            elif isinstance(node, ast.arg):
                self.bound.add(node.arg)
            elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                self.bound.add(node.id)
            elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
                self.bound.add(node.name)
        for _ in range(MAX_PATHS):
            if not [1 for name, value in pairs for full in self.paths(value) if self._means(name, full)]:
                return
        self.out.dynamic = True  # a chain of assignments longer than anybody writes

    def _plain_assignments(self) -> set[int]:
        """Values that only get another name, and are followed; or that nothing is done with.

        A name in a class is an attribute of it too, and that is not followed. The last expression of a piece of code is
        what `eval` gives, and what a notebook keeps as `_`.
        """
        inside = {id(one) for node in self.nodes if isinstance(node, ast.ClassDef) for one in _body(node)}
        return {
            id(node.value)
            for node in self.nodes
            if (isinstance(node, ast.Expr) and not self.depth and node is not self.last)
            or (_names_only(node) and id(node) not in inside)
        }

    def paths(self, node: ast.AST) -> set[str]:
        """Full names that an expression may stand for; empty where it is a value of its own."""
        attributes: list[str] = []
        while isinstance(node, ast.Attribute):
            attributes.append(node.attr)
            node = node.value
        tail = "".join("." + a for a in reversed(attributes))
        if isinstance(node, ast.Name):
            return {f"{root}{tail}" for root in self._roots(node.id)}
        if isinstance(node, ast.Call):
            return {f"{root}{tail}" for root in self._results(node)}
        return set()

    def _roots(self, name: str) -> set[str]:
        known = self.means.get(name, set())
        if name in self.bound and not self.stars and name not in _BUILTINS:
            return known
        free = {f"{module}.{name}" for module in self.stars}
        if name in _BUILTINS or name == "__builtins__":
            free.add("builtins" if name == "__builtins__" else f"builtins.{name}")
        return known | free

    def _results(self, call: ast.Call) -> set[str]:
        """What a call gives, where that is a module or a member by a name that the text holds."""
        functions = self.paths(call.func)
        text = _text(call.args[0]) if call.args else None
        if text is not None and functions & {"builtins.__import__", "importlib.import_module"}:
            return {text.partition(".")[0] if "builtins.__import__" in functions else text}
        if "builtins.getattr" in functions and len(call.args) >= 2 and (name := _text(call.args[1])) is not None:
            return {f"{path}.{name}" for path in self.paths(call.args[0])}
        return set()

    # -------------------------------------------------------------------------------------------- uses

    def _mention(self, node: ast.Name | ast.Attribute, *, base: bool, handed: bool) -> None:
        paths = self.paths(node)
        if isinstance(node, ast.Attribute) and node.attr in _REFLECTION:
            self.out.dynamic = True
        if not paths:
            self._unknown_mention(node)
        for path in paths:
            self.out.names.add(path)
            self._looked_up(path)
            if handed and not base and path in self.modules:
                self.out.passed.add(path)
        if not base and handed and id(node) not in self.callees and (_HANDLES | {"builtins"}) & paths:
            self.out.dynamic = True
        if _LOOKUPS & paths:
            self.out.dynamic = True

    def _pattern(self, node: ast.MatchClass) -> None:
        """A class pattern reads attributes. One that any value fits reads those of modules and of frames too."""
        anything = self.paths(node.cls) & {"builtins.object", "builtins.type", "types.ModuleType"}
        if node.kwd_attrs and (anything or not _REFLECTION.isdisjoint(node.kwd_attrs)):
            self.out.dynamic = True
        self.out.names |= {f".{name}" for name in node.kwd_attrs}

    def _unknown_mention(self, node: ast.Name | ast.Attribute) -> None:
        root, chain = _unknown(node)
        if root == _SHELL:
            self.out.shell = True
        if chain:
            self.out.names |= {chain, f"{root}{chain}"}
        elif root not in self.bound and isinstance(node.ctx, ast.Load):
            self.out.names.add(root)

    def _looked_up(self, path: str) -> None:
        if any(end.startswith(_DYNAMIC) and end != "importlib.import_module" for end in parts(path)):
            self.out.dynamic = True
        if path.endswith("." + _SHELL):
            self.out.shell = True

    def _call(self, call: ast.Call) -> None:
        paths = self.paths(call.func)
        self.out.called |= paths
        if not paths:
            self._unknown_call(call.func)
        if isinstance(call.func, ast.Call) and {f"builtins.{one}" for one in _CODE} & self.paths(call.func.func):
            self.out.dynamic = True
        known = {path.removeprefix("builtins.") for path in paths}
        if known & set(_CODE):
            self._code(call)
        if known & {"__import__", "importlib.import_module"}:
            self._import(call)
        if known & {"getattr", "setattr", "delattr", "hasattr"}:
            self._attribute(call)

    def _unknown_call(self, function: ast.expr) -> None:
        if isinstance(function, ast.Attribute):
            self.out.called.add(f".{function.attr}")
        elif not isinstance(function, ast.Name):
            self.out.called.add("()")
        elif function.id not in self.bound:
            self.out.called.add(function.id)
            if not function.id.strip("_0123456789"):  # what a notebook keeps of the cells before
                self.out.dynamic = True

    def _code(self, call: ast.Call) -> None:
        """`eval` and its like: code that stands in the call is read, anything else can't be."""
        text = _text(call.args[0]) if call.args else None
        if text is None or self.depth >= MAX_NESTED:
            self.out.dynamic = True
            return
        try:
            inner = read(ast.parse(text.strip()), self.depth + 1)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            self.out.dynamic = True
            return
        self.out.imports |= inner.imports
        self.out.modules |= inner.modules
        self.out.names |= inner.names
        self.out.called |= inner.called
        self.out.passed |= inner.passed
        self.out.dynamic |= inner.dynamic or bool(inner.names - {f"builtins.{b}" for b in _BUILTINS})
        self.out.shell |= inner.shell

    def _import(self, call: ast.Call) -> None:
        text = _text(call.args[0]) if call.args else None
        if text is None or call.keywords or len(call.args) > 1:
            self.out.dynamic = True
        if text is not None:
            self.out.imports.add((text, text))
            self.modules |= {text, text.partition(".")[0]}

    def _attribute(self, call: ast.Call) -> None:
        name = _text(call.args[1]) if len(call.args) > 1 else None
        if name is None or name in _REFLECTION:
            self.out.dynamic = True
            return
        paths = self.paths(call.args[0])
        self.out.names |= {f"{path}.{name}" for path in paths} or {f".{name}"}


def _names_only(node: ast.AST) -> TypeGuard[ast.Assign]:
    """Whether a node is an assignment to plain names."""
    if isinstance(node, ast.Assign):
        return all(isinstance(t, ast.Name) for t in node.targets)
    return isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)


def _body(scope: ast.ClassDef) -> Iterator[ast.AST]:
    """What stands in a class itself, not in its methods."""
    stack: list[ast.AST] = [*scope.body]
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            stack += ast.iter_child_nodes(node)


def _unknown(node: ast.expr) -> tuple[str, str]:
    """(name that it begins with, the rest) of a member of something unknown: `df` and `.head`, nothing and `.system`."""
    out = ""
    while isinstance(node, ast.Attribute):
        out, node = f".{node.attr}{out}", node.value
    return (node.id if isinstance(node, ast.Name) else "", out)


def _text(node: ast.expr) -> str | None:
    """A text that stands in the code, also in pieces joined by `+`."""
    pieces: list[str] = []
    stack = [node]
    while stack:
        one = stack.pop()
        if isinstance(one, ast.BinOp) and isinstance(one.op, ast.Add):
            stack += (one.right, one.left)
        elif isinstance(one, ast.Constant) and isinstance(one.value, str):
            pieces.append(one.value)
        elif isinstance(one, ast.Constant) and isinstance(one.value, bytes):
            if not one.value.isascii() or b"coding" in one.value:  # it may say itself which characters it is in
                return None
            pieces.append(one.value.decode())
        else:
            return None
    return "".join(pieces)


def parts(name: str) -> Iterator[str]:
    """A full name and all that it ends with: `shutil.os.system` is `os.system` too, whatever leads there."""
    while True:
        yield name
        plain = name.lstrip("_")
        if plain != name:
            yield plain
        _, dot, name = name.partition(".")
        if not dot:
            return
