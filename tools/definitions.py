"""Which statements of some code define given names, with all that these need: so an exercise gets its part of a chapter."""

import ast
import re
from dataclasses import dataclass


@dataclass
class Statement:
    source: str
    node: ast.stmt
    binds: set  # names that it sets or changes
    keeps: set  # those whose value before it still counts
    now: set  # names that it reads as it runs
    later: set  # names that its functions read when they are called


class Store:
    """The statements of some cells, out of which the definitions of given names can be had with all that they need."""

    def __init__(self, sources):
        self.statements = [statement for source in sources for statement in statements(source)]

    def definitions(self, names):
        """Return the source that defines the names as they are after the last cell; unknown names are refused."""
        needed, seen = set(), set()
        for name in names:
            if not self._require(name, len(self.statements), needed, seen):
                raise SystemExit(f"the chapter defines no {name!r}")
        return _joined([self.statements[i] for i in sorted(needed)], {name for name, _ in seen})

    def known(self, names):
        """Return which of the names the cells define."""
        return {name for name in names if any(name in s.binds for s in self.statements)}

    def _require(self, name, position, needed, seen):
        at = next((i for i in range(position - 1, -1, -1) if name in self.statements[i].binds), None)
        if at is None:
            return False
        if (name, position) not in seen:
            seen.add((name, position))
            needed.add(at)
            statement = self.statements[at]
            for other in statement.now | (statement.keeps & {name}):
                self._require(other, at, needed, seen)
            for other in statement.later:  # a function reads what is there when it is called
                self._require(other, at, needed, seen)
                self._require(other, position, needed, seen)
        return True


def statements(source):
    lines = source.splitlines()
    for node in ast.parse(source).body:
        start = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
        names = Names()
        names.visit(node)
        keeps = names.binds if isinstance(node, (ast.If, ast.While, ast.Try)) else set()
        binds, keeps = names.binds | names.changes, keeps | names.changes
        yield Statement("\n".join(lines[start - 1 : node.end_lineno]), node, binds, keeps, names.reads, names.later)


class Names(ast.NodeVisitor):
    """The names of a statement, in the order in which it runs: bound, changed, read before it binds them, read in functions."""

    def __init__(self, binds=()):
        self.binds, self.changes, self.reads, self.later = set(binds), set(), set(), set()

    def visit_Name(self, node):
        if not isinstance(node.ctx, ast.Load):
            self.binds.add(node.id)
        elif node.id not in self.binds:
            self.reads.add(node.id)

    def visit_Assign(self, node):
        self._in_order(node.value, *node.targets)

    def visit_AugAssign(self, node):
        if isinstance(node.target, ast.Name):
            self.visit_Name(ast.Name(node.target.id, ast.Load()))
        self._in_order(node.value, node.target)

    def visit_For(self, node):
        self._in_order(node.iter, node.target, *node.body, *node.orelse)

    def visit_Subscript(self, node):
        self._changed(node)

    def visit_Attribute(self, node):
        self._changed(node)

    def _changed(self, node):
        base = node
        while isinstance(base, (ast.Subscript, ast.Attribute)):
            base = base.value
        if isinstance(node.ctx, ast.Store) and isinstance(base, ast.Name):
            self.changes.add(base.id)
        self.generic_visit(node)

    def visit_Expr(self, node):
        call = node.value
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
            self.changes.add(call.func.value.id)  # found.append(…) changes found
        self.generic_visit(node)

    def visit_Import(self, node):
        self.binds |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}

    visit_ImportFrom = visit_Import

    def visit_FunctionDef(self, node):
        self._in_order(*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults))
        inside = Names(a.arg for a in ast.walk(node.args) if isinstance(a, ast.arg))
        inside._in_order(*node.body if isinstance(node.body, list) else [node.body])
        self.later |= (inside.reads | inside.later) - inside.binds
        if isinstance(node, ast.FunctionDef):
            self.binds.add(node.name)

    def visit_Lambda(self, node):
        node.decorator_list = []
        self.visit_FunctionDef(node)

    def visit_ClassDef(self, node):
        inside = Names(self.binds)
        inside._in_order(*node.decorator_list, *node.bases, *node.body)
        self.reads |= inside.reads
        self.later |= inside.later - {node.name}
        self.binds.add(node.name)

    def visit_ListComp(self, node):
        inside = Names(self.binds)
        for part in node.generators:
            inside._in_order(part.iter, part.target, *part.ifs)
        inside._in_order(*[getattr(node, name) for name in ("key", "value", "elt") if hasattr(node, name)])
        self.reads |= inside.reads
        self.later |= inside.later - inside.binds

    visit_SetComp = visit_DictComp = visit_GeneratorExp = visit_ListComp

    def _in_order(self, *nodes):
        for node in nodes:
            self.visit(node)


def free_names(source):
    """Return the names that some code reads and does not define itself before."""
    names = Names()
    names.visit(ast.parse(source))
    return names.reads | (names.later - names.binds)


def _joined(chosen, names):
    """Return statements as one source: imports first, of the names that are used, functions two lines apart."""
    modules, imported, parts = [], {}, []
    for statement in chosen:
        node = statement.node
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            used = [a for a in node.names if (a.asname or a.name).partition(".")[0] in names]
            if isinstance(node, ast.Import):
                modules.append(ast.unparse(ast.Import(used)))
            else:
                imported.setdefault(node.module, {}).update({ast.unparse(a): None for a in used})
        else:
            gap = "\n\n" if isinstance(node, (ast.FunctionDef, ast.ClassDef)) else ""
            parts.append(gap + statement.source + gap)
    modules += [f"from {module} import {', '.join(sorted(imported[module]))}" for module in sorted(imported)]
    body = re.sub(r"\n{4,}", "\n\n\n", "\n".join(["", *parts])).rstrip("\n")
    return ("\n".join(dict.fromkeys(modules)) + "\n" + body).strip("\n")
