"""Each wrong Adam does on a constant gradient what its docstring says, and none of them is taken for the right one."""

import inspect
import re

import numpy as np
import pytest

from optlib import broken_adams, catalogue, rules, run, translate
from optlib.losses import Quadratic

BROKEN = catalogue.BROKEN_ADAMS


def steps(rule, n=4000, g=1.0, **hyper):
    """Return the steps of `rule` on the constant gradient g from 0, in units of lr, downhill positive."""
    path = run(rule, lambda x: np.full(1, g), [0.0], n, lr=1.0, **hyper).path[:, 0]
    return -np.diff(path) * np.sign(g)


def stated(rule):
    """Return the numbers in the second paragraph of a docstring."""
    return [float(n) for n in re.findall(r"(?<![\w.^])\d+\.\d+|(?<![\w.^-])\d+(?= lr)", inspect.getdoc(rule).split("\n\n")[1])]


def test_right_adam_steps_lr():
    np.testing.assert_allclose(steps(rules.adam), 1, rtol=2e-8)


@pytest.mark.parametrize("name", BROKEN)
def test_signature_is_adams_and_the_slip_is_said(name):
    rule = BROKEN[name]
    assert rule.__kwdefaults__ == rules.adam.__kwdefaults__
    first, more = inspect.getdoc(rule).split("\n\n")
    assert first.endswith(".") and "\n" not in first and more
    assert name not in catalogue.RULES
    assert translate.to_js(rule) and translate.to_latex(rule)


@pytest.mark.parametrize("name", BROKEN)
def test_is_not_adam(name):
    """On a valley or on small gradients every one leaves Adam's path."""
    loss, hyper = Quadratic(kappa=10), {"lr": 0.05}
    apart = []
    for scale in (1.0, 1e-5):
        with np.errstate(all="ignore"):
            wrong, right = (
                run(r, lambda x, s=scale: s * loss.grad(x), [2.0, 1.0], 50, **hyper).path for r in (BROKEN[name], rules.adam)
            )
        apart.append(not np.allclose(wrong, right, atol=1e-3))
    assert any(apart) or name == "eps_on_the_parameter"
    if name == "eps_on_the_parameter":  # the drift is eps a step
        assert not np.allclose(wrong, right, atol=1e-9)


def test_fed_back_grows_without_bound_and_stops():
    """The syllabus: the second moment passes 1e100 within 200 steps. Here already before step 100."""
    x, m, v, seen = 0.0, 0, 0, []
    for t in range(1, 201):
        x, m, v = broken_adams.fed_back(x, 1.0, t, m, v, lr=1.0)
        seen.append(v)
    passed = int(np.argmax(np.array(seen) > 1e100)) + 1
    assert 1 < passed < 100 and seen[-1] > 1e200
    np.testing.assert_allclose(-x, 1.29, atol=0.005)
    assert steps(broken_adams.fed_back, 200)[100:].max() < 1e-60


def test_fed_back_as_the_notes_have_it():
    """With their gamma of 0.995 as well."""
    v = 0
    for t in range(1, 201):
        _, _, v = broken_adams.fed_back(0.0, 1.0, t, 0, v, beta2=0.995)
    assert v > 1e100


def test_inverted():
    """On a constant gradient the step is (1 − β₁ᵗ)² / (1 − β₂ᵗ)."""
    t, s = np.arange(1, 4001), steps(broken_adams.inverted, eps=0)
    np.testing.assert_allclose(s, (1 - 0.9**t) ** 2 / (1 - 0.999**t), rtol=1e-9)
    assert s.argmax() + 1 == 12 and stated(broken_adams.inverted) == [10, round(s.max(), 1)] and round(s[0], 9) == 10


def test_stuck_counter():
    """On a constant gradient (1 − β₁ᵗ)/√(1 − β₂ᵗ) over its own first value: the bias is kept, and scaled."""
    s = steps(broken_adams.stuck_counter, 20000)
    t = np.arange(1, 20001)
    np.testing.assert_allclose(s, (1 - 0.9**t) / 0.1 / np.sqrt((1 - 0.999**t) / 0.001), rtol=1e-6)
    assert s.argmax() + 1 == 12 and stated(broken_adams.stuck_counter) == [round(s.max(), 2), round(s[-1], 3)]
    np.testing.assert_allclose(s[0], 1, rtol=1e-6)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_counter_from_zero():
    assert run(broken_adams.counter_from_zero, lambda x: np.ones(1), [0.0], 5).diverged == 1
    assert np.isnan(broken_adams.counter_from_zero(np.zeros(1), np.ones(1), 1)[0]).all()


def test_eps_on_the_parameter():
    """Both signs of the gradient drift the same way; a gradient of 0 gives 0/0."""
    for g in (1.0, -1.0):
        path = run(broken_adams.eps_on_the_parameter, lambda x, g=g: np.full(1, g), [0.0], 100, lr=1.0, eps=1e-3).path[:, 0]
        np.testing.assert_allclose(np.diff(path), -g + 1e-3, rtol=1e-9)
    assert run(broken_adams.eps_on_the_parameter, np.zeros_like, [0.0], 1).diverged == 1
    assert run(rules.adam, np.zeros_like, [0.0], 1).diverged is None


def test_eps_in_the_root():
    for g in (1e-5, 1e-3, 1.0):
        np.testing.assert_allclose(steps(broken_adams.eps_in_the_root, 50, g), g / np.sqrt(g**2 + 1e-8), rtol=1e-9)
    assert stated(broken_adams.eps_in_the_root) == [round(steps(broken_adams.eps_in_the_root, 50, 1e-5)[-1], 4)]
    assert steps(rules.adam, 50, 1e-5)[-1] > 0.998


def test_missing_root():
    for g in (1e-3, 1.0, 50.0):
        np.testing.assert_allclose(steps(broken_adams.missing_root, 50, g, eps=0), 1 / g, rtol=1e-9)


def test_half_corrected():
    s, t = steps(broken_adams.half_corrected, eps=0), np.arange(1, 4001)
    np.testing.assert_allclose(s, 1 / np.sqrt(1 - 0.999**t), rtol=1e-9)
    first, later = stated(broken_adams.half_corrected)
    assert first == round(s[0], 1) and s[999] > later > s[1100]


def test_factor_omitted():
    np.testing.assert_allclose(steps(broken_adams.factor_omitted, eps=0), 10, rtol=1e-9)


def test_average_of_the_weight_stops_on_a_slope():
    """At x = −(1 − β₁) g / β₁, whatever the rate; and it remembers nothing: what it steps along has no past in it."""
    x = run(broken_adams.average_of_the_weight, lambda x: np.full(1, 2.0), [0.0], 4000, lr=0.001).x[0]
    np.testing.assert_allclose(x, -0.1 * 2 / 0.9, rtol=1e-3)
    assert "m" not in inspect.signature(broken_adams.average_of_the_weight).parameters
