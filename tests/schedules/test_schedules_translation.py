"""The JavaScript of each schedule against the Python it is made from, in Node, and the equations."""

import inspect
import json

import numpy as np
import pytest

from optlib import schedules, translate
from optlib.schedules import schedule

FORMULAS = {
    name: f
    for name, f in vars(schedules).items()
    if inspect.isfunction(f) and f.__module__ == schedules.__name__ and "t" in inspect.signature(f).parameters
}
LISTS = {"multi_step", "piecewise"}  # have lists in them, and are not translated
AROUND = {"warmup", "epochs"}  # take another schedule
EXACT = {"constant", "inverse", "staircase_inverse", "one_cycle"}  # no power, exponential or cosine: rounded alike everywhere


def settings(formula, rng, n=40):
    """Return n settings of a formula, the first of them its defaults."""
    cases = [dict(formula.__kwdefaults__)]
    for _ in range(n - 1):
        case = {}
        for name, default in formula.__kwdefaults__.items():
            if name == "mult":
                case[name] = int(rng.integers(1, 4))
            elif default >= 1:
                case[name] = int(rng.integers(1, 90))
            else:
                case[name] = float(rng.random()) or 0.5
        cases.append(case)
    return cases


@pytest.mark.parametrize("name", sorted(FORMULAS.keys() - LISTS - AROUND))
def test_javascript_gives_the_numbers_of_python(name, node):
    formula = FORMULAS[name]
    cases = settings(formula, np.random.default_rng(len(name)))
    t = list(range(1, 402))
    source = f"export default data.cases.map(h => data.t.map(t => f(t, h)));\n{translate.to_js(formula, 'f')}"
    theirs = node(source, {"cases": cases, "t": t})
    for case, rates in zip(cases, theirs, strict=True):
        ours = schedule(formula, **case)(t)
        if name in EXACT:
            assert ours.tolist() == rates, case
        else:
            np.testing.assert_allclose(rates, ours, rtol=1e-12, atol=1e-15, err_msg=json.dumps(case))


def test_every_formula_is_compared_or_said_not_to_be():
    assert LISTS | AROUND | EXACT < FORMULAS.keys()
    for name in LISTS:
        with pytest.raises(translate.NotArithmetic):
            translate.to_js(FORMULAS[name])


@pytest.mark.parametrize("around", sorted(AROUND))
def test_javascript_of_a_schedule_around_a_schedule(around, node):
    hyper = {"warmup": {"warmup_steps": 7}, "epochs": {"steps_per_epoch": 13}}[around]
    source = f"""
        const base = t => cosine(t, {{ lr: 0.3, lr_end: 0.01, steps: 25 }});
        export default data.map(t => {around}(t, {{ base, ...{hyper} }}));
        {translate.to_js(schedules.cosine)}
        {translate.to_js(FORMULAS[around])}"""
    t = list(range(1, 200))
    ours = schedule(FORMULAS[around], base=schedule(schedules.cosine, lr=0.3, lr_end=0.01, steps=25), **hyper)(t)
    np.testing.assert_allclose(node(source, t), ours, rtol=1e-13)


def test_javascript_of_the_plateau_scheduler(node):
    rng = np.random.default_rng(3)
    losses = (1 / np.arange(1, 60) + 0.1 * rng.random(59)).tolist()
    hyper = {"factor": 0.5, "patience": 2, "threshold": 0.01, "lr_end": 0.02}
    source = f"""
        let state = [0.4, Infinity, 0];
        export default data.losses.map(loss => state = f(loss, ...state, data.hyper));
        {translate.to_js(schedules.reduce_on_plateau, "f")}"""
    theirs = node(source, {"losses": losses, "hyper": hyper})
    state, ours = (0.4,), []
    for loss in losses:
        state = schedules.reduce_on_plateau(loss, *state, **hyper)
        ours.append([float(v) for v in state])
    assert theirs == ours
    assert ours[-1][0] < 0.4


def test_the_comparison_sees_a_clock_that_is_off_by_one(node):
    source = translate.to_js(schedules.cosine, "f").replace("(t - 1)", "t")
    rates = node(f"export default data.map(t => f(t, {{ lr: 0.1, lr_end: 0, steps: 50 }}));\n{source}", list(range(1, 60)))
    assert not np.allclose(rates, schedule(schedules.cosine, lr=0.1, steps=50)(np.arange(1, 60)), rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("step", r"\mathrm{step}(t) &= \eta\, {\gamma}^{\left\lfloor \frac{t - 1}{s} \right\rfloor}"),
        ("exponential", r"\mathrm{exponential}(t) &= \eta\, e^{-k\, \left(t - 1\right)}"),
        ("inverse", r"\mathrm{inverse}(t) &= \frac{\eta}{1 + k\, \left(t - 1\right)}"),
        ("cosine", r"u &= \min\left(\frac{t - 1}{T}, 1\right) \\"),
        (
            "cosine_restarts",
            r"i &= \begin{cases} n & \mathrm{mult} > 1 \\ "
            r"\left\lfloor \frac{t - 1}{T} \right\rfloor & \text{otherwise} \end{cases} \\",
        ),
        (
            "warmup",
            r"\mathrm{warmup}(t) &= \min\left(\frac{t}{\max\left(T_{\mathrm{warmup}}, 1\right)}, 1\right)\, "
            r"\mathrm{base}\left(\max\left(t - T_{\mathrm{warmup}}, 1\right)\right)",
        ),
        ("power", r"\mathrm{power}(t) &= \frac{\eta}{{\left(1 + \frac{t - 1}{s}\right)}^{c}}"),
        (
            "range_test",
            r"\mathrm{range\ test}(t) &= \mathrm{low}\, {\left(\frac{\mathrm{high}}{\mathrm{low}}\right)}^{"
            r"\min\left(\frac{t - 1}{\max\left(T - 1, 1\right)}, 1\right)}",
        ),
    ],
)
def test_equations(name, line):
    assert line in translate.to_latex(FORMULAS[name]).splitlines()
