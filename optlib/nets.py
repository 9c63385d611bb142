"""A multilayer perceptron on one flat parameter vector: its loss, its gradient by hand, its curvature.

Coordinates stand on axis 0, as everywhere in optlib: theta of shape (P,) is one net, of shape (P, 8) eight nets that
meet the same data, one a seed say. Results then carry the same trailing axes. Nets that each meet data of their own take x
of shape (8, n, inputs) and y of shape (8, n, ...), nets first.
"""

from dataclasses import dataclass
from itertools import pairwise
from numbers import Integral
from typing import NamedTuple

import numpy as np

from .naming import find

ACTIVATIONS = {  # name -> (function of z, slope from z and h = function(z)); complex z must pass through: see `hvp`
    "linear": (lambda z: z, lambda z, h: np.ones_like(z)),
    "tanh": (np.tanh, lambda z, h: 1 - h * h),
    "relu": (lambda z: np.where(z.real > 0, z, 0), lambda z, h: (z.real > 0).astype(z.dtype)),  # slope 0 at 0, as torch
}
SCHEMES = {  # name -> variance of a weight at gain 1, from fan-in m and fan-out n
    "naive": lambda m, n: 1,
    "lecun": lambda m, n: 1 / m,
    "xavier": lambda m, n: 2 / (m + n),
    "he": lambda m, n: 2 / m,
    "orthogonal": None,
}
OBJECTIVES = ("mse", "cross_entropy", "naive_cross_entropy")
NORM_EPS = 1e-5  # inside the root, as in Ioffe & Szegedy (2015), Algorithm 1; the value is torch's


class Signals(NamedTuple):
    """What one pass forwards and one back leave at each layer; the layer is axis 0, the nets' axes follow."""

    activations: np.ndarray  # root mean square of h_0 = x, h_1, ..., h_L (the output): L + 1 rows
    errors: np.ndarray  # Frobenius norm, over all samples, of dloss/dh_0, ..., dloss/dh_L: L + 1 rows
    gradients: np.ndarray  # Frobenius norm of dloss/dW_1, ..., dloss/dW_L: L rows


@dataclass(frozen=True)
class MLP:
    """A fully connected net h_l = f(W_l h_{l-1} + b_l), the last layer linear, its parameters one flat vector.

    sizes: units from input to output, e.g. (2, 16, 1). activation: "linear", "tanh" or "relu".
    objective: "mse" is sum_i |f(x_i) - y_i|^2 / (2n), so that a net without hidden layers has the Hessian X'X/n
    (torch's MSELoss has no 1/2 and also averages over outputs); "cross_entropy" is the mean negative log likelihood of
    a softmax, as torch's CrossEntropyLoss, by log-sum-exp; "naive_cross_entropy" is the same formula as it stands in books,
    exp(z) / sum(exp(z)) and then the logarithm: kept to be broken, for a logit beyond 709 (88 in float32) makes it nan.
    norm: batch normalization (Ioffe & Szegedy 2015, Algorithm 1) of every hidden W h before the activation, with the
    mean and the biased variance of the batch that is passed. It has no learned scale, and the bias is added after
    it (it is their beta; before it, it would cancel), so theta means the same with and without norm.
    bias: whether layers have one. Order in theta, layer by layer: W (fan_out, fan_in) by rows, then b.
    Raises ValueError for sizes that are not two or more natural numbers, and for unknown names, with the nearest.

    >>> net = MLP((2, 16, 1))
    >>> theta = net.init(np.random.default_rng(0), "xavier")
    >>> theta.shape, [w.shape for w, b in net.layers(theta)]
    ((65,), [(16, 2), (1, 16)])
    """

    sizes: tuple
    activation: str = "tanh"
    objective: str = "mse"
    norm: bool = False
    bias: bool = True

    def __post_init__(self):
        sizes = tuple(self.sizes) if np.iterable(self.sizes) else ()
        if len(sizes) < 2 or not all(isinstance(n, Integral) and n > 0 for n in sizes):
            raise ValueError(f"sizes: {self.sizes!r}; expected two or more natural numbers, input to output: (2, 8, 1)")
        object.__setattr__(self, "sizes", tuple(map(int, sizes)))
        find("activation", self.activation, ACTIVATIONS)
        find("objective", self.objective, dict.fromkeys(OBJECTIVES))

    @property
    def size(self):
        """P, the number of parameters."""
        return sum((m + self.bias) * n for m, n in pairwise(self.sizes))

    def init(self, rng, scheme="xavier", gain=1.0, shape=()):
        """Draw a start: random weights times `gain`, biases zero; shape (P, *shape), each net drawn on its own.

        scheme: "naive" N(0, 1), so that gain is its sigma (0.01 in Krizhevsky et al. 2012); "lecun" N(0, 1/fan_in) (LeCun et
        al. 1998, eq. 16), so that gain is the sigma_w of Poole et al. (2016); "xavier" uniform with variance 2/(fan_in +
        fan_out) (Glorot & Bengio 2010, eq. 16; torch's xavier_uniform_); "he" N(0, 2/fan_in) (He et al. 2015, eq. 10; torch's
        kaiming_normal_, whose default is fan_in); "orthogonal" uniform over matrices with orthonormal rows or columns (Saxe
        et al. 2014). Raises ValueError for an unknown scheme, with the nearest, and TypeError for an rng that is none.

        >>> theta = MLP((1000, 1000)).init(np.random.default_rng(0), "he")
        >>> float(theta.std().round(4))  # sqrt(2/1000) = 0.0447
        0.0447
        """
        find("scheme", scheme, SCHEMES)
        if not isinstance(rng, np.random.Generator):
            raise TypeError(f"rng: {rng!r}; expected a generator, as np.random.default_rng(0) makes")
        shape, parts = (shape,) if isinstance(shape, Integral) else tuple(shape), []
        for m, n in pairwise(self.sizes):
            if scheme == "orthogonal":
                w, r = np.linalg.qr(rng.standard_normal((*shape, max(m, n), min(m, n))))
                w = w * np.sign(np.diagonal(r, axis1=-2, axis2=-1))[..., None, :]  # else not uniform: Mezzadri 2007
                w = w if n >= m else w.swapaxes(-1, -2)
            else:
                a = 3**0.5  # uniform on (-a, a) has variance 1
                w = rng.uniform(-a, a, (*shape, n, m)) if scheme == "xavier" else rng.standard_normal((*shape, n, m))
                w = w * SCHEMES[scheme](m, n) ** 0.5
            parts += [gain * w.reshape(*shape, -1), np.zeros((*shape, n * self.bias))]
        return np.ascontiguousarray(np.moveaxis(np.concatenate(parts, -1), -1, 0))

    def layers(self, theta):
        """The pairs (W, b), views into theta; W is (fan_out, fan_in, ...), b (fan_out, ...) or None without bias.

        >>> MLP((1, 1)).layers(np.array([2.0, 3.0]))
        [(array([[2.]]), array([3.]))]
        """
        theta, pairs, i = self._theta(theta), [], 0
        for m, n in pairwise(self.sizes):
            w, i = theta[i : i + m * n].reshape(n, m, *theta.shape[1:]), i + m * n
            b, i = (theta[i : i + n], i + n) if self.bias else (None, i)
            pairs.append((w, b))
        return pairs

    def predict(self, theta, x):
        """Outputs (logits for cross entropy) at the rows of x (n, inputs): shape (..., n, outputs), nets first.

        >>> MLP((1, 1)).predict([2.0, 3.0], [[1.0], [10.0]]).tolist()
        [[5.0], [23.0]]
        """
        return self._forward(self._theta(theta), self._data(x))[0]

    def loss(self, theta, x, y):
        """The objective, averaged over samples; y is (n, outputs) for mse, (n,) whole numbers for cross_entropy.

        Raises ValueError where a shape or a label does not fit. A theta that diverged gives inf or nan, as arithmetic
        does: that is no error here.

        >>> float(MLP((1, 1)).loss([2.0, 3.0], [[1.0], [10.0]], [[5.0], [21.0]]))
        1.0
        """
        return self.value_and_output(theta, x, y)[0]

    def value_and_output(self, theta, x, y):
        """`loss` and `predict` for the price of one.

        >>> value, out = MLP((1, 1)).value_and_output([2.0, 3.0], [[1.0], [10.0]], [[5.0], [21.0]])
        >>> float(value), out.tolist()
        (1.0, [[5.0], [23.0]])
        """
        x, y = self._data(x, y)
        out = self._forward(self._theta(theta), x)[0]
        return self._objective(out, y)[0], out

    def grad(self, theta, x, y):
        """Gradient of `loss` in theta, by backpropagation (Rumelhart, Hinton & Williams 1986); theta's shape.

        >>> MLP((1, 1)).grad([2.0, 3.0], [[1.0], [10.0]], [[5.0], [21.0]]).tolist()
        [10.0, 1.0]
        """
        return self.value_and_grad(theta, x, y)[1]

    def value_and_grad(self, theta, x, y):
        """`loss` and `grad` for the price of the gradient.

        >>> value, grad = MLP((1, 1)).value_and_grad([2.0, 3.0], [[1.0], [10.0]], [[5.0], [21.0]])
        >>> float(value), grad.tolist()
        (1.0, [10.0, 1.0])
        """
        return self._backward(self._theta(theta), *self._data(x, y))[:2]

    def hvp(self, theta, v, x, y):
        """Hessian times v (theta's shape, or one that broadcasts to it), the Hessian itself never formed; float64.

        The derivative of `grad` along v, which is Pearlmutter's R-operator (1994), by a complex step: Im grad(theta +
        i h v) / h (Squire & Trapp 1998). Nothing is subtracted, so h = 1e-30 leaves only rounding error. For relu it
        is the curvature between the kinks; a kink itself has none.

        >>> MLP((1, 1)).hvp([2.0, 3.0], [1.0, 0.0], [[1.0], [10.0]], [[5.0], [21.0]]).round(9).tolist()
        [50.5, 5.5]
        """
        h, theta, v = 1e-30, self._theta(theta), self._theta(v, "v")
        if v.ndim != theta.ndim:  # (P,) beside (P, P) would broadcast along the wrong axis
            raise ValueError(f"v: shape {v.shape}; expected as many axes as theta, of shape {theta.shape}")
        return self._backward(theta + 1j * h * v.astype(float), *self._data(x, y))[1].imag / h

    def hessian(self, theta, x, y):
        """The Hessian of `loss`, shape (P, P, ...), from P Hessian-vector products; for small nets.

        >>> MLP((1, 1)).hessian([2.0, 3.0], [[1.0], [10.0]], [[5.0], [21.0]]).round(9).tolist()  # X'X/n, X = [x, 1]
        [[50.5, 5.5], [5.5, 1.0]]
        """
        theta = self._theta(theta)
        eye = np.eye(self.size).reshape(self.size, self.size, *(1,) * (theta.ndim - 1))
        blocks = [self.hvp(theta[:, None], eye[:, j : j + 64], x, y) for j in range(0, self.size, 64)]  # bounded memory
        return np.concatenate(blocks, axis=1)

    def signals(self, theta, x, y):
        """Size of the activations, of the errors sent back and of the weight gradients, layer by layer: `Signals`.

        >>> net = MLP((4, 4, 4, 4), "linear", bias=False)
        >>> s = net.signals(net.init(np.random.default_rng(0), "orthogonal", gain=0.5), np.eye(4), np.eye(4))
        >>> (s.activations / s.activations[0]).round(9).tolist(), s.gradients.shape
        ([1.0, 0.5, 0.25, 0.125], (3,))
        """
        _, _, hidden, errors, grads = self._backward(self._theta(theta), *self._data(x, y), inputs=True)
        rms = [np.sqrt((h * h).mean((-2, -1))) for h in hidden]
        errors, grads = ([np.sqrt((a * a).sum((-2, -1))) for a in part] for part in (errors, grads))
        return Signals(np.array(np.broadcast_arrays(*rms)), np.array(errors), np.array(grads))

    def jacobian(self, theta, x):
        """Derivative of the output in the input at one point x (inputs,): shape (outputs, inputs, ...).

        It is the product of the layers' Jacobians diag(f'(z_l)) W_l; its singular values are what a signal, or an error
        on its way back, is multiplied by. Raises ValueError with norm: there a row has no output of its own.

        >>> MLP((1, 1, 1), "relu", bias=False).jacobian([2.0, -3.0], [1.0]).tolist()
        [[-6.0]]
        """
        if self.norm or np.shape(x) != self.sizes[:1]:
            raise ValueError(
                f"jacobian: norm={self.norm}, x of shape {np.shape(x)}; expected norm=False (an output "
                f"then depends on its row alone) and one point, shape ({self.sizes[0]},)"
            )
        _, tape = self._forward(self._theta(theta), self._data(np.asarray(x)[None]))
        j = np.eye(self.sizes[0])
        for _, w, _, _, slope in tape:
            j = w @ j if slope is None else slope.swapaxes(-1, -2) * (w @ j)
        return np.moveaxis(j, (-2, -1), (0, 1))

    def _theta(self, theta, name="theta"):
        theta = np.asarray(theta)
        if theta.dtype.kind not in "fiu" or theta.shape[:1] != (self.size,):
            raise ValueError(
                f"{name}: shape {theta.shape}, dtype {theta.dtype}; expected real numbers of shape "
                f"({self.size},) or ({self.size}, ...), as init gives"
            )
        return theta if theta.dtype.kind == "f" else theta.astype(float)

    def _data(self, x, *y):
        x, least = np.asarray(x), 1 + self.norm
        if x.ndim < 2 or x.shape[-1] != self.sizes[0] or x.shape[-2] < least:
            why = " (the spread of one row is 0)" if self.norm else ""
            raise ValueError(f"x: shape {x.shape}; expected (n, {self.sizes[0]}), one row a sample, n >= {least}{why}")
        if not y:
            return x
        y, k = np.asarray(y[0]), self.sizes[-1]
        rows = x.shape[:-1]
        if self.objective == "mse":
            if y.shape != (*rows, k):
                raise ValueError(f"y: shape {y.shape}; expected {(*rows, k)}, one row a sample; y[:, None] makes a column")
        elif y.shape != rows or y.dtype.kind not in "iu":
            raise ValueError(f"y: shape {y.shape}, dtype {y.dtype}; expected {rows} whole numbers, one class a row")
        elif not 0 <= y.min() <= y.max() < k:
            raise ValueError(f"y: classes from {y.min()} to {y.max()}; expected 0 to {k - 1}, one for each output")
        return x, y

    def _forward(self, theta, x):
        """Outputs, and for each layer (input h, W, normalized z or None, its scale, slope of the activation or None)."""
        theta, h, tape, i = np.ascontiguousarray(np.moveaxis(theta, 0, -1)), x.astype(theta.dtype, copy=False), [], 0
        nets, own = theta.shape[:-1], x.shape[:-2]
        if len(own) > len(nets) or any(a not in (1, b) for a, b in zip(own[::-1], nets[::-1], strict=False)):
            raise ValueError(
                f"x: shape {x.shape} for nets of shape {nets}; expected rows for all, (n, {self.sizes[0]}), or "
                "for each net its own, the axes of the nets first"
            )
        function, slope = ACTIVATIONS[self.activation]
        for layer, (m, n) in enumerate(pairwise(self.sizes), 1):
            w, i = theta[..., i : i + m * n].reshape(*theta.shape[:-1], n, m), i + m * n
            z, hidden, scale, normalized = h @ w.swapaxes(-1, -2), layer < len(self.sizes) - 1, None, None
            if self.norm and hidden:
                z = z - z.mean(-2, keepdims=True)
                scale = np.sqrt((z * z).mean(-2, keepdims=True) + NORM_EPS)
                z = normalized = z / scale
            if self.bias:
                z, i = z + theta[..., None, i : i + n], i + n
            out = function(z) if hidden else z
            tape.append((h, w, normalized, scale, slope(z, out) if hidden else None))
            h = out
        return h, tape

    def _objective(self, out, y):
        """The loss, and its derivative in the outputs."""
        n, k = out.shape[-2:]
        if self.objective == "mse":
            r = out - y.astype(out.dtype, copy=False)
            return (r * r).sum((-2, -1)) / (2 * n), r / n
        if self.objective == "cross_entropy":
            out = out - out.real.max(-1, keepdims=True)  # exp of a large logit would overflow; the loss stays the same
        e = np.exp(out)
        d = e / e.sum(-1, keepdims=True)
        place = np.arange(d.size // k), np.broadcast_to(y, d.shape[:-1]).ravel()
        if self.objective == "cross_entropy":
            right = np.log(e.sum(-1)) - out.reshape(-1, k)[place].reshape(d.shape[:-1])
        else:
            right = -np.log(d.reshape(-1, k)[place].reshape(d.shape[:-1]))
        d.reshape(-1, k)[place] -= 1
        return right.mean(-1), d / n

    def _backward(self, theta, x, y, inputs=False):
        """The loss, its gradient (theta's shape), and the lists behind `signals`: h_l, dloss/dh_l, dloss/dW_l.

        dloss/dh_0, which only `signals` wants, costs a product as large as any other.
        """
        out, tape = self._forward(theta, x)
        value, d = self._objective(out, y)
        hidden, errors, weights, parts = [out], [d], [], []
        for layer, (h, w, normalized, scale, slope) in reversed(list(enumerate(tape))):
            d = errors[-1] if slope is None else errors[-1] * slope
            if self.bias:
                parts.append(d.sum(-2))
            if normalized is not None:  # Ioffe & Szegedy (2015), section 3: mean and scale depend on every row
                d = d - d.mean(-2, keepdims=True) - normalized * (d * normalized).mean(-2, keepdims=True)
                d = d / scale
            hidden.append(h)
            if layer or inputs:
                errors.append(d @ w)
            weights.append(d.swapaxes(-1, -2) @ h)
            parts.append(weights[-1].reshape(*theta.shape[1:], -1))
        grad = np.moveaxis(np.concatenate(parts[::-1], -1), -1, 0)
        return value, grad, hidden[::-1], errors[::-1], weights[::-1]
