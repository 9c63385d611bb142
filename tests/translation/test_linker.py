"""The linker of the figures' modules: what a module exports is what its importer gets, in both kinds of script."""

import pytest

from optlib.widgets import _bundle

KIT = """
const hidden = 1;
export const one = hidden;
export function add(a, b) { return a + b; }
export async function later() { return 7; }
export class Point { constructor(x) { this.x = x; } }
let counter = 40;
function next() { counter += 1; return counter; }
export { next, counter as start };
"""
MIDDLE = """
import { add } from "./kit.js";
const hidden = 100; // the same name as in kit.js, another thing
export const plus = (n) => add(n, hidden);
"""
ALPHA = """
import { one, add as sum, Point, next, start, later } from "./kit.js";
import { plus } from "./middle.js";
import { RULES, LOSSES, COLORS } from "optlib:generated";
export default {
    one, start, sum: sum(1, 2), point: new Point(3).x, next: [next(), next()], plus: plus(5), later: await_(later),
    step: RULES.sgd.step(1, 2, 1, { lr: 0.25 }), loss: LOSSES.Quadratic.value([1, 1], { kappa: 10, angle: 0 }),
    colour: COLORS.adam.length,
};
function await_(f) { return typeof f; }
"""
BETA = """
import { next } from "./kit.js";
export default { next: next() };
"""
EXPECTED = {
    "one": 1, "start": 40, "sum": 3, "point": 3, "next": [41, 42], "plus": 105, "later": "function", "step": [0.5],
    "loss": 5.5, "colour": 2,
}  # fmt: skip


@pytest.fixture
def graph(tmp_path, monkeypatch):
    """Write modules; return the linker's two functions for them, without their caches."""
    monkeypatch.setattr(_bundle, "HERE", tmp_path)
    monkeypatch.setattr(_bundle, "FIGURES", ("alpha.js", "beta.js"))

    def write(**modules):
        for name, source in modules.items():
            (tmp_path / f"{name}.js").write_text(source, encoding="utf-8")

    write(kit=KIT, middle=MIDDLE, alpha=ALPHA, beta=BETA)
    return write, _bundle.esm.__wrapped__, _bundle.site.__wrapped__


def test_one_module_for_a_notebook(graph, node):
    _, esm, _ = graph
    assert node(esm("alpha.js")) == EXPECTED


def test_one_classic_script_for_the_site(graph, node):
    """Every module once: the second figure goes on counting where the first one stopped. Nothing else becomes global."""
    _, _, site = graph
    result = node(
        """
        import vm from "node:vm";
        const before = new Set(Object.getOwnPropertyNames(globalThis));
        vm.runInThisContext(data);
        const added = Object.getOwnPropertyNames(globalThis).filter((name) => !before.has(name));
        export default { added, figures: globalThis.optlibFigures };
        """,
        site(),
    )
    assert result["added"] == ["optlibFigures"]
    assert result["figures"] == {"optlib.widgets.alpha.Alpha": EXPECTED, "optlib.widgets.beta.Beta": {"next": 43}}


@pytest.mark.parametrize(
    "line",
    [
        'import kit from "./kit.js";',
        'import * as kit from "./kit.js";',
        'import "./kit.js";',
        'import { one } from "./kit.js"; import { add } from "./kit.js";',
        'export * from "./kit.js";',
        'export { one } from "./kit.js";',
        "export const { a } = { a: 1 };",
        "export var a = 1;",
    ],
)
def test_a_form_that_the_linker_does_not_know_is_refused(graph, line):
    write, esm, site = graph
    write(beta=f"{line}\nexport default {{}};\n")
    for link in (lambda: esm("beta.js"), site):
        with pytest.raises(SyntaxError, match="beta.js: .* is a form of import or export that the linker does not know"):
            link()


def test_an_import_of_what_is_not_exported_is_refused(graph):
    write, esm, _ = graph
    write(beta='import { add, slidr } from "./kit.js";\nexport default {};\n')
    with pytest.raises(
        SyntaxError, match="beta.js imports slidr from ./kit.js, which exports one, add, later, Point, next, start"
    ):
        esm("beta.js")


def test_a_circle_is_refused(graph):
    write, esm, _ = graph
    write(beta='import { c } from "./gamma.js";\nexport const b = 1;\nexport default {};\n')
    write(gamma='import { b } from "./beta.js";\nexport const c = 1;\n')
    with pytest.raises(SyntaxError, match="beta.js -> gamma.js -> beta.js"):
        esm("beta.js")


def test_a_module_that_is_missing_is_named(graph):
    write, esm, _ = graph
    write(beta='import { c } from "./gamma.js";\nexport default {};\n')
    with pytest.raises(FileNotFoundError, match="gamma.js"):
        esm("beta.js")


def test_the_books_own_script_is_javascript(node):
    """It parses as a classic script; the browser tests run it."""
    assert node("""import vm from "node:vm"; new vm.Script(data); export default true;""", _bundle.site())
    for name in _bundle.FIGURES:
        assert node("""import vm from "node:vm"; new vm.Script(data); export default true;""", _script(_bundle.esm(name)))


def _script(module):
    """Return an ES module of ours as a classic script: its only export is in its last line."""
    body, _, last = module.rpartition("\n")
    assert last.startswith("export default ")
    return body
