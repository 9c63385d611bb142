"""The loop: its clock, its record, and one clear error for each kind of bad input."""

from functools import partial
from itertools import islice

import numpy as np
import pytest

from optlib import catalogue, final, iterate, losses, naming, rules, run

LOSS = losses.Quadratic(kappa=10)
START = [2.0, 1.0]


# The clock and the record


def test_a_run_is_the_loop_by_hand():
    """Bit for bit where the rule takes no power; numpy's and Python's `beta1**t` differ in the last digit."""
    x, v, path = np.array(START), 0, [START]
    for t in range(1, 31):
        x, v = rules.momentum(x, LOSS.grad(x), t, v, lr=0.02)
        path.append(x)
    np.testing.assert_array_equal(run(rules.momentum, LOSS, START, 30, lr=0.02).path, path)
    x, m, v, path = np.array(START), 0, 0, [START]
    for t in range(1, 31):
        x, m, v = rules.adam(x, LOSS.grad(x), t, m, v, lr=0.1)
        path.append(x)
    np.testing.assert_allclose(run(rules.adam, LOSS, START, 30, lr=0.1).path, path, rtol=1e-10)


def test_the_record():
    record = run(rules.momentum, LOSS, START, 25, lr=0.01, beta=0.5)
    assert (record.rule, record.hyper, record.steps, record.evaluations) == ("momentum", {"lr": 0.01, "beta": 0.5}, 25, 25)
    assert record.path.shape == (26, 2)
    np.testing.assert_array_equal(record.path[0], START)
    np.testing.assert_array_equal(record.path[-1], record.x)
    assert record.value == LOSS(record.x) and record.diverged is None and record.stopped == "took all 25 steps"
    assert str(record).startswith("momentum, 25 steps: loss ")


def test_gradients_are_counted_as_they_are_taken():
    asked = []
    record = run(rules.adam, lambda x: asked.append(x) or x, START, 7)
    assert len(asked) == record.evaluations == 7


def test_steps_are_lazy_and_the_start_comes_first():
    points = list(islice(iterate(rules.momentum, LOSS, START, lr=0.1), 3))
    assert [len(p) for p in points] == [2, 2, 2]
    np.testing.assert_array_equal(points[0][0], START)
    assert points[0][1] == 0


def test_no_step():
    record = run(rules.sgd, LOSS, START, 0)
    np.testing.assert_array_equal(record.path, [START])
    assert record.evaluations == 0


@pytest.mark.parametrize("rule", catalogue.RULES.values(), ids=catalogue.RULES)
@pytest.mark.parametrize("steps", [0, 1, 50])
def test_final_is_the_end_of_run(rule, steps):
    long, short = run(rule, LOSS, START, steps, lr=0.02), final(rule, LOSS, START, steps, lr=0.02)
    np.testing.assert_array_equal(short.x, long.x)
    assert short.path is None
    for name in ("rule", "hyper", "steps", "evaluations", "diverged", "value", "stopped"):
        assert getattr(short, name) == getattr(long, name), name


def test_a_bound_rule_keeps_its_name():
    record = run(partial(rules.sgd, lr=0.5), LOSS, START, 1)
    assert record.rule == "sgd"
    np.testing.assert_array_equal(record.x, [1.0, -4.0])


def test_a_gradient_function_is_enough():
    record = run(rules.sgd, lambda x: x, 1.0, 1, lr=0.25)
    assert record.x == 0.75 and record.value is None


# Schedules


def test_a_schedule_is_asked_once_a_step_and_from_one():
    asked = []
    run(rules.sgd, LOSS, START, 4, lr=lambda t: asked.append(t) or 0.1)
    assert asked == [1, 2, 3, 4]


def test_the_first_step_uses_the_first_value():
    path = run(rules.sgd, lambda x: np.ones(1), [0.0], 3, lr=lambda t: 1 / t).path
    np.testing.assert_allclose(-np.diff(path[:, 0]), [1, 1 / 2, 1 / 3])


@pytest.mark.parametrize("rule", catalogue.RULES.values(), ids=catalogue.RULES)
def test_a_constant_schedule_is_the_constant(rule):
    """Bit for bit, for every hyperparameter."""
    for name, default in rule.__kwdefaults__.items():
        fixed, asked = run(rule, LOSS, START, 40), run(rule, LOSS, START, 40, **{name: lambda t, d=default: d})
        np.testing.assert_array_equal(fixed.path, asked.path, err_msg=name)


def test_a_schedule_may_return_the_row_of_a_sweep_whose_start_has_its_shape():
    lr = np.array([0.01, 0.02, 0.05])
    swept = run(rules.sgd, LOSS, np.array([[2.0] * 3, [1.0] * 3]), 10, lr=lambda t: lr / t).x
    for k in range(3):
        np.testing.assert_array_equal(swept[:, k], run(rules.sgd, LOSS, START, 10, lr=lambda t, k=k: lr[k] / t).x)


# Numbers


def test_integers_become_floats_and_the_start_is_left_alone():
    start = np.array([2, 1])
    record = run(rules.sgd, LOSS, start, 3, lr=0.1)
    assert record.path.dtype == float and start.tolist() == [2, 1]


@pytest.mark.parametrize("lr", [0.1, np.float64(0.1), np.array(0.1), np.array([0.1, 0.2]), lambda t: 0.1 / t])
@pytest.mark.parametrize("loss", [LOSS, lambda x: x.astype(float)], ids=["loss", "float64 gradient"])
def test_float32_stays(lr, loss):
    record = run(rules.adam, loss, np.ones((2, 1), np.float32), 5, lr=lr)
    assert record.path.dtype == record.x.dtype == np.float32


def test_float32_is_float32():
    """Not a rounded float64 run: the two part by rounding, and by no more."""
    single, double = (run(rules.momentum, LOSS, np.array(START, d), 40, lr=0.02).x for d in (np.float32, np.float64))
    assert not np.array_equal(single, double.astype(np.float32))
    np.testing.assert_allclose(single, double, atol=1e-5)


# Divergence is no error


@pytest.mark.filterwarnings("error")
def test_divergence_is_told():
    record = run(rules.sgd, LOSS, START, 1000, lr=0.5)
    assert not np.isfinite(record.path[record.diverged]).all()
    assert np.isfinite(record.path[: record.diverged]).all()
    assert record.stopped == f"diverged at step {record.diverged}" and record.stopped in str(record)
    assert record.path.shape == (1001, 2)


@pytest.mark.filterwarnings("error")
def test_divergence_is_told_without_a_path():
    record = final(rules.sgd, LOSS, START, 1000, lr=0.5)
    assert record.diverged == 1000 and record.stopped == "diverged by step 1000"


def test_a_gradient_that_is_not_a_number_is_divergence():
    assert run(rules.sgd, lambda x: x * np.nan, START, 3).diverged == 1


def test_one_diverged_cell_leaves_its_neighbours_alone():
    record = final(rules.sgd, LOSS, [[2.0], [1.0]], 1000, lr=np.array([0.1, 0.5]))
    np.testing.assert_array_equal(record.x[:, 0], final(rules.sgd, LOSS, START, 1000, lr=0.1).x)
    assert not np.isfinite(record.x[:, 1]).all() and record.diverged == 1000


# Bad input: the argument, its value, what was expected or what to do


def returns_x_alone(x, g, t, *, lr=0.1):
    return x - lr * g


def forgets_its_state(x, g, t, v=0, *, lr=0.1):
    return (x - lr * (v + g),)


def flattens(x, g, t, *, lr=0.1):
    return ((x - lr * g).sum(),)


BAD = {
    "start of another shape": (lambda: run(rules.sgd, LOSS, [1, 2, 3], 5), ValueError, ["(3,)", "Quadratic", "shape (2,)"]),
    "start a number": (lambda: run(rules.sgd, LOSS, 3.0, 5), ValueError, ["shape ()", "Quadratic", "shape (2,)"]),
    "start of text": (lambda: run(rules.sgd, LOSS, ["1", "2"], 5), ValueError, ["start x", "'1'", "real numbers"]),
    "start ragged": (lambda: run(rules.sgd, LOSS, [1, [2, 3]], 5), ValueError, ["start x", "[1, [2, 3]]", "real numbers"]),
    "start None": (lambda: run(rules.sgd, LOSS, None, 5), ValueError, ["start x", "None", "real numbers"]),
    "start of booleans": (lambda: run(rules.sgd, LOSS, [True, False], 5), ValueError, ["start x", "True", "real numbers"]),
    "start complex": (lambda: run(rules.sgd, LOSS, [1j, 2], 5), ValueError, ["start x", "1j", "real numbers"]),
    "start nan": (lambda: run(rules.sgd, LOSS, [1, np.nan], 5), ValueError, ["start x", "nan", "finite"]),
    "start infinite": (lambda: run(rules.sgd, LOSS, [np.inf, 1], 5), ValueError, ["start x", "inf", "finite"]),
    "gradient too short": (lambda: run(rules.sgd, lambda x: x[:1], START, 5), ValueError, ["gradient", "(1,)", "(2,)"]),
    "gradient a sum": (lambda: run(rules.sgd, lambda x: x.sum(), START, 5), ValueError, ["gradient", "()", "(2,)"]),
    "gradient None": (lambda: run(rules.sgd, lambda x: None, START, 5), ValueError, ["gradient", "None", "real numbers"]),
    "gradient text": (lambda: run(rules.sgd, lambda x: ["a", "b"], START, 5), ValueError, ["gradient", "'a'", "real numbers"]),
    "gradient complex": (lambda: run(rules.sgd, lambda x: 1j * x, START, 5), ValueError, ["gradient", "j", "real numbers"]),
    "lr negative": (lambda: run(rules.sgd, LOSS, START, 5, lr=-0.1), ValueError, ["lr", "-0.1", "0 or more"]),
    "lr nan": (lambda: run(rules.sgd, LOSS, START, 5, lr=np.nan), ValueError, ["lr", "nan", "finite"]),
    "lr infinite": (lambda: run(rules.sgd, LOSS, START, 5, lr=np.inf), ValueError, ["lr", "inf", "finite"]),
    "lr text": (lambda: run(rules.sgd, LOSS, START, 5, lr="0.1"), ValueError, ["lr", "'0.1'", "give a number"]),
    "lr None": (lambda: run(rules.sgd, LOSS, START, 5, lr=None), ValueError, ["lr", "None", "give a number"]),
    "lr True": (lambda: run(rules.sgd, LOSS, START, 5, lr=True), ValueError, ["lr", "True", "give a number"]),
    "one lr of a sweep negative": (
        lambda: run(rules.sgd, LOSS, [[2.0], [1.0]], 5, lr=np.array([0.1, -0.1])), ValueError, ["lr", "-0.1", "0 or more"]
    ),
    "another hyperparameter infinite": (
        lambda: run(rules.momentum, LOSS, START, 5, beta=np.inf), ValueError, ["beta", "inf", "finite"]
    ),
    "schedule text": (lambda: run(rules.sgd, LOSS, START, 5, lr=lambda t: "a"), ValueError, ["lr at t = 1", "'a'", "number"]),
    "schedule None": (lambda: run(rules.sgd, LOSS, START, 5, lr=lambda t: None), ValueError, ["lr at t = 1", "None", "number"]),
    "schedule negative": (
        lambda: run(rules.sgd, LOSS, START, 5, lr=lambda t: 0.2 - 0.1 * t), ValueError, ["lr at t = 3", "-0.", "0 or more"]
    ),
    "schedule nan": (lambda: run(rules.sgd, LOSS, START, 5, lr=lambda t: np.nan), ValueError, ["lr at t = 1", "nan", "finite"]),
    "schedule of another shape": (
        lambda: run(rules.sgd, LOSS, START, 5, lr=lambda t: np.ones(3)), ValueError, ["lr", "(3,)", "t = 1", "(2,)"]
    ),
    "schedule that enlarges the point": (
        lambda: run(rules.sgd, LOSS, [[2.0], [1.0]], 5, lr=lambda t: np.ones(3)), ValueError, ["lr", "(3,)", "t = 1", "(2, 1)"]
    ),
    "sweep beside a flat start": (
        lambda: run(rules.sgd, LOSS, START, 5, lr=np.ones(3)), ValueError, ["start x", "(2,)", "'lr': (3,)", "shape (2, 1)"]
    ),
    "sweep of two axes beside a flat start": (
        lambda: run(rules.sgd, LOSS, START, 5, lr=np.ones((3, 4))), ValueError, ["'lr': (3, 4)", "shape (2, 1, 1)"]
    ),
    "steps negative": (lambda: run(rules.sgd, LOSS, START, -1), ValueError, ["steps is -1", "whole number"]),
    "steps a fraction": (lambda: run(rules.sgd, LOSS, START, 2.5), ValueError, ["steps is 2.5", "whole number"]),
    "steps a float": (lambda: run(rules.sgd, LOSS, START, 2.0), ValueError, ["steps is 2.0", "whole number"]),
    "steps True": (lambda: run(rules.sgd, LOSS, START, True), ValueError, ["steps is True", "whole number"]),
    "steps text": (lambda: run(rules.sgd, LOSS, START, "10"), ValueError, ["steps is '10'", "whole number"]),
    "steps of final": (lambda: final(rules.sgd, LOSS, START, -1), ValueError, ["steps is -1", "whole number"]),
    "hyperparameter misspelt": (
        lambda: run(rules.adam, LOSS, START, 5, bta1=0.9), TypeError, ["adam", "'bta1'", "did you mean 'beta1'", "it takes lr"]
    ),
    "hyperparameter of another rule": (
        lambda: run(rules.sgd, LOSS, START, 5, momentum=0.9), TypeError, ["sgd", "'momentum'", "it takes lr"]
    ),
    "rule by name": (lambda: run("adam", LOSS, START, 5), TypeError, ["rule is 'adam'", "optlib.rules"]),
    "loss by name": (lambda: run(rules.sgd, "Quadratic", START, 5), TypeError, ["loss is 'Quadratic'", "optlib.losses"]),
    "loss class": (lambda: run(rules.sgd, losses.Quadratic, START, 5), TypeError, ["loss is", "Quadratic", "Quadratic()"]),
    "rule returns x alone": (
        lambda: run(returns_x_alone, LOSS, START, 5), TypeError, ["returns_x_alone returned array", "tuple (x, *state)"]
    ),
    "rule forgets its state": (
        lambda: run(forgets_its_state, LOSS, START, 5), TypeError, ["forgets_its_state returned", "1 state variable"]
    ),
    "rule changes the shape": (lambda: run(flattens, LOSS, START, 5), TypeError, ["flattens returned", "shape (2,)"]),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_input_gets_one_clear_error(case):
    call, kind, words = BAD[case]
    with pytest.raises(kind) as error:
        call()
    message = str(error.value)
    for word in words:
        assert word in message, message
    assert error.value.__cause__ is None and "\n" not in message and len(message) < 250, message


@pytest.mark.parametrize("case", ["start of text", "lr negative", "hyperparameter misspelt", "loss class", "rule by name"])
def test_bad_input_is_refused_before_the_first_gradient(case):
    """Also with no step to take: the input is wrong whether or not it is used."""
    bad = {
        "start of text": (rules.sgd, LOSS, ["1", "2"], {}),
        "lr negative": (rules.sgd, LOSS, START, {"lr": -1}),
        "hyperparameter misspelt": (rules.sgd, LOSS, START, {"rl": 1}),
        "loss class": (rules.sgd, losses.Quadratic, START, {}),
        "rule by name": ("sgd", LOSS, START, {}),
    }
    rule, loss, start, hyper = bad[case]
    with pytest.raises((TypeError, ValueError)):
        run(rule, loss, start, 0, **hyper)


@pytest.mark.parametrize(
    ("kind", "name", "table", "words"),
    [
        ("rule", "Adam", catalogue.RULES, ["rule 'Adam' does not exist", "did you mean 'adam'"]),
        ("rule", "momentun", catalogue.RULES, ["rule 'momentun'", "'momentum'"]),
        ("loss", "quadratic", catalogue.LOSSES, ["loss 'quadratic'", "did you mean 'Quadratic'"]),
        ("loss", "Rosenbrok", catalogue.LOSSES, ["loss 'Rosenbrok'", "did you mean 'Rosenbrock'"]),
        ("loss", "zzz", catalogue.LOSSES, ["loss 'zzz'", "Known: Quadratic"]),
    ],
)
def test_a_name_that_does_not_exist(kind, name, table, words):
    with pytest.raises(ValueError) as error:
        naming.find(kind, name, table)
    for word in words:
        assert word in str(error.value)
    assert all(known in str(error.value) for known in table)


def test_names_that_exist():
    assert naming.find("rule", "adam", catalogue.RULES) is rules.adam
    assert naming.find("loss", "Rosenbrock", catalogue.LOSSES) is losses.Rosenbrock
    assert list(catalogue.RULES)[0] == "sgd" and losses.Loss not in catalogue.LOSSES.values()
