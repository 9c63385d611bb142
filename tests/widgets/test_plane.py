"""Planes: what Python computes, what the page is given, and that the page computes the same."""

import inspect
import json
import re

import numpy as np
import pytest
from numpy import abs, cos, maximum, sin, sqrt, where
from traitlets import TraitError

from optlib import losses, plotting, rules
from optlib.classics import Himmelblau
from optlib.rules import momentum
from optlib.run import run
from optlib.widgets import Arrow, Axis, Basins, Cloud, Curves, Grid, Painted, Panel, Plane, Say, Trace, Trail, _bundle

SQUARE = {"x": Axis("x₁", -6, 6), "y": Axis("x₂", -6, 6)}
VALLEY = {"x": Axis("x₁", -2.4, 2.4), "y": Axis("x₂", -1.5, 1.5)}


def descend(t, x, y, *, g1, g2, lr=0.01):
    return x - lr * g1, y - lr * g2


def ball(t, x, y, u=0, v=0.5, *, g1, g2, lr, beta):
    x, u = momentum(x, g1, t, u, lr=lr, beta=beta)
    y, v = momentum(y, g2, t, v, lr=lr, beta=beta)
    return x, y, u, v


def noisy(t, x, y, *, g1, g2, n1, rate):
    return x - rate * (g1 + n1), y - rate * g2


def radius(x, y, *, kappa=10.0):
    """rate per step"""
    b = 1 + y - x * kappa
    d = b * b - 4 * y
    return where(d < 0, sqrt(abs(y)), (abs(b) + sqrt(maximum(d, 0))) / 2)


def shape(x, y, *, h11, h12, h22):
    d = h11 * h22 - h12 * h12
    return where(d < 0, 1, where(h11 + h22 > 0, 0, 2))


def newton(x, y, *, g1, g2, h11, h12, h22, f):
    d = h11 * h22 - h12 * h12
    return x, y, x - (h22 * g1 - h12 * g2) / d, y - (h11 * g2 - h12 * g1) / d + 0 * f


def ellipse(u, *, kappa, lr=0.1):
    return lr * cos(u), lr * sin(u) / sqrt(kappa)


def left(*, ball_steps):
    return 39.5 - ball_steps


def phase(**given):
    """A phase diagram whose point sets the rate and the momentum of a path beside it."""
    panels = (
        Plane(
            Axis("η", 0.001, 1, "log"),
            Axis("β", 0, 1),
            field=radius,
            low=0,
            high=1,
            levels=[(1, "diverges")],
            points=("lr", "beta"),
        ),
        Plane(
            **VALLEY,
            loss=losses.Quadratic(kappa=10),
            fixed="angle",
            points=("a", "b"),
            series=[Trail(ball, ("a", "b"), steps="n", label="heavy ball", color="momentum")],
        ),
    )
    say = Say(
        "Left after {ball_steps:d} steps.", when=left, otherwise="Rate {radius_here}: loss {ball_f} at ({ball_x}, {ball_y})."
    )
    points = {"lr": 0.05, "beta": 0.5, "a": -2, "b": 1}
    made = {"points": points, "values": {"n": 40}, "sliders": {"n": (1, 100, "int")}, "say": say, "name": "phase"}
    return Curves(*panels, **{**made, **given})


def basins(**given):
    plane = Plane(
        **SQUARE,
        loss=Himmelblau(),
        field=Basins(descend, steps=40),
        points=("a", "b"),
        series=[Trail(descend, ("a", "b"))],
        **given,
    )
    return Curves(plane, points={"a": 0.5, "b": -1}, say="It ends at {descend_here}.")


# What Python computes


@pytest.mark.parametrize("start", [(-2.0, 1.0), (0.3, -1.2)])
def test_a_trail_is_the_path_of_the_loop(start):
    loss = losses.Quadratic(kappa=7, angle=0.4)

    def descend(t, x, y, *, g1, g2, lr):
        return x - lr * g1, y - lr * g2

    plane = Plane(**VALLEY, loss=loss, series=[Trail(descend, start, steps=30)])
    expected = run(rules.sgd, loss, start, 30, lr=0.2).path.T
    np.testing.assert_array_equal(plane.series[0].path(plane, {"lr": 0.2}, loss), expected)


def test_a_trail_carries_its_state_which_begins_with_its_defaults():
    figure = phase()
    loss, point = losses.Quadratic(kappa=10), np.array([-2.0, 1.0])
    state = np.array([0, 0.5])
    for t in range(1, 41):
        point, state = rules.momentum(point, loss.grad(point), t, state, lr=0.05, beta=0.5)
    found = figure.results()
    np.testing.assert_allclose([found["ball_x"], found["ball_y"], found["ball_f"]], [*point, loss(point)], rtol=1e-12)
    assert found["ball_steps"] == 40 and found["radius_here"] == radius(0.05, 0.5)


def test_the_number_of_steps_and_the_loss_follow_the_reader():
    figure = phase()
    assert [k["key"] for k in figure.spec["knobs"]] == ["kappa", "n"], "the angle is fixed, η and β are points"
    figure.values = {"kappa": 3.0, "n": 1}
    figure.points = {"lr": 0.1, "beta": 0.9, "a": 1, "b": 1}
    found = figure.results()
    np.testing.assert_allclose([found["ball_x"], found["ball_y"]], [1 - 0.1 * 1, 1 - 0.1 * (0.9 * 0.5 + 3)])
    assert figure.sentences() == "Left after 1 steps."


def test_a_path_that_leaves_for_good_ends_there_and_says_when():
    figure = phase(values={"n": 100, "kappa": 1000}, points={"lr": 0.9, "beta": 0.1, "a": 1, "b": 1})
    found = figure.results()
    assert 1 < found["ball_steps"] < 10 and np.isfinite(found["ball_y"]) and abs(found["ball_y"]) > 1e3 * 3
    assert figure.sentences() == f"Left after {found['ball_steps']:.0f} steps."


def test_given_and_painted_numbers_reach_their_step():
    noise = np.random.default_rng(0).standard_normal(20)
    plane = Plane(
        **VALLEY,
        loss=losses.Quadratic(10),
        fixed=("kappa", "angle"),
        series=[Trail(noisy, (1, 1), steps=20, given={"n1": noise})],
    )
    rates = np.linspace(0.05, 0.01, 20).tolist()
    painted = Panel(x=Axis("t", 0, 20, step=1), y=Axis("η", 0, 1), series=[Painted("rate")])
    figure, x, y = Curves(painted, plane, points={"rate": rates}), 1.0, 1.0
    for n1, rate in zip(noise, rates, strict=True):
        x, y = x - rate * (x + float(f"{n1:.6g}")), y - rate * 10 * y
    assert figure.results()["noisy_x"] == pytest.approx(x, rel=1e-12)
    assert figure.results()["noisy_y"] == pytest.approx(y, rel=1e-12)


def test_each_trail_has_names_of_its_own():
    series = [Trail(descend, (x, 1), steps=3) for x in (-1, 1)]
    plane = Plane(**SQUARE, loss=Himmelblau(), series=series)
    found = plane.results({"lr": 0.01}, {})
    assert set(found) == plane.publishes() == {f"descend{n}_{end}" for n in ("", 2) for end in ("x", "y", "f", "steps")}
    assert found["descend_x"] != found["descend2_x"]


def test_basins_are_where_each_single_path_ends():
    figure, loss = basins(), Himmelblau()
    plane, goals = figure.panels[0], np.array(loss.minima)
    x, y = np.meshgrid(np.linspace(-6, 6, 9), np.linspace(-6, 6, 7))
    found = plane.field.values(plane, {"lr": 0.01}, loss, x, y)
    apart = min(np.hypot(*(a - b)) for i, a in enumerate(goals) for b in goals[:i])
    for start, kind in zip(np.stack([x.ravel(), y.ravel()], 1), found.ravel(), strict=True):
        with np.errstate(all="ignore"):
            end = run(rules.sgd, loss, start, 40, lr=0.01).path[-1]
            far = np.hypot(*(goals - end).T)
        expected = np.argmin(far) if far.min() <= apart / 2 else 4
        assert kind == expected
    assert len(set(found.ravel())) >= 4
    assert figure.sentences() == "It ends at (3.58, −1.85)."


def test_basins_with_their_own_targets_reach_and_names():
    field = Basins(descend, steps=3, targets=[(0, 0)], reach=0.5)
    plane = Plane(**SQUARE, loss=losses.Quadratic(2), field=field, kinds={"home": "adam", "lost": "accent"})
    kinds = plane.field.values(plane, {"lr": 0.1}, losses.Quadratic(2), np.array([0.1, 5.0, np.nan]), np.zeros(3))
    assert [plane.kind(k) for k in kinds] == ["home", "lost", "lost"]


def test_a_field_of_kinds_is_told_by_name():
    plane = Plane(
        **SQUARE, loss=Himmelblau(), field=shape, kinds={"bowl": "adam", "saddle": "accent", "dome": "sgd"}, points=("a", "b")
    )
    for a, b, kind in [(3, 2, "bowl"), (0, 3, "saddle"), (-0.27, -0.92, "dome")]:
        assert plane.results({"a": a, "b": b}, {}) == {"shape_here": kind}


def test_an_arrow_has_gradient_and_hessian_at_its_point():
    loss = Himmelblau()
    plane = Plane(**SQUARE, loss=loss, points=("a", "b"), series=[Arrow(newton), Arrow(newton, at=(1, 2))])
    found = plane.results({"a": 2.5, "b": 2.5}, {})
    for point, name in (((2.5, 2.5), "newton"), ((1.0, 2.0), "newton2")):
        end = np.array(point) - np.linalg.solve(loss.hess(point), loss.grad(point))
        np.testing.assert_allclose([found[f"{name}_x"], found[f"{name}_y"]], end)


def test_a_grid_is_interpolated_between_its_entries_and_kinds_are_not():
    table = [[[0, 1, 2], [2, 2, 0]], [[5, 6, 7], [7, 7, 3]]]
    axes = {"x": Axis("η", 0.01, 1, "log"), "y": Axis("B", 0, 10)}
    plane = Plane(**axes, field=Grid(table, by={"epoch": [1, 2]}))
    assert (plane.low, plane.high) == (0, 7)
    at = np.array([0.01, 0.1, np.sqrt(0.1 * 0.01), 1]), np.array([0, 5, 10, 0])
    np.testing.assert_allclose(plane.field.values(plane, {"epoch": 1}, None, *at), [0, 1.5, 2, 2])
    np.testing.assert_allclose(plane.field.values(plane, {"epoch": 2}, None, *at), [5, 6.5, 7, 7])
    kinds = Plane(**axes, field=Grid(table, by={"epoch": [1, 2]}), kinds=dict.fromkeys("abc", "sgd"))
    assert kinds.field.values(kinds, {"epoch": 1}, None, np.array([0.02, 0.05]), np.array([4.9, 5.1])).tolist() == [0, 2]


# The still picture and the page's data


def whole(**given):
    """A plane with everything on it."""
    rng = np.random.default_rng(0)
    series = [
        Trail(descend, ("a", "b"), label="lr {lr}", color="sgd"),
        Trace(ellipse, 0, 6.3, label="ellipse", dashed=True),
        Arrow(newton, "Newton", "accent"),
        Cloud(*rng.standard_normal((2, 2, 9)), by={"run": [1, 2]}, label="dots"),
    ]
    plane = Plane(
        **SQUARE, loss=losses.Quadratic(5, 0.2), field=radius, low=0, high=2, levels=[1], points=("a", "b"), series=series
    )
    return Curves(plane, points={"a": 5, "b": -3}, sliders={"lr": (0.01, 100)}, caption="Everything", **given)


@pytest.mark.parametrize("make", [phase, basins, whole])
def test_the_still_is_the_same_each_time_and_takes_its_colours_from_the_palette(make):
    picture = make().still()
    assert picture == make().still()
    assert set(re.findall(r"#[0-9a-fA-F]{6}\b", picture)) <= plotting.DARK.keys(), "a colour without a partner on the dark page"
    assert len(picture) < 200_000


def test_the_still_shows_labels_kinds_and_what_diverges():
    assert all(f">{text}<" in whole().still() for text in ("lr 0.01", "ellipse", "Newton", "dots", "rate per step 0"))
    assert all(f">{text}<" in basins().still() for text in ("(3.58, −1.85)", "elsewhere"))
    assert "<svg" in whole(values={"lr": 100}).still()
    assert "<svg" in phase(points={"lr": 1, "beta": 0, "a": 2, "b": 2}).still()


@pytest.mark.parametrize("make", [phase, basins, whole])
def test_what_the_page_gets_is_strict_json_and_what_is_published_is_known(make):
    figure = make()
    json.dumps(figure.spec, allow_nan=False)
    published = {name for panel in figure.panels for name in panel.publishes()}
    assert published == set(figure.results())


# Errors


def figure(*args, points=None, **given):
    return Curves(Plane(*args, **{**SQUARE, **given}), points=points)


def three(t, x, y, *, lr=0.1):
    return x, y, lr


def one(x):
    return x


def wants_noise(t, x, y, *, noise):
    return x + noise, y


def text_state(t, x, y, u="no"):
    return x, y, u


def asks_list(x, y, *, rate):
    return rate * x


MISTAKES = {
    "axis": (lambda: Plane(x=3, y=Axis("y", 0, 1)), "x is 3; expected an Axis"),
    "loss": (lambda: figure(loss="Quadratic"), "loss is 'Quadratic'; expected a loss of optlib"),
    "fixed": (lambda: figure(loss=losses.Quadratic(), fixed="angel"), "fixed has 'angel'.*did you mean 'angle'"),
    "pairs": (
        lambda: figure(points=None, series=[], **{"levels": ()}) and Plane(**SQUARE, points=("a",)),
        "points is 'a'; expected a pair",
    ),
    "point that is no point": (
        lambda: Curves(Plane(**SQUARE, points=("a", "b")), points={"a": 1}),
        "'b', which needs a single number",
    ),
    "point and parameter": (
        lambda: Curves(Plane(**SQUARE, loss=losses.Rosenbrock(), points=("a", "b")), points={"a": 1, "b": 1}),
        r"'b' is a point and a parameter of the loss; rename it, or give fixed=\('b',\)",
    ),
    "series": (lambda: figure(series=[descend]), "is not for series; it takes Trail, Trace, Arrow and Cloud"),
    "gradient without a loss": (lambda: figure(series=[Trail(descend, (1, 1))]), "descend asks for 'g1', which needs a loss"),
    "gradient without a place": (
        lambda: figure(loss=losses.Quadratic(), series=[Arrow(newton)]),
        r"newton asks for 'f', which needs a place: points=",
    ),
    "field": (lambda: figure(field=one), r"field one\(x\): expected x and y"),
    "range": (lambda: figure(field=radius), "the colours go from low=None to high=None; give finite low < high, or kinds"),
    "levels": (lambda: figure(field=radius, low=0, high=1, levels=[("x", 1)]), "levels has .*a pair .number, label."),
    "levels of kinds": (lambda: figure(field=radius, kinds={"a": "sgd"}, levels=[1]), "a field of kinds has no levels"),
    "kinds without a field": (lambda: figure(kinds={"a": "sgd"}), "kinds and levels describe a field; give field="),
    "colour of a kind": (
        lambda: figure(field=radius, kinds={"a": "adm"}),
        "color 'adm', which does not exist; did you mean 'adam'",
    ),
    "basins of nothing": (lambda: figure(loss=losses.Saddle(), field=Basins(descend)), "give targets="),
    "names of basins": (lambda: figure(loss=Himmelblau(), field=Basins(descend), kinds={"a": "sgd"}), "1 names for 4 targets"),
    "targets": (lambda: Basins(descend, targets=[1, 2]), "targets holds 1; expected pairs"),
    "steps of basins": (lambda: Basins(descend, steps=0.5), "steps is 0.5; expected a whole number"),
    "reach": (lambda: Basins(descend, reach=-1), "reach is -1; expected a positive number"),
    "too few arguments": (lambda: Trail(one, (0, 0)), r"one\(x\): expected the step t, the point x, y"),
    "state": (lambda: Trail(text_state, (0, 0)), "u begins as 'no'; give a finite number as its default"),
    "returned": (lambda: figure(series=[Trail(three, (0, 0))]), r"three returns a tuple of 3; expected 2: \(x, y\)"),
    "start": (lambda: Trail(descend, 3), r"start is 3; expected a pair of names or numbers"),
    "steps": (lambda: Trail(descend, (0, 0), steps=2.5), "steps is 2.5; expected a whole number or the name of a slider"),
    "slider of steps": (lambda: figure(series=[Trail(three, (0, 0), steps="n")]), "'n' starts nowhere; give values"),
    "given that is not asked for": (lambda: Trail(descend, (0, 0), given={"noise": [1]}), "descend does not ask for 'noise'"),
    "given too short": (lambda: Trail(wants_noise, (0, 0), given={"noise": [1]}), "has 1 numbers; 40 steps need as many"),
    "given of pairs": (
        lambda: Trail(wants_noise, (0, 0), steps=1, given={"noise": [[1, 2]]}),
        r"has shape \(1, 2\); expected a finite",
    ),
    "colour": (lambda: Trail(descend, (0, 0), color="sgdd"), "color 'sgdd' does not exist; did you mean 'sgd'"),
    "trace": (lambda: Trace(radius, 0, 1), r"Trace radius\(x, y\): expected one variable"),
    "range of a trace": (lambda: Trace(ellipse, 1, 1), "the range 1 to 1 is empty"),
    "arrow": (lambda: Arrow(one), r"Arrow one\(x\): expected x and y or nothing"),
    "ends of an arrow": (
        lambda: figure(field=None, points=None, series=[Arrow(radius, at=(0, 0))]),
        "radius returns a tuple of 1; expected 4",
    ),
    "cloud": (lambda: Cloud([1, 2], [1, 2, 3]), r"shapes \(2,\) and \(3,\); expected the axes \(dots\)"),
    "grid": (
        lambda: Grid([[1, 2], [3, 4]], by={"lr": [1, 2]}),
        r"shape \(2, 2\); expected the axes \(2 of 'lr', rows, columns\)",
    ),
    "list of points": (
        lambda: Curves(
            Panel(x=Axis("t", 0, 2, step=1), y=Axis("η", 0, 1), series=[Painted("rate")]),
            Plane(**SQUARE, field=asks_list, low=0, high=1),
            points={"rate": [1, 1]},
        ),
        "asks_list: 'rate' is a list of points; only the step of a Trail",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_named_with_its_fix(name):
    make, message = MISTAKES[name]
    with pytest.raises((ValueError, TraitError), match=message):
        make()


# What the page computes


def linked(expression):
    """Return ES module source whose default export is `expression`, with the modules of a plane in reach."""
    scopes = {}
    _bundle._link("plane.js", scopes)
    modules = {"iterate": "lossAt, placed, trail, fieldOf", "map": "roomIn, paintKinds", "plane": "beside, onLine"}
    names = "".join(f"const {{ {names} }} = ${module}_js;" for module, names in modules.items())
    return "\n".join([*(code for _, code in scopes.values()), names, f"export default {expression};"])


def sent(figure, panel=0):
    """Return what the page gets of a panel, with the names in scope."""
    return {"spec": figure.spec["panels"][panel], "scope": figure.scope(), "points": figure.points}


@pytest.mark.parametrize("points", [{"lr": 0.05, "beta": 0.5}, {"lr": 0.9, "beta": 0.99}, {"lr": 0.3, "beta": 0.2}])
def test_the_page_takes_the_path_of_python(node, points):
    figure = phase(points={"a": -2, "b": 1, **points})
    plane, data = figure.panels[1], sent(figure, 1)
    expression = "trail(data.spec.series[0], data.spec)(data.scope, data.points, lossAt(data.spec.loss, data.scope))"
    path = node(linked(expression), data)
    x, y = plane.series[0].path(plane, figure.scope(), plane.present(figure.scope()))
    np.testing.assert_allclose([path["x"], path["y"]], [x, y], rtol=1e-9)
    assert path["gone"] == (not plane.near(x[-1], y[-1]))


def test_the_page_gives_each_step_its_number(node):
    noise, rates = np.random.default_rng(1).standard_normal(12), np.linspace(0.1, 0.02, 12).tolist()
    plane = Plane(**VALLEY, loss=losses.Quadratic(10), series=[Trail(noisy, ("a", 1), steps=12, given={"n1": noise})])
    painted = Panel(x=Axis("t", 0, 12, step=1), y=Axis("η", 0, 1), series=[Painted("rate")])
    figure = Curves(painted, plane, points={"rate": rates}, values={"a": 0.5}, sliders={"a": (0, 1)})
    path = node(
        linked("trail(data.spec.series[0], data.spec)(data.scope, data.points, lossAt(data.spec.loss, data.scope))"),
        sent(figure, 1),
    )
    expected = plane.series[0].path(plane, {**figure.points, **figure.scope()}, plane.present(figure.scope()))
    np.testing.assert_allclose([path["x"], path["y"]], expected, rtol=1e-12)


FIELDS = {
    "formula": lambda: phase(),
    "kinds": lambda: Curves(
        Plane(**SQUARE, loss=Himmelblau(), field=shape, kinds={"bowl": "adam", "saddle": "accent", "dome": "sgd"}),
    ),
    "basins": lambda: basins(),
    "basins with a state": lambda: Curves(
        Plane(**SQUARE, loss=Himmelblau(), field=Basins(ball, steps=7, targets=[(1, 1), (-3, -3)], reach=2)),
        values={"lr": 0.012, "beta": 0.6},
    ),
    "grid": lambda: Curves(
        Plane(
            Axis("η", 0.01, 1, "log"),
            Axis("B", 1, 3),
            field=Grid([[[1, 2, 3], [4, 6, 5], [0, 1, np.nan]]] * 2, by={"run": [1, 2]}),
        )
    ),
    "grid of kinds": lambda: Curves(
        Plane(**SQUARE, field=Grid([[[0, 1], [1, 0]], [[1, 0], [1, 1]]], by={"run": [1, 2]}), kinds={"a": "sgd", "b": "adam"}),
        values={"run": 2},
    ),
}


@pytest.mark.parametrize("name", FIELDS)
def test_the_page_colours_every_point_as_python(node, name):
    figure = FIELDS[name]()
    plane, scope = figure.panels[0], figure.scope()
    rng = np.random.default_rng(2)  # not at the places where two kinds meet
    x, y = (np.sort(axis.low + (axis.high - axis.low) * rng.uniform(size=21)) for axis in (plane.x, plane.y))
    data = {
        **sent(figure),
        "x": x.tolist(),
        "y": y.tolist(),
        "index": {k: v.index(scope[k]) for t in plane.tables() for k, v in t.by.items()},
    }
    loss = "lossAt(data.spec.loss, data.scope)"
    make = f"const f = fieldOf(data.spec.field, data.spec)(data.scope, (key) => data.index[key], {loss});"
    found = node(linked(f"(() => {{ {make} return data.y.map((y) => data.x.map((x) => f(x, y))); }})()"), data)
    expected = plane.field.values(plane, scope, plane.present(scope), *np.meshgrid(x, y))
    np.testing.assert_allclose(np.array(found, float), expected, rtol=1e-12)


def test_the_page_gives_functions_the_loss_at_their_point(node):
    figure = Curves(
        Plane(**SQUARE, loss=losses.Quadratic(5, 0.3), points=("a", "b"), series=[Arrow(newton), Trace(ellipse, 0, 6)]),
        points={"a": 2, "b": -1},
    )
    data = sent(figure)
    ends = node(linked("placed(data.spec.series[0].js)(data.scope, lossAt(data.spec.loss, data.scope))(2, -1, 2, -1)"), data)
    plane, scope = figure.panels[0], figure.scope()
    np.testing.assert_allclose(ends, plane.series[0].ends(plane, scope, plane.present(scope)), rtol=1e-12, atol=1e-12)
    at = node(linked("placed(data.spec.series[1].js)(data.scope, null)(NaN, NaN, 0.7)"), data)
    np.testing.assert_allclose(at, ellipse(0.7, kappa=5, lr=0.1), rtol=1e-12)


def test_a_field_is_drawn_anew_only_for_the_names_that_it_asks_for(node):
    names = node(linked("fieldOf(data.spec.field, data.spec).names"), sent(basins()))
    assert names == ["lr"], "not the point, nor the gradient"


BOX = {"left": 40, "top": 20, "width": 300, "height": 200}


def test_a_label_stays_in_the_plane_and_off_the_others_where_there_is_room(node):
    rng = np.random.default_rng(0)
    ends = [[[float(rng.uniform(40, 340)), float(rng.uniform(20, 220))] for _ in range(4)] for _ in range(200)]
    expression = """data.ends.map((ends) => { const taken = [];
        for (const end of ends) taken.push(beside(end, 60, taken, [], data.box)); return taken; })"""
    covered = 0
    for labels in node(linked(expression), {"ends": ends, "box": BOX}):
        for i, a in enumerate(labels):
            assert 40 <= a["x0"] and a["x1"] <= 340 and 20 <= a["y0"] and a["y1"] <= 220
            covered += any(
                a["x0"] < b["x1"] and b["x0"] < a["x1"] and a["y0"] < b["y1"] and b["y0"] < a["y1"] for b in labels[:i]
            )
    assert covered <= 8, "four labels in an empty plane have room"


def test_the_name_of_a_kind_stands_within_its_area(node):
    across, down, block, wide = 60, 40, 4, 50
    j, i = np.mgrid[:down, :across]
    kinds = np.where((i - 20) ** 2 + (j - 20) ** 2 < 12**2, 0, np.where(i > 57, 2, 1))
    data = {"kinds": kinds.ravel().astype(float).tolist(), "avoid": [[80, 80]]}
    spots = node(linked("[0, 1, 2, 3].map((k) => roomIn(data.kinds, 60, k, 4, 50, data.avoid))"), data)
    assert spots[2:] == [None, None], "a strip is too narrow, and there is no fourth"
    for kind, (x, y) in enumerate(spots[:2]):
        box = kinds[
            int((y - 7) // block) : int(-(-(y + 7) // block)) + 1,
            int((x - wide / 2) // block) : int(-(-(x + wide / 2) // block)) + 1,
        ]
        assert (box == kind).all()
        assert abs(x - 80) > wide / 2 or abs(y - 80) > 7, "on what it is to keep off"


PAINT = """(() => {
    let pixels = null;
    globalThis.ImageData = class { constructor(data) { pixels = new Uint32Array(data.buffer); } };
    const context = new Proxy({}, { get: () => () => {}, set: () => true });
    globalThis.document = { createElement: () => ({ getContext: () => context }) };
    const scale = Object.assign((v) => v, { invert: (v) => v });
    const panel = { box: { left: 0, top: 0, width: 120, height: 80 }, x: scale, y: scale, contexts: [context] };
    const f = (x, y) => (Math.hypot(x - 50, y - 40) < 30 ? 0 : x > 110 ? NaN : 1);
    paintKinds(panel, f, [["in", "sgd"], ["out", "adam"]], { paper: "#ffffff", sgd: "#000001", adam: "#000002" }, data);
    return [...pixels].map((p) => p >>> 16 & 255);
})()"""


def test_the_border_between_kinds_is_drawn_to_the_pixel(node):
    y, x = np.mgrid[:80, :120] + 0.5
    expected = np.where(np.hypot(x - 50, y - 40) < 30, 1, np.where(x > 110, 0, 2))
    fine, rough = (np.array(node(linked(PAINT), block)).reshape(80, 120) for block in (4, 8))
    assert (fine != expected).sum() <= 4
    assert 4 < (rough != expected).sum() < 0.1 * expected.size


def test_a_contour_label_stands_on_a_level_line_and_on_the_high_side_of_a_steep_one(node):
    flat = [[float(x), 100.0] for x in range(60, 320, 3)]
    low = [[x, 215.0] for x, _ in flat]
    steep = [[200.0, float(y)] for y in range(30, 210, 3)]
    found = node(
        linked("data.lines.map((line) => onLine([line], 40, data.box))"),
        {"lines": [flat, steep, steep[::-1], flat[:4], low], "box": BOX},
    )
    assert found[0][1] == 100 and found[3:] == [None, None], "a line too short, and one along the border"
    assert found[1][0] > 220 and found[2][0] < 180


def test_every_kind_of_series_and_field_has_its_drawing():
    source = (_bundle.HERE / "plane.js").read_text(encoding="utf-8")
    for kind in ("trail", "trace", "arrow", "cloud"):
        assert re.search(rf"^    {kind}\(s\) {{", source, re.M)
    assert inspect.getsource(plotting._shape).count('kind == "') >= 3
