"""The net against torch's autograd, finite differences, published variances and its own invariances."""

import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from optlib.clipping import clip_norm
from optlib.nets import ACTIVATIONS, MLP, NORM_EPS, OBJECTIVES, SCHEMES

CASES = [
    (activation, objective, norm, bias)
    for activation in ACTIVATIONS
    for objective in OBJECTIVES
    for norm in (False, True)
    for bias in (False, True)
]


def problem(activation, objective, norm, bias, seed=0, sizes=(3, 5, 4, 2), n=7):
    rng = np.random.default_rng(seed)
    net = MLP(sizes, activation, objective, norm, bias)
    theta = net.init(rng, "naive", 0.7) + 0.1 * rng.standard_normal(net.size)  # biases off zero too
    x = 1.5 * rng.standard_normal((n, sizes[0])) + 0.5
    y = rng.standard_normal((n, sizes[-1])) if objective == "mse" else rng.integers(sizes[-1], size=n)
    return net, theta, x, y


def torch_loss(net, x, y):
    """The same loss written with torch's own layers, as a function of one flat tensor."""
    functional = torch.nn.functional
    x, y = torch.tensor(x), torch.tensor(y)
    activation = {"linear": lambda z: z, "tanh": torch.tanh, "relu": torch.relu}[net.activation]

    def loss(theta):
        h, i = x, 0
        for layer, (m, n) in enumerate(pairwise(net.sizes)):
            w, i = theta[i : i + m * n].reshape(n, m), i + m * n
            h, hidden = functional.linear(h, w), layer < len(net.sizes) - 2
            if net.norm and hidden:
                h = functional.batch_norm(h, None, None, training=True, eps=NORM_EPS)
            if net.bias:
                h, i = h + theta[i : i + n], i + n
            h = activation(h) if hidden else h
        if net.objective == "mse":
            return functional.mse_loss(h, y) * net.sizes[-1] / 2  # torch averages over outputs and has no 1/2
        return functional.cross_entropy(h, y)

    return loss


@pytest.mark.parametrize("case", CASES, ids=str)
def test_loss_gradient_and_hessian_agree_with_torch(case):
    net, theta, x, y = problem(*case)
    point = torch.tensor(theta, requires_grad=True)
    value = torch_loss(net, x, y)(point)
    value.backward()
    assert net.loss(theta, x, y) == pytest.approx(value.item(), rel=1e-12)
    np.testing.assert_allclose(net.grad(theta, x, y), point.grad.numpy(), rtol=0, atol=1e-13)
    hessian = torch.autograd.functional.hessian(torch_loss(net, x, y), torch.tensor(theta)).numpy()
    ours = net.hessian(theta, x, y)
    np.testing.assert_allclose(ours, hessian, rtol=0, atol=1e-12 * np.abs(hessian).max())
    np.testing.assert_allclose(ours, ours.T, rtol=0, atol=1e-13 * np.abs(hessian).max())


@pytest.mark.parametrize("case", CASES, ids=str)
def test_gradient_agrees_with_central_differences(case):
    net, theta, x, y = problem(*case, seed=1)
    h = 1e-6
    steps = h * np.eye(net.size)
    numeric = (net.loss(theta[:, None] + steps, x, y) - net.loss(theta[:, None] - steps, x, y)) / (2 * h)
    np.testing.assert_allclose(net.grad(theta, x, y), numeric, rtol=0, atol=1e-8)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_hvp_is_the_derivative_of_the_gradient_and_a_column_sum_of_the_hessian(case):
    net, theta, x, y = problem(*case, seed=2)
    v, h = np.random.default_rng(3).standard_normal(net.size), 1e-6
    numeric = (net.grad(theta + h * v, x, y) - net.grad(theta - h * v, x, y)) / (2 * h)
    np.testing.assert_allclose(net.hvp(theta, v, x, y), numeric, rtol=0, atol=1e-7 * np.abs(numeric).max())
    np.testing.assert_allclose(net.hvp(theta, v, x, y), net.hessian(theta, x, y) @ v, rtol=0, atol=1e-12 * np.abs(v).sum())


def test_a_hessian_of_more_columns_than_one_block_keeps_their_order():
    net, theta, x, y = problem("tanh", "mse", True, True, sizes=(3, 9, 9, 2))
    assert net.size > 128
    hessian = net.hessian(theta, x, y)
    np.testing.assert_allclose(hessian, hessian.T, rtol=0, atol=1e-12 * np.abs(hessian).max())
    v = np.random.default_rng(3).standard_normal(net.size)
    np.testing.assert_allclose(net.hvp(theta, v, x, y), hessian @ v, rtol=0, atol=1e-11 * np.abs(hessian).max())


def test_a_net_without_hidden_layers_is_least_squares_with_hessian_gram_over_n():
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((20, 3)), rng.standard_normal((20, 1))
    net, design = MLP((3, 1)), np.column_stack([x, np.ones(20)])
    theta = np.linalg.lstsq(design, y, rcond=None)[0][:, 0]
    np.testing.assert_allclose(net.grad(theta, x, y), 0, atol=1e-14)
    np.testing.assert_allclose(net.hessian(theta, x, y), design.T @ design / 20, rtol=1e-12)


@pytest.mark.parametrize("norm", [False, True])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_many_nets_at_once_are_the_single_nets(activation, norm):
    net = MLP((3, 6, 6, 2), activation, norm=norm)
    rng = np.random.default_rng(4)
    theta, x, y = net.init(rng, "lecun", shape=(4, 2)), rng.standard_normal((9, 3)), rng.standard_normal((9, 2))
    loss, grad, signals = net.loss(theta, x, y), net.grad(theta, x, y), net.signals(theta, x, y)
    assert loss.shape == (4, 2) and grad.shape == theta.shape and signals.gradients.shape == (3, 4, 2)
    for i in range(4):
        for j in range(2):
            one = theta[:, i, j]
            np.testing.assert_allclose(loss[i, j], net.loss(one, x, y), rtol=1e-13)
            np.testing.assert_allclose(grad[:, i, j], net.grad(one, x, y), rtol=0, atol=1e-13)
            for many, single in zip(signals, net.signals(one, x, y), strict=True):
                np.testing.assert_allclose(many[:, i, j], single, rtol=1e-12)
            np.testing.assert_allclose(net.predict(theta, x)[i, j], net.predict(one, x), rtol=0, atol=1e-13)
    hessian = net.hessian(theta[:, 0], x, y)
    np.testing.assert_allclose(hessian[..., 1], net.hessian(theta[:, 0, 1], x, y), rtol=0, atol=1e-12)


def test_layers_are_views_that_fill_theta_exactly_and_signals_name_them():
    net, theta, x, y = problem("tanh", "mse", False, True)
    np.testing.assert_array_equal(np.concatenate([part.ravel() for pair in net.layers(theta) for part in pair]), theta)
    assert all(np.shares_memory(part, theta) for pair in net.layers(theta) for part in pair)
    h = x  # the net written out, from the layers alone
    for i, (w, b) in enumerate(net.layers(theta)):
        h = h @ w.T + b if i == 2 else np.tanh(h @ w.T + b)
    np.testing.assert_allclose(net.predict(theta, x), h, rtol=1e-13)
    signals = net.signals(theta, x, y)
    assert len(signals.activations) == len(signals.errors) == 4 and len(signals.gradients) == 3
    assert signals.activations[0] == pytest.approx(np.sqrt((x**2).mean()))
    assert signals.activations[-1] == pytest.approx(np.sqrt((h**2).mean()))
    weights = [np.linalg.norm(w) for w, b in net.layers(net.grad(theta, x, y))]
    np.testing.assert_allclose(signals.gradients, weights, rtol=1e-12)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_jacobian_and_first_error_agree_with_torch(activation):
    net, theta, x, y = problem(activation, "cross_entropy", False, True)
    point = torch.tensor(x, requires_grad=True)

    def outputs(row):
        h = row
        for i, (w, b) in enumerate(net.layers(theta)):
            h = torch.nn.functional.linear(h, torch.tensor(w), torch.tensor(b))
            h = h if i == 2 else {"linear": lambda z: z, "tanh": torch.tanh, "relu": torch.relu}[activation](h)
        return h

    jacobian = torch.autograd.functional.jacobian(outputs, torch.tensor(x[0])).numpy()
    np.testing.assert_allclose(net.jacobian(theta, x[0]), jacobian, rtol=0, atol=1e-13)
    torch.nn.functional.cross_entropy(outputs(point), torch.tensor(y)).backward()
    assert net.signals(theta, x, y).errors[0] == pytest.approx(np.linalg.norm(point.grad.numpy()), rel=1e-12)
    both = net.jacobian(np.stack([theta, 2 * theta], axis=1), x[0])
    np.testing.assert_allclose(both[..., 0], jacobian, rtol=0, atol=1e-13)


@pytest.mark.parametrize(
    "scheme, variance",
    [("naive", 1.0), ("lecun", 1 / 400), ("xavier", 2 / 1000), ("he", 2 / 400)],
)
def test_init_has_the_published_variance_and_distribution(scheme, variance):
    m, n = 400, 600
    ((w, b),) = MLP((m, n)).layers(MLP((m, n)).init(np.random.default_rng(5), scheme, gain=3.0))
    w = w / 3
    assert not b.any()
    deviations = (w.var() / variance - 1) * np.sqrt(m * n / 2)  # the error of a Gaussian's variance is sqrt(2/N)
    assert abs(deviations) < 4 and abs(w.mean()) < 4 * np.sqrt(variance / (m * n))
    kurtosis = (w**4).mean() / w.var() ** 2
    assert kurtosis == pytest.approx(1.8 if scheme == "xavier" else 3.0, abs=0.05)  # uniform 9/5, Gaussian 3
    if scheme == "xavier":
        assert np.abs(w).max() <= np.sqrt(6 / (m + n))  # Glorot & Bengio (2010), eq. 16


@pytest.mark.parametrize("sizes", [(6, 6), (4, 9), (9, 4)])
def test_orthogonal_init_has_singular_values_equal_to_the_gain(sizes):
    net = MLP(sizes, bias=False)
    for k in range(3):
        ((w, _),) = net.layers(net.init(np.random.default_rng(6), "orthogonal", gain=2.0, shape=3)[:, k])
        np.testing.assert_allclose(np.linalg.svd(w, compute_uv=False), 2.0, rtol=1e-12)


def test_orthogonal_init_is_uniform_so_its_diagonal_has_no_sign():
    w = MLP((3, 3), bias=False).init(np.random.default_rng(7), "orthogonal", shape=4000)
    assert np.abs(w.mean(axis=1)).max() < 5 / np.sqrt(3 * 4000)  # each entry has mean 0 and variance 1/3


def test_init_draws_from_the_given_generator_alone():
    net = MLP((3, 4, 2))
    first, again = (net.init(np.random.default_rng(8), "he", shape=2) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first[:, 0], first[:, 1])


def test_normalization_makes_the_loss_blind_to_the_scale_of_the_weights_before_it():
    net = MLP((3, 8, 2), "tanh", norm=True, bias=False)
    rng = np.random.default_rng(9)
    theta, x, y = net.init(rng, "naive"), 5 * rng.standard_normal((12, 3)) + 100, rng.standard_normal((12, 2))
    bigger = theta.copy()
    net.layers(bigger)[0][0][...] *= 10
    assert net.loss(bigger, x, y) == pytest.approx(net.loss(theta, x, y), rel=1e-5)  # up to eps inside the root
    first = net.layers(net.grad(theta, x, y))[0][0]
    along = (net.layers(theta)[0][0] * first).sum(axis=1)
    np.testing.assert_allclose(along, 0, atol=1e-5 * np.abs(first).max())  # so the gradient is orthogonal to them


def test_cross_entropy_survives_logits_that_overflow_exp():
    net = MLP((1, 2), objective="cross_entropy", bias=False)
    assert net.loss([2000.0, 0.0], [[1.0]], [1]) == 2000.0
    np.testing.assert_allclose(net.grad([2000.0, 0.0], [[1.0]], [1]), [1.0, -1.0])


seeds = st.integers(0, 2**32 - 1)
cases = st.sampled_from(CASES)


@settings(max_examples=25, deadline=None)
@given(cases, seeds)
def test_nothing_changes_its_arguments(case, seed):
    net, theta, x, y = problem(*case, seed=seed)
    before = [a.copy() for a in (theta, x, y)]
    for a in (theta, x, y):
        a.setflags(write=False)
    net.loss(theta, x, y), net.grad(theta, x, y), net.hvp(theta, theta, x, y), net.signals(theta, x, y)
    net.predict(theta, x), net.layers(theta)
    for a, b in zip((theta, x, y), before, strict=True):
        np.testing.assert_array_equal(a, b)


@settings(max_examples=25, deadline=None)
@given(cases, seeds)
def test_the_order_of_the_samples_and_of_the_hidden_units_does_not_matter(case, seed):
    net, theta, x, y = problem(*case, seed=seed)
    rng = np.random.default_rng(seed)
    rows, units = rng.permutation(len(x)), rng.permutation(net.sizes[1])
    swapped = theta.copy()
    (w1, b1), (w2, _) = net.layers(swapped)[:2]
    w1[...], w2[...] = w1[units], w2[:, units]
    if b1 is not None:
        b1[...] = b1[units]
    assert net.loss(theta, x[rows], y[rows]) == pytest.approx(net.loss(theta, x, y), rel=1e-10)
    assert net.loss(swapped, x, y) == pytest.approx(net.loss(theta, x, y), rel=1e-10)


@settings(max_examples=25, deadline=None)
@given(st.sampled_from([c for c in CASES if c[1] == "mse"]), seeds, st.floats(0.1, 10))
def test_mse_scales_with_the_square_of_the_outputs_unit(case, seed, c):
    net, theta, x, y = problem(*case, seed=seed)
    last = net.sizes[-1] * (net.sizes[-2] + net.bias)
    scaled, unit = theta.copy(), np.ones(net.size)
    scaled[-last:] *= c
    unit[-last:] = 1 / c
    assert net.loss(scaled, x, c * y) == pytest.approx(c * c * net.loss(theta, x, y), rel=1e-9)
    np.testing.assert_allclose(net.grad(scaled, x, c * y), c * c * unit * net.grad(theta, x, y), rtol=1e-8, atol=1e-9 * c * c)


@settings(max_examples=25, deadline=None)
@given(st.sampled_from([c for c in CASES if not c[2]]), seeds)
def test_without_normalization_the_gradient_over_all_samples_is_the_mean_of_its_halves(case, seed):
    net, theta, x, y = problem(*case, seed=seed, n=8)
    halves = (net.grad(theta, x[:4], y[:4]) + net.grad(theta, x[4:], y[4:])) / 2
    np.testing.assert_allclose(net.grad(theta, x, y), halves, rtol=1e-9, atol=1e-11)


def test_with_normalization_a_batch_is_not_the_mean_of_its_halves():
    net, theta, x, y = problem("tanh", "mse", True, True, n=8)
    halves = (net.loss(theta, x[:4], y[:4]) + net.loss(theta, x[4:], y[4:])) / 2
    assert abs(net.loss(theta, x, y) - halves) > 1e-3


@settings(max_examples=25, deadline=None)
@given(seeds, st.sampled_from(["linear", "relu"]))
def test_in_a_homogeneous_net_every_layer_sees_the_same_radial_gradient(seed, activation):
    """sum(W_l * dloss/dW_l) is the same for every l (Du, Hu & Lee 2018, behind their corollary 2.1)."""
    net, theta, x, y = problem(activation, "cross_entropy", False, False, seed=seed)
    pairs = zip(net.layers(theta), net.layers(net.grad(theta, x, y)), strict=True)
    radial = [(w * g).sum() for (w, _), (g, _) in pairs]
    np.testing.assert_allclose(radial, radial[0], rtol=1e-9, atol=1e-12)


def test_float32_stays_float32_except_in_curvature():
    net, theta, x, y = problem("tanh", "mse", True, True)
    small = theta.astype(np.float32)
    assert net.grad(small, x, y).dtype == net.predict(small, x).dtype == np.float32
    np.testing.assert_allclose(net.grad(small, x, y), net.grad(theta, x, y), rtol=0, atol=2e-5)
    np.testing.assert_allclose(net.hessian(small, x, y), net.hessian(theta, x, y), rtol=0, atol=2e-4)


@settings(max_examples=50, deadline=None)
@given(seeds, st.floats(1e-3, 1e3), st.floats(-300, 300))
def test_clip_norm_keeps_the_direction_and_never_lengthens(seed, max_norm, exponent):
    g = np.random.default_rng(seed).standard_normal((5, 3)) * 10.0**exponent
    before = g.copy()
    clipped = clip_norm(g, max_norm)
    np.testing.assert_array_equal(g, before)
    scale = np.abs(g).max(axis=0)
    length = np.linalg.norm(g / scale, axis=0) * scale
    kept = length <= max_norm
    np.testing.assert_array_equal(clipped[:, kept], g[:, kept])
    np.testing.assert_allclose(np.linalg.norm(clipped[:, ~kept], axis=0), max_norm, rtol=1e-12)
    for k in range(3):
        np.testing.assert_array_equal(clip_norm(g[:, k], max_norm), clipped[:, k])
        np.testing.assert_allclose(clipped[:, k] / np.abs(clipped[:, k]).max(), g[:, k] / scale[k], rtol=1e-12)


def test_clip_norm_agrees_with_torch_and_leaves_zero_and_nan_alone():
    g = np.array([30.0, 40.0, 0.0])
    parameter = torch.zeros(3, dtype=torch.float64, requires_grad=True)
    parameter.grad = torch.tensor(g)
    torch.nn.utils.clip_grad_norm_([parameter], 5.0)
    np.testing.assert_allclose(clip_norm(g, 5.0), parameter.grad.numpy(), rtol=1e-6 / 50 * 2)  # torch adds 1e-6
    np.testing.assert_array_equal(clip_norm(np.zeros(3), 1.0), 0)
    assert np.isnan(clip_norm(np.array([1.0, np.nan]), 1.0)).all()


NET = MLP((2, 3, 2))
CLASSES = MLP((2, 3, 2), objective="cross_entropy")
THETA, X, Y = np.zeros(NET.size), np.ones((4, 2)), np.ones((4, 2))


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: MLP((2,)), r"sizes: \(2,\); expected two or more natural numbers"),
        (lambda: MLP((2, 0)), r"sizes: .*natural"),
        (lambda: MLP((2, 1.5)), r"sizes: .*natural"),
        (lambda: MLP(3), r"sizes: 3; expected"),
        (lambda: MLP((2, 1), "rely"), r"activation 'rely' does not exist; did you mean 'relu'\? Known: linear, tanh, relu"),
        (lambda: MLP((2, 1), "Tanh"), r"activation 'Tanh' does not exist; did you mean 'tanh'\?"),
        (lambda: MLP((2, 1), None), r"activation None does not exist; Known: linear"),
        (lambda: MLP((2, 1), objective="crossentropy"), r"objective 'crossentropy' .*did you mean 'cross_entropy'"),
        (lambda: NET.init(np.random.default_rng(0), "xaver"), r"scheme 'xaver' does not exist; did you mean 'xavier'"),
        (lambda: NET.grad(THETA[:-1], X, Y), r"theta: shape \(16,\).*expected real numbers of shape \(17,\)"),
        (lambda: NET.grad(THETA + 0j, X, Y), r"theta: .*dtype complex128; expected real"),
        (lambda: NET.grad(0.0, X, Y), r"theta: shape \(\)"),
        (lambda: NET.grad(THETA, X[:, :1], Y), r"x: shape \(4, 1\); expected \(n, 2\), one row a sample"),
        (lambda: NET.grad(THETA, X[0], Y), r"x: shape \(2,\); expected \(n, 2\)"),
        (lambda: NET.grad(THETA, X[:0], Y[:0]), r"x: shape \(0, 2\); .* n >= 1"),
        (lambda: NET.grad(THETA, X, Y[:, 0]), r"y: shape \(4,\); expected \(4, 2\).*y\[:, None\]"),
        (lambda: MLP((2, 3, 2), norm=True).grad(THETA, X[:1], Y[:1]), r"x: shape \(1, 2\);.*n >= 2 \(the spread"),
        (lambda: CLASSES.grad(THETA, X, Y), r"y: shape \(4, 2\), dtype float64; expected \(4,\) whole numbers"),
        (lambda: CLASSES.grad(THETA, X, np.zeros(4)), r"y: .*dtype float64; expected"),
        (lambda: CLASSES.grad(THETA, X, np.array([0, 1, 2, 0])), r"y: classes from 0 to 2; expected 0 to 1"),
        (lambda: CLASSES.grad(THETA, X, np.array([0, -1, 1, 0])), r"y: classes from -1 to 1; expected 0 to 1"),
        (lambda: MLP((2, 3, 2), norm=True).jacobian(THETA, X[0]), r"jacobian: norm=True.*expected norm=False"),
        (lambda: NET.jacobian(THETA, X), r"jacobian: .*shape \(4, 2\); expected .*shape \(2,\)"),
        (lambda: NET.hvp(np.zeros((17, 17)), THETA, X, Y), r"v: shape \(17,\); expected as many axes as theta"),
        (lambda: NET.hvp(THETA, THETA[:-1], X, Y), r"v: shape \(16,\)"),
        (lambda: clip_norm(X, 0.0), r"max_norm: 0.0; expected a finite positive number"),
        (lambda: clip_norm(X, float("nan")), r"max_norm: nan"),
    ],
)
def test_bad_input_is_named_with_what_was_expected(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_seed_in_place_of_a_generator_is_refused():
    with pytest.raises(TypeError, match=r"rng: 0; expected a generator, as np.random.default_rng\(0\) makes"):
        NET.init(0)


def test_nets_of_the_same_sizes_are_equal_however_these_were_written():
    assert MLP([2, np.int64(3), 1]) == MLP((2, 3, 1)) and hash(MLP([2, 3, 1])) == hash(MLP((2, 3, 1)))


def test_every_scheme_and_activation_is_covered_here():
    assert set(SCHEMES) == {"naive", "lecun", "xavier", "he", "orthogonal"} and set(ACTIVATIONS) == {"linear", "tanh", "relu"}


def test_modules_import_numpy_and_the_standard_library_only():
    code = (
        "import sys; import numpy; before = set(sys.modules)\n"
        "import optlib; inside = set(sys.modules)\n"
        "import optlib.nets, optlib.data, optlib.clipping\n"
        "new = {m.split('.')[0] if not m.startswith('optlib') else m for m in set(sys.modules) - inside}\n"
        "print(sorted(new - set(sys.stdlib_module_names) - {'numpy', 'optlib.nets', 'optlib.data', 'optlib.clipping'}))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


# Data of their own for several nets


@pytest.mark.parametrize("case", CASES, ids=str)
def test_nets_with_data_of_their_own_are_each_alone(case):
    """To the last bit; also where a sweep stands behind the seeds and shares their data."""
    net, _, _, _ = problem(*case)
    rng = np.random.default_rng(3)
    theta = net.init(rng, "he", shape=(4, 3))
    x = rng.standard_normal((4, 1, 6, 3))
    y = rng.standard_normal((4, 1, 6, 2)) if net.objective == "mse" else rng.integers(2, size=(4, 1, 6))
    value, grad = net.value_and_grad(theta, x, y)
    same, out = net.value_and_output(theta, x, y)
    np.testing.assert_array_equal(value, same)
    assert value.shape == (4, 3) and grad.shape == theta.shape and out.shape == (4, 3, 6, 2)
    for i in range(4):
        for j in range(3):
            alone = net.value_and_grad(theta[:, i, j], x[i, 0], y[i, 0])
            np.testing.assert_array_equal(value[i, j], alone[0])
            np.testing.assert_array_equal(grad[:, i, j], alone[1])
            np.testing.assert_array_equal(out[i, j], net.predict(theta[:, i, j], x[i, 0]))


@pytest.mark.parametrize(("nets", "own"), [((), (4,)), ((3,), (4,)), ((4,), (2, 4)), ((4, 3), (4,))])
def test_data_of_their_own_must_fit_the_nets(nets, own):
    net = MLP((2, 1))
    theta, x = np.zeros((net.size, *nets)), np.zeros((*own, 5, 2))
    with pytest.raises(ValueError, match=r"x: shape .* for nets of shape .*the axes of the nets first"):
        net.grad(theta, x, np.zeros((*own, 5, 1)))


# The formula as it stands in books


def test_naive_cross_entropy_is_the_stable_one_until_it_breaks():
    """exp overflows beyond 709, and a probability below 5e-324 has no logarithm."""
    x, y = np.array([[1.0]]), np.array([0])
    stable, naive = (MLP((1, 2), "linear", objective, bias=False) for objective in ("cross_entropy", "naive_cross_entropy"))
    for z in (0.0, 3.0, -30.0, 700.0):
        theta = np.array([z, 0.0])
        np.testing.assert_allclose(naive.loss(theta, x, y), stable.loss(theta, x, y), rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(naive.grad(theta, x, y), stable.grad(theta, x, y), rtol=1e-12, atol=1e-15)
    with np.errstate(all="ignore"):
        for z, broken in ((710.0, np.isnan), (-746.0, np.isinf)):
            theta = np.array([z, 0.0])
            assert broken(naive.loss(theta, x, y)) and np.isfinite(stable.loss(theta, x, y))
        assert np.isnan(naive.grad(np.array([710.0, 0.0]), x, y)).any()
        assert np.isnan(naive.loss(np.array([89.0, 0.0], np.float32), x, y))
    assert np.isfinite(stable.grad(np.array([1e300, -1e300]), x, y)).all()
