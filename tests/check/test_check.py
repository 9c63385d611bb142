"""What the exercises' checks say: of every broken Adam its own name, of every kind of mistake its fix."""

import numpy as np
import pytest

from optlib import rules, schedules
from optlib.catalogue import BROKEN_ADAMS, RULES
from optlib.check import check_rule, check_schedule


@pytest.mark.parametrize("name", RULES)
def test_a_rule_is_right_beside_itself_and_wrong_beside_the_others(name):
    assert check_rule(RULES[name], RULES[name]) == "right"
    others = [other for other in RULES if check_rule(RULES[name], RULES[other]) == "right"]
    twins = {"nesterov", "nesterov_look_ahead"}  # one path in two ways
    assert set(others) == (twins if name in twins else {name})


@pytest.mark.parametrize("name", BROKEN_ADAMS)
def test_each_broken_adam_is_named(name):
    assert check_rule(BROKEN_ADAMS[name], rules.adam, slips=BROKEN_ADAMS, lr=0.1) == f"wrong: {name}"


def in_place(x, g, t, *, lr=0.1):
    x -= lr * g
    return (x,)


def in_the_gradient(x, g, t, *, lr=0.1):
    g *= lr
    return (x - g,)


def in_the_state(x, g, t, v=0, *, lr=0.1, beta=0.9):
    if t > 1:
        v *= beta
        v += g
    else:
        v = g.copy()
    return x - lr * v, v


MISTAKES = {
    "no tuple": (lambda x, g, t, *, lr=0.1: x - lr * g, "it returns ndarray; return a tuple"),
    "no state": (lambda x, g, t, v=0, *, lr=0.1: (x - lr * g,), "it returns 1 things; expected 2: x and its 1 state variables"),
    "in place": (in_place, "it writes into x; build a new array"),
    "gradient": (in_the_gradient, "it writes into g; build a new array"),
    "state": (in_the_state, "it writes into its state"),
    "order": (lambda g, x, t, *, lr=0.1: (x - lr * g,), "its first arguments are g, x, t; a rule begins with x, g, t"),
    "no default": (lambda x, g, t, v, *, lr=0.1: (x, v), "the state variable v has no initial value; write v=0"),
    "no lr": (lambda x, g, t: (x - 0.1 * g,), "it does not take lr after the star"),
    "shape": (lambda x, g, t, *, lr=0.1: ((x - lr * g).sum(),), r"its x has shape () after step 1; expected (3,)"),
    "raises": (lambda x, g, t, *, lr=0.1: (x - lr * y,), "it raises NameError: name 'y' is not defined"),  # noqa: F821
    "another step": (lambda x, g, t, *, lr=0.1: (x - 2 * lr * g,), "after step 1: x is ["),
    "later": (lambda x, g, t, *, lr=0.1: (x - lr * g * (1 + (t > 5)),), "after step 6: x is ["),
    "no function": (None, "None is no function"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_with_its_fix(name):
    mine, message = MISTAKES[name]
    assert check_rule(mine, rules.sgd, lr=0.1).startswith(f"wrong: {message}")


def test_schedules():
    hyper = {"lr": 0.5, "steps": 40}
    assert check_schedule(schedules.cosine, schedules.cosine, **hyper) == "right"
    late = {"it counts from 1": lambda t, *, lr, steps: schedules.cosine(t + 1, lr=lr, steps=steps)}
    assert check_schedule(late["it counts from 1"], schedules.cosine, slips=late, **hyper) == "wrong: it counts from 1"
    assert check_schedule(lambda t, *, lr, steps: lr, schedules.cosine, **hyper).startswith("wrong: at t = 2: the rate is 0.5")
    assert "return one number" in check_schedule(lambda t, *, lr, steps: np.array([lr]), schedules.cosine, **hyper)
    assert "it raises TypeError" in check_schedule(lambda t: 1, schedules.cosine, **hyper)
