"""Adam as it must not be written: each function has one slip that was printed in notes or shipped in a library.

Nothing here is for use. The right one is `optlib.rules.adam`; chapter 6 breaks it in these ways and measures what happens.
The signature is Adam's. The numbers in the docstrings hold on a constant gradient at the defaults, where every step of
the right Adam is lr; the tests measure them.
"""

from numpy import sqrt


def fed_back(x, g, t, m=0, v=0, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    """Stores the corrected averages, so that each step corrects them again (two of the source notes print it so).

    v passes 1e100 before step 100 and the step vanishes: after 1.29 lr in all, x stands still.
    """
    m = (beta1 * m + (1 - beta1) * g) / (1 - beta1**t)
    v = (beta2 * v + (1 - beta2) * g**2) / (1 - beta2**t)
    x = x - lr * m / (sqrt(v) + eps)
    return x, m, v


def inverted(x, g, t, m=0, v=0, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    """Multiplies by 1 - beta^t instead of dividing (convnetjs).

    The first step is 10 lr and the twelfth 43.1 lr: the start-up that should be removed is squared.
    """
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    m_hat = m * (1 - beta1**t)
    v_hat = v * (1 - beta2**t)
    x = x - lr * m_hat / (sqrt(v_hat) + eps)
    return x, m, v


def stuck_counter(x, g, t, m=0, v=0, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    """Corrects every step as if it were the first (the TensorFlow tab of Dive into Deep Learning never advances t).

    The first step is right; for ever after both averages are too large, and the step rises to 2.08 lr at step 12, then sinks
    to (1 - beta2)^(1/2) / (1 - beta1) = 0.316 lr.
    """
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    m_hat = m / (1 - beta1)
    v_hat = v / (1 - beta2)
    x = x - lr * m_hat / (sqrt(v_hat) + eps)
    return x, m, v


def counter_from_zero(x, g, t, m=0, v=0, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    """Counts the steps from 0, as schedules do, so that the first correction divides by 1 - beta^0 = 0.

    x is not a number after the first step, and stays so.
    """
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    m_hat = m / (1 - beta1 ** (t - 1))
    v_hat = v / (1 - beta2 ** (t - 1))
    x = x - lr * m_hat / (sqrt(v_hat) + eps)
    return x, m, v


def eps_on_the_parameter(x, g, t, m=0, v=0, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    """Adds eps to the parameter, outside the division (the TensorFlow tab of Dive into Deep Learning).

    Every parameter drifts upwards by eps a step, and where the gradient has always been 0 the step is 0/0.
    """
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    x = x - lr * m_hat / sqrt(v_hat) + eps
    return x, m, v


def eps_in_the_root(x, g, t, m=0, v=0, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    """Adds eps under the root (three of the source notes), which makes of 1e-8 a floor of 1e-4 under the gradient.

    No error in itself, if eps is squared with it; left at 1e-8, a gradient of 1e-5 gets a step of 0.0995 lr.
    """
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    x = x - lr * m_hat / sqrt(v_hat + eps)
    return x, m, v


def missing_root(x, g, t, m=0, v=0, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    """Divides by the average of squares itself (a formula on labml.ai's page loses the root).

    The step is lr / g: a gradient a thousand times smaller takes a step a thousand times longer.
    """
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    x = x - lr * m_hat / (v_hat + eps)
    return x, m, v


def half_corrected(x, g, t, m=0, v=0, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    """Corrects m and then divides by the root of the uncorrected v (one of the source notes computes v_hat and drops it).

    The step is lr / (1 - beta2^t)^(1/2): 31.6 lr at first, and still above 1.25 lr after 1000 steps.
    """
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    m_hat = m / (1 - beta1**t)
    x = x - lr * m_hat / (sqrt(v) + eps)
    return x, m, v


def factor_omitted(x, g, t, m=0, v=0, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    """Sums the gradients without the factor 1 - beta1 ("commonly omitted", says one of the source notes), then corrects.

    Every step is 1 / (1 - beta1) = 10 times too long: the correction expects weights that sum to 1 - beta1^t.
    """
    m = beta1 * m + g
    v = beta2 * v + (1 - beta2) * g**2
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    x = x - lr * m_hat / (sqrt(v_hat) + eps)
    return x, m, v


def average_of_the_weight(x, g, t, v=0, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    """Blends the gradient with the weight, not with its past (dW = beta1 W + (1 - beta1) dW in one of the source notes).

    No memory is left, and x stops at -(1 - beta1) g / beta1, on a slope that goes on for ever.
    """
    m = beta1 * x + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * m**2
    x = x - lr * m / sqrt(v + eps)
    return x, v
