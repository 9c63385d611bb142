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
STYLES = ("kit.css",)
IMPORT = re.compile(r'^import\s*\{([^}]*)\}\s*from\s*"([^"]+)";?\s*$', re.M)
EXPORT = re.compile(r"^export\s+(?:(default)\s+|(?:(?:async\s+)?function\*?|const|let|class)\s+(\w+))", re.M)
EXPORT_LIST = re.compile(r"^export\s*\{([^}]*)\};?\s*$", re.M)


def _source(name):
    if name == "optlib:generated":
        return translate.js_module() + f"export const COLORS = {json.dumps(plotting.COLORS)};\n"
    return (HERE / name).read_text(encoding="utf-8")


def _link(name, scopes):
    """Append the scope of module `name`, after those it imports, to the dict `scopes`."""
    if name in scopes:
        return
    source = _source(name)
    for _, target in IMPORT.findall(source):
        _link(target.removeprefix("./"), scopes)
    body = IMPORT.sub(lambda m: f"const {{{m[1].replace(' as ', ': ')}}} = {_scope(m[2].removeprefix('./'))};", source)
    exports = []
    for default, declared in EXPORT.findall(body):
        exports.append("default: $default" if default else declared)
    for names in EXPORT_LIST.findall(body):
        exports += [n.strip() for n in names.split(",") if n.strip()]
    body = EXPORT_LIST.sub("", body)
    body = EXPORT.sub(lambda m: "const $default = " if m[1] else m[0].removeprefix("export").lstrip(), body)
    left = re.search(r"^(import|export)\b.*", body, re.M)
    if left:
        raise SyntaxError(f"{name}: {left[0]!r} is a form of import or export that the linker does not know")
    scopes[name] = f"const {_scope(name)} = (() => {{\n{body}\nreturn {{ {', '.join(exports)} }};\n}})();"


def _scope(name):
    return "$" + re.sub(r"\W", "_", name)


@cache
def esm(name):
    """Return the module `name` with all that it imports as one ES module with a default export."""
    scopes = {}
    _link(name, scopes)
    return "\n".join([*scopes.values(), f"export default {_scope(name)}.default;"])


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
    return "(() => {\n" + "\n".join(scopes.values()) + f"\nglobalThis.optlibFigures = {{ {', '.join(table)} }};\n}})();\n"


@cache
def css():
    """Return the style sheet of all figures, with the palette as custom properties for light and dark."""
    light = "".join(f"--ol-{name}:{pair[0]};" for name, pair in plotting.COLORS.items())
    dark = "".join(f"--ol-{name}:{pair[1]};" for name, pair in plotting.COLORS.items())
    variables = (
        f".ol-figure{{{light}color-scheme:light}}\n"
        f"@media (prefers-color-scheme:dark){{html:not([data-theme=light]) .ol-figure{{{dark}color-scheme:dark}}}}\n"
        f"html[data-theme=dark] .ol-figure{{{dark}color-scheme:dark}}\n"
    )
    return variables + "".join((HERE / name).read_text(encoding="utf-8") for name in STYLES)
