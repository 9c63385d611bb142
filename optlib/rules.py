"""First-order update rules: one plain function each, whose signature is its specification.

    rule(x, g, t, *state, **hyper) -> (x, *state)

x, g, t          the point, the gradient there, and the step number 1, 2, 3, … (the loop owns this clock)
m=0, v=0         positional with a default: a state variable and its initial value, which broadcasts to the shape of x
*, lr=0.01, …    keyword-only: a hyperparameter; a number, an array (a sweep), or, through the loop, a schedule t -> number

Rules work element by element, on any shape of x, and return new arrays: they write into none of their arguments.
The bodies are plain arithmetic, because `optlib.translate` turns them into the book's equations and into JavaScript.
"""

from numpy import maximum, sign, sqrt


def sgd(x, g, t, *, lr=0.01):
    """Step against the gradient (Cauchy 1847; with sampled gradients, Robbins & Monro 1951). Chapter 1.

    `lr` is a step per unit of gradient. torch, Keras and optax agree on this form.
    >>> sgd(1.0, 2.0, 1, lr=0.1)
    (0.8,)
    """
    x = x - lr * g
    return (x,)


def momentum(x, g, t, v=0, *, lr=0.01, beta=0.9):
    """Step along a decaying *sum* of past gradients (Polyak 1964, eq. 9). Chapter 4.

    So do torch's `SGD(momentum=beta)` and optax's `sgd(momentum=beta)`.
    Keras puts `lr` inside the sum: the same path while `lr` is constant, another one when it is scheduled.
    >>> momentum(1.0, 2.0, 1, lr=0.1, beta=0.9)
    (0.8, 2.0)
    """
    v = beta * v + g
    x = x - lr * v
    return x, v


def ema_momentum(x, g, t, m=0, *, lr=0.01, beta=0.9):
    """Step along a moving *average* of past gradients: the path of `momentum` with `lr * (1 - beta)`. Chapter 4.

    torch's `SGD(momentum=beta, dampening=beta)` differs in the first step, which it does not dampen.
    >>> ema_momentum(1.0, 2.0, 1, lr=0.1, beta=0.75)
    (0.95, 0.5)
    """
    m = beta * m + (1 - beta) * g
    x = x - lr * m
    return x, m


def nesterov(x, g, t, v=0, *, lr=0.01, beta=0.9):
    """Step along the sum as it will be after one more equal gradient (Nesterov 1983; Bengio et al. 2013). Chapter 4.

    torch's and optax's `nesterov=True`. x is the look-ahead point, so that the gradient is taken where the rule stands.
    >>> nesterov(1.0, 2.0, 1, lr=0.125, beta=0.5)
    (0.625, 2.0)
    """
    v = beta * v + g
    x = x - lr * (g + beta * v)
    return x, v


def nesterov_look_ahead(x, g, t, v=0, *, lr=0.01, beta=0.9):
    """Take the gradient ahead at x = theta + beta v, step from theta, look again (Sutskever et al. 2013, eqs. 3-4). Chapter 4.

    The path of `nesterov` while `lr` and `beta` are constant, with v = -lr times its v. theta is x - beta v.
    >>> nesterov_look_ahead(1.0, 2.0, 1, lr=0.125, beta=0.5)
    (0.625, -0.25)
    """
    theta = x - beta * v
    v = beta * v - lr * g
    x = theta + v + beta * v
    return x, v


def delta_bar_delta(x, g, t, r=1, d=0, *, lr=0.01, grow=0.05, shrink=0.05, theta=0.7):
    """Raise a coordinate's own rate while g has the sign of the average d, else cut it (Jacobs 1988). Chapter 5.

    His rates are lr r, his kappa lr grow, his phi shrink. Not in torch, Keras or optax. For full gradients only.
    >>> print(*delta_bar_delta(1.0, 2.0, 1, 1, 1, lr=0.25, grow=0.5, theta=0.5))
    0.25 1.5 1.5
    """
    a = sign(g * d)
    r = r + grow * maximum(a, 0) - shrink * r * maximum(-a, 0)
    d = theta * d + (1 - theta) * g
    x = x - lr * r * g
    return x, r, d


def adagrad(x, g, t, s=0, *, lr=0.01, eps=1e-10):
    """Divide each coordinate's step by the root of its summed squares (Duchi, Hazan & Singer 2011, fig. 1). Chapter 5.

    `eps` outside the root, as in torch; optax and Keras start the sum at 0.1 and have `eps` inside.
    >>> print(*adagrad(1.0, 2.0, 1, lr=0.25, eps=0))
    0.75 4.0
    """
    s = s + g**2
    x = x - lr * g / (sqrt(s) + eps)
    return x, s


def rmsprop(x, g, t, v=0, *, lr=0.01, rho=0.99, eps=1e-8):
    """Divide each step by the root of an average of squared gradients (Tieleman & Hinton 2012, lecture 6.5). Chapter 5.

    torch's `alpha` is this `rho`; `eps` outside the root, no bias correction. Keras and optax: rho 0.9, eps inside.
    >>> print(*rmsprop(1.0, 2.0, 1, lr=0.25, rho=0.75, eps=0))
    0.5 1.0
    """
    v = rho * v + (1 - rho) * g**2
    x = x - lr * g / (sqrt(v) + eps)
    return x, v


def adam(x, g, t, m=0, v=0, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    """Divide an average of g by the root of an average of g², both corrected for their start at 0 (Kingma & Ba 2015, alg. 1).

    torch and optax agree; Keras adds its eps, 1e-7, before the correction (the paper's "epsilon hat"). Chapters 5 and 6.
    >>> print(*adam(1.0, 2.0, 1, lr=0.25, beta1=0.5, beta2=0.75, eps=0))
    0.75 1.0 1.0
    """
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    x = x - lr * m_hat / (sqrt(v_hat) + eps)
    return x, m, v


def adam_uncorrected(x, g, t, m=0, v=0, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    """Step as `adam` without the bias correction: on a constant g, (1 - beta1^t) / sqrt(1 - beta2^t) of its step. Chapter 6.

    >>> print(*adam_uncorrected(1.0, 2.0, 1, lr=0.25, beta1=0.25, beta2=0.75, eps=0))
    0.625 1.5 1.0
    """
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    x = x - lr * m / (sqrt(v) + eps)
    return x, m, v


def adamw(x, g, t, m=0, v=0, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8, wd=0.01):
    """Step as `adam`, and shrink x by lr wd beside it (Loshchilov & Hutter 2019, alg. 2). Chapter 5.

    torch's, Keras' and optax's form; their defaults of wd: 0.01, 0.004, 0.0001. The paper's wd is times the schedule alone.
    >>> print(*adamw(1.0, 2.0, 1, lr=0.25, beta1=0.5, beta2=0.75, eps=0, wd=0.5))
    0.625 1.0 1.0
    """
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    x = x - lr * (m_hat / (sqrt(v_hat) + eps) + wd * x)
    return x, m, v


def amsgrad(x, g, t, m=0, v=0, s=0, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    """Step as `adam`, with the largest v so far in the place of v (Reddi, Kale & Kumar 2018, alg. 2). Chapter 5.

    The maximum is of v, corrected afterwards: so torch and Keras. optax: of the corrected v. The paper corrects nothing.
    >>> print(*amsgrad(1.0, 2.0, 1, 0, 0, 4.0, lr=0.25, beta1=0.5, beta2=0.75, eps=0))
    0.875 1.0 1.0 4.0
    """
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    s = maximum(s, v)
    m_hat = m / (1 - beta1**t)
    s_hat = s / (1 - beta2**t)
    x = x - lr * m_hat / (sqrt(s_hat) + eps)
    return x, m, v, s


def sign_descent(x, g, t, *, lr=0.01):
    """Step by lr in each coordinate: `adam` with beta1 = beta2 = eps = 0 (Bernstein et al. 2018, alg. 1). Chapter 5.

    optax's `sign_sgd`; not in torch or Keras.
    >>> print(*sign_descent(1.0, 2.0, 1, lr=0.25))
    0.75
    """
    x = x - lr * sign(g)
    return (x,)


def lion(x, g, t, m=0, *, lr=0.0001, beta1=0.9, beta2=0.99, wd=0.001):
    """Step by lr along the sign of a blend of average and gradient, and shrink x (Chen et al. 2023, alg. 2). Chapter 5.

    optax's form and defaults; Keras' has no decay unless told so; torch has no Lion.
    >>> print(*lion(1.0, 2.0, 1, lr=0.25, beta2=0.75, wd=1.0))
    0.5 0.5
    """
    c = beta1 * m + (1 - beta1) * g
    m = beta2 * m + (1 - beta2) * g
    x = x - lr * (sign(c) + wd * x)
    return x, m
