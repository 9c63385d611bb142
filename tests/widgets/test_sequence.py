"""Recursions and painted sequences: against the loop itself, and the page against Python."""

import json

import numpy as np
import pytest
from test_curves import linked

from optlib import losses, rules, run, translate
from optlib.broken_adams import inverted
from optlib.problems import NoisyQuadratic, second_moment
from optlib.rules import adam, momentum, sgd
from optlib.schedules import cosine, reduce_on_plateau
from optlib.widgets import Axis, Curves, Line, Painted, Panel, Say, Sequence

STEPS = Axis("step", 0, 40, step=1)
LOSS = Axis("loss", 1e-6, 10, "log")


def heavy(t, x, v, *, lr=0.1, beta=0.9, lam=1.0):
    x, v = momentum(x, lam * x, t, v, lr=lr, beta=beta)
    return x, v


def half_square(t, x, v, *, lam):
    return lam * x * x / 2


def painted(t, x, m, v, *, g, lr=0.1):
    x, m, v = adam(x, g, t, m, v, lr=lr)
    return x, m, v


def noisy(t, x, *, noise, lr=0.1):
    return x - lr * (x + noise)


def expected(t, xx, *, sigma=1.0):
    return second_moment(xx, lr=cosine(t, lr=0.5, steps=40), lam=1, sigma=sigma)


def parted(t, x, *, lr=0.1):
    return sgd(x, 2 * x, t, lr=lr)[0]


def plateau(t, lr, best, bad, *, loss, patience=2):
    lr, best, bad = reduce_on_plateau(loss, lr, best, bad, patience=patience)
    return lr, best, bad


def mixed(t, x, m, v):
    moved, m, v = inverted(x, 1, t, m, v, lr=0.1)
    return moved, m, v


def test_a_rule_called_step_by_step_is_the_run_of_the_loop():
    figure = Curves(Panel(STEPS, LOSS, [Sequence(heavy, start=(2, 0), show=half_square)]), values={"lam": 0.5})
    path = run(rules.momentum, lambda x: 0.5 * x, [2.0], 40, lr=0.1, beta=0.9).path[:, 0]
    t, y = figure.curve("heavy")
    np.testing.assert_array_equal(t, np.arange(41))
    np.testing.assert_allclose(y, 0.25 * path**2, rtol=1e-13)
    assert figure.results() == {"heavy_last": y[-1], "heavy_max": y.max(), "heavy_min": y.min()}


def test_each_step_gets_its_own_painted_and_given_number():
    gradients = np.random.default_rng(0).normal(size=40).tolist()
    panel = Panel(STEPS, Axis("x", -3, 3), [Painted("g"), Sequence(painted, start=(0, 0, 0))])
    one_by_one = iter(gradients)
    path = run(rules.adam, lambda x: np.array([next(one_by_one)]), [0.0], 40, lr=0.1).path[:, 0]
    np.testing.assert_allclose(Curves(panel, points={"g": gradients}).curve("painted")[1], path, rtol=1e-9, atol=1e-12)
    x, ours = 1.0, [1.0]
    for xi in gradients:
        x = x - 0.1 * (x + xi)
        ours.append(x)
    figure = Curves(Panel(STEPS, Axis("x", -3, 3), [Sequence(noisy, start=1, given={"noise": gradients})]))
    np.testing.assert_allclose(figure.curve("noisy")[1], ours, rtol=1e-4)


def test_the_expected_loss_under_a_schedule_is_that_of_the_problem():
    figure = Curves(Panel(STEPS, LOSS, [Sequence(expected, start=9)]))
    theirs = NoisyQuadratic([1.0], sigma=1.0).expected(lr=lambda t: cosine(t, lr=0.5, steps=40), steps=40, start=3.0)
    np.testing.assert_allclose(figure.curve("expected")[1] / 2, np.ravel(theirs), rtol=1e-12)


def test_a_start_can_be_a_slider_or_a_point_and_sentences_know_the_end():
    def climbs(*, heavy_last):
        return heavy_last - 1

    def rate(x, *, lr):
        return lr * x

    panels = (
        Panel(STEPS, LOSS, [Sequence(heavy, start=("a", 0))]),
        Panel(Axis("a", 0, 5), Axis("y", 0, 1), [Line(rate, points="a")]),
    )
    say = Say("It ends at {heavy_last}.", when=climbs, otherwise="It shrinks to {heavy_last}.")
    figure = Curves(*panels, points={"a": 2}, say=say, values={"lr": 0.1})
    last = figure.curve("heavy")[1][-1]
    assert figure.sentences() == f"It shrinks to {last:.3g}."
    figure.points = {"a": 4}
    assert figure.curve("heavy")[1][-1] == pytest.approx(2 * last)


def test_a_choice_among_numbers_is_a_name_like_any_other():
    figure = Curves(Panel(STEPS, LOSS, [Sequence(heavy, start=(2, 0))]), sliders={"beta": {"none": 0.0, "much": 0.9}})
    assert figure.values["beta"] == 0.9
    figure.values = {**figure.values, "beta": 0.0}
    assert figure.curve("heavy")[1][1:3] == pytest.approx([1.8, 1.62])
    with pytest.raises(Exception, match=r"values\['beta'\] is 0.5; choose one of \[0.0, 0.9\]"):
        figure.values = {**figure.values, "beta": 0.5}


def crooked(t, x):
    return x, x


MISTAKES = {
    "no steps": (lambda: Panel(LOSS, LOSS, [Sequence(heavy, start=(1, 0))]), "heavy goes step by step; give .* step=1"),
    "states": (lambda: Sequence(heavy, start=1), r"heavy\(t, x, v\): expected the step t and then 1 state variables"),
    "show": (lambda: Sequence(noisy, show=half_square, given={"noise": [1]}), r"half_square\(t, x, v\)"),
    "start": (lambda: Sequence(heavy, start=(1, None)), "heavy: start has None; expected finite numbers or names"),
    "given": (lambda: Sequence(noisy, given={"noise": [[1.0]]}), r"noisy: given\['noise'\] has shape \(1, 1\)"),
    "too few": (
        lambda: Curves(Panel(STEPS, LOSS, [Sequence(noisy, given={"noise": [1.0, 2.0]})])),
        "noisy: 'noise' has 2 numbers; the axis has 40 steps",
    ),
    "painted number": (
        lambda: Curves(Panel(STEPS, LOSS, [Painted("g")]), points={"g": 1}),
        r"Painted\('g'\): give points={'g': \[…\]}, one number a step",
    ),
    "painted too long": (lambda: Curves(Panel(STEPS, LOSS, [Painted("g")]), points={"g": [1] * 41}), "41 numbers; .* 40 steps"),
    "a line asks for it": (
        lambda: Curves(
            Panel(STEPS, LOSS, [Painted("lr")]),
            Panel(Axis("λ", 0, 1), LOSS, [Line(test_a_line_cannot_ask.tent)]),
            points={"lr": [1] * 40},
        ),
        "tent: 'lr' is a list of points; ask for lr_min or lr_max",
    ),
    "returns": (lambda: Curves(Panel(STEPS, LOSS, [Sequence(crooked)])), "crooked returns 2 numbers; expected the state again"),
    "choice": (
        lambda: Curves(Panel(STEPS, LOSS, [Sequence(heavy, start=(1, 0))]), sliders={"beta": {"one": 1}}),
        r"sliders\['beta'\] is .*; a choice has two or more labels",
    ),
    "colour": (lambda: Painted("g", color="pink"), "Painted: color 'pink' does not exist"),
    "low": (lambda: Painted("g", low=float("nan")), r"Painted\('g'\): low is nan; expected a finite number"),
}


def test_a_line_cannot_ask():
    """Its function is kept here for the table of mistakes."""


def tent(lam, *, lr):
    return abs(1 - lr * lam)


test_a_line_cannot_ask.tent = tent


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_named_with_its_fix(name):
    make, message = MISTAKES[name]
    with pytest.raises((ValueError, translate.NotArithmetic), match=message):
        make()


def test_the_page_goes_the_same_steps(node):
    """The recursion of the page, with the library's functions translated, against Python's."""
    rng = np.random.default_rng(2)
    numbers = rng.normal(size=40).tolist()
    scope = {"lr": 0.1, "beta": 0.9, "lam": 0.7, "sigma": 1.3, "patience": 2, "a": 2.0}
    cases = [
        (Sequence(heavy, start=("a", 0), show=half_square), {}),
        (Sequence(painted, start=(0, 0, 0)), {"g": numbers}),
        (Sequence(noisy, start=1, given={"noise": numbers}), {}),
        (Sequence(expected, start=9), {}),
        (Sequence(plateau, start=(1, 1e300, 0), given={"loss": np.abs(numbers)}), {}),
        (Sequence(mixed, start=(0, 0, 0)), {}),
        (Sequence(parted, start=1), {}),
    ]
    data = [{"spec": s.describe(points), "points": points, "scope": scope} for s, points in cases]
    expression = """data.map(({ spec, points, scope }) =>
        [...recursion(spec, stepsOf({ low: 0, high: 40, step: 1 }))(scope, points).y])"""
    theirs = node(linked(expression), json.loads(json.dumps(data)))
    for (s, points), y in zip(cases, theirs, strict=True):
        np.testing.assert_allclose(y, s.arrays(STEPS, scope, points)[1][0], rtol=1e-9, atol=1e-12)


def test_the_interpreter_calls_the_library_and_nothing_else(node):
    texts = [
        "function f(x) {\n  return LIBRARY.constructor(x);\n}",
        "function f(x) {\n  return LIBRARY.sgdd(x);\n}",
        "function f(x) {\n  let [a] = LIBRARY.sgd(x, 1, 1, { lr: 0.5 });\n  return a;\n}",
    ]
    expression = "data.map((text) => { try { return compile(text)({})(1); } catch (error) { return error.name; } })"
    assert node(linked(expression), texts) == ["SyntaxError", "SyntaxError", 0.5]


def test_a_library_call_has_every_argument():
    def short(x, *, lr):
        x, v = momentum(x, 2 * x, 1, lr=lr)
        return x

    assert "LIBRARY.momentum(x, (2 * x), 1, 0, { lr: lr, beta: 0.9 })" in translate.to_js(short)

    def wrong(x):
        return momentum(x, 1, 1, lrr=1)

    with pytest.raises(translate.NotArithmetic, match="wrong, line 2: .* does not fit momentum"):
        translate.to_js(wrong)


def test_the_losses_of_the_library_are_not_called():
    def value(x):
        return losses(x)

    with pytest.raises(translate.NotArithmetic, match="is not plain arithmetic"):
        translate.to_js(value)
