"""First-order update rules: one plain function each, whose signature is its specification.

    rule(x, g, t, *state, **hyper) -> (x, *state)

x, g, t          the point, the gradient there, and the step number 1, 2, 3, … (the loop owns this clock)
m=0, v=0         positional with a default: a state variable and its initial value; 0 broadcasts to the shape of x
*, lr=0.01, …    keyword-only: a hyperparameter; a number, an array (a sweep), or, through the loop, a schedule t -> number

Every rule works element by element, on any shape of x, and returns new arrays: it never writes into its arguments.
The bodies are plain arithmetic, because `optlib.translate` turns them into the book's equations and into JavaScript.
"""

from numpy import sqrt


def sgd(x, g, t, *, lr=0.01):
    """Step against the gradient (Cauchy 1847; with sampled gradients, Robbins & Monro 1951).

    `lr` is a step per unit of gradient. torch, Keras and optax agree on this form.

    >>> sgd(1.0, 2.0, 1, lr=0.1)
    (0.8,)
    """
    x = x - lr * g
    return (x,)


def momentum(x, g, t, v=0, *, lr=0.01, beta=0.9):
    """Step along a decaying *sum* of past gradients (Polyak 1964, eq. 9).

    torch's `SGD(momentum=beta)` and optax's `sgd(momentum=beta)` use this form.
    Keras puts `lr` inside the sum: the same path while `lr` is constant, another one when it is scheduled.

    >>> momentum(1.0, 2.0, 1, lr=0.1, beta=0.9)
    (0.8, 2.0)
    """
    v = beta * v + g
    x = x - lr * v
    return x, v


def ema_momentum(x, g, t, m=0, *, lr=0.01, beta=0.9):
    """Step along a moving *average* of past gradients: `momentum` at `lr / (1 - beta)` takes `lr` times as long a step.

    That is, `ema_momentum` with `lr` walks the path of `momentum` with `lr * (1 - beta)`.
    torch's `SGD(momentum=beta, dampening=beta)` differs in the first step, which it does not dampen.

    >>> x, m = ema_momentum(1.0, 2.0, 1, lr=0.1, beta=0.9)
    >>> round(x, 12), round(m, 12)
    (0.98, 0.2)
    """
    m = beta * m + (1 - beta) * g
    x = x - lr * m
    return x, m


def nesterov(x, g, t, v=0, *, lr=0.01, beta=0.9):
    """Step along the sum as it will be after one more equal gradient (Nesterov 1983; in this form, Bengio et al. 2013).

    `x` is the look-ahead point of Sutskever et al. (2013), so the gradient is taken where the rule stands.
    torch's `SGD(momentum=beta, nesterov=True)` and optax's `sgd(momentum=beta, nesterov=True)` use this form.

    >>> x, v = nesterov(1.0, 2.0, 1, lr=0.1, beta=0.9)
    >>> round(x, 12), v
    (0.62, 2.0)
    """
    v = beta * v + g
    x = x - lr * (g + beta * v)
    return x, v


def adagrad(x, g, t, s=0, *, lr=0.01, eps=1e-10):
    """Divide each coordinate's step by the root of the sum of its squared gradients (Duchi, Hazan & Singer 2011, fig. 1).

    `eps` stands outside the root, as in torch; optax and Keras start the sum at 0.1 and optax keeps `eps` inside.

    >>> x, s = adagrad(1.0, 2.0, 1, lr=0.1)
    >>> print(f"{x:.6f} {s}")
    0.900000 4.0
    """
    s = s + g**2
    x = x - lr * g / (sqrt(s) + eps)
    return x, s


def rmsprop(x, g, t, v=0, *, lr=0.01, rho=0.99, eps=1e-8):
    """Divide each coordinate's step by the root of an average of its squared gradients (Tieleman & Hinton 2012, lecture 6.5).

    `eps` stands outside the root and the average is not bias-corrected, as in torch, whose `alpha` is this `rho`.
    Keras and optax default to `rho = 0.9`; optax keeps `eps` inside the root unless told otherwise.

    >>> x, v = rmsprop(1.0, 2.0, 1, lr=0.1, rho=0.99)
    >>> print(f"{x:.6f} {v:.6f}")
    0.000000 0.040000
    """
    v = rho * v + (1 - rho) * g**2
    x = x - lr * g / (sqrt(v) + eps)
    return x, v


def adam(x, g, t, m=0, v=0, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    """Divide an average of gradients by the root of an average of their squares (Kingma & Ba 2015, alg. 1).

    Both averages are corrected for their start at zero.
    `eps` stands outside the root, as in the paper, torch and optax; Keras uses the paper's "epsilon hat" of section 2, at 1e-7.

    >>> x, m, v = adam(1.0, 2.0, 1, lr=0.1)
    >>> print(f"{x:.6f} {m:.6f} {v:.6f}")
    0.900000 0.200000 0.004000
    """
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    x = x - lr * m_hat / (sqrt(v_hat) + eps)
    return x, m, v
