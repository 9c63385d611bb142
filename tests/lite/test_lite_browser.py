"""The notebooks in a browser: they start from the site alone, run the library, and its figures live in them.

numpy for a browser is on no package index, so here an empty package of that name stands in for it, with the four names that the
rules and the loop import; the rules' own arithmetic is Python's. README.md says how to check the rest after publication.
"""

import contextlib
import io
import json
import re
import tomllib

import build
import built
import drive
import pytest
import session

from optlib import losses
from optlib.catalogue import RULES
from optlib.widgets import Landscape

NOTEBOOK = "02_conditioning.ipynb"
# Ten steps of every first-order rule on numbers, as JSON.
STEPS = """
import inspect, json
from optlib import rules

def path(rule):
    x, state, points = 1.5, (), []
    for t in range(1, 11):
        x, *state = rule(x, 3 * x - 1, t, *state)
        points.append(float(x))
    return points

print(json.dumps({name: path(getattr(rules, name)) for name in NAMES}))
"""
# A figure of the book without its Python half, which imports numpy. Its module, its style and its state are the figure's own.
FIGURE = """
import anywidget, json, traitlets
parts = json.loads(PARTS)
traits = {name: traitlets.Any(value).tag(sync=True) for name, value in parts["traits"].items()}
figure = type("Figure", (anywidget.AnyWidget,), {"_esm": parts["_esm"], "_css": parts["_css"], **traits})()
figure
"""

VALUE = "([input, wanted]) => input.getAttribute('aria-valuetext') === wanted"


@pytest.fixture(scope="module")
def server(lite):
    server = built.Server()
    yield server
    server.close()


@pytest.fixture(scope="module")
def started(browser, server, lite):
    """A notebook whose kernel has started, on the site as it is but for a handle for the test."""
    with session.opened(browser, server, NOTEBOOK, session.exposed(lite)) as found:
        found.start()
        yield found


@pytest.fixture(scope="module")
def running(browser, server, lite):
    """A notebook whose kernel has started, with stand-ins for the compiled packages."""
    with session.opened(browser, server, NOTEBOOK, session.exposed(lite) | session.stand_ins(lite)) as found:
        found.start()
        yield found


def test_it_starts_from_the_site_alone(started, server, lite):
    """The kernel starts without a request to another host, and with no more bytes than the page before it says."""
    size = sum(size for _, size in server.sent)
    assert started.run("import sys; print(sys.platform)") == "emscripten\n"
    assert started.outside == []
    assert started.troubles == []
    text = (lite / "start" / NOTEBOOK.replace(".ipynb", ".html")).read_text(encoding="utf-8")
    said = int(re.search(r"about (\d+) MB", text)[1])
    assert 0.7 * said <= size / 1e6 <= said


def test_a_figure_lives_in_the_notebook(started):
    """It is drawn, and what the reader changes arrives in Python."""
    figure = Landscape(losses.Quadratic(kappa=10), {"sgd": {"lr": 0.15}}, start=[-2, 1.1], steps=20, sliders=["lr"])
    state = figure.get_state()
    traits = {key: state[key] for key in state if not key.startswith("_") and key not in ("layout", "tabbable", "tooltip")}
    parts = {"_esm": state["_esm"], "_css": state["_css"], "traits": traits}
    started.show(f"PARTS = {json.dumps(parts)!r}\n{FIGURE}")
    shown = started.page.locator("figure.ol-figure")
    canvas = shown.locator("canvas").first
    canvas.wait_for(timeout=30_000)
    colors = "canvas => new Set(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data).size"
    assert drive.until(started.page, lambda: canvas.evaluate(colors) > 10), "nothing is drawn"
    rate = shown.get_by_role("slider", name="learning rate η")
    assert rate.get_attribute("aria-valuetext") == "0.15"
    rate.press("End")
    assert drive.until(started.page, lambda: rate.get_attribute("aria-valuetext") != "0.15"), "the key moved nothing"
    assert started.run("print(figure.hyper['sgd']['lr'] > 0.15)") == "True\n"
    started.run("figure.hyper = {'sgd': {'lr': 0.21}}")
    started.page.wait_for_function(VALUE, arg=[rate.element_handle(), "0.21"], timeout=10_000)
    assert started.outside == []
    assert started.troubles == []


def test_elsewhere_are_asked_only_the_compiled_packages(started, lite):
    """The first import of the library asks Pyodide's distribution for what the list names there, and no one else."""
    listed = json.loads((lite / "static" / "pyodide" / build.LOCK).read_text(encoding="utf-8"))["packages"].values()
    said = started.run_cell(0)
    assert sorted(started.outside) == sorted(entry["file_name"] for entry in listed if entry["file_name"].startswith("https:"))
    assert "ModuleNotFoundError" in said  # they could not be had, and the cell does not hide it


def test_the_first_cell_finds_the_library(running):
    said = running.run_cell(0)
    assert "Error" not in said, said
    assert running.run("import optlib; print(optlib.__file__)").endswith("/site-packages/optlib/__init__.py\n")
    version = running.run("from importlib.metadata import version; print(version('optlib'))").strip()
    assert version == tomllib.loads((built.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert running.outside == []


def test_the_rules_run_as_in_cpython(running):
    here = {}
    code = f"NAMES = {sorted(RULES)}\n{STEPS}"
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(code, here)  # the same text in both
    wanted, found = json.loads(printed.getvalue()), json.loads(running.run(code))
    assert len(wanted) >= 10 and found.keys() == wanted.keys()
    for name, path in wanted.items():
        assert found[name] == pytest.approx(path, rel=1e-14), name
        assert len(set(path)) > 1, f"{name} stood still"


@pytest.mark.parametrize("command", ["%pip install {}", "import micropip; await micropip.install('{}')"])
def test_whoever_asks_for_optlib_gets_the_books(running, command):
    """Neither the loaded library nor a fresh one comes from an index, where another project has its name."""
    for again in ("", "import micropip; micropip.uninstall('optlib')\n"):
        running.run(again + command.format("optlib"))
        assert running.run("from optlib import rules; print(rules.adam.__module__)") == "optlib.rules\n"
    assert running.outside == []


def test_what_the_site_does_not_have_is_not_fetched_elsewhere(running):
    with pytest.raises(AssertionError, match="PyPI fallback is disabled"):
        running.run("%pip install colorama")
    assert running.outside == []
