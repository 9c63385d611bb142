"""The library's documentation from its docstrings: signature, sentences, equation, example, and where the source is.

    ```{library} rules
    ```

The docstrings are Markdown; an example is a doctest, which the tests run.
"""

import inspect
import re
import textwrap
from importlib import import_module

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList

from optlib import translate, widgets
from optlib.catalogue import BROKEN_ADAMS, RULES


class Library(Directive):
    required_arguments = 1

    def run(self):
        module = import_module(f"optlib.{self.arguments[0]}")
        document = self.state.document
        document.settings.env.note_dependency(module.__file__)
        made = self.parsed(prose(inspect.getdoc(module)), module)
        for name, thing in public(module):
            kind = "class" if inspect.isclass(thing) else "function"
            section = nodes.section(ids=[f"{kind}-{module.__name__.rpartition('.')[2].strip('_')}-{name}".replace("_", "-")])
            document.note_explicit_target(section)
            section += nodes.title(name, name)
            lines = ["```python", signature(name, thing), "```", "", *prose(inspect.getdoc(thing)), ""]
            if thing in (*RULES.values(), *BROKEN_ADAMS.values()):
                lines += ["$$", translate.to_latex(thing), "$$", ""]
            section += self.parsed([*lines, f"[Source]({self.source(document.settings.env, thing)})"], module)
            made.append(section)
        return made

    def parsed(self, lines, module):
        node = nodes.Element()
        node.document = self.state.document
        self.state.nested_parse(StringList(lines, module.__file__), 0, node)
        return node.children

    @staticmethod
    def source(env, thing):
        """Return the address of the lines of a function or class in the book's repository."""
        repository = env.config.html_theme_options["repository_url"]
        lines, first = inspect.getsourcelines(thing)
        path = inspect.getmodule(thing).__name__.replace(".", "/")
        return f"{repository}/blob/main/{path}.py#L{first}-L{first + len(lines) - 1}"


def public(module):
    """Yield (name, function or class) for what a module defines for others, in the order of its source."""
    inside = module.__name__.startswith("optlib.widgets.")  # whose modules share much that is not for readers
    offered = set(widgets.__all__ if inside else vars(module))
    own = [
        (name, thing)
        for name, thing in vars(module).items()
        if (inspect.isfunction(thing) or inspect.isclass(thing)) and thing.__module__ == module.__name__
        if name in offered and not name.startswith("_")
    ]
    return sorted(own, key=lambda pair: inspect.getsourcelines(pair[1])[1])


def signature(name, thing):
    if inspect.isclass(thing) and issubclass(thing, Exception):
        return f"class {name}({thing.__base__.__name__})"
    parameters = inspect.signature(thing).parameters.values()
    parts, starred = [argument(p) for p in parameters], [p.kind is p.KEYWORD_ONLY for p in parameters]
    if any(starred):
        parts.insert(starred.index(True), "*")
    text = f"{name}({', '.join(parts)})"
    if len(text) <= 76:
        return text
    lines, line = [], "    "
    for part in parts:
        if len(line) + len(part) > 72:
            lines.append(line.rstrip())
            line = "    "
        line += part + ", "
    return "\n".join([f"{name}(", *lines, line.rstrip(), ")"])


def argument(p):
    """Return an argument with its default as it stands in the source: a type or a function by its name."""
    star = {p.VAR_POSITIONAL: "*", p.VAR_KEYWORD: "**"}.get(p.kind, "")
    if p.default is p.empty or "factory" in repr(p.default):
        return star + p.name
    return f"{p.name}={getattr(p.default, '__name__', None) or repr(p.default)}"


def prose(text):
    """Return a docstring as lines of Markdown: examples, indented blocks and tables become code."""
    made = []
    for part in re.split(r"\n\s*\n", text or ""):
        lines = part.splitlines()
        example = next((i for i, line in enumerate(lines) if line.startswith(">>>")), len(lines))
        before, after = lines[:example], lines[example:]
        aligned = sum(bool(re.search(r"\S {3,}\S", line)) for line in before) > 1
        if before and (aligned or all(line.startswith("    ") for line in before)):
            made += ["```text", *textwrap.dedent("\n".join(before)).splitlines(), "```", ""]
        else:
            made += [*before, ""]
        if after:
            made += ["```python", *after, "```", ""]
    return made


def setup(app):
    app.add_directive("library", Library)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
