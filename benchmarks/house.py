"""Count what a Python package is made of beside others, from its source alone: nothing of theirs is imported.

Usage: python benchmarks/house.py --package NAME[=FOLDER] ... [--out FILE]
"""

from __future__ import annotations

import ast
import importlib.util
from collections import Counter
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import click
import networkx as nx
import numpy as np

Function = ast.FunctionDef | ast.AsyncFunctionDef
NOTES = """\
Written by `benchmarks/house.py`, which reads source with `ast` and passes over folders called tests. A module is a file
other than `__init__.py`, whose lines, functions and imports count all the same. Code is what is neither blank nor
comment nor docstring; the length of a function is its code below signature and docstring. Functions are all there are,
also methods, private and nested ones, but for overloads; self and cls are no parameters. Imports are those of one file
of a package by another, wherever they are written; those outside functions and `TYPE_CHECKING` run on loading. Files
that all reach one another by imports are a cycle. Floors: files on the longest chain of imports, a cycle as one."""


def coded(tree: ast.Module, lines: list[str]) -> set[int]:
    """Return the numbers of the lines of code; a # within a text of several lines begins no comment."""
    filled = {number for number, line in enumerate(lines, start=1) if line.strip()}
    inside, prose = set[int](), set[int]()
    for node in ast.walk(tree):
        span = range(getattr(node, "lineno", 0), (getattr(node, "end_lineno", 0) or 0) + 1)
        if isinstance(node, (ast.Constant, ast.JoinedStr)):
            inside |= set(span[1:])
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            prose |= set() if lines[node.lineno - 1][: node.col_offset].strip() else set(span)
    return filled - prose - {number for number in filled - inside if lines[number - 1].lstrip().startswith("#")}


def measured(node: Function, code: set[int]) -> tuple[int, int, bool, bool, bool] | None:
    """Return lines of code below the signature, parameters, and whether annotated, documented and public."""
    if "overload" in map(ast.unparse, node.decorator_list):
        return None
    given = node.args
    named = [*given.posonlyargs, *given.args, *given.kwonlyargs, *filter(None, (given.vararg, given.kwarg))]
    named = named[1:] if named and named[0].arg in {"self", "cls"} else named
    told = ast.get_docstring(node) is not None
    length = len(code & set(range(node.body[0].lineno, (node.end_lineno or 0) + 1)))
    return length, len(named), all([node.returns, *(each.annotation for each in named)]), told, node.name[0] != "_"


def within(node: ast.AST, *, loaded: bool) -> Iterator[ast.AST]:
    """Walk what lies within a node, or only what runs when the file is loaded."""
    for child in ast.iter_child_nodes(node):
        for_types = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
        if not loaded or not (for_types or isinstance(child, Function)):
            yield child
            yield from within(child, loaded=loaded)


def imports(trees: Mapping[str, ast.Module], *, loaded: bool) -> nx.DiGraph:
    """Return which file imports which."""
    known = {name.removesuffix(".__init__"): name for name in trees}
    graph = nx.DiGraph()
    graph.add_nodes_from(trees)
    for name, tree in trees.items():
        parts = name.split(".")
        for node in within(tree, loaded=loaded):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                level, base = getattr(node, "level", 0), getattr(node, "module", None)
                above = [*(parts[:-level] if level else []), *([base] if base else [])]
                named = [known.get(".".join([*above, alias.name]), known.get(".".join(above))) for alias in node.names]
                graph.add_edges_from((name, each) for each in named if each not in {name, None})
    return graph


def cycles(graph: nx.DiGraph) -> str:
    """Say how many groups of files import one another, and how many files are in them."""
    sizes = [len(group) for group in nx.strongly_connected_components(graph) if len(group) > 1]
    return f"{len(sizes)} ({sum(sizes)} files)" if sizes else "0"


def counted(folder: Path, top: Path) -> dict[str, Any]:
    """Count a package in the folder of its source, which lies in that of the topmost package."""
    files = sorted(path for path in folder.rglob("*.py") if "tests" not in path.relative_to(folder).parts)
    lines = [path.read_text(encoding="utf-8").splitlines() for path in files]
    trees = [ast.parse("\n".join(text)) for text in lines]
    code = list(map(coded, trees, lines))
    folders = Counter(path.parent for path in files if path.name != "__init__.py")
    nodes = [(node, of) for tree, of in zip(trees, code, strict=True) for node in ast.walk(tree)]
    functions = [measured(node, of) for node, of in nodes if isinstance(node, Function)]
    lengths, taken, typed, told, public = map(np.array, zip(*filter(None, functions), strict=True))
    names = [".".join(path.relative_to(top.parent).with_suffix("").parts) for path in files]
    graph, loaded = (imports(dict(zip(names, trees, strict=True)), loaded=only) for only in (False, True))
    return {
        "modules": folders.total(),
        "folders": len({path.parent for path in files}),
        "modules in the fullest folder": max(folders.values()),
        "lines of code": f"{sum(map(len, code)):,}",
        "lines in all": f"{sum(map(len, lines)):,}",
        "lines in all of the largest file": f"{max(map(len, lines)):,}",
        "functions": f"{len(lengths):,}",
        "length of a function: median": f"{np.median(lengths):g}",
        "… that nine in ten do not exceed": int(np.percentile(lengths, 90, method="inverted_cdf")),
        "… longest": lengths.max(),
        "parameters of a function: median": f"{np.median(taken):g}",
        "… most": taken.max(),
        "functions with annotations": f"{typed.mean():.0%}",
        "functions with a docstring": f"{told.mean():.0%}",
        "… of those whose names begin without _": f"{told[public].mean():.0%}",
        "import cycles": cycles(graph),
        "… of what runs on loading": cycles(loaded),
        "floors": nx.dag_longest_path_length(nx.condensation(graph)) + 1,
    }


def source(package: str) -> tuple[str, Path]:
    """Return a package by its import name, or by a name of its own and the folder of its source."""
    name, _, folder = package.partition("=")
    top, *inner = name.split(".")
    if not folder and (spec := importlib.util.find_spec(top)) and spec.origin:
        folder = str(Path(spec.origin).parent.joinpath(*inner))
    return name, Path(folder or "nowhere").resolve(strict=True)


@click.command()
@click.option("--package", multiple=True, metavar="NAME[=FOLDER]", help="Import name, or any and the source's folder.")
@click.option("--out", type=Path, help="File for the table and how to read it.")
def main(package: tuple[str, ...], out: Path | None) -> None:
    """Print a table, in Markdown, of packages beside one another."""
    columns = {}
    for name, folder in map(source, package):
        top = next(above for above in (folder, *folder.parents) if not (above.parent / "__init__.py").exists())
        release = next(iter(metadata.distributions(name=top.name, path=[str(top.parent)])), None)
        columns[f"{name} {release.version}" if release else name] = counted(folder, top)
    rows = [["", *columns], ["---", *("---:" for _ in columns)]]
    rows += [[what, *(str(column[what]) for column in columns.values())] for what in next(iter(columns.values()), {})]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    click.echo(table)
    if out:
        out.write_text(f"# The house beside others\n\n{NOTES}\n\n{table}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
