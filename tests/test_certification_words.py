"""Every public function and class of the room of certification says what it is, with a docstring."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = sorted((ROOT / "pipeline" / "certification").rglob("*.py"))


def without_docstring(tree: ast.AST, inside: str = "") -> Iterator[str]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            if not ast.get_docstring(node):
                yield inside + node.name
            if isinstance(node, ast.ClassDef):
                yield from without_docstring(node, f"{inside}{node.name}.")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_public_function_and_class_has_a_docstring(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    assert list(without_docstring(tree)) == []


def test_what_has_none_is_found() -> None:
    source = "def known():\n    'Said.'\ndef bare(): ...\nclass Kind:\n    'Said.'\n    def method(self): ...\n    def _own(self): ...\n"
    assert list(without_docstring(ast.parse(source))) == ["bare", "Kind.method"]
