"""Imports go down only: the table of CONTRIBUTING.md, held against every import statement of the tree."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("agents", "tools", "semantic", "warehouse", "generator", "evals", "ui", "prompts")
MAY_IMPORT: dict[str, set[str]] = {
    "warehouse": set(),
    "prompts": {"warehouse"},
    "semantic": {"warehouse"},
    "generator": {"warehouse"},
    "tools": {"semantic", "warehouse"},
    "agents": {"tools", "semantic", "warehouse", "prompts"},
    "evals": {"agents", "tools", "semantic", "warehouse", "prompts", "generator"},
    "ui": {"agents", "tools", "semantic", "warehouse", "evals", "generator"},
}
ONLY_FROM = {"generator": {"warehouse.errors"}, "prompts": {"warehouse.errors"}}


def imported_modules(file: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}:{node.lineno} imports relatively"
            found.add(node.module or "")
    return {name for name in found if name.split(".")[0] in ROOMS}


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_the_rooms_below_it(room: str) -> None:
    upward = []
    for file in sorted((ROOT / room).rglob("*.py")):
        for name in imported_modules(file):
            target = name.split(".")[0]
            if target != room and target not in MAY_IMPORT[room]:
                upward.append(f"{file.relative_to(ROOT)} imports {name}")
            if target != room and room in ONLY_FROM and name not in ONLY_FROM[room]:
                upward.append(f"{file.relative_to(ROOT)} imports {name}")
    assert not upward


def test_no_other_top_level_folder_holds_code() -> None:
    allowed = {*ROOMS, "tests", "benchmarks"}
    folders = {file.relative_to(ROOT).parts[0] for file in ROOT.glob("*/**/*.py")}
    assert {name for name in folders if not name.startswith(".")} - {"var"} <= allowed


def unused_names(file: Path) -> list[str]:
    """Names private to a module, of functions, classes and constants, that the module itself never reads."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    defined: dict[str, int] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.decorator_list:
            defined[node.name] = node.lineno
        elif isinstance(node, ast.Assign):
            defined |= {name.id: node.lineno for name in node.targets if isinstance(name, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            defined[node.target.id] = node.lineno
    read = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    private = {name: line for name, line in defined.items() if name.startswith("_") and not name.startswith("__")}
    return [f"{file.relative_to(ROOT)}:{line} {name}" for name, line in private.items() if name not in read]


@pytest.mark.parametrize("room", [*ROOMS, "tests", "benchmarks"])
def test_nothing_private_to_a_module_is_left_unused(room: str) -> None:
    """A step that a move lost leaves its function behind: no linter tells, and no answer fails loudly."""
    assert not [found for file in sorted((ROOT / room).rglob("*.py")) for found in unused_names(file)]
