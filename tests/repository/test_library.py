"""The house rules of `optlib`, over all its modules, found by glob: who imports whom, what it reaches for, how long it is.

Each rule is a function from a module's name and source to complaints, so that the last tests can hand it what it must refuse.
"""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from optlib import catalogue

ROOT = Path(__file__).parents[2]
OPTLIB = ROOT / "optlib"

# A module imports from the layers above its own line, never from its own or from below; chapters import from all.
LAYERS = [
    {"naming"},
    {"rules", "broken_adams", "losses", "schedules", "line_search", "clipping", "nets", "data", "blocks", "check"},
    {"classics", "problems", "second_order"},
    {"catalogue"},  # rules and losses by name
    {"run", "training"},
    {"train"},
    {"plotting", "translate"},
    {"widgets"},
]
OUTSIDE = {  # beside numpy and the standard library
    "plotting": {"matplotlib"},
    "widgets": {"anywidget", "ipywidgets", "traitlets"},
}
REFUSED = {  # network, other processes, the working directory
    "socket",
    "ssl",
    "http",
    "urllib",
    "ftplib",
    "smtplib",
    "requests",
    "asyncio",
    "subprocess",
    "webbrowser",
    "os",
}
HERE = {"getcwd", "chdir", "cwd", "absolute", "resolve", "expanduser", "home", "open"}  # what depends on where one stands
LONGEST, LONGEST_OF = 400, {"rules": 200}


def modules():
    for path in sorted(OPTLIB.rglob("*.py")):
        yield ".".join(path.relative_to(OPTLIB).with_suffix("").parts), path.read_text(encoding="utf-8")


def imports(name, tree):
    """Yield what a module imports: `.losses` for a module of optlib, `numpy` for another; `.` for optlib itself."""
    package = name.split(".")[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                inside = alias.name.split(".")
                yield "." + (inside + [""])[1] if inside[0] == "optlib" else inside[0]
        elif isinstance(node, ast.ImportFrom):
            base = (node.module or "").split(".") if node.module else []
            if node.level:
                base = ["optlib", *package[: len(package) - node.level + 1], *base]
            if base[0] != "optlib":
                yield base[0]
            elif len(base) > 1:
                yield "." + base[1]
            else:
                yield from ("." + alias.name for alias in node.names)


def directions(name, source):
    part = name.split(".")[0]
    if name == "__init__":
        return
    height = {module: i for i, layer in enumerate(LAYERS) for module in layer}
    if part not in height:
        yield f"{name} stands in no layer: say where it belongs"
        return
    for target in imports(name, ast.parse(source)):
        module = target.removeprefix(".")
        if not target.startswith("."):
            allowed = {"numpy"} | OUTSIDE.get(part, set())
            if part in ("rules", "broken_adams", "losses"):
                allowed |= {"dataclasses"}
            else:
                allowed |= sys.stdlib_module_names - REFUSED
            if module not in allowed:
                yield f"{name} imports {module}"
        elif module != part and height.get(module, len(LAYERS)) >= height[part]:
            yield f"{name} imports {target}, which does not stand above it"
        elif module == part and part != "widgets":
            yield f"{name} imports itself"


def reaching_out(name, source):
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", None)
            if called in HERE:
                yield f"{name}, line {node.lineno}: {ast.unparse(node)} depends on where one stands, or opens a file"
            if called == "Path" and ast.unparse(node) != "Path(__file__)":
                yield f"{name}, line {node.lineno}: {ast.unparse(node)}: a path begins with Path(__file__)"
            if called in ("__import__", "import_module", "eval", "exec"):
                yield f"{name}, line {node.lineno}: {called} hides what is imported"


def too_long(name, source):
    lines, limit = len(source.splitlines()), LONGEST_OF.get(name, LONGEST)
    if lines > limit:
        yield f"{name} has {lines} lines, at most {limit}: a reader reads this library whole"


def without_words(name, source):
    tree = ast.parse(source)
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    for node in [tree, *(n for n in tree.body if isinstance(n, kinds) and not n.name.startswith("_"))]:
        words = ast.get_docstring(node)
        if not words:
            yield f"{name}: {getattr(node, 'name', 'the module')} has no docstring"
        elif not re.match(r".*?[.:]($|\s)", words, re.S):
            yield f"{name}: the docstring of {getattr(node, 'name', 'the module')} is no sentence"


RULES = [directions, reaching_out, too_long, without_words]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize(("name", "source"), list(modules()), ids=lambda v: v if "\n" not in v and len(v) < 40 else "")
def test_module(name, source, rule):
    complaints = list(rule(name, source))
    assert not complaints, "\n" + "\n".join(complaints)


def test_the_modules_are_found():
    names = {name for name, _ in modules()}
    assert {"rules", "losses", "run", "translate", "catalogue", "plotting", "widgets._bundle"} <= names


BAD = [
    (directions, "rules", "from .losses import Quadratic", "rules imports .losses"),
    (directions, "rules", "from optlib.losses import Quadratic", "rules imports .losses"),
    (directions, "losses", "from . import rules", "losses imports .rules"),
    (directions, "rules", "import math", "rules imports math"),
    (directions, "losses", "import scipy.optimize", "losses imports scipy"),
    (directions, "run", "from .translate import to_js", "run imports .translate"),
    (directions, "run", "import optlib.widgets", "run imports .widgets"),
    (directions, "run", "def f():\n    from . import plotting", "run imports .plotting"),
    (directions, "run", "from . import final", "run imports .final"),
    (directions, "translate", "import matplotlib.pyplot as plt", "translate imports matplotlib"),
    (directions, "plotting", "from . import widgets", "plotting imports .widgets"),
    (directions, "plotting", "from anywidget import AnyWidget", "plotting imports anywidget"),
    (directions, "widgets.curves", "import matplotlib", "widgets.curves imports matplotlib"),
    (directions, "data", "from urllib.request import urlopen", "data imports urllib"),
    (directions, "novelty", "", "stands in no layer"),
    (reaching_out, "data", "Path('data.csv').read_text()", "begins with Path(__file__)"),
    (reaching_out, "data", "open('data.csv')", "opens a file"),
    (reaching_out, "data", "Path.cwd()", "depends on where one stands"),
    (reaching_out, "data", "__import__('socket')", "hides what is imported"),
    (too_long, "rules", "\n" * 201, "rules has 201 lines"),
    (too_long, "widgets.curves", "\n" * 401, "401 lines"),
    (without_words, "run", "def f(): pass", "the module has no docstring"),
    (without_words, "run", '"""Runs."""\ndef f(): pass', "f has no docstring"),
    (without_words, "run", '"""Runs."""\nclass F:\n    """todo"""', "F is no sentence"),
]


@pytest.mark.parametrize(("rule", "name", "source", "complaint"), BAD)
def test_rule_refuses(rule, name, source, complaint):
    complaints = list(rule(name, source))
    assert any(complaint in c for c in complaints), complaints


GOOD = [
    (directions, "rules", "from numpy import sqrt"),
    (directions, "run", "from . import catalogue\nfrom .losses import Loss"),
    (
        directions,
        "widgets.curves",
        "from .. import plotting\nfrom ..run import run\nfrom . import _bundle\nimport json, anywidget",
    ),
    (reaching_out, "data", "(Path(__file__).parent / 'data.csv').read_text()"),
]


@pytest.mark.parametrize(("rule", "name", "source"), GOOD)
def test_rule_passes(rule, name, source):
    assert list(rule(name, source)) == []


# What static reading cannot see: the library at work, in an empty directory, watched by Python's own audit events

WATCHED = """
import sys
from pathlib import Path

touched = []

def watch(event, arguments):
    if event.startswith(("socket.", "urllib.", "ftplib.", "smtplib.", "os.chdir")):
        touched.append(f"{event} {arguments}")
    files = event in ("open", "os.listdir", "os.scandir", "os.mkdir", "os.remove", "os.rename")
    if files and isinstance(arguments[0], (str, bytes)):
        path = Path(arguments[0] if isinstance(arguments[0], str) else arguments[0].decode())
        if not path.is_absolute() or path.is_relative_to(Path.cwd()):
            touched.append(f"{event} {arguments}")

sys.addaudithook(watch)
from optlib import catalogue, final, run, translate
from optlib.widgets import _bundle
loss = catalogue.LOSSES["Quadratic"]()
for rule in catalogue.RULES.values():
    run(rule, loss, [2, 1], 5), final(rule, loss, [2, 1], 5), translate.to_js(rule), translate.to_latex(rule)
_bundle.site(), _bundle.css()
%s
print("\\n".join(touched))
"""


def touched(tmp_path, more=""):
    command = [sys.executable, "-P", "-c", WATCHED % more]
    settings = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    (tmp_path / "empty").mkdir()
    done = subprocess.run(command, cwd=tmp_path / "empty", env=settings, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_library_touches_neither_network_nor_working_directory(tmp_path):
    assert touched(tmp_path) == ""


@pytest.mark.parametrize(
    ("more", "event"),
    [("open('here.txt', 'w')", "open ('here.txt'"), ("import socket; socket.gethostbyname('localhost')", "socket.")],
)
def test_the_watch_sees(tmp_path, more, event):
    assert event in touched(tmp_path, more)


# No formula of a rule or a loss is typed in JavaScript

WORDS = {name for rule in catalogue.RULES.values() for name in rule.__kwdefaults__} - {"lr"}  # lr stands in examples
WORDS |= {"m_hat", "v_hat", "kappa", "Math.pow"}


def typed_formulas(source):
    source = re.sub(r"/\*[\s\S]*?\*/|//.*", "", source)
    return [word for word in sorted(WORDS) if re.search(rf"(?<![\w.]){re.escape(word)}(?!\w)", source)]


@pytest.mark.parametrize("path", sorted((OPTLIB / "widgets").glob("*.js")), ids=lambda path: path.name)
def test_no_formula_is_typed_in_javascript(path):
    """Rules and losses reach the page through `optlib:generated` alone: their own names stand in no module."""
    assert typed_formulas(path.read_text(encoding="utf-8")) == []


def test_a_typed_formula_is_seen():
    assert typed_formulas("const step = (x, g, v, { lr, beta }) => [x - lr * v, beta * v + g];") == ["beta"]
    assert typed_formulas("v / (1 - Math.pow(beta2, t))") == ["Math.pow", "beta2"]
    assert typed_formulas("// beta is a hyperparameter\nconst betaMax = 1;") == []
