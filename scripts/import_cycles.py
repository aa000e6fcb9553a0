"""Print every import cycle of the package and exit with 1 if there is one.

Imports inside functions and under ``TYPE_CHECKING`` count, and so do the names that a package's
``__init__.pyi`` loads on first use.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

SOURCE = Path(__file__).resolve().parents[1] / "src"


def module_name(path: Path) -> str:
    """Return the dotted module name of a source file; a package and its stub share a name."""
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path, modules: set[str]) -> Iterator[str]:
    """Yield the modules of this package that a file imports."""
    package = module_name(path)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules)
        elif isinstance(node, ast.ImportFrom):
            base = f"{package}.{node.module}" if node.level else str(node.module)
            for alias in node.names:
                name = f"{base}.{alias.name}"
                yield from (
                    each for each in (name if name in modules else base,) if each in modules
                )


def cycles() -> list[list[str]]:
    """Return each group of modules that import each other, directly or indirectly."""
    files = sorted(path for path in SOURCE.rglob("*.py*") if path.suffix in {".py", ".pyi"})
    names = sorted({module_name(path) for path in files})
    index = {name: position for position, name in enumerate(names)}
    edges = {
        (index[module_name(path)], index[target])
        for path in files
        for target in imports(path, set(names))
    }
    rows, columns = np.array(sorted(edges)).T
    graph = coo_array((np.ones(len(rows)), (rows, columns)), shape=(len(names), len(names)))
    _, group = connected_components(graph, directed=True, connection="strong")
    members = [np.flatnonzero(group == each) for each in range(group.max() + 1)]
    looped = {(row, column) for row, column in edges if row == column}
    return [
        [names[member] for member in found]
        for found in members
        if len(found) > 1 or (found[0], found[0]) in looped
    ]


if __name__ == "__main__":
    found = cycles()
    for modules in found:
        print(" <-> ".join(modules))
    print(f"{len(found)} import cycles")
    sys.exit(bool(found))
