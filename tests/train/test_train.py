"""Training: the order of the rows, several seeds at once, the record, divergence, and one clear error for bad input."""

import io
import sys
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optlib import rules, run, second_order
from optlib.data import digits, moons, spirals, split
from optlib.nets import MLP
from optlib.schedules import cosine, reduce_on_plateau, schedule
from optlib.train import train

RNG = np.random.default_rng(0)
MOONS = split(*moons(RNG, 90), RNG, 1 / 3)  # 60 rows to train on
NET = MLP((2, 6, 2), "relu", "cross_entropy")
LINEAR = MLP((2, 1), "linear", bias=False)


class Rows:
    """A loss that only writes down which rows it is given: row k of x is (k, k)."""

    sizes, norm, objective, size = (2, 1), False, "mse", 2

    def __init__(self):
        self.met = []

    def init(self, rng, scheme):
        return rng.standard_normal(2)

    def loss(self, theta, x, y):
        return 0.0

    def value_and_output(self, theta, x, y):
        return 0.0, None

    def value_and_grad(self, theta, x, y):
        np.testing.assert_array_equal(x[..., 0], y[..., 0])
        self.met.append(x[..., 0].astype(int))
        return np.zeros(theta.shape[1:]), np.zeros_like(theta)


def met(n, **arguments):
    net, x = Rows(), np.repeat(np.arange(n)[:, None], 2, axis=1)
    record = train(rules.sgd, net, (x, x[:, :1]), lr=0.1, **arguments)
    return net.met, record


# The order of the rows


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 30), st.integers(1, 30), st.integers(0, 4), st.integers(0, 1000))
def test_every_row_comes_once_an_epoch(n, size, epochs, seed):
    size = min(size, n)
    batches, record = met(n, epochs=epochs, batch_size=size, seeds=seed)
    per_epoch = -(-n // size)
    assert len(batches) == record.steps == record.evaluations == epochs * per_epoch
    for e in range(epochs):
        rows = batches[e * per_epoch : (e + 1) * per_epoch]
        assert [len(b) for b in rows[:-1]] == [size] * (per_epoch - 1)
        assert sorted(np.concatenate(rows)) == list(range(n))
    assert record.samples.tolist() == [n * e for e in range(epochs + 1)]
    assert record.step.tolist() == [per_epoch * e for e in range(epochs + 1)]
    assert record.epoch.tolist() == list(range(epochs + 1))


def test_each_epoch_and_each_seed_has_an_order_of_its_own():
    batches, _ = met(50, epochs=2, batch_size=50 // 2, seeds=[0, 1])
    orders = np.concatenate(batches, axis=1).reshape(2, 2, 50)
    assert len({tuple(order) for seed in orders for order in seed}) == 4
    alone, _ = met(50, epochs=2, batch_size=25, seeds=1)
    np.testing.assert_array_equal(np.concatenate(alone).reshape(2, 50), orders[1])


def test_the_order_depends_on_the_seed_alone():
    one, _ = met(40, epochs=3, batch_size=8, seeds=5)
    other, _ = met(40, epochs=2, batch_size=40 // 5, seeds=5, dtype=np.float32, metrics={"zero": lambda theta: 0})
    for a, b in zip(one, other, strict=False):
        np.testing.assert_array_equal(a, b)


def test_steps_may_end_within_an_epoch():
    batches, record = met(10, steps=7, batch_size=4)
    assert [len(b) for b in batches] == [4, 4, 2, 4, 4, 2, 4]
    assert record.step.tolist() == [0, 3, 6, 7] and record.samples.tolist() == [0, 10, 20, 24]
    np.testing.assert_allclose(record.epoch, [0, 1, 2, 7 / 3])


def test_all_rows_at_once_is_run():
    """Bit for bit: full-batch training is the loop on the net's loss."""

    def grad(theta):
        return NET.grad(theta, *MOONS[:2])

    start = NET.init(np.random.default_rng(7).spawn(2)[0], "he")
    for size in (None, 60):
        record = train(rules.adam, NET, MOONS, epochs=30, batch_size=size, seeds=7, init="he", lr=0.05)
        path = run(rules.adam, grad, start, 30, lr=0.05).path
        np.testing.assert_array_equal(record.theta, path[-1])
        np.testing.assert_array_equal(record.losses, [NET.loss(theta, *MOONS[:2]) for theta in path[:-1]])
        np.testing.assert_array_equal(record["train_loss"], [NET.loss(theta, *MOONS[:2]) for theta in path])


# Several nets at once


@pytest.mark.parametrize("dtype", [float, np.float32])
@pytest.mark.parametrize(
    ("net", "data"),
    [
        (NET, MOONS),
        (MLP((2, 8, 8, 2), "tanh", "naive_cross_entropy"), MOONS),
        (MLP((2, 5, 1), "tanh", "mse", norm=True), (MOONS.x, MOONS.y[:, None])),
        (LINEAR, (MOONS.x, MOONS.y[:, None])),
    ],
    ids=str,
)
def test_each_of_several_nets_is_the_one_trained_alone(net, data, dtype):
    """To the last bit in float64; in float32 numbers of a sweep are float32 and a single one is a double until it is used."""
    lrs, seeds = np.array([0.01, 0.1, 0.3]), [4, 0, 11]
    same = np.testing.assert_array_equal if dtype is float else partial(np.testing.assert_allclose, rtol=2e-3, atol=2e-4)
    for rule in (rules.momentum, rules.adam):
        arguments = {"epochs": 3, "batch_size": 16, "dtype": dtype}
        all_in_one = train(rule, net, data, seeds=seeds, lr=lrs, **arguments)
        assert all_in_one.theta.shape == (net.size, 3, 3) and all_in_one.theta.dtype == dtype
        assert all_in_one.losses.shape == (3 * 4, 3, 3) and all_in_one["train_loss"].shape == (4, 3, 3)
        for i, seed in enumerate(seeds):
            for j, lr in enumerate(lrs):
                alone = train(rule, net, data, seeds=seed, lr=lr, **arguments)
                same(all_in_one.theta[:, i, j], alone.theta)
                same(all_in_one.losses[:, i, j], alone.losses)
                for metric, values in alone.history.items():
                    same(all_in_one[metric][:, i, j], values)
        assert all_in_one.evaluations == alone.evaluations == 12


def test_a_sweep_of_a_schedule_and_of_two_axes():
    lr, beta = np.array([[0.01], [0.2]]), np.array([0.0, 0.5, 0.9])
    record = train(rules.momentum, NET, MOONS, epochs=2, seeds=[1, 2], lr=schedule(cosine, lr=lr, steps=4), beta=beta)
    assert record.theta.shape == (NET.size, 2, 2, 3)
    alone = train(rules.momentum, NET, MOONS, epochs=2, seeds=2, lr=schedule(cosine, lr=0.2, steps=4), beta=0.9)
    np.testing.assert_array_equal(record.theta[:, 1, 1, 2], alone.theta)
    one = train(rules.momentum, NET, MOONS, epochs=2, seeds=2, lr=schedule(cosine, lr=lr, steps=4), beta=beta)
    np.testing.assert_array_equal(one.theta, record.theta[:, 1])


def test_a_plateau_of_several_nets_cuts_each_by_its_own_loss():
    plateau = schedule(reduce_on_plateau, factor=0.5, patience=0, threshold=0.05)
    arguments = {"epochs": 8, "plateau": plateau, "watch": "test_loss"}
    several = train(rules.sgd, NET, MOONS, seeds=[0, 1], lr=[0.05, 0.5], **arguments)
    assert several["lr"].shape == (9, 2, 2) and len(np.unique(several["lr"])) > 3
    for i in range(2):
        for j, lr in enumerate((0.05, 0.5)):
            alone = train(rules.sgd, NET, MOONS, seeds=i, lr=lr, **arguments)
            np.testing.assert_array_equal(several["lr"][:, i, j], alone["lr"])
            np.testing.assert_array_equal(several.theta[:, i, j], alone.theta)


def test_a_plateau_counts_from_the_end_of_the_first_epoch():
    """A loss that stands still: the first measure sets the best, each later one cuts."""
    plateau = schedule(reduce_on_plateau, factor=0.5, patience=0)
    record = train(rules.sgd, NET, MOONS, epochs=4, plateau=plateau, lr=1e-12)
    assert (record["lr"] * 1e12).round(9).tolist() == [1, 1, 0.5, 0.25, 0.125]


def test_two_rules_meet_the_same_start_and_the_same_batches():
    a, b = (train(rule, NET, MOONS, epochs=1, seeds=range(3), lr=0.0) for rule in (rules.sgd, rules.adam))
    np.testing.assert_array_equal(a.theta, b.theta)
    np.testing.assert_array_equal(a.losses, b.losses)
    assert len(np.unique(a.theta[0])) == 3


# The record


def test_the_record():
    asked = []
    metrics = {"length": lambda theta: asked.append(1) or 7.0}
    record = train(rules.adam, NET, MOONS, epochs=5, batch_size=25, seeds=2, lr=0.01, metrics=metrics)
    assert (record.rule, record.hyper, record.seeds, record.batch_size) == ("adam", {"lr": 0.01}, 2, 25)
    assert (record.steps, record.evaluations, record.calls) == (15, 15, {"grad": 15})
    assert list(record.history) == ["train_loss", "train_accuracy", "test_loss", "test_accuracy", "length"]
    assert record["length"].tolist() == [7.0] * 6 and len(asked) == 6
    assert (
        record.stopped == "took all 15 steps" and record.stopped in str(record) and "5 epochs of batches of 25" in str(record)
    )
    assert record.diverged == 0 and record.net is NET and record.unit == "steps"
    assert (np.diff(record.clock) > 0).all() and record.clock[0] == 0 and record.clock[-1] < record.seconds
    logits = NET.predict(record.theta, MOONS.x_test)
    assert record["test_accuracy"][-1] == np.mean(logits.argmax(1) == MOONS.y_test)
    assert record["test_loss"][-1] == NET.loss(record.theta, MOONS.x_test, MOONS.y_test)
    with pytest.raises(KeyError, match="did you mean 'test_loss'"):
        record["test_los"]


def test_a_regression_without_test_rows_has_no_accuracy():
    record = train(rules.sgd, LINEAR, (MOONS.x, MOONS.y[:, None]), epochs=1)
    assert list(record.history) == ["train_loss"]


def test_no_step():
    record = train(rules.sgd, NET, MOONS, steps=0, seeds=[0, 1])
    assert record["train_loss"].shape == (1, 2) and record.losses.shape == (0, 2) and record.evaluations == 0


def test_a_start_of_ones_own():
    record = train(rules.sgd, NET, MOONS, epochs=2, seeds=[0, 1], init=lambda rng: np.zeros(NET.size), lr=0.1)
    weights = record.theta[: 2 * 6]
    assert (weights == 0).all()  # a symmetric start stays one


def test_it_learns():
    x, y, *_ = digits()
    data = split(x / 16, y, np.random.default_rng(0))
    record = train(
        rules.adam, MLP((64, 32, 10), "relu", "cross_entropy"), data, epochs=12, seeds=[0, 1, 2], init="he", lr=0.005
    )
    assert (record["test_accuracy"][-1] > 0.93).all() and (record["train_loss"][-1] < 0.15).all()
    data = split(*spirals(np.random.default_rng(0), 400, turns=1), np.random.default_rng(1))
    record = train(rules.adam, MLP((2, 32, 32, 2), "tanh", "cross_entropy"), data, epochs=150, seeds=[0, 1], lr=0.01)
    assert (record["test_accuracy"][-1] > 0.93).all()


def test_a_rule_that_asks_for_the_loss_meets_one_batch_in_each_step():
    record = train(second_order.lbfgs, NET, MOONS, epochs=20, batch_size=None, seeds=0)
    assert record["train_loss"][-1] < 0.5 * record["train_loss"][0] and record.evaluations >= record.steps
    assert set(record.calls) == {"grad", "value"} and record.losses[0] == record["train_loss"][0]
    seen = []

    def peek(x, g, t, *, loss):
        np.testing.assert_array_equal(g, loss.grad(x))
        seen.append(float(loss(x)))
        return (x,)

    record = train(peek, NET, MOONS, epochs=1, batch_size=20, seeds=0)
    np.testing.assert_array_equal(seen, record.losses)
    assert len(set(seen)) == 3 and record.calls == {"grad": 3, "value": 3}


def test_the_tolerance_ends_a_training():
    record = train(rules.sgd, LINEAR, (MOONS.x, MOONS.y[:, None]), epochs=5000, batch_size=None, lr=0.5, tol=1e-3)
    assert record.steps < 5000 and "within" not in record.stopped and "no partial derivative is above" in record.stopped
    assert np.abs(LINEAR.grad(record.theta, MOONS.x, MOONS.y[:, None])).max() <= 1e-3
    assert record.step[-1] == record.steps and record.hyper == {"lr": 0.5}


# Divergence is no error, and is named

BROKEN = (MOONS.x, MOONS.y[:, None])


@pytest.mark.filterwarnings("error")
def test_divergence_is_named():
    record = train(rules.sgd, LINEAR, BROKEN, steps=4000, batch_size=None, lr=50.0, seeds=3)
    theta = [
        train(rules.sgd, LINEAR, BROKEN, steps=k, batch_size=None, lr=50.0, seeds=3).theta for k in (-1, 0) + record.diverged
    ]
    assert np.isfinite(theta[0]).all() and not np.isfinite(theta[1]).all()
    assert record.stopped == f"diverged at step {record.diverged}" and record.steps == record.diverged < 4000
    assert np.isnan(record["train_loss"][-1]) and record.stopped in str(record)


@pytest.mark.filterwarnings("error")
def test_the_nets_that_diverged_are_named_and_leave_the_others_alone():
    record = train(rules.sgd, LINEAR, BROKEN, epochs=300, batch_size=20, lr=[0.1, 50.0], seeds=[8, 9])
    assert record.diverged[:, 0].tolist() == [0, 0] and (record.diverged[:, 1] > 0).all()
    for i, seed in enumerate((8, 9)):
        assert f"seed {seed} cell [1] at step {record.diverged[i, 1]}" in record.stopped
        alone = train(rules.sgd, LINEAR, BROKEN, epochs=300, batch_size=20, lr=50.0, seeds=seed)
        assert alone.diverged == record.diverged[i, 1]
        well = train(rules.sgd, LINEAR, BROKEN, epochs=300, batch_size=20, lr=0.1, seeds=seed)
        np.testing.assert_array_equal(record.theta[:, i, 0], well.theta)
    assert record.stopped.startswith("took all 900 steps; 2 of 4 nets diverged: ")
    assert np.isnan(record["train_loss"][-1, :, 1]).all() and np.isfinite(record["train_loss"][:, :, 0]).all()


def test_a_training_ends_where_every_net_has_diverged():
    record = train(rules.sgd, LINEAR, BROKEN, epochs=300, batch_size=20, lr=50.0, seeds=[8, 9])
    assert record.steps == record.diverged.max() < 900
    assert record.stopped.startswith(
        f"after {record.steps} steps, every net had diverged; 2 of 2 nets diverged: seed 8 at step "
    )


@pytest.mark.filterwarnings("error")
def test_the_naive_cross_entropy_breaks_where_the_stable_one_goes_on():
    far = MOONS._replace(x=1000 * MOONS.x)
    stable, naive, two = (
        train(rules.sgd, MLP((2, 6, 2), "relu", objective), far, epochs=3, lr=1.0, seeds=seeds)
        for objective, seeds in (("cross_entropy", 0), ("naive_cross_entropy", 0), ("naive_cross_entropy", [1, 0]))
    )
    assert not stable.diverged and np.isfinite(stable["train_loss"]).all()
    assert naive.diverged and naive.stopped == f"diverged at step {naive.diverged}"
    assert two.diverged[1] == naive.diverged
    for metric, values in naive.history.items():  # a class guessed from nan is no accuracy
        assert not np.isnan(values[0]) and np.isnan(values[-1]) and np.isnan(two[metric][-1, 1])


# The line that says how far


class Terminal(io.StringIO):
    def isatty(self):
        return True


def slowly(monkeypatch, stream, **arguments):
    clock = iter(range(10**6))
    monkeypatch.setattr("optlib.training.perf_counter", lambda: float(next(clock)))
    monkeypatch.setattr(sys, "stderr", stream)
    train(rules.sgd, NET, MOONS, epochs=6, batch_size=30, **arguments)
    return stream.getvalue()


def test_a_long_training_says_how_far_it_is_to_a_person_alone(monkeypatch):
    said = slowly(monkeypatch, Terminal())
    assert "step 11 of 12, lowest train loss 0." in said and "s left" in said and said.endswith("\r")
    assert said.rsplit("\r", 2)[1].strip() == ""  # wiped at the end
    assert slowly(monkeypatch, io.StringIO()) == ""  # a file, a pipe, a notebook that is built
    assert slowly(monkeypatch, Terminal(), progress=False) == ""
    assert "of 12" in slowly(monkeypatch, io.StringIO(), progress=True)


def test_a_short_training_is_silent(monkeypatch):
    monkeypatch.setattr(sys, "stderr", stream := Terminal())
    train(rules.sgd, NET, MOONS, epochs=1)
    assert stream.getvalue() == ""


# Bad input: the argument, its value, what was expected or what to do

ROWS = MOONS[:2]
BAD = {
    "neither epochs nor steps": (lambda: train(rules.sgd, NET, ROWS), ValueError, ["epochs is None", "steps is None"]),
    "epochs and steps": (lambda: train(rules.sgd, NET, ROWS, epochs=1, steps=1), ValueError, ["epochs is 1", "steps is 1"]),
    "epochs a fraction": (lambda: train(rules.sgd, NET, ROWS, epochs=1.5), ValueError, ["epochs is 1.5", "whole number"]),
    "steps negative": (lambda: train(rules.sgd, NET, ROWS, steps=-1), ValueError, ["steps is -1", "whole number"]),
    "batch of none": (lambda: train(rules.sgd, NET, ROWS, epochs=1, batch_size=0), ValueError, ["batch_size is 0", "60"]),
    "batch too large": (lambda: train(rules.sgd, NET, ROWS, epochs=1, batch_size=61), ValueError, ["batch_size is 61", "60"]),
    "batch a float": (lambda: train(rules.sgd, NET, ROWS, epochs=1, batch_size=8.0), ValueError, ["batch_size is 8.0"]),
    "one row left over for norm": (
        lambda: train(rules.sgd, MLP((2, 3, 2), "tanh", "cross_entropy", norm=True), ROWS, epochs=1, batch_size=59),
        ValueError, ["batch_size is 59", "60 rows", "two"],
    ),
    "seeds negative": (lambda: train(rules.sgd, NET, ROWS, epochs=1, seeds=-1), ValueError, ["seeds is -1", "0 or more"]),
    "seeds a fraction": (lambda: train(rules.sgd, NET, ROWS, epochs=1, seeds=[0.5]), ValueError, ["seeds is [0.5]", "whole"]),
    "no seed": (lambda: train(rules.sgd, NET, ROWS, epochs=1, seeds=[]), ValueError, ["seeds is []", "several"]),
    "seeds True": (lambda: train(rules.sgd, NET, ROWS, epochs=1, seeds=True), ValueError, ["seeds is True", "whole"]),
    "data x alone": (lambda: train(rules.sgd, NET, MOONS.x, epochs=1), TypeError, ["data", "(x, y)"]),
    "data of three": (lambda: train(rules.sgd, NET, MOONS[:3], epochs=1), TypeError, ["data", "(x, y, x_test, y_test)"]),
    "data of another width": (
        lambda: train(rules.sgd, NET, (np.ones((9, 3)), np.zeros(9, int)), epochs=1), ValueError, ["x: shape (9, 3)", "(n, 2)"]
    ),
    "data with nan": (
        lambda: train(rules.sgd, NET, (np.full((9, 2), np.nan), np.zeros(9, int)), epochs=1), ValueError, ["data: x", "finite"]
    ),
    "classes too many": (
        lambda: train(rules.sgd, NET, (np.ones((9, 2)), np.arange(9)), epochs=1), ValueError, ["classes from 0 to 8", "0 to 1"]
    ),
    "test part of another shape": (
        lambda: train(rules.sgd, NET, (*ROWS, np.ones((4, 1)), np.zeros(4, int)), epochs=1), ValueError, ["x: shape (4, 1)"]
    ),
    "dtype of integers": (lambda: train(rules.sgd, NET, ROWS, epochs=1, dtype=int), ValueError, ["dtype is", "'int'", "float"]),
    "init misspelt": (lambda: train(rules.sgd, NET, ROWS, epochs=1, init="xaviar"), ValueError, ["'xaviar'", "'xavier'"]),
    "init of another shape": (
        lambda: train(rules.sgd, NET, ROWS, epochs=1, init=lambda rng: np.zeros(3)), ValueError, ["init", "(3,)", "(32,)"]
    ),
    "unit unknown": (lambda: train(rules.sgd, NET, ROWS, epochs=1, unit="weeks"), ValueError, ["unit is 'weeks'", "'epochs'"]),
    "hyperparameter misspelt": (lambda: train(rules.sgd, NET, ROWS, epochs=1, rl=1), TypeError, ["'rl'", "it takes lr"]),
    "lr negative": (lambda: train(rules.sgd, NET, ROWS, epochs=1, lr=-1), ValueError, ["lr", "-1", "0 or more"]),
    "sweeps that do not fit": (
        lambda: train(rules.momentum, NET, ROWS, epochs=1, lr=np.ones(3), beta=np.zeros(2)),
        ValueError, ["'lr': (3,)", "'beta': (2,)", "axis of its own"],
    ),
    "rule by name": (lambda: train("adam", NET, ROWS, epochs=1), TypeError, ["rule is 'adam'", "optlib.rules"]),
    "plateau as lr": (
        lambda: train(rules.sgd, NET, ROWS, epochs=1, lr=schedule(reduce_on_plateau)), TypeError, ["lr is", "as plateau"]
    ),
    "plateau without a number": (
        lambda: train(rules.sgd, NET, ROWS, epochs=1, plateau=schedule(reduce_on_plateau), lr=lambda t: 0.1),
        TypeError, ["lr is", "the number that plateau starts from"],
    ),
    "plateau another schedule": (
        lambda: train(rules.sgd, NET, ROWS, epochs=1, plateau=schedule(cosine)), TypeError, ["plateau is cosine", "reduce_on"]
    ),
    "watch unknown": (
        lambda: train(rules.sgd, NET, ROWS, epochs=1, plateau=schedule(reduce_on_plateau), watch="test_loss", lr=0.1),
        ValueError, ["watch is 'test_loss'", "train_loss"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_input_gets_one_clear_error(case):
    call, kind, words = BAD[case]
    with pytest.raises(kind) as error:
        call()
    message = str(error.value)
    for word in words:
        assert word in message, message
    assert "\n" not in message and len(message) < 250, message
