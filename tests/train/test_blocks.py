"""A rule in blocks is the rule: to the last bit, for every rule, shape, block and number of threads."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optlib import catalogue, final, rules, train
from optlib.blocks import blockwise
from optlib.nets import MLP


def walk(rule, shape, dtype, steps=3, seed=0, **hyper):
    rng = np.random.default_rng(seed)
    x, curvature = rng.standard_normal(shape).astype(dtype), rng.uniform(0.1, 2, shape).astype(dtype)
    return final(rule, lambda x: curvature * x, x, steps, **hyper)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", catalogue.RULES)
def test_blocks_are_bit_identical(name, dtype, threads):
    rule = catalogue.RULES[name]
    for shape in ((1,), (7,), (64,), (1000,), (50, 3), (9, 4, 5)):
        whole = walk(rule, shape, dtype)
        parts = walk(blockwise(rule, size=16, threads=threads), shape, dtype)
        np.testing.assert_array_equal(parts.x, whole.x)
        assert parts.x.dtype == dtype and parts.rule == name
        for state, value in whole.state.items():
            np.testing.assert_array_equal(parts.state[state], value)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 100), st.integers(1, 120), st.integers(0, 3))
def test_any_size_of_block(n, size, columns):
    shape = (n, columns) if columns else (n,)
    hyper = {"lr": np.linspace(0.1, 0.2, columns)} if columns else {"lr": np.linspace(0.1, 0.2, n)}  # one for each coordinate
    whole = walk(rules.adam, shape, float, **hyper)
    np.testing.assert_array_equal(walk(blockwise(rules.adam, size), shape, float, **hyper).x, whole.x)


def test_blocks_are_new_arrays():
    x, m = np.linspace(-1, 1, 100), np.ones(100)
    for array in (x, m):
        array.setflags(write=False)
    out, *_ = blockwise(rules.momentum, size=7)(x, x, 1, m, lr=0.1)
    assert not np.shares_memory(out, x)
    np.testing.assert_array_equal(out, rules.momentum(x, x, 1, m, lr=0.1)[0])


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("threads", [1, 2])
def test_a_diverging_run_stays_quiet_in_every_thread(threads):
    rule = blockwise(rules.sgd, size=10, threads=threads)
    record = final(rule, lambda x: 1e200 * x, np.ones(100), 5, lr=1.0)
    assert record.diverged


def test_a_rule_that_is_not_element_by_element_is_refused():
    def counts(x, g, t, n=0, *, lr=0.1):
        return x - lr * g, n + 1

    with pytest.raises(ValueError, match="one number for each coordinate"):
        blockwise(counts, size=10)(np.ones(100), np.ones(100), 1)
    with pytest.raises(ValueError, match="one number for each coordinate"):
        blockwise(counts, size=10, threads=2)(np.ones(100), np.ones(100), 1)


def test_an_error_in_a_thread_is_not_lost():
    def late(x, g, t, *, lr=0.1):
        if x[0] == 50:
            raise RuntimeError("late")
        return (x,)

    with pytest.raises(RuntimeError, match="late"):
        blockwise(late, size=10, threads=2)(np.arange(100.0), np.ones(100), 1)


def test_training_many_parameters_goes_in_blocks_and_changes_nothing(monkeypatch):
    """Blocks are used from MANY parameters on, for the library's own rules."""
    net, rng, used = MLP((40, 30, 2), "relu", "cross_entropy"), np.random.default_rng(0), []
    data = rng.standard_normal((64, 40)), rng.integers(2, size=64)
    short = partial(train.train, rules.adam, net, data, epochs=2, seeds=[0, 1], lr=[0.01, 0.1])
    whole = short()
    monkeypatch.setattr(train, "MANY", 1000)
    monkeypatch.setattr(train, "blockwise", lambda rule: used.append(rule) or blockwise(rule, size=500))
    parts = short()
    assert used == [rules.adam]
    np.testing.assert_array_equal(parts.theta, whole.theta)
    np.testing.assert_array_equal(parts.losses, whole.losses)
