"""Figures of curves: what Python computes, what the page is given, and that the page computes the same."""

import itertools
import json
import re

import numpy as np
import pytest
from numpy import exp, floor, log, maximum, sqrt, tanh, where
from traitlets import TraitError

from optlib import plotting, translate
from optlib.widgets import Axis, Curves, Line, Mark, Panel, Recorded, Say, _bundle
from optlib.widgets._knobs import knob
from optlib.widgets._scope import fill


def factor(lam, *, lr=0.18):
    return abs(1 - lr * lam)


def error(t, lam, *, lr=0.18):
    return abs(1 - lr * lam) ** t


def worst(*, lr, lam_min, lam_max):
    return maximum(abs(1 - lr * lam_min), abs(1 - lr * lam_max))


def steps(*, worst):
    return log(1e-6) / log(worst)


def margin(*, worst):
    return 1 - worst


def limit(*, lr):
    return 2 / lr


def mixed(x, *, a=2.0, b=-1.5):
    u, v = x * a, exp(-x)
    u, v = v, u + 1e-3
    v = where(x <= 1, sqrt(v * v + 1), floor(v) - 2) + where(x < 2, 1, 2) + where(x > 3, 1, 2) + where(x >= 4, 1, 2)
    return (tanh(u) + b * v) ** 3 / 7


def tent(**given):
    panels = (
        Panel(
            x=Axis("λ", 0, 12),
            y=Axis("factor", 0, 1.6),
            series=[Line(factor, points="lam")],
            marks=[Mark("stable", y=1, shade="below"), Mark("worst {worst}", y=worst), Mark("2/η", x=limit)],
        ),
        Panel(x=Axis("step", 0, 60, step=1), y=Axis("error", 1e-6, 10, "log"), series=[Line(error, "λ = {lam}")], probe="t"),
    )
    say = Say("{worst} a step, {steps:d} steps", when=margin, otherwise="diverges by {worst}")
    made = {"points": {"lam": [1, 2.5, 5, 10], "t": 20}, "quantities": [worst, steps, margin], "say": say, "name": "tent"}
    return Curves(*panels, **{**made, **given})


GAINS, RATES = [0.5, 1.0, 2.0], ["tanh", "relu"]
TABLE = np.random.default_rng(0).lognormal(size=(3, 2, 5, 7))


def recorded(**given):
    series = Recorded(np.arange(7), TABLE, by={"gain": GAINS, "activation": RATES}, spread="quartiles", label="norm")
    return Curves(Panel(x=Axis("layer", 0, 6), y=Axis("norm", 1e-2, 1e2, "log"), series=[series]), **given)


# What Python computes


def test_the_curves_are_the_python_functions_at_the_present_state():
    figure = tent()
    figure.values = {"lr": 0.05}
    figure.points = {"lam": [1, 3, 4, 11], "t": 20}
    x, y = figure.curve("factor")
    np.testing.assert_array_equal(y, abs(1 - 0.05 * x))
    t, rows = figure.curve("error")
    assert t.tolist() == list(range(61)) and rows.shape == (4, 61)
    np.testing.assert_array_equal(rows[3], abs(1 - 0.05 * 11) ** t)
    assert figure.scope()["worst"] == 0.95 and figure.scope()["lam_max"] == 11
    assert figure.sentences() == "0.95 a step, 269 steps"


def test_a_sentence_with_a_condition_says_otherwise_where_it_fails():
    assert tent(values={"lr": 0.3}).sentences() == "diverges by 2"


def test_recorded_data_is_the_median_and_the_spread_at_the_present_choice():
    figure = recorded(values={"activation": "relu"})
    assert figure.values == {"gain": 0.5, "activation": "relu"}
    figure.values = {"gain": 2.0, "activation": "tanh"}
    x, y = figure.curve("norm")
    np.testing.assert_array_equal(y, np.median(TABLE[2, 0], axis=0)[None][0])
    (panel,) = figure.still_panels()
    np.testing.assert_allclose(panel["curves"][0]["low"], np.quantile(TABLE[2, 0], 0.25, axis=0))


def test_a_key_named_in_lines_is_drawn_at_once_and_a_method_has_its_own_colour():
    table = np.arange(12.0).reshape(2, 2, 3)
    series = Recorded([1, 2, 3], table, by={"lr": [0.1, 1.0], "method": ["sgd", "odd"]}, lines="method")
    figure = Curves(Panel(x=Axis("epoch", 1, 3), y=Axis("loss", 0, 12), series=[series]), values={"lr": 1.0})
    (panel,) = figure.still_panels()
    assert [(c["label"], c["color"], c["y"].tolist()) for c in panel["curves"]] == [
        ("sgd", "sgd", [6, 7, 8]),
        ("odd", "seq5", [9, 10, 11]),
    ]
    assert list(figure.values) == ["lr"]


def test_a_recorded_number_can_feed_a_function_beside_the_table():
    series = [Recorded([1, 2], [[1, 2], [3, 4]], by={"lr": [0.1, 0.2]}), Line(factor)]
    figure = Curves(Panel(x=Axis("λ", 1, 2), y=Axis("y", 0, 4), series=series), values={"lr": 0.2})
    np.testing.assert_array_equal(figure.curve("factor")[1], abs(1 - 0.2 * figure.curve("factor")[0]))


def test_infinite_data_lies_beyond_the_window_and_missing_data_stays_missing():
    series = Recorded([0, 1, 2], [[1, np.inf, np.nan], [1, np.inf, 1], [2, 3, 1]], spread="range")
    data = series.describe({})
    assert data["middle"] == [1, 1e308, None] and data["low"] == [1, 3, None] and data["high"] == [2, 1e308, None]


def test_a_figure_is_displayed_live_and_as_a_still_picture_with_its_caption():
    data, _ = tent(caption="Four directions")._repr_mimebundle_()
    assert {"application/vnd.jupyter.widget-view+json", "image/svg+xml"} <= data.keys()
    assert "<svg" in data["image/svg+xml"] and "Four directions" in data["image/svg+xml"]
    colors = set(re.findall(r"#[0-9a-f]{6}\b", data["image/svg+xml"]))
    assert colors <= plotting.DARK.keys(), "a colour that has no partner on the dark page"


def test_quantities_keep_their_order_in_a_stored_notebook():
    """Each may use those before it, and what stores an executed notebook sorts the keys of objects."""
    stored = json.loads(json.dumps(tent().spec, sort_keys=True))
    assert [name for name, _ in stored["quantities"]] == ["worst", "steps", "margin"]


def test_what_the_page_gets_is_strict_json_and_rounded():
    spec = recorded().spec
    text = json.dumps(spec, allow_nan=False)
    assert max(len(n.replace(".", "").strip("0")) for n in re.findall(r"\d+\.\d+(?=[,\]])", text)) <= 4
    assert [k["key"] for k in spec["knobs"]] == ["gain", "activation"]
    np.testing.assert_allclose(spec["panels"][0]["series"][0]["middle"], np.median(TABLE, axis=2), rtol=1e-3)


# Errors


def one(series, **given):
    return Curves(Panel(x=Axis("x", 0, 1), y=Axis("y", 0, 1), series=series), **given)


def branches(x, *, lr=0.1):
    if x > 1:
        return lr
    return x


def starts_nowhere(x, *, lr):
    return lr * x


def unknown_range(x, *, width=1.0):
    return width * x


def wants_list(x, *, lam):
    return lam * x


def wants_choice(x, *, activation):
    return activation * x


def pair(x):
    return x, x


def early(*, steps):
    return steps


MISTAKES = {
    "unknown value": (
        lambda: one([Line(factor)], values={"ler": 1}),
        "values: no function or table has 'ler'; did you mean 'lr'",
    ),
    "unknown slider": (
        lambda: one([Line(factor)], sliders={"rl": (0, 1)}),
        "sliders: no function or table has 'rl'.*known: lr",
    ),
    "not arithmetic": (lambda: one([Line(branches)]), "branches, line 2: .*is not plain arithmetic"),
    "no start": (lambda: one([Line(starts_nowhere)]), "'lr' starts nowhere; give values="),
    "no range": (lambda: one([Line(unknown_range)]), r"'width' has no known range; .*sliders=\{'width': \(low, high\)\}"),
    "text for a number": (
        lambda: one([Line(factor)], values={"lr": "big"}),
        r"values\['lr'\] is 'big'; expected a finite number",
    ),
    "two numbers": (lambda: one([Line(pair)]), "pair returns 2 numbers; expected one"),
    "no list of points": (lambda: one([Line(error)]), "'lam' is no list of points; give points="),
    "points that do not exist": (lambda: one([Line(factor, points="lam")]), "points='lam' does not exist"),
    "points that nothing carries": (lambda: one([Line(factor)], points={"lam": [1]}), "nothing carries 'lam'"),
    "infinite point": (lambda: one([Line(factor, points="p")], points={"p": [1, np.inf]}), r"points\['p'\] is .*finite"),
    "list after the star": (
        lambda: one([Line(factor, points="lam"), Line(wants_list)], points={"lam": [1]}),
        "ask for lam_min or lam_max",
    ),
    "probe": (lambda: Curves(Panel(Axis("x", 0, 1), Axis("y", 0, 1), [], probe="t")), "probe='t' needs a single number"),
    "log axis": (lambda: Axis("x", 0, 1, "log"), "a log axis cannot start at 0; give low > 0"),
    "scale": (lambda: Axis("x", 0, 1, "lg"), "scale 'lg' does not exist"),
    "empty axis": (lambda: Axis("x", 1, 1), "give finite low < high"),
    "table": (
        lambda: Recorded([1, 2], np.zeros((3, 2)), by={"gain": [1, 2]}),
        r"the table has shape \(3, 2\); expected the axes \(2 of 'gain', 2 of x\)",
    ),
    "table without runs": (
        lambda: Recorded([1, 2], [1, 2], spread="range"),
        r"shape \(2,\); expected the axes \(runs, 2 of x\)",
    ),
    "spread": (lambda: Recorded([1], [[1]], spread="std"), "spread is 'std'; choose 'quartiles', 'range' or None"),
    "lines": (lambda: Recorded([1], [1], lines="method"), "lines='method' is no key of by"),
    "choice as a number": (
        lambda: one([Line(wants_choice), Recorded([1], [[1], [2]], by={"activation": ["tanh", "relu"]})]),
        "'activation' is a choice among names",
    ),
    "value that was not recorded": (
        lambda: one([Recorded([1], [[1], [2]], by={"gain": [1, 2]})], values={"gain": 3}),
        r"values\['gain'\] is 3; nothing is recorded there, choose one of \[1, 2\]",
    ),
    "mark": (lambda: Mark("m", x=1, y=1), "give either x or y"),
    "side": (lambda: Mark("m", x=1, shade="above"), "choose 'left' or 'right'"),
    "colour": (lambda: Line(factor, color="adm"), "color 'adm' does not exist; did you mean 'adam'"),
    "series": (lambda: one([factor]), "is not for series; series takes Line, Recorded, Sequence and Painted"),
    "sentence": (lambda: one([Line(factor)], say="{lrr}"), "{lrr} is not known; did you mean 'lr'"),
    "order of quantities": (
        lambda: tent(quantities=[early, worst, steps, margin]),
        "early asks for steps, which must stand before",
    ),
    "lambda": (lambda: one([Line(lambda x: x)]), "a lambda has no source"),
    "no function": (lambda: one([Line(np.sin)]), "is no plain function"),
    "nothing": (lambda: Curves(), "one or more Panel"),
    "log slider": (lambda: knob("lr", (0, 1)), "cannot start at 0"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_named_with_its_fix(name):
    make, message = MISTAKES[name]
    with pytest.raises((ValueError, TraitError, translate.NotArithmetic), match=message):
        make()


def test_a_wrong_state_is_refused_and_the_old_one_stays():
    figure = tent()
    for trait, value in [("values", {"lr": 0.1, "beta": 1}), ("values", {}), ("points", {"lam": [1], "t": 20}), ("points", {})]:
        before = getattr(figure, trait)
        with pytest.raises((ValueError, TraitError), match=trait):
            setattr(figure, trait, value)
        assert getattr(figure, trait) == before


# What the page computes

FORMS = (factor, error, worst, steps, margin, limit, mixed)


def linked(expression):
    """Return ES module source whose default export is `expression`, with the modules of the figure in reach."""
    scopes = {}
    _bundle._link("curves.js", scopes)
    names = (
        "const { compile } = $arithmetic_js, { recursion, stepsOf } = $sequence_js, { grid } = $curves_js, "
        "{ trace, spread, fill } = $drawing_js;"
    )
    return "\n".join([*(code for _, code in scopes.values()), names, f"export default {expression};"])


def test_the_page_gets_the_numbers_of_python_over_the_grid(node):
    """Both ways: the translated text run by the engine, and run by the interpreter that the page uses, bit for bit."""
    figure = tent()
    grid = [[*axis.grid(200).tolist(), 1, 2, 3, 4] for axis in (figure.panels[0].x, figure.panels[1].x)]
    scope = {k: v for k, v in figure.scope().items() if not isinstance(v, str)} | {"a": 2.0, "b": -1.5}
    lam = figure.points["lam"]
    calls = {
        "factor": [(x,) for x in grid[0]],
        "error": list(itertools.product(grid[1], lam)),
        "mixed": [(x,) for x in grid[0]],
    }
    calls |= {f.__name__: [()] for f in FORMS if f.__name__ not in calls}
    source = {f.__name__: translate.to_js(f) for f in FORMS}
    data = {"calls": calls, "source": source, "scope": scope}
    expression = """Object.fromEntries(Object.entries(data.calls).map(([name, all]) => {
        const native = new Function(`return ${data.source[name]}`)(), page = compile(data.source[name])(data.scope);
        return [name, all.map((given) => [native(...given, data.scope), page(...given)])];
    }))"""
    results = node(linked(expression), data)
    for f in FORMS:
        native, page = np.array(results[f.__name__]).T
        np.testing.assert_array_equal(page, native)
        keywords = {k: scope[k] for k in f.__kwdefaults__ or {}} | {k: scope[k] for k in f.__code__.co_varnames if k in scope}
        names = f.__code__.co_varnames[f.__code__.co_argcount :][: f.__code__.co_kwonlyargcount]
        python = [f(*map(np.float64, given), **{k: keywords[k] for k in names}) for given in calls[f.__name__]]
        np.testing.assert_allclose(page, python, rtol=4e-15, err_msg=f.__name__)


@pytest.mark.parametrize(
    "text",
    [
        "function f(x) {\n  return y;\n}",
        "function f(x) {\n  return alert(x);\n}",
        "alert(1)",
        "function f(x) {\n  return `x`;\n}",
    ],
)
def test_the_interpreter_runs_nothing_but_arithmetic(node, text):
    expression = "(() => { try { compile(data)({})(1); } catch (error) { return error.name; } })()"
    assert node(linked(expression), text) in ("SyntaxError", "TypeError")


BOX = {"left": 10, "top": 20, "width": 100, "height": 50}


def segments(path):
    """Return the straight pieces of an SVG path made of M and L."""
    pieces, pen = [], None
    for kind, x, y in re.findall(r"([ML])(\S+) ([^ML]+)", path):
        point = (float(x), float(y))
        if kind == "L":
            pieces.append((pen, point))
        pen = point
    return pieces


def test_a_line_stays_in_its_box_breaks_where_it_is_undefined_and_is_drawn_to_the_border(node):
    rng = np.random.default_rng(1)
    cases = [
        [float(v) for v in rng.choice([rng.uniform(-200, 300), np.nan, np.inf, -np.inf, rng.uniform(20, 70)], 12)]
        for _ in range(300)
    ]
    px = np.linspace(10, 110, 12).tolist()
    words = {"nan": "float:NaN", "inf": "float:Infinity", "-inf": "float:-Infinity"}  # how the fixture writes them
    data = {"cases": [[words.get(str(v), v) for v in py] for py in cases], "px": px, "box": BOX}
    drawn = node(linked("data.cases.map((py) => trace(data.px, py, data.box))"), data)
    for py, line in zip(cases, drawn, strict=True):
        pieces = segments(line["d"])
        for x, y in itertools.chain(*pieces):
            assert 9.9 <= x <= 110.1 and 19.9 <= y <= 70.1
        for a, b in pieces:
            if a[0] == b[0] and abs(a[1] - b[1]) > 5:
                i = int(np.argmin(np.abs(np.array(px) - a[0])))
                assert np.isinf(py[max(i - 1, 0) : i + 2]).any(), "a fall that is not there"
        inside = [20 <= v <= 70 for v in py]
        for i in range(11):
            crossed = [(a, b) for a, b in pieces if px[i] - 0.1 <= a[0] and b[0] <= px[i + 1] + 0.1 and a != b]
            if np.isnan(py[i]) or np.isnan(py[i + 1]):
                between = [c for c in crossed if c[0][0] < px[i + 1] - 0.2 and c[1][0] > px[i] + 0.2]
                assert not between, "a line over a gap"
            elif inside[i] and inside[i + 1]:
                assert any(abs(a[1] - py[i]) < 0.1 and abs(b[1] - py[i + 1]) < 0.1 for a, b in crossed)
            elif inside[i]:
                border = 70 if py[i + 1] > 70 else 20
                assert any(abs(a[1] - py[i]) < 0.1 and abs(b[1] - border) < 0.1 for a, b in crossed), "not drawn to the border"


def test_growth_leaves_through_the_border_at_the_place_where_it_crosses(node):
    box = {"left": 0, "top": 0, "width": 10, "height": 10}
    line = node(linked("trace([0, 10], [5, -15], data)"), box)
    assert line == {"d": "M0 5L2.5 0", "end": [2.5, 0]}
    zero_on_a_log_axis = node(linked("trace([0, 4, 8], [5, Infinity, Infinity], data)"), box)
    assert zero_on_a_log_axis == {"d": "M0 5L0 10", "end": [0, 10]}


def test_labels_keep_their_order_and_their_distance_within_the_panel(node):
    rng = np.random.default_rng(0)
    heights = [rng.uniform(0, 200, n).tolist() for n in range(14) for _ in range(20)]
    heights += [[y] * n for n in range(14) for y in (0.0, 100.0, 200.0)]
    expression = "data.map((ys) => { const l = ys.map((y) => ({ y })); spread(l, 0, 200); return l.map((i) => [i.y, i.at]); })"
    for ys, labels in zip(heights, node(linked(expression), heights), strict=True):
        assert [y for y, _ in labels] == sorted(ys)
        moved = [at for _, at in labels]
        assert all(b - a >= 14 - 1e-9 for a, b in itertools.pairwise(moved))
        assert not moved or (moved[0] >= 0 and moved[-1] <= 200)
        if all(b - a >= 14 for a, b in itertools.pairwise(sorted(ys))):
            assert moved == sorted(ys), "moved without need"


def test_a_sentence_reads_alike_in_python_and_on_the_page(node):
    scope = {"a": 0.18234, "b": 1234.5678, "c": 3.0, "n": 269.43, "name": "tanh"}
    template = "{a} {b:d} {c} {n:d} {name}"
    assert node(linked("fill(data.template, data.scope)"), {"template": template, "scope": scope}) == fill(template, scope)


def test_functions_of_steps_are_drawn_at_whole_steps_only(node):
    axis = {"low": 0, "high": 10, "step": 2}
    expression = "[...grid(data, 300, Object.assign((v) => v, { invert: (p) => p }))]"
    assert node(linked(expression), axis) == Axis("t", 0, 10, step=2).grid().tolist()
