"""Links the figures' ES modules into one script, so that no build step stands between an edit and a reader.

Each module becomes a function scope that returns its exports; an import becomes a destructuring of such a scope.
The module `optlib:generated` holds the rules and losses, translated from Python, and the palette.
"""

import json
import re
from functools import cache
from pathlib import Path

from .. import plotting, translate

HERE = Path(__file__).parent
FIGURES = ("landscape.js", "curves.js", "predict.js")  # the module of each figure: <name>.py beside it holds its class
STYLES = ("kit.css", "curves.css")
IMPORT = re.compile(r'^import\s*\{([^}]*)\}\s*from\s*"([^"]+)";?\s*$', re.M)
EXPORT = re.compile(r"^export\s+(?:(default)\s+|(?:(?:async\s+)?function\*?|const|let|class)\s+(\w+))", re.M)
EXPORT_LIST = re.compile(r"^export\s*\{([^}]*)\};?\s*$", re.M)


def _source(name):
    if name == "optlib:generated":
        return translate.js_module() + f"export const COLORS = {json.dumps(plotting.COLORS)};\n"
    return (HERE / name).read_text(encoding="utf-8")


def _link(name, scopes, path=()):
    """Add module `name`, after those it imports, to the dict `scopes`: name -> (what it exports, its code).

    Like a browser, refuse an import of what is not exported; circles of imports, which a browser allows, are refused too.
    """
    if name in scopes:
        return
    if name in path:
        raise SyntaxError(f"modules import each other in a circle: {' -> '.join([*path, name])}")
    source = _source(name)
    for names, target in IMPORT.findall(source):
        _link(target.removeprefix("./"), scopes, (*path, name))
        exported, _ = scopes[target.removeprefix("./")]
        missing = [n for n, _ in _pairs(names) if n not in exported]
        if missing:
            raise SyntaxError(f"{name} imports {', '.join(missing)} from {target}, which exports {', '.join(exported)}")
    body = IMPORT.sub(lambda m: f"const {{{m[1].replace(' as ', ': ')}}} = {_scope(m[2].removeprefix('./'))};", source)
    exports = {}  # name outside: name inside
    for default, declared in EXPORT.findall(body):
        exports["default" if default else declared] = "$default" if default else declared
    for names in EXPORT_LIST.findall(body):
        exports |= {outer: inner for inner, outer in _pairs(names)}
    body = EXPORT_LIST.sub("", body)
    body = EXPORT.sub(lambda m: "const $default = " if m[1] else m[0].removeprefix("export").lstrip(), body)
    left = re.search(r"^(import|export)\b.*", body, re.M)
    if left:
        raise SyntaxError(f"{name}: {left[0]!r} is a form of import or export that the linker does not know")
    table = ", ".join(f"{outer}: {inner}" for outer, inner in exports.items())
    scopes[name] = list(exports), f"const {_scope(name)} = (() => {{\n{body}\nreturn {{ {table} }};\n}})();"


def _pairs(names):
    """Return the pairs (name, name it gets) of a list such as "a, b as c"."""
    pairs = [pair.strip().partition(" as ") for pair in names.split(",") if pair.strip()]
    return [(name.strip(), given.strip() or name.strip()) for name, _, given in pairs]


def _scope(name):
    return "$" + re.sub(r"\W", "_", name)


@cache
def esm(name):
    """Return the module `name` with all that it imports as one ES module with a default export."""
    scopes = {}
    _link(name, scopes)
    return "\n".join([*(code for _, code in scopes.values()), f"export default {_scope(name)}.default;"])


@cache
def site():
    """Return the classic script of the published site: every module once, the figures in `globalThis.optlibFigures`."""
    scopes = {}
    for name in FIGURES:
        _link(name, scopes)
    table = []
    for name in FIGURES:
        stem = name.removesuffix(".js")
        table.append(f'"{__package__}.{stem}.{stem.capitalize()}": {_scope(name)}.default')
    code = "\n".join(code for _, code in scopes.values())
    return f"(() => {{\n{code}\nglobalThis.optlibFigures = {{ {', '.join(table)} }};\n}})();\n"


def palette(selector, dark=False):
    """Return the rule that gives `selector` the palette as custom properties: `--ol-ink` and so on."""
    colors = "".join(f"--ol-{name}:{pair[dark]};" for name, pair in plotting.COLORS.items())
    return f"{selector}{{{colors}color-scheme:{'dark' if dark else 'light'}}}\n"


@cache
def css():
    """Return the style sheet of all figures, with the palette as custom properties for light and dark.

    A figure that runs sets ol-light or ol-dark itself, since JupyterLab and VS Code name their themes in other ways.
    """
    dark = palette("html:not([data-theme=light]) .ol-figure:not(.ol-light)", dark=True)
    variables = f"{palette('.ol-figure')}@media (prefers-color-scheme:dark){{{dark}}}\n"
    variables += palette("html[data-theme=dark] .ol-figure:not(.ol-light),.ol-figure.ol-dark", dark=True)
    return variables + "".join((HERE / name).read_text(encoding="utf-8") for name in STYLES)
