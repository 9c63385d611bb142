"""The checks of chapter 5; see kit.py."""

import numpy as np
from chapter import DECAY_SLIPS, HYPER, SLIPS, corrected
from kit import Wrong, agree, call, members, near, number, shown, verdict

from optlib import iterate, rules, run
from optlib.check import check_rule


def three(name, value, truth, slips):
    """Compare three lengths with the truth."""
    found = [number(name, v) for v in value] if np.ndim(value) == 1 and len(value) == 3 else None
    if found is None:
        raise Wrong(f"`{name}` is {shown(value)}; three numbers were expected, in brackets: [first, second, third].")
    for what, these in slips.items():
        if not np.allclose(these, truth, atol=0.005) and np.allclose(found, these, atol=0.005):
            raise Wrong(f"`{name}` is {shown(found)}: {what}.")
    for t in range(3):
        flaw = "a gradient of zero leaves nothing to divide; the length is 0" if t == 2 else ""
        near(f"{name}[{t}]", found[t], truth[t], rel=0.003, tol=1e-6, hint=flaw)


def exercise_1(sign_steps, adagrad_steps, rmsprop_steps, moving):
    """Hand in the lengths of three steps each, over η, and names of rules. The gradients are 3, 4 and 0, and ε is 0.

    sign_steps: a list of three lengths, those of sign descent
    adagrad_steps: a list of three lengths, those of AdaGrad
    rmsprop_steps: a list of three lengths, those of RMSProp with ρ = 0.75 and no correction
    moving: a set, those rules among "sign_descent", "adagrad", "rmsprop", "adam", "amsgrad" and "lion"
        that move at the third step
    """

    def lengths(rule, **hyper):
        gradients = iter([3.0, 4.0, 0.0])
        return np.abs(np.diff(run(rule, lambda x: next(gradients) + 0 * x, [0.0], 3, lr=1.0, **hyper).path[:, 0]))

    g, plain = np.array([3.0, 4.0, 0.0]), "these are the gradients, the steps of gradient descent"
    slips = {plain: g, "zero has no sign, and the step is 0": [1, 1, 1]}
    three("sign_steps", sign_steps, lengths(rules.sign_descent), slips)
    slips = {
        plain: g,
        "these are divided by the sum of the squares; take its root": g / np.cumsum(g**2),
        "the sum is of squares, not of sizes": g / np.cumsum(g),
        "these are the steps of sign descent; at the second the sum still holds the first square": [1, 1, 0],
    }
    three("adagrad_steps", adagrad_steps, lengths(rules.adagrad, eps=0), slips)
    v = np.array([2.25, 5.6875, 4.265625])
    slips = {
        "these are AdaGrad's": lengths(rules.adagrad, eps=0),
        "this is with the correction, and none was asked for": g / np.sqrt(v / (1 - 0.75 ** np.arange(1, 4))),
        "the new square counts 1 − ρ, not 1": g / np.sqrt(4 * v),
        "these are divided by the average of the squares; take its root": g / v,
        "ρ and 1 − ρ have changed places": [3 / np.sqrt(6.75), 4 / np.sqrt(13.6875), 0],
    }
    three("rmsprop_steps", rmsprop_steps, lengths(rules.rmsprop, rho=0.75, eps=0), slips)
    among = ("sign_descent", "adagrad", "rmsprop", "adam", "amsgrad", "lion")
    divides = "it has the present gradient above the fraction bar, and that is 0"
    why = dict.fromkeys(("adagrad", "rmsprop"), divides) | {"sign_descent": "the sign of 0 is 0"}
    why |= dict.fromkeys(("adam", "amsgrad", "lion"), "look for a rule with an average of gradients, which is not 0 yet")
    members("moving", moving, {name for name in among if lengths(getattr(rules, name))[2] > 0}, why, among=set(among))


def exercise_2(my_rmsprop):
    """Hand in a rule.

    my_rmsprop(x, g, t, v=0, *, lr=0.01, rho=0.99, eps=1e-8): RMSProp with the bias correction
    """
    average = {"rho and 1 - rho have changed places in the average": swapped, "it stores the corrected average": stored}
    verdict("my_rmsprop", check_rule(my_rmsprop, corrected, slips=SLIPS | average, **HYPER))


def swapped(x, g, t, v=0, *, lr, rho, eps):
    v = (1 - rho) * v + rho * g**2
    return x - lr * g / (np.sqrt(v / (1 - rho**t)) + eps), v


def stored(x, g, t, v=0, *, lr, rho, eps):
    v = (rho * v + (1 - rho) * g**2) / (1 - rho**t)
    return x - lr * g / (np.sqrt(v) + eps), v


def exercise_3(blind_to_loss, blind_to_units, sgd_factor, adam_factor):
    """Hand in two sets of rules and two numbers; the sets are among "sgd", "momentum", "adagrad", "rmsprop", "adam",
    "sign_descent" and "lion" (without weight decay), and one of them may be empty: set().

    blind_to_loss: a set, the rules that take the same path when the loss is multiplied by 1000
    blind_to_units: a set, the rules that take the same path, in the new unit, when the parameters are multiplied by 1000
    sgd_factor: a number, by which the learning rate of gradient descent must be multiplied in the second case
    adam_factor: a number, by which that of Adam must be multiplied in the second case
    """
    among = {"sgd", "momentum", "adagrad", "rmsprop", "adam", "sign_descent", "lion"}

    def path(name, factor=1.0, unit=1.0, rate=1.0):
        hyper = {"wd": 0.0} if name == "lion" else {}
        grad = lambda z: factor * 3 * np.tanh(3 * z / unit) / unit  # noqa: E731 - of log(cosh(3 x))
        return run(getattr(rules, name), grad, [unit, -0.3 * unit], 20, lr=1e-4 * rate, **hyper).path / unit

    def blind(factor, unit):
        return {name for name in among if np.allclose(path(name), path(name, factor, unit), rtol=0, atol=1e-6)}

    why = dict.fromkeys(("sgd", "momentum"), "its steps are as long as its gradients, and these are a thousandfold")
    why |= dict.fromkeys(among - set(why), "it divides gradients by gradients, or takes their sign, so a factor cancels")
    members("blind_to_loss", blind_to_loss, blind(1000, 1), why, among=among)
    why = dict.fromkeys(among, "its learning rate is a length in the unit of x, and the way is a thousand times as long")
    why |= dict.fromkeys(("sgd", "momentum"), "the gradient is a thousandth and the way a thousandfold")
    members("blind_to_units", blind_to_units, blind(1, 1000), why, among=among)

    def needed(name):
        return next(r for r in 10.0 ** np.arange(-9, 10) if np.allclose(path(name), path(name, 1, 1000, r), rtol=0, atol=1e-6))

    slips = {
        "the way is a thousandfold, and the gradient is a thousandth besides": 1e3,
        "these two do not cancel: the way is longer and the gradient smaller": 1.0,
        "the rate must grow, not shrink": 1e-6,
    }
    near("sgd_factor", sgd_factor, needed("sgd"), slips)
    slips = {
        "this is for gradient descent; Adam's step does not depend on the size of the gradient": 1e6,
        "Adam does not see the smaller gradient, but there is a longer way to go": 1.0,
        "the rate must grow, not shrink": 1e-3,
    }
    near("adam_factor", adam_factor, needed("adam"), slips)


def exercise_4(my_adamw):
    """Hand in a rule.

    my_adamw(x, g, t, m=0, v=0, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8, wd=0.01): AdamW, where the decay is multiplied by
        the learning rate
    """
    verdict("my_adamw", check_rule(my_adamw, rules.adamw, slips=DECAY_SLIPS, lr=0.1, wd=0.5))


def valley(kappa, alpha):
    c, s = np.cos(alpha), np.sin(alpha)
    return np.array([[c, -s], [s, c]]) @ np.diag([1.0, kappa]) @ np.array([[c, s], [-s, c]])


def exercise_5(jacobi):
    """Hand in a formula.

    jacobi(kappa, alpha): the condition number that Jacobi scaling leaves of kappa, in a valley turned by alpha radians
    """

    def scaled(kappa, alpha):
        d = np.sqrt(np.diag(valley(kappa, alpha)))
        low, high = np.linalg.eigvalsh(valley(kappa, alpha) / np.outer(d, d))
        return high / low

    degree = np.pi / 180
    cases = [(100.0, degree), (1e4, degree), (1e6, degree), (20.0, 30 * degree), (50.0, 45 * degree), (20.0, 0.0)]
    slips = {
        "the angle comes in radians, not in degrees": lambda kappa, alpha: scaled(kappa, np.radians(alpha)),
        "the larger eigenvalue belongs above the fraction bar": lambda *c: 1 / scaled(*c),
        "this is r, the entry beside the diagonal; the eigenvalues are 1 ± r": lambda *c: (scaled(*c) - 1) / (scaled(*c) + 1),
        "this is the valley without any scaling, or scaled twice; both sides take the root": lambda kappa, alpha: kappa,
        "this is only the larger of the two eigenvalues": lambda *c: 2 * scaled(*c) / (1 + scaled(*c)),
    }
    hint = "Scale the turned Hessian so that its diagonal is 1, and take the quotient of its eigenvalues"
    agree(jacobi, scaled, cases, slips, rel=1e-3, tol=1e-6, hint=hint)


def by_deviation(spread=lambda m, v: np.sqrt(np.maximum(v - m * m, 0)), above=lambda g, m: g):
    """A rule that divides by what it is told."""

    def rule(x, g, t, m=0, v=0, *, lr, rho, eps):
        m = rho * m + (1 - rho) * g
        v = rho * v + (1 - rho) * g**2
        return x - lr * above(g, m) / (spread(m, v) + eps), m, v

    return rule


def exercise_6(centred, mean_step):
    """Hand in a rule, the names of its state are yours, and a formula.

    centred(x, g, t, m=0, v=0, *, lr=0.01, rho=0.99, eps=1e-8): RMSProp with the centred second moment and nothing corrected
    mean_step(deviation): its mean step over η, in the long run, on a slope with gradient 1 plus noise of this deviation
    """
    slips = {
        "this is RMSProp: subtract the square of the mean": by_deviation(lambda m, v: np.sqrt(v)),
        "it divides by the variance; take the root": by_deviation(lambda m, v: np.maximum(v - m * m, 0)),
        "it subtracts m, not its square": by_deviation(lambda m, v: np.sqrt(np.maximum(v - m, 0))),
        "it steps by m; only the number below is to change": by_deviation(above=lambda g, m: m),
        "the root is taken of v alone": by_deviation(lambda m, v: np.sqrt(v) - m * m),
    }
    verdict("centred", check_rule(centred, by_deviation(), slips=slips, lr=0.1, rho=0.9, eps=0.01))
    rng, deviations = np.random.default_rng(1), np.array([1.0, 0.1, 0.01])
    x, state = np.zeros((200, 3)), (1, 1 + deviations**2)  # without the time that an average needs from 0
    for t in range(1, 1001):
        if t == 601:
            before = x
        g = 1 + deviations * rng.standard_normal((200, 3))
        x, *state = by_deviation()(x, g, t, *state, lr=1.0, rho=0.99, eps=1e-8)
    measured = dict(zip(deviations, np.median(before - x, axis=0) / 400, strict=True))
    slips = {
        "this is Adam's and RMSProp's; here the mean is subtracted": lambda d: 1 / np.sqrt(1 + d * d),
        "longer the surer the sign is, not shorter": lambda d: d,
        "it divides by the deviation, not by the variance": lambda d: 1 / d**2,
        "the mean gradient, 1, is still divided by the deviation": lambda d: 1.0,
    }
    agree(mean_step, lambda d: measured[d], [(d,) for d in measured], slips, rel=0.04, hint="What is the root of v − m²")


def moves(n, C, beta):
    """The moves of a steady round of Adam with beta1 = 0, up to a factor: down by the gradient C, then up n - 1 times."""
    g = np.array([C] + [-1.0] * (n - 1))
    v = 0.0
    for x in g:  # a round from v = 0; the v that a round reproduces follows from it
        v = beta * v + (1 - beta) * x * x
    v, made = v / (1 - beta**n), []
    for x in g:
        v = beta * v + (1 - beta) * x * x
        made.append(-x / np.sqrt(v))
    return np.array(made)


def exercise_7(uphill, fools):
    """Hand in a condition and a game. The gradient is C at every n-th step and −1 at the n − 1 others; β₁ = 0.

    uphill(n, C, beta): True if Adam with β₂ = beta goes to the worst point in the long run, otherwise False
    fools: a pair (n, C) with C > n − 1 on which the default β₂ = 0.999 goes to the worst point
    """
    cases = [(3, 3.0, 0.4), (3, 3.0, 0.6), (10, 10.0, 0.9), (10, 10.0, 0.98), (30, 31.0, 0.98), (100, 100.0, 0.999)]
    cases += [(100, 100.0, 0.9999), (5, 20.0, 0.5), (3, 6.0, 0.05)]
    answers = []
    for case in cases:
        said = call(uphill, *case)
        if np.size(said) != 1:
            raise Wrong(f"`uphill({', '.join(map(shown, case))})` is {shown(said)}; True or False was expected.")
        answers.append(bool(np.ravel(said)[0]))
    right = [bool(moves(*case).sum() > 0) for case in cases]
    if answers != right:
        if answers == [not r for r in right]:
            raise Wrong("`uphill`: it is the wrong way round; +1 is the worst point, and the gradients −1 carry Adam up.")
        if not any(answers):
            raise Wrong("`uphill`: with it Adam is always right; that holds for a memory without end, where all v are equal.")
        if all(answers):
            raise Wrong("`uphill`: with it Adam is always wrong; for β₂ close to 1 all v are equal, and n − 1 < C decides.")
        at = [a == r for a, r in zip(answers, right, strict=True)].index(False)
        n, C, beta = cases[at]
        down, *up = np.abs(moves(n, C, beta))
        raise Wrong(
            f"`uphill({n}, {shown(C)}, {beta})` is {answers[at]}; in a steady round the step down is {down:.3g} η long, "
            f"and the {n - 1} steps up are {sum(up):.3g} η together."
        )
    if np.shape(fools) != (2,):
        raise Wrong(f"`fools` is {shown(fools)}; the pair (n, C) was expected.")
    n, C = number("n", fools[0]), number("C", fools[1])
    if n != int(n) or n < 2 or n > 100_000:
        raise Wrong(f"`fools` has the period {shown(n)}; a whole number from 2 to 100000 was expected.")
    if C <= n - 1:
        raise Wrong(f"`fools` is {shown(fools)}: the gradients of a round sum to C − (n − 1) ≤ 0, so there Adam may go up.")
    if moves(int(n), C, 0.999).sum() <= 0:
        why = "the memory of a thousand steps is long for this period" if n < 50 else "C is too far above n − 1"
        raise Wrong(f"`fools` is {shown(fools)}: there the default is right; {why}.")


def exercise_8(rest):
    """Hand in a formula.

    rest(b, w): where sign descent with decoupled decay w comes to rest, for a small η, if the loss has its minimum at b
    """
    cases = [(3.0, 1.0), (0.5, 1.0), (-3.0, 1.0), (3.0, 0.5), (-0.4, 2.0), (0.8, 2.0)]
    b, w = np.array(cases).T
    path = iterate(lambda x, g, t, *, lr: (x - lr * (np.sign(g) + w * x),), lambda x: x - b, 0 * b, lr=0.002)
    for _ in range(6001):
        (x,) = next(path)
    where = dict(zip(cases, x, strict=True))
    slips = {
        "this is where L2 comes to rest with gradient descent, for the steepness 1": lambda b, w: b / (1 + w),
        "the decay has a say: x cannot get farther than where it balances the sign": lambda b, w: b,
        "the wall stands at 1/w, not at w": lambda b, w: np.clip(b, -w, w),
        "the wall stands on both sides, also at −1/w": lambda b, w: min(b, 1 / w),
        "with |b| < 1/w it does not come as far as the wall": lambda b, w: np.sign(b) / w,
        "decay alone goes to 0, but the sign pushes with the same force everywhere": lambda b, w: 0.0,
    }
    agree(rest, lambda *case: where[case], cases, slips, rel=0.002, tol=0.006, hint="Where do the sign and w x balance")
