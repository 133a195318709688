"""The folder tree keeps its promises: imports point down, heavy packages stay where they belong, files stay readable."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "guardproxy"
LAYERS = [
    {"types"},
    {"text", "discovery"},
    {"settings_file", "amounts", "addresses"},
    {"sources", "judge_target"},
    {"sections"},
    {"quotas", "batches", "probing"},
    {"config"},
    {"inference"},
    {"judges"},
    {"services"},
    {"filters", "monitors", "policy", "wire"},
    {"engine", "telemetry", "detectors"},
    {"store"},
    {"governance"},
    {"library"},
    {"server", "backend"},
    {"tools"},
    {"cli"},
]
RANK = {name: rank for rank, layer in enumerate(LAYERS) for name in layer}
HEAVY = {"torch", "transformers", "detoxify", "presidio_analyzer", "spacy", "onnxruntime", "tokenizers", "numpy"}
HEAVY_HOMES = {"inference", "backend"}
FILES = sorted(PACKAGE.rglob("*.py"))


def part_of(file: Path) -> str:
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Every imported dotted name, `from guardproxy import x` resolved to `guardproxy.x`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"relative import in line {node.lineno}"
            module = node.module or ""
            if module == "guardproxy":
                yield from ((node.lineno, f"guardproxy.{alias.name}") for alias in node.names)
            else:
                yield node.lineno, module


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(ROOT)))
def test_imports_point_down(file: Path) -> None:
    here = part_of(file)
    if here in ("__init__", "__main__"):
        return
    assert here in RANK, f"{here} is in no layer: add it to LAYERS"
    for line, name in imported(ast.parse(file.read_text())):
        parts = name.split(".")
        if parts[0] == "guardproxy" and len(parts) > 1 and parts[1] in RANK:
            there = parts[1]
            assert here == there or RANK[there] < RANK[here], f"{file}:{line}: {here} -> {there}"
        if parts[0] in HEAVY:
            assert here in HEAVY_HOMES, f"{file}:{line}: {parts[0]} is imported outside {sorted(HEAVY_HOMES)}"


def test_every_layer_name_that_exists_is_checked() -> None:
    assert {part_of(f) for f in FILES} - {"__init__", "__main__"} <= set(RANK)
    assert len(FILES) > 20


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(ROOT)))
def test_files_stay_readable(file: Path) -> None:
    assert len(file.read_text().splitlines()) <= 450, f"{file} is too long: split it by concept"


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(ROOT)))
def test_functions_stay_short(file: Path) -> None:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= 60, f"{file}:{node.lineno}: {node.name} has {length} lines"


@pytest.mark.parametrize(
    "statement",
    ["import guardproxy.cli", "import guardproxy.server.app", "import guardproxy.filters as f; f.catalogue()"],
)
def test_heavy_packages_are_not_imported(statement: str) -> None:
    code = f"{statement}\nimport sys\nprint(sorted({HEAVY!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"


def test_who_keeps_nothing_imports_no_cryptography() -> None:
    code = "import guardproxy.server.run, sys; print('cryptography' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "False"


def test_names_of_wire_formats_stay_in_wire() -> None:
    """Nothing outside `wire/` mentions a dialect's own field names, but for who asks others in them."""
    for file in FILES:
        if part_of(file) in ("wire", "backend", "cli", "judges"):
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Constant) and node.value in ("choices", "delta", "output_item", "tool_calls"):
                raise AssertionError(f"{file}:{node.lineno}: {node.value!r} belongs in wire/")
