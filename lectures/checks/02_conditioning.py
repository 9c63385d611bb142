"""The checks of chapter 2; see kit.py."""

import numpy as np
from chapter import SLIPS, H, divided
from kit import Wrong, agree, call, members, near, number, shown, verdict

from optlib import iterate, rules
from optlib.check import check_rule
from optlib.nets import MLP


def steps_on(hessian, start, lr, most=5000):
    """Steps of gradient descent on a quadratic until the distance is a millionth of the first."""
    path = iterate(rules.sgd, lambda x: hessian @ x, np.asarray(start, float), lr=lr)
    near_enough = (
        t for t, (x, *_) in zip(range(most), path, strict=False) if np.linalg.norm(x) <= 1e-6 * np.linalg.norm(start)
    )
    return next(near_enough, np.inf)


def exercise_1(limit, best_lr, steps):
    """Hand in three numbers for the Hessian with the rows (3, 1) and (1, 3).

    limit: a number, the learning rate above which gradient descent diverges
    best_lr: a number, the best learning rate
    steps: a number, the steps with it until the distance from the minimum is a millionth of the first
    """
    hessian = np.array([[3.0, 1.0], [1.0, 3.0]])

    def worst(lr):
        return np.abs(np.linalg.eigvals(np.eye(2) - lr * hessian)).max()

    rates = np.linspace(0.001, 1.2, 1200)
    factors = np.array([worst(lr) for lr in rates])
    best, border = rates[factors.argmin()], rates[factors < 1].max()
    near(
        "limit",
        limit,
        border,
        {
            "3 stands on the diagonal, and is no eigenvalue": 2 / 3,
            "this is 1/L; the limit is 2/L": 1 / 4,
            "this is 2/μ, for the direction of (1, −1) alone; (1, 1) is steeper": 1.0,
        },
        hint="The larger eigenvalue belongs to (1, 1); the limit is 2 over it",
    )
    kept = worst(number("best_lr", best_lr))
    near(
        "best_lr",
        best_lr,
        best,
        {
            "this is 1/L, which is done with the steep direction at once and keeps half of the error in the flat one": 1 / 4,
            "2 stands above μ + L, not 1": 1 / 6,
            "this is where it begins to diverge": border,
        },
        hint=f"With it the slower direction keeps {kept:.3f} a step, and {factors.min():.3f} can be had",
    )
    measured = steps_on(hessian, [1.0, 0.3], best)
    near(
        "steps",
        steps,
        measured,
        {
            "this is for the loss, which shrinks by the square of the rate; the distance was asked for": np.log(1e6)
            / 2
            / np.log(3),
            "this is κ/2 · ln 10⁶, which is good for large κ": np.log(1e6),
            "this is a logarithm to base 10 of the million alone; divide by that of 3": 6,
            "the error in the slow direction shrinks by 1/3 a step, not by 1/2": np.log(1e6) / np.log(2),
        },
        rel=0,
        tol=0.6,
        hint="The rate is (κ − 1)/(κ + 1); how often does it go into a millionth",
    )


def exercise_2(steps_to, turned, not_turned):
    """Hand in a prediction and two measurements, for η = 0.21 and κ = 10.

    steps_to(distance, gap): the predicted number of steps from `gap` beside the floor to `distance` beside it
    turned: a number, the first step after which the distance from the floor exceeds 1, counted, for the valley turned by 30
        degrees and the start 2 (cos 30°, sin 30°)
    not_turned: a number, the greatest distance from the floor in 1000 steps without the turn, from the start (2, 0)
    """

    def simulated(distance, gap):  # the crossing of the run, interpolated on the logarithm
        t, x2 = 0, gap
        while abs(x2) < distance:
            t, before, x2 = t + 1, x2, x2 - 0.21 * 10 * x2
        return t - 1 + np.log(distance / abs(before)) / np.log(abs(x2 / before))

    agree(
        steps_to,
        simulated,
        [(1.0, 1e-16), (1.0, 1e-6), (5.0, 1e-3)],
        {
            "this is the time of the loss, which grows by 1.1²; the distance grows by 1.1": lambda d, gap: (
                np.log(d / gap) / (2 * np.log(1.1))
            ),
            "this is how many powers of ten there are; divide by the logarithm of 1.1": lambda d, gap: np.log10(d / gap),
            "the logarithms have different bases; take the same for both": lambda d, gap: np.log10(d / gap) / np.log(1.1),
            "this is the time to grow e-fold, whatever the gap": lambda d, gap: 1 / np.log(1.1),
            "the factor of a step is 1 − ηλ, of size 1.1; 2.1 is ηλ": lambda d, gap: np.log(d / gap) / np.log(2.1),
            "ln 1.1 is only about 0.1; take the logarithm": lambda d, gap: np.log(d / gap) / 0.1,
        },
        rel=1e-6,
        hint="Each step multiplies the distance by 1.1",
    )
    a = np.radians(30)
    turn = np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]])
    hessian, x, count = turn @ np.diag([1.0, 10.0]) @ turn.T, 2 * turn[:, 0], 0
    while abs(turn[:, 1] @ x) <= 1:
        x, count = x - 0.21 * (hessian @ x), count + 1
    near(
        "turned",
        turned,
        count,
        {
            "this is how long it lasts for a start a millionth away from the floor": np.log(1e6) / np.log(1.1),
            "this is when the loss has grown by 10¹⁶; count until the distance is 1": 8 * np.log(10) / np.log(1.1),
        },
        rel=0,
        tol=25,  # the last bit of the start depends on how a computer turns the valley
        hint="The start lies about 10⁻¹⁶ beside the floor",
    )
    if number("not_turned", not_turned) != 0:
        raise Wrong(
            f"`not_turned` is {shown(not_turned)}. Start at (2, 0) without an angle: there x₂ is exactly 0, "
            "and so is every step in it."
        )


def exercise_3(scaled_sgd):
    """Hand in a rule.

    scaled_sgd(x, g, t, *, lr=0.01, h=1.0): a rule with the learning rate lr / h for each coordinate, h an array as x
    """
    verdict("scaled_sgd", check_rule(scaled_sgd, divided, slips=SLIPS, lr=0.5, h=H))


def exercise_4(perfect_rates, turn):
    """Hand in the search and what it does.

    perfect_rates(h, x): a list, the rates for the eigenvalues h, from x until its length is a millionth of the first
    turn: a number, the angle in degrees between one gradient and the next
    """

    def searched(h, x, choose, size=np.linalg.norm, most=2000):
        goal, rates = 1e-6 * size(x), []
        while size(x) > goal and len(rates) < most:
            rates.append(choose(x, h * x, h))
            x = x - rates[-1] * h * x
        return np.array(rates)

    def best(x, g, h):  # the lowest point of the parabola along the gradient, from three of its values
        down, there, up = (np.sum(h * (x - lr / h.max() * g) ** 2) for lr in (0, 1, 2))
        return (1.5 * down - 2 * there + 0.5 * up) / (down - 2 * there + up) / h.max()

    slips = {
        "it uses one rate all the time; choose anew at each step": lambda x, g, h: 2 / (h.min() + h.max()),
        "this is the fraction upside down; gᵀg stands above": lambda x, g, h: g @ (h * g) / (g @ g),
        "this makes the next gradient as short as it can be; the loss was to be as low": lambda x, g, h: (
            g @ (h * g) / (g @ (h * h * g))
        ),
        "it takes xᵀx over xᵀHx; the gradient belongs in both places": lambda x, g, h: x @ x / (x @ (h * x)),
        "this is half of the perfect step": lambda x, g, h: best(x, g, h) / 2,
        "this is twice the perfect step, after which the loss is as high as before": lambda x, g, h: 2 * best(x, g, h),
    }
    for h, x in (
        (np.array([1.0, 10.0, 30.0]), np.array([1.0, -2.0, 0.5])),
        (np.array([1.0, 100.0]), np.array([100.0, 1.0])),
        (np.array([1.0, 100.0]), np.array([1.0, 1.0])),
        (np.linspace(1, 100, 20), np.ones(20)),
    ):
        found = call(perfect_rates, h, x)
        where = f"`perfect_rates({shown(h)}, {shown(x)})`"
        if np.ndim(found) != 1 or isinstance(found, str) or not len(found):
            raise Wrong(f"{where} is {shown(found)}; return the list of all learning rates, in order.")
        found, right = np.array(found, float), searched(h, x, best)
        some = min(len(found), len(right), 5)
        if not np.allclose(found[:some], right[:some], rtol=1e-5):
            for what, slip in slips.items():
                if np.allclose(found[:some], searched(h, x, slip, most=5)[:some], rtol=1e-5):
                    raise Wrong(f"`perfect_rates`: {what}.")
            at = np.flatnonzero(~np.isclose(found[:some], right[:some], rtol=1e-5))[0]
            raise Wrong(f"{where}: rate {at + 1} is {found[at]:.4g}; the loss is lowest with {right[at]:.4g}.")
        if abs(len(found) - len(right)) > 2:
            said = f"{where} has {len(found)} rates, and {len(right)} steps are needed"
            for what, size in (("loss", lambda x, h=h: np.sum(h * x * x)), ("gradient", lambda x, h=h: np.linalg.norm(h * x))):
                if len(found) == len(searched(h, x, best, size)):
                    raise Wrong(f"{said}: it stops at a millionth of the {what}; a millionth of the distance was asked for.")
            raise Wrong(f"{said} until the distance is a millionth of the first.")
    x, h = np.array([1.0, -2.0, 0.5]), np.array([1.0, 10.0, 30.0])
    g = h * x
    after = h * (x - best(x, g, h) * g)
    angle = np.degrees(np.arccos(g @ after / np.linalg.norm(g) / np.linalg.norm(after)))
    near(
        "turn",
        turn,
        angle,
        {
            "the gradient would keep its direction; along it the loss could still be lowered": 0,
            "the gradient would point straight back; then the step was too long": 180,
            "this is in radians": np.pi / 2,
            "this is the cosine; the angle was asked for": np.cos(np.radians(angle)),
        },
        rel=0.005,
        tol=1e-6,
        hint="At the lowest point along g the slope along g is zero: what is then the product of g and the new gradient",
    )


def exercise_5(level_variance, he_growth):
    """Hand in two formulas for an activation with slope 1 for positive and `slope` for negative input.

    level_variance(n, slope): the variance of the weights that keeps the error level, in layers of n units
    he_growth(slope, depth): the root mean square by which the error grows through `depth` layers with He's rule
    """
    z = np.linspace(-8, 8, 4000)  # even, so that 0 is not among them
    weight = np.exp(-(z**2) / 2)

    def chi(slope, gain=1.0):
        return gain * (weight @ np.where(z > 0, 1.0, slope) ** 2) / weight.sum()

    agree(
        level_variance,
        lambda n, slope: 1 / (n * chi(slope)),
        [(64, 0.2), (100, 0.01), (32, 0.5), (10, 1.0)],
        {
            "this is He's rule; a leaky relu lets part of the rest pass": lambda n, slope: 2 / n,
            "this is the rule without an activation": lambda n, slope: 1 / n,
            "the square of the mean slope is not the mean of the squared slope": lambda n, slope: 4 / (n * (1 + slope) ** 2),
            "this is the mean slope; its square enters": lambda n, slope: 2 / (n * (1 + slope)),
            "this is the deviation, √variance": lambda n, slope: np.sqrt(2 / (n * (1 + slope**2))),
            "each of the two slopes comes half of the time": lambda n, slope: 1 / (n * (1 + slope**2)),
            "without n: a component of the error is a sum of n products": lambda n, slope: 2 / (1 + slope**2),
        },
        rel=1e-5,
        hint="Ask for n σ² E[f'(z)²] = 1, with slopes that are 1 and `slope`, half of the time each",
    )
    agree(
        he_growth,
        lambda slope, depth: chi(slope, gain=2.0) ** (depth / 2),
        [(0.2, 50), (0.01, 30), (0.5, 10)],
        {
            "this is the mean square; take its root": lambda slope, depth: chi(slope, gain=2.0) ** depth,
            "this is for one layer": lambda slope, depth: chi(slope, gain=2.0),
            "this is for one layer; raise it to the number of layers": lambda slope, depth: chi(slope, gain=2.0) ** 0.5,
            "this is how it shrinks with σ² = 1/n; He's rule has 2/n": lambda slope, depth: chi(slope) ** (depth / 2),
            "this is one over it": lambda slope, depth: chi(slope, gain=2.0) ** (-depth / 2),
        },
        rel=1e-4,
        hint="χ multiplies the mean square at each layer",
    )


def exercise_6(cycle, left_over):
    """Hand in the learning rates and what they leave.

    cycle(m, mu, L): the m learning rates of the best cycle, an array in any order
    left_over(m, mu, L): the largest |p| between mu and L of this cycle, a number
    """
    cases = [(1, 1.0, 100.0), (2, 1.0, 100.0), (4, 1.0, 100.0), (3, 0.5, 20.0)]

    def ordered(rates):
        def function(m, mu, L):
            return np.sort(np.asarray(rates(m, mu, L), float), axis=None)

        function.__name__ = "cycle"
        return function

    def answered(m, mu, L):
        return call(cycle, m, mu, L)

    def roots(m, mu, L):
        points = np.polynomial.chebyshev.Chebyshev.basis(m).roots()
        return (L + mu) / 2 + (L - mu) / 2 * points

    def worst(rates, m, mu, L):
        lam = np.linspace(mu, L, 4001)
        return np.abs(np.prod([1 - lr * lam for lr in rates(m, mu, L)], axis=0)).max()

    agree(
        ordered(answered),
        ordered(lambda *c: 1 / roots(*c)),
        cases,
        {
            "these are the roots of the polynomial; the learning rates are 1 over them": ordered(roots),
            "this is the best single rate, m times": ordered(lambda m, mu, L: np.full(m, 2 / (mu + L))),
            "these are roots between −1 and 1; move them to mu and L": ordered(
                lambda m, mu, L: 1 / np.polynomial.chebyshev.Chebyshev.basis(m).roots()
            ),
            "the roots are evenly spaced here; those of the Chebyshev polynomial crowd at the ends": ordered(
                lambda m, mu, L: 1 / (mu + (L - mu) * (np.arange(m) + 0.5) / m)
            ),
            "these are all multiples of 180°/(2m); the angles of the roots are the odd ones": ordered(
                lambda m, mu, L: 1 / ((L + mu) / 2 + (L - mu) / 2 * np.cos(np.arange(1, m + 1) * np.pi / (2 * m)))
            ),
            "these begin with k = 0: one root is counted twice, and one is missing": ordered(
                lambda m, mu, L: 1 / ((L + mu) / 2 + (L - mu) / 2 * np.cos((2 * np.arange(m) - 1) * np.pi / (2 * m)))
            ),
        },
        rel=1e-6,
        hint="Take 1 over the roots of the polynomial T_m, moved from [−1, 1] to [mu, L]",
    )
    agree(
        left_over,
        lambda *c: worst(lambda *d: 1 / roots(*d), *c),
        cases,
        {
            "this is what m steps with the best single rate leave": lambda m, mu, L: ((L - mu) / (L + mu)) ** m,
            "this is for one step; a whole cycle was asked for": lambda *c: worst(lambda *d: 1 / roots(*d), *c) ** (1 / c[0]),
            "this is one over it": lambda *c: 1 / worst(lambda *d: 1 / roots(*d), *c),
            "this is what large m tend to, with the root of κ; the value for this m was asked for": lambda m, mu, L: (
                2 * ((np.sqrt(L) - np.sqrt(mu)) / (np.sqrt(L) + np.sqrt(mu))) ** m
            ),
        },
        rel=1e-4,
        hint="It is 1 / T_m((L + mu) / (L − mu))",
    )


def exercise_7(products, equal_for, next_length):
    """Hand in what you showed.

    products(net, theta, x, y): an array, for each layer of an `MLP` the sum of its weights times their gradients
    equal_for: a set, those among "linear", "relu" and "tanh" for which the numbers of all layers are equal
    next_length(length, gradient, lr): the length of a normalized W_l after a step, from its length and its gradient's
    """
    rng = np.random.default_rng(4)
    x, y = rng.standard_normal((2, 12, 5))
    found = {}
    for activation in ("linear", "relu", "tanh"):
        net = MLP((5, 7, 6, 5), activation, bias=False)
        theta = net.init(np.random.default_rng(2), "he")
        # the derivative of the loss along each layer's own weights, from two nets whose layer is a little longer and shorter
        right = []
        for at in range(3):
            ends = []
            for alpha in (1 + 1e-5, 1 - 1e-5):
                longer = theta.copy()
                net.layers(longer)[at][0][...] *= alpha  # a view: this writes into `longer`
                ends.append(net.loss(longer, x, y))
            right.append((ends[0] - ends[1]) / 2e-5)
        right = np.array(right)
        answer = call(products, net, theta, x, y)
        what = f"`products` for a net with activation {activation}"
        if np.shape(answer) != (3,):
            raise Wrong(f"{what} is {shown(answer)}; expected an array of 3 numbers, one a layer.")
        answer = np.asarray(answer, float)
        pairs = [(w, g) for (w, _), (g, _) in zip(net.layers(theta), net.layers(net.grad(theta, x, y)), strict=True)]
        slips = {
            "this is the product of the two lengths; multiply entry by entry and add up": [
                np.linalg.norm(w) * np.linalg.norm(g) for w, g in pairs
            ],
            "this is the mean of the products; their sum was asked for": [np.mean(w * g) for w, g in pairs],
            "these are the gradients alone": [np.sum(g) for w, g in pairs],
            "this is the sum of the squared gradients": [np.sum(g * g) for w, g in pairs],
            "the absolute values must not be taken before the sum": [np.sum(np.abs(w * g)) for w, g in pairs],
            "the last layer comes last": right[::-1],
        }
        if not np.allclose(answer, right, rtol=1e-4, atol=1e-6):
            for slip, values in slips.items():
                if np.allclose(answer, values, rtol=1e-4):
                    raise Wrong(f"{what}: {slip}.")
            raise Wrong(f"{what} is {shown(answer)}; expected about {shown(right)}.")
        found[activation] = np.ptp(right) < 1e-3 * np.abs(right).max()
    why = {
        "linear": "a positive factor passes through it unchanged",
        "relu": "max(0, αz) = α max(0, z) for α > 0, so a positive factor passes through it unchanged",
        "tanh": "a factor does not pass through it unchanged, so it matters which layer it came from",
    }
    members("equal_for", equal_for, {name for name, equal in found.items() if equal}, why, among=set(why))

    def stepped(length, gradient, lr):
        """A step with a gradient of this length, perpendicular to weights of that length."""
        w, g = np.array([length, 0.0]), np.array([0.0, gradient])
        return np.linalg.norm(w - lr * g)

    agree(
        next_length,
        stepped,
        [(1.0, 1.0, 0.1), (3.0, 4.0, 1.0), (2.0, 0.5, 2.0)],
        {
            "the step is perpendicular to the weights, so the two lengths do not add up": lambda w, g, lr: w + lr * g,
            "the step does not shorten the weights: it is perpendicular to them": lambda w, g, lr: abs(w - lr * g),
            "a step that is perpendicular to the weights makes them longer": lambda w, g, lr: w,
            "this is the square of the length": lambda w, g, lr: w**2 + (lr * g) ** 2,
            "the learning rate enters as its square, with the gradient": lambda w, g, lr: np.sqrt(w**2 + lr * g**2),
            "the learning rate is missing": lambda w, g, lr: np.hypot(w, g),
        },
        rel=1e-6,
        hint="Pythagoras: the gradient is perpendicular to the weights",
    )
