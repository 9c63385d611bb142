"""What holds for every schedule at any setting: first value, range, direction, joints, purity, sweeps, errors that help."""

import inspect

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optlib import rules, schedules
from optlib.run import run
from optlib.schedules import schedule

rates = st.floats(1e-6, 10)
spans = st.integers(1, 300)
NUMBERS = {  # hyperparameter: what it may be
    **dict.fromkeys(["lr", "peak", "low", "high"], rates),
    **dict.fromkeys(["steps", "s", "rise_steps", "fall_steps", "tail_steps", "decay_steps"], spans),
    **dict.fromkeys(["warmup_steps", "stable_steps"], st.integers(0, 300)),
    "gamma": st.floats(0.01, 1),
    "k": st.floats(0, 2),
    "c": st.floats(0.1, 4),
    "mult": st.integers(1, 4),
}
FALLING = ["step", "multi_step", "exponential", "tenfold", "inverse", "staircase_inverse", "power", "polynomial", "cosine"]
SHARES = {"lr_end": "lr", "start": "peak", "end": "start"}  # at most as large as another
T = np.arange(1, 801)


@st.composite
def settings(draw, name):
    """Draw hyperparameters of a formula."""
    hyper = {}
    for key, default in getattr(schedules, name).__kwdefaults__.items():
        if key in NUMBERS:
            hyper[key] = draw(NUMBERS[key])
        elif key in SHARES:
            hyper[key] = hyper[SHARES[key]] * draw(st.floats(0, 1))
        else:
            assert key == "at"
            hyper[key] = default
    return hyper


def formulas(*, but=()):
    return [
        name
        for name, f in vars(schedules).items()
        if inspect.isfunction(f)
        and f.__module__ == schedules.__name__
        and "t" in inspect.signature(f).parameters
        and "base" not in inspect.signature(f).parameters
        and name not in but
    ]


@pytest.mark.parametrize("name", [*FALLING, "constant", "cosine_restarts"])
@given(data=st.data())
def test_the_first_rate_is_the_base(name, data):
    hyper = data.draw(settings(name))
    assert schedule(getattr(schedules, name), **hyper)(1) == pytest.approx(hyper["lr"], rel=1e-15)


@pytest.mark.parametrize("name", FALLING)
@given(data=st.data())
def test_decay_only_falls_and_stays_above_its_end(name, data):
    hyper = data.draw(settings(name))
    values = schedule(getattr(schedules, name), **hyper)(T)
    assert (np.diff(values) <= 1e-15 * hyper["lr"]).all()
    assert (values >= hyper.get("lr_end", 0) * (1 - 1e-12)).all()
    assert (values >= 0).all()


@pytest.mark.parametrize("name", ["polynomial", "cosine", "wsd", "one_cycle", "range_test"])
@given(data=st.data())
def test_the_horizon_is_reached_when_its_steps_are_done_and_kept(name, data):
    hyper = data.draw(settings(name))
    steps = sum(int(v) for key, v in hyper.items() if key.endswith("steps"))
    last = hyper.get("lr_end", hyper.get("end", hyper.get("high")))
    values = schedule(getattr(schedules, name), **hyper)(np.arange(1, steps + 50))
    reached = steps + 1 if name != "range_test" else max(steps, 2)  # a range test takes its last rate as well
    np.testing.assert_allclose(values[reached - 1 :], last, rtol=1e-9, atol=1e-15 * values.max())
    assert (values >= 0).all()


@given(data=st.data())
def test_rising_and_falling_schedules_stay_in_their_range(data):
    for name, low, high in [("wsd", None, "lr"), ("one_cycle", "end", "peak"), ("cosine_restarts", "lr_end", "lr")]:
        hyper = data.draw(settings(name))
        values = schedule(getattr(schedules, name), **hyper)(T)
        assert values.max() <= hyper[high] * (1 + 1e-12)
        assert values.min() >= (hyper[low] if low else 0) * (1 - 1e-9) - 1e-15 * hyper[high]


@given(data=st.data(), n=st.integers(0, 300), name=st.sampled_from(FALLING))
def test_warmup_reaches_the_peak_exactly_at_its_last_step(data, n, name):
    base = schedule(getattr(schedules, name), **data.draw(settings(name)))
    values = schedule(schedules.warmup, base=base, warmup_steps=n)(np.arange(1, n + 101))
    np.testing.assert_array_equal(values[n:], base(np.arange(1, 101)))  # its own clock starts when the warm-up is over
    if n:
        assert values[n - 1] == base(1)
        assert (values[: n - 1] < base(1)).all()
        np.testing.assert_allclose(np.diff(values[:n]), base(1) / n, rtol=1e-9)  # a straight line, whose step 0 would be 0
        assert values[0] == pytest.approx(base(1) / n)


@given(data=st.data())
def test_phases_meet_at_their_joints(data):
    """Between two steps, too, nothing jumps where one phase ends and the next begins."""
    for name in ("wsd", "one_cycle", "polynomial", "cosine"):
        hyper = data.draw(settings(name)) | ({"c": 1.0} if name in ("wsd", "polynomial") else {})
        f = schedule(getattr(schedules, name), **hyper)
        phases = [v for key, v in hyper.items() if key.endswith("steps")]
        for done in np.cumsum(phases):
            for joint in {max(float(done), 1.0), done + 1.0}:
                sides = f([max(joint - 1e-7, 1), joint, joint + 1e-7])
                np.testing.assert_allclose(sides, sides[1], rtol=0, atol=1e-6 * max(hyper.get("lr", 0), hyper.get("peak", 0)))


@given(data=st.data())
def test_one_cycle_peaks_once_the_rise_is_done_and_momentum_mirrors_it(data):
    hyper = data.draw(settings("one_cycle")) | {"start": 0.01, "peak": 0.1, "end": 0.0}
    lr = schedule(schedules.one_cycle, **hyper)
    phases = {key: v for key, v in hyper.items() if key.endswith("steps")}
    beta = schedule(schedules.one_cycle, peak=0.85, start=0.95, end=0.95, **phases)
    rise, fall = hyper["rise_steps"], hyper["fall_steps"]
    assert lr(1) == 0.01
    assert lr(1 + rise) == pytest.approx(0.1)
    assert lr(1 + rise + fall) == pytest.approx(0.01)
    t = np.arange(1, 2 + rise + fall)
    np.testing.assert_allclose((lr(t) - 0.01) / 0.09, (0.95 - beta(t)) / 0.1, atol=1e-12)
    assert beta(2 + rise + fall) == pytest.approx(0.95)


@given(data=st.data(), steps=st.integers(1, 60), mult=st.integers(1, 4))
def test_each_cycle_of_restarts_is_a_cosine_stretched(data, steps, mult):
    restarts = schedule(schedules.cosine_restarts, lr=0.1, lr_end=0.01, steps=steps, mult=mult)
    done = 0
    for i in range(4):
        n = steps * mult**i
        one = schedule(schedules.cosine, lr=0.1, lr_end=0.01, steps=n)
        t = np.arange(1, n + 1)
        np.testing.assert_allclose(restarts(done + t), one(t), rtol=1e-9)
        done += n


@given(lr=rates, s=st.floats(1, 300), k=st.floats(0.001, 1))
def test_relations_between_schedules(lr, s, k):
    def agree(a, b):
        np.testing.assert_allclose(a(T), b(T), rtol=1e-10)

    agree(schedule(schedules.tenfold, lr=lr, s=s), schedule(schedules.exponential, lr=lr, k=np.log(10) / s))
    agree(schedule(schedules.power, lr=lr, s=s, c=1), schedule(schedules.inverse, lr=lr, k=1 / s))
    total = schedule(schedules.exponential, lr=lr, k=k)(np.arange(1, 40_001)).sum()
    assert total == pytest.approx(lr / (1 - np.exp(-k)))  # the step budget of exponential decay is finite


@given(low=st.floats(1e-9, 1e-3), high=st.floats(1e-2, 100), steps=st.integers(2, 300))
def test_range_test_is_a_geometric_sequence(low, high, steps):
    ours = schedule(schedules.range_test, low=low, high=high, steps=steps)(np.arange(1, steps + 1))
    np.testing.assert_allclose(ours, np.geomspace(low, high, steps), rtol=1e-12)


@given(n=st.integers(1, 60), t=st.integers(1, 5000))
def test_epochs_asks_its_base_with_the_number_of_the_epoch(n, t):
    base = schedule(schedules.inverse, lr=1.0, k=1.0)
    epoch = (t - 1) // n + 1
    assert schedule(schedules.epochs, base=base, steps_per_epoch=n)(t) == base(epoch) == 1 / epoch


# Purity and sweeps


@pytest.mark.parametrize("name", formulas(but=["piecewise", "multi_step"]))
@given(data=st.data())
def test_a_sweep_is_bit_identical_to_its_single_runs(name, data):
    formula = getattr(schedules, name)
    cases = [data.draw(settings(name)) for _ in range(5)]
    swept = schedule(formula, **{key: [case[key] for case in cases] for key in cases[0]})
    singles = [schedule(formula, **case) for case in cases]
    for t in (1, 2, 30, 31, 77, 400):
        assert swept(t).tolist() == [float(one(t)) for one in singles]


@given(
    data=st.data(), name=st.sampled_from(["cosine", "power", "tenfold"]), n=st.lists(st.integers(0, 50), min_size=3, max_size=3)
)
def test_a_sweep_goes_through_schedules_around_it(data, name, n):
    cases = [data.draw(settings(name)) for _ in range(3)]
    base = schedule(getattr(schedules, name), **{key: [case[key] for case in cases] for key in cases[0]})
    bases = [schedule(getattr(schedules, name), **case) for case in cases]
    for around, hyper in [
        ("warmup", {"warmup_steps": n}),
        ("warmup", {"warmup_steps": n[0]}),
        ("epochs", {"steps_per_epoch": 7}),
    ]:
        formula = getattr(schedules, around)
        swept = schedule(formula, base=base, **hyper)
        for t in (1, 20, 51, 99):
            single = [
                float(schedule(formula, base=one, **{k: v[i] if isinstance(v, list) else v for k, v in hyper.items()})(t))
                for i, one in enumerate(bases)
            ]
            np.testing.assert_allclose(swept(t), single, rtol=1e-15)


@pytest.mark.parametrize("name", formulas(but=["piecewise"]))
@given(data=st.data())
def test_calls_leave_no_trace(name, data):
    """In any order, repeated, number by number or as a curve: the same rates, and no argument is written to."""
    hyper = data.draw(settings(name))
    f = schedule(getattr(schedules, name), **hyper)
    kept = {key: np.array(v) for key, v in f.hyper.items()}
    t = np.arange(1.0, 100.0)
    curve = f(t)
    assert [f(n) for n in (50, 1, 99, 50)] == pytest.approx([curve[49], curve[0], curve[98], curve[49]], rel=1e-14)
    assert f(50) == f(50)
    assert t.tolist() == list(range(1, 100))
    for key, v in f.hyper.items():
        np.testing.assert_array_equal(v, kept[key])


def test_a_curve_over_t_broadcasts_against_a_sweep():
    f = schedule(schedules.exponential, lr=0.1, k=np.array([[0.0], [0.1]]))
    assert f(np.arange(1, 6)).shape == (2, 5)
    assert schedule(schedules.constant, lr=0.1)(np.arange(1, 6)).tolist() == [0.1] * 5


# The loop


def test_the_loop_asks_with_one_before_the_first_step():
    asked = []

    def spy(t, *, lr=0.1):
        asked.append(t.item())
        return lr / t

    f = schedule(spy)
    asked.clear()
    record = run(rules.sgd, lambda x: x, [1.0], 3, lr=f)
    assert asked == [1, 2, 3]
    np.testing.assert_allclose(record.path[:, 0], np.cumprod([1, 0.9, 0.95, 1 - 0.1 / 3]))


def test_a_scheduled_path_is_the_loop_by_hand():
    lr = schedule(schedules.warmup, base=schedule(schedules.cosine, lr=0.2, steps=40), warmup_steps=5)
    beta = schedule(schedules.one_cycle, peak=0.85, start=0.95, end=0.95, rise_steps=10, fall_steps=10)
    record = run(rules.momentum, lambda x: 3 * x, [1.0, -2.0], 60, lr=lr, beta=beta)
    x, v = np.array([1.0, -2.0]), 0
    for t in range(1, 61):
        x, v = rules.momentum(x, 3 * x, t, v, lr=lr(t), beta=beta(t))
    np.testing.assert_array_equal(record.x, x)


# The plateau scheduler


@given(
    losses=st.lists(st.floats(0, 10) | st.just(float("nan")), max_size=60),
    factor=st.floats(0.1, 1),
    patience=st.integers(0, 5),
    lr_end=st.floats(0, 1),
)
def test_plateau_only_cuts_and_never_below_its_end(losses, factor, patience, lr_end):
    f = schedule(schedules.reduce_on_plateau, factor=factor, patience=patience, lr_end=lr_end)
    state = (0.5,)
    for loss in losses:
        before = state
        state = f(loss, *before)
        assert state == f(loss, *before)  # pure: the same state in, the same state out
        assert min(lr_end, 0.5) <= state[0] <= before[0]
        assert 0 <= state[2] <= patience
    seen = [loss for loss in losses if loss == loss]
    if seen:
        assert min(seen) <= state[1] <= min(seen) / (1 - 1e-4) + 1e-12


@pytest.mark.parametrize("patience", [0, 1, 4])
def test_a_constant_loss_cuts_every_patience_plus_one_losses_after_the_first(patience):
    state, cuts = (1.0,), []
    for i in range(1, 20):
        before = state[0]
        state = schedules.reduce_on_plateau(0.3, *state, factor=0.5, patience=patience)
        if state[0] < before:
            cuts.append(i)
    assert cuts == list(range(2 + patience, 20, patience + 1))


# Errors


@pytest.mark.parametrize(
    ("bad", "error", "says"),
    [
        (lambda: schedule(0.1), TypeError, r"formula is 0.1; give a function"),
        (lambda: schedule(schedules.cosine, step=3), TypeError, r"cosine has no hyperparameter 'step'; did you mean 'steps'\?"),
        (lambda: schedule(schedules.cosine, t=3), TypeError, r"cosine has no hyperparameter 't'"),
        (lambda: schedule(schedules.warmup), TypeError, r"warmup needs 'base': give it by name"),
        (lambda: schedule(schedules.warmup, base=0.1), ValueError, r"warmup: base is 0.1; give a schedule, such as"),
        (lambda: schedule(schedules.cosine, steps=0), ValueError, r"cosine: steps is 0; give a number of steps above 0"),
        (lambda: schedule(schedules.cosine, lr=-1), ValueError, r"cosine: lr is -1; give a rate, 0 or more"),
        (lambda: schedule(schedules.cosine, lr=[0.1, -1]), ValueError, r"cosine: lr is \[0.1, -1\]; give a rate"),
        (lambda: schedule(schedules.cosine, lr=float("nan")), ValueError, r"cosine: lr is nan"),
        (lambda: schedule(schedules.cosine, lr="0.1"), ValueError, r"cosine: lr is '0.1'"),
        (lambda: schedule(schedules.cosine, lr=True), ValueError, r"cosine: lr is True"),
        (lambda: schedule(schedules.cosine, lr=schedule(schedules.constant)), ValueError, r"cosine: lr is constant\(lr=0.1\)"),
        (lambda: schedule(schedules.step, gamma=10), ValueError, r"gamma is 10; give a factor from 0 to 1; 0.1 divides by ten"),
        (lambda: schedule(schedules.cosine_restarts, mult=0.5), ValueError, r"mult is 0.5; give a factor of 1 or more"),
        (lambda: schedule(schedules.range_test, low=0), ValueError, r"low is 0; give a number above 0"),
        (
            lambda: schedule(schedules.wsd, warmup_steps=-1),
            ValueError,
            r"warmup_steps is -1; give a number of steps, 0 or more",
        ),
        (
            lambda: schedule(schedules.multi_step, at=(60, 30)),
            ValueError,
            r"at is \(60, 30\); give increasing numbers of steps",
        ),
        (
            lambda: schedule(schedules.piecewise, values=(1, 2), at=(1, 2)),
            ValueError,
            r"2 values for 2 changes; give one value",
        ),
        (
            lambda: schedule(schedules.step, lr=[1, 2], s=[1, 2, 3]),
            ValueError,
            r"step\(.*\) has no value at t = 1 .*broadcast",
        ),
        (lambda: schedule(schedules.cosine)(0), ValueError, r"cosine: t is 0.0; the first step is t = 1, not 0"),
        (lambda: schedule(schedules.cosine)([1, float("nan")]), ValueError, r"cosine: t is \[ 1. nan\]"),
    ],
)
def test_bad_input_gets_one_clear_error(bad, error, says):
    with pytest.raises(error, match=says):
        bad()


def test_repr_says_what_is_bound():
    base = schedule(schedules.cosine, lr=0.1, steps=900)
    shown = repr(schedule(schedules.warmup, base=base, warmup_steps=100))
    assert shown == "warmup(base=cosine(lr=0.1, lr_end=0, steps=900), warmup_steps=100)"


def test_your_own_formula_is_bound_the_same_way():
    def halving(t, *, lr=1.0, every=10):
        return lr / 2 ** ((t - 1) // every)

    assert schedule(halving, lr=8.0)([1, 10, 11, 31]).tolist() == [8, 8, 4, 1]
    with pytest.raises(ValueError, match="halving: every is 'x'; give a finite number"):
        schedule(halving, every="x")
