"""The checker as one file: its modules one behind the other, for somebody who has NumPy and nothing of this project."""

import ast
import inspect
from importlib import import_module
from pathlib import Path

from pipeline.core.errors import WrongInput

PACKAGE = "pipeline.certification.checker"
# From low to high: each imports from those before it only. The last one's docstring is the file's.
MODULES = ("steps", "layered", "files", "statement", "checker")


def write(path: Path) -> None:
    """Write the checker to ``path``: whole, or not at all.

    Raises:
        WrongInput: There is no such folder, or the file's name does not end with ``.py``.
    """
    if path.suffix != ".py" or not path.parent.is_dir():
        raise WrongInput(f"--write-checker: expected a file ending with .py in a folder that is there, got {path}")
    partial = path.with_name(f".partial-{path.name}")
    partial.write_text(text(path.name), encoding="utf-8")
    partial.replace(path)


def text(name: str = "checker.py") -> str:
    """Return the file's content; its help calls it ``name``."""
    parts = [_taken_apart(inspect.getsource(import_module(f"{PACKAGE}.{module}"))) for module in MODULES]
    imports = sorted(set().union(*(imported for _, imported, _ in parts)), key=lambda line: (line.startswith("from"), line))
    bodies = []
    for module, (opening, _, body) in zip(MODULES, parts, strict=True):
        said = opening.splitlines() if module != MODULES[-1] else []
        bodies.append("\n".join([f"# --- {module}", *(f"# {line}".rstrip() for line in said), "", body]))
    whole = "\n\n\n".join([f'"""{parts[-1][0]}\n"""\n\n' + "\n".join(imports), *bodies]) + "\n"
    return whole.replace(f"python -m {PACKAGE}.checker", f"python {name}")


def folder_of(package: str, name: str) -> dict[str, str]:
    """Return a checker's package as files that stand alone: ``checker.py`` runs the modules in the folder ``name`` beside it.

    For checkers whose modules use the same words for different things, so that they cannot stand one behind the other.
    """
    folder = Path(inspect.getfile(import_module(package))).parent
    files = {f"{name}/{path.name}": path.read_text(encoding="utf-8").replace(package, name) for path in sorted(folder.glob("*.py"))}
    usage = f"python -m {name}.checker"
    files[f"{name}/checker.py"] = files[f"{name}/checker.py"].replace(usage, "python checker.py")
    said = '"""Verify a guarantee against a net\'s weights: python checker.py guarantee.json weights.npz."""'
    files["checker.py"] = f"{said}\n\nimport sys\n\nfrom {name}.checker import main\n\nsys.exit(main(sys.argv[1:]))\n"
    return files


def _taken_apart(source: str) -> tuple[str, set[str], str]:
    """Return a module's docstring, what it imports from elsewhere, a name a line, and the rest."""
    tree = ast.parse(source)
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    exported = [node for node in tree.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"]
    dropped = {line for node in (tree.body[0], *imports, *exported) for line in range(node.lineno, (node.end_lineno or 0) + 1)}
    rest = "\n".join(line for number, line in enumerate(source.splitlines(), 1) if number not in dropped)
    names = {
        (f"from {node.module} import " if isinstance(node, ast.ImportFrom) else "import ") + ast.unparse(name)
        for node in imports
        for name in node.names
        if not (isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PACKAGE))
    }
    return ast.get_docstring(tree) or "", names, rest.strip("\n")
