#!/usr/bin/env python3
"""Change one thing at a time in a module and look whether its tests notice (mutation testing).

    python tools/mutate.py src/pedpose/geometry.py tests/test_geometry.py
    python tools/mutate.py src/pedpose/evaluation/oks.py tests/evaluation --sample 60

Changed are operators, comparisons, and and or, conditions, numbers (by 1), True and False, pairs
of functions such as min and max, the order of two arguments, and statements are left out. Texts,
annotations of types, decorators and the ``strict`` of zip are kept. Each mutant is imported in a
process of its own, from memory: no file is changed. Only tests that run the changed statement are
run, the quickest first, and hypothesis tries few examples, always the same. A mutant that no test
notices is printed: either it means the same as the original, or a test is missing. Needs POSIX.
"""

from __future__ import annotations

import argparse
import ast
import copy
import gc
import importlib.util
import os
import pickle
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from random import Random
from types import CodeType, ModuleType
from typing import Any

import coverage
import hypothesis
import pytest

ROOT = Path(__file__).resolve().parents[1]

_OPERATORS: dict[type[ast.AST], type[ast.AST]] = {
    **{ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult},
    **{ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult, ast.Pow: ast.Mult},
    **{ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.BitXor: ast.BitOr},
    **{ast.LShift: ast.RShift, ast.RShift: ast.LShift, ast.And: ast.Or, ast.Or: ast.And},
}
_OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    **{ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt},
    **{ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In},
    **{ast.Is: ast.IsNot, ast.IsNot: ast.Is},
}
_EDGE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    **{ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}
}
_PAIRS = ("min max", "any all", "floor ceil", "minimum maximum", "argmin argmax", "sin cos")
_FUNCTIONS = {a: b for pair in map(str.split, _PAIRS) for a, b in (pair, pair[::-1])}
_EVEN = {"min", "max", "minimum", "maximum", "hypot", "clip"}
_KEPT_FIELDS = {"annotation", "returns", "decorator_list"}


@dataclass(frozen=True)
class Mutant:
    """One changed module.

    Attributes:
        line: Of the statement.
        last_line: Of the statement, or of its head if there are others in it.
        outside: Whether the statement is of the module or a class: importing it runs it.
        what: The statement before and after.
        tree: The module.
    """

    line: int
    last_line: int
    outside: bool
    what: str
    tree: ast.Module


@dataclass
class Tested:
    """What the tests do on the unchanged module.

    Attributes:
        code: The exit code of pytest.
        seconds: Of each test, by its name.
        lines: Names of the tests that run each line.
        modules: What was imported of other projects.
    """

    code: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    lines: dict[int, set[str]] = field(default_factory=dict)
    modules: list[str] = field(default_factory=list)


def mutants(source: str) -> Iterator[Mutant]:
    """Yield every mutant of a module, each as a change of the same tree, until the next."""
    tree = ast.parse(source)
    for statement, outside in statements(tree.body, True):
        before = head(statement)
        for change in changes(statement):
            undo = change()
            after = head(statement)
            if after != before:
                what = f"{before}\n      -> {after}"
                body: list[ast.stmt] = getattr(statement, "body", [])
                last = statement.end_lineno or statement.lineno
                last = max(statement.lineno, body[0].lineno - 1) if body else last
                yield Mutant(statement.lineno, last, outside, what, tree)
            undo()


def statements(body: Sequence[ast.stmt], outside: bool) -> Iterator[tuple[ast.stmt, bool]]:
    """Yield all statements but imports and texts, and whether they are outside of functions."""
    for statement in body:
        text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        if isinstance(statement, ast.Import | ast.ImportFrom) or text:
            continue
        yield statement, outside
        inside = outside and not isinstance(statement, ast.FunctionDef)
        for name in ("body", "orelse", "finalbody"):
            yield from statements(getattr(statement, name, []), inside)
        for handler in getattr(statement, "handlers", []):
            yield from statements(handler.body, inside)


def head(statement: ast.stmt) -> str:
    """Return the source of a statement without the statements in it."""
    whole = copy.copy(statement)
    if getattr(whole, "body", None) and isinstance(whole, ast.stmt):
        whole.body = [ast.Expr(ast.Constant(...))]  # type: ignore[attr-defined]
        for name in ("orelse", "finalbody", "handlers"):
            if getattr(whole, name, None):
                setattr(whole, name, [])
    return " ".join(ast.unparse(ast.fix_missing_locations(whole)).split())


Undo = Callable[[], None]
Change = Callable[[], Undo]


def changes(statement: ast.stmt) -> Iterator[Change]:
    """Yield a function for each change of one statement; it returns how to undo it."""
    if isinstance(statement, ast.Expr | ast.AugAssign | ast.Raise | ast.Continue | ast.Break) or (
        isinstance(statement, ast.Assign)
        and isinstance(statement.targets[0], ast.Subscript | ast.Attribute)
    ):
        yield partial(becomes_pass, statement)
    for node in expressions(statement):
        for target, name, value in variants(node):
            yield partial(assign, target, name, value)


def expressions(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a statement and what is in it, without the statements in it."""
    yield node
    for name, value in ast.iter_fields(node):
        if name in _KEPT_FIELDS or (isinstance(node, ast.keyword) and node.arg == "strict"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not isinstance(
                child, ast.stmt | ast.ExceptHandler | ast.JoinedStr
            ):
                yield from expressions(child)


def becomes_pass(statement: ast.stmt) -> Undo:
    """Leave a statement out."""
    kind, fields = statement.__class__, dict(statement.__dict__)
    statement.__class__ = ast.Pass

    def undo() -> None:
        statement.__class__ = kind
        statement.__dict__.update(fields)

    return undo


def assign(node: Any, name: str, value: object) -> Undo:
    """Set an attribute."""
    before = getattr(node, name)
    setattr(node, name, value)
    return lambda: setattr(node, name, before)


def variants(node: ast.AST) -> Iterator[tuple[ast.AST, str, object]]:
    """Yield attributes of a node and what they could be instead."""
    if isinstance(node, ast.BinOp | ast.AugAssign | ast.BoolOp) and type(node.op) in _OPERATORS:
        yield node, "op", _OPERATORS[type(node.op)]()
    elif isinstance(node, ast.Compare):
        for kinds in (_EDGE, _OPPOSITE):
            for i, one in enumerate(node.ops):
                if type(one) in kinds:
                    yield node, "ops", [*node.ops[:i], kinds[type(one)](), *node.ops[i + 1 :]]
    elif isinstance(node, ast.UnaryOp):  # -x and ~x become +x; not x becomes not not x
        twice = ast.UnaryOp(ast.Not(), node.operand)
        plain = isinstance(node.op, ast.Not)
        yield (node, "operand", twice) if plain else (node, "op", ast.UAdd())
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield node, "value", not node.value
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        yield node, "value", node.value + 1
        yield node, "value", node.value - 1
    elif isinstance(node, ast.Call) and len(node.args) > 1:
        if getattr(node.func, "attr", getattr(node.func, "id", "")) not in _EVEN:
            yield node, "args", [node.args[1], node.args[0], *node.args[2:]]
    elif isinstance(node, ast.Attribute) and node.attr in _FUNCTIONS:
        yield node, "attr", _FUNCTIONS[node.attr]
    elif isinstance(node, ast.Name) and node.id in _FUNCTIONS:
        yield node, "id", _FUNCTIONS[node.id]
    elif isinstance(node, ast.If | ast.While | ast.IfExp):
        yield from conditions(node, "test", node.test)
    elif isinstance(node, ast.comprehension):
        for i, test in enumerate(node.ifs):
            for _, _, value in conditions(node, "ifs", test):
                yield node, "ifs", [*node.ifs[:i], value, *node.ifs[i + 1 :]]


def conditions(node: ast.AST, name: str, test: ast.expr) -> Iterator[tuple[ast.AST, str, object]]:
    """Yield the opposite of a condition, unless it is changed as a comparison or a not anyway."""
    simple = isinstance(test, ast.Compare) and len(test.ops) == 1
    if not simple and not (isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)):
        yield node, name, ast.UnaryOp(ast.Not(), test)


class Finder(MetaPathFinder):
    """Finds one module, as it is changed."""

    def __init__(self, name: str, path: Path, tree: ast.Module) -> None:
        self.name, self.path = name, path
        self.code = compile(ast.fix_missing_locations(tree), str(path), "exec")

    def find_spec(
        self, fullname: str, path: object = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the changed module; another finder has all others."""
        if fullname != self.name:
            return None
        loader = Loader(fullname, str(self.path))
        loader.code = self.code
        return importlib.util.spec_from_file_location(fullname, self.path, loader=loader)


class Loader(SourceFileLoader):
    """Gives code that was compiled before."""

    code: CodeType

    def get_code(self, fullname: str) -> CodeType:
        """Return the code of the module."""
        return self.code


class Watcher:
    """A plugin of pytest that notes how long each test takes and which lines it runs."""

    def __init__(self, lines: coverage.Coverage) -> None:
        self.lines = lines
        self.seconds: dict[str, float] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Any:
        """Run one test."""
        self.lines.switch_context(item.nodeid)
        start = time.monotonic()
        result = yield
        self.seconds[item.nodeid] = time.monotonic() - start
        return result


class Chosen:
    """A plugin of pytest that runs only some tests, the quickest first."""

    def __init__(self, seconds: dict[str, float]) -> None:
        self.seconds = seconds

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave the others out."""
        known = [item for item in items if item.nodeid in self.seconds]
        items[:] = sorted(known, key=lambda item: self.seconds[item.nodeid])


def run_tests(tests: Sequence[str], folder: Path, plugin: object) -> int:
    """Run tests until the first fails and return the exit code of pytest."""
    phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
    hypothesis.settings.register_profile(
        "mutants", max_examples=20, derandomize=True, database=None, deadline=None, phases=phases
    )
    options = ["-x", "-q", "--tb=no", "-p", "no:cacheprovider", "-p", "no:unraisableexception"]
    options += [f"--basetemp={folder / 'tests'}", "--hypothesis-profile", "mutants"]
    return int(pytest.main([*options, *tests], plugins=[plugin]))


def in_child(function: Callable[[], int], seconds: float) -> int:
    """Run a function in a forked process without output and return its code; -1 if it had to end.

    Importing numpy and the like takes longer than most tests: a fork has them already.
    """
    child = os.fork()
    if child == 0:
        code = 1
        try:
            signal.alarm(int(seconds))
            resource.setrlimit(resource.RLIMIT_AS, (2**33, 2**33))
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 1)
            os.dup2(nowhere, 2)
            code = function()
        finally:
            os._exit(code)
    status = os.waitpid(child, 0)[1]
    return os.WEXITSTATUS(status) if os.WIFEXITED(status) else -1


def watch(path: Path, tests: Sequence[str], folder: Path) -> Tested:
    """Run the tests on the unchanged module."""

    def observe() -> int:
        lines = coverage.Coverage(data_file=None, include=[str(path)], config_file=False)
        watcher = Watcher(lines)
        lines.start()
        code = run_tests(tests, folder, watcher)
        lines.stop()
        contexts = lines.get_data().contexts_by_lineno(str(path))
        found = {line: set(names) - {""} for line, names in contexts.items()}
        files = {n: getattr(m, "__file__", None) for n, m in sys.modules.items()}
        foreign = [name for name, file in files.items() if "site-packages" in str(file)]
        tested = Tested(code, watcher.seconds, found, foreign)
        (folder / "watched").write_bytes(pickle.dumps(tested))
        return 0

    in_child(observe, 600)
    tested: Tested = pickle.loads((folder / "watched").read_bytes())  # noqa: S301  (our own)
    return tested


def main() -> None:
    """Run the mutants of one module and print those that no test notices."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("module", type=Path, help="as src/pedpose/geometry.py")
    parser.add_argument("tests", nargs="+", help="files or folders of tests")
    parser.add_argument("--sample", type=int, help="so many mutants, drawn at random; else all")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    options = parser.parse_args()
    os.chdir(ROOT)
    sys.path[:0] = [str(ROOT / "src")]
    path = options.module.resolve()
    name = ".".join(path.relative_to(ROOT / "src").with_suffix("").parts)
    folder = Path(tempfile.mkdtemp(prefix="mutants-"))
    try:
        tested = watch(path, options.tests, folder)
        if tested.code != 0:
            raise SystemExit("the tests fail on the unchanged module")
        for module in tested.modules:
            importlib.import_module(module)
        gc.freeze()  # pytest collects garbage: all of this would be looked through each time
        source = path.read_text()
        every = range(sum(1 for _ in mutants(source)))
        chosen = set(every)
        if options.sample is not None and options.sample < len(every):
            chosen = set(Random(options.seed).sample(every, options.sample))  # noqa: S311
        survivors = 0
        start = time.monotonic()
        for number, mutant in enumerate(mutants(source)):
            if number in chosen and not noticed(mutant, name, path, tested, folder):
                survivors += 1
                print(f"{options.module}:{mutant.line}: {mutant.what}", flush=True)
    finally:
        shutil.rmtree(folder)
    print(
        f"{options.module}: {len(chosen)} of {len(every)} mutants, {len(chosen) - survivors} "
        f"noticed, {survivors} not, {time.monotonic() - start:.0f} s"
    )


def noticed(mutant: Mutant, name: str, path: Path, tested: Tested, folder: Path) -> bool:
    """Tell whether a test fails, or does not end, on a mutant."""
    lines = tested.lines if mutant.outside else range(mutant.line, mutant.last_line + 1)
    names = set().union(*(tested.lines.get(line, set()) for line in lines))
    chosen = {test: tested.seconds[test] for test in names}
    if not chosen:
        return False
    files = sorted({test.split("::")[0] for test in chosen})

    def test() -> int:
        sys.meta_path.insert(0, Finder(name, path, mutant.tree))
        return run_tests(files, folder, Chosen(chosen))

    return in_child(test, 20 + 10 * sum(chosen.values())) != 0


if __name__ == "__main__":
    main()
