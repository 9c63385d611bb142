"""The checks of chapter 8; see kit.py."""

import numpy as np
from chapter import SLIPS, check_update, k, small, two_points, wave
from kit import Wrong, agree, call, choice, members, near, shown, verdict

from optlib import run
from optlib.check import check_rule
from optlib.second_order import bfgs_update, newton

LISTS = {
    "A": (0.5, 0.25, 0.125, 0.0625),
    "B": (0.5, 0.125, 0.0125, 0.00015),
    "C": (0.5, 0.3333, 0.2222, 0.1481),
}
POLYNOMIALS = {"x + x²": np.poly1d([1, 1, 0]), "x²": np.poly1d([1, 0, 0]), "x³": np.poly1d([1, 0, 0, 0])}


def exercise_1(simple, double, triple, one_step):
    """Hand in which list belongs to which loss, and the longer steps.

    simple: "A", "B" or "C", the list of the derivative x + x²
    double: "A", "B" or "C", the list of the derivative x²
    triple: "A", "B" or "C", the list of the derivative x³
    one_step: a dictionary, for each of the two lists the learning rate with which one step ends at 0 from every start
    """
    lists, rates = {}, {}
    for name, slope in POLYNOMIALS.items():
        x, errors = 0.5, []
        for _ in range(4):
            errors.append(x)
            x -= slope(x) / slope.deriv()(x)
        lists[name] = min(LISTS, key=lambda letter: np.abs(np.array(LISTS[letter]) - errors).max())
        needed = [x * slope.deriv()(x) / slope(x) for x in (0.5, 0.25, -0.3)]
        if np.ptp(needed) < 1e-9:
            rates[lists[name]] = needed[0]
    why = {
        "A": "its errors are halved each time; which slope x^r keeps 1 − 1/r of the error at r = 2",
        "B": "its errors fall faster and faster, about as their squares; at which slope is the root simple",
        "C": "its errors keep two thirds each time; for which r is 1 − 1/r two thirds",
    }
    for name, value, slope in (("simple", simple, "x + x²"), ("double", double, "x²"), ("triple", triple, "x³")):
        choice(name, value, lists[slope], why, among=tuple(LISTS))
    if not isinstance(one_step, dict):
        raise Wrong(f"`one_step` is {shown(one_step)}; a dictionary was expected, such as {{'A': 1.5, 'B': 1.5}}.")
    simple_root = "a longer step may end at 0 from 0.5, but from another start it misses"
    members("one_step", one_step, set(rates), {lists["x + x²"]: simple_root}, among=set(LISTS))
    for letter, rate in rates.items():
        slips = {"this is Newton's own step": 1, "this is the part of the error that a step keeps": 1 - 1 / rate}
        slips["this is upside down"] = 1 / rate
        near(f"one_step['{letter}']", one_step[letter], rate, slips, hint="A root of multiplicity r asks for r times the step")


class Hyperbola:
    def __call__(self, x):
        return np.sqrt(1 + x[0] ** 2)

    def grad(self, x):
        return x / np.sqrt(1 + x**2)

    def hess(self, x):
        return np.array([(1 + x**2) ** -1.5])


def stepped(x):
    return float(run(newton, Hyperbola(), [x], 1).x[0])


def exercise_2(next_point, border, order):
    """Hand in Newton's method on the loss √(1 + x²).

    next_point(x): the point to which Newton's step leads from x
    border: a number, the distance from 0 below which every start converges
    order: a number, the order of convergence: 1 for linear, 2 for quadratic, …
    """
    slips = {
        "this is the step; the next point is x plus the step": lambda x: stepped(x) - x,
        "the sign is wrong: Newton's step is −f′/f″, and it leads across the minimum": lambda x: -stepped(x),
        "this adds the step with the wrong sign": lambda x: 2 * x - stepped(x),
        "this is gradient descent with the learning rate 1": lambda x: x - x / np.sqrt(1 + x**2),
        "the second derivative is (1 + x²)^(−3/2); this takes (1 + x²)^(−1/2)": lambda x: 0.0,
    }
    agree(next_point, stepped, [(x,) for x in (0.9, 1.0, 1.1, -0.5, 2.0)], slips, rel=1e-6, tol=1e-9)
    low, high = 0.0, 3.0
    for _ in range(20):
        middle = (low + high) / 2
        low, high = (middle, high) if abs(stepped(middle)) < middle else (low, middle)
    x = np.linspace(-2, 2, 4001)
    steepest = np.abs(np.gradient((1 + x**2) ** -1.5, x)).max()
    slips = {"this is the distance μ/(2M) of the theorem; the run comes down from further away": 1 / (2 * steepest)}
    near("border", border, low, slips, hint="Where is the next point nearer to 0 than x")
    errors = [0.3]
    for _ in range(2):
        errors.append(abs(stepped(errors[-1])))
    truth = np.log(errors[2] / errors[1]) / np.log(errors[1] / errors[0])
    slips = {
        "the theorem promises as much; here f‴(0) = 0, so its constant vanishes too": 2,
        "a constant part of the error would stay; compute two steps from 0.3": 1,
    }
    near("order", order, truth, slips, hint="Which power of x is the next point")


def exercise_3(barzilai_borwein):
    """Hand in a rule.

    barzilai_borwein(x, g, t, last_x=0, last_g=0, *, lr=0.01): the new point, then the old one and its gradient
    """
    verdict("barzilai_borwein", check_rule(barzilai_borwein, two_points, slips=SLIPS, lr=0.01))


class Undivided(float):
    """A number that cannot be divided; its results cannot either."""

    def __truediv__(self, other):
        raise Wrong("`next_guess` divides; it may multiply, add and subtract.")

    __rtruediv__ = __floordiv__ = __rfloordiv__ = __truediv__

    def __pow__(self, power):
        return self / power if power < 0 or power != int(power) else Undivided(float(self) ** power)

    def __neg__(self):
        return Undivided(-float(self))

    def __add__(self, other):
        return Undivided(float(self) + other)

    def __sub__(self, other):
        return Undivided(float(self) - other)

    def __rsub__(self, other):
        return Undivided(other - float(self))

    def __mul__(self, other):
        return Undivided(float(self) * other)

    __radd__, __rmul__ = __add__, __mul__


def root_step(x, a):
    return x - (1 / x - a) / (-1 / x**2)


def exercise_4(next_guess, starts, matrix_rule):
    """Hand in Newton's method for h(x) = 1/x − a, without a division.

    next_guess(x, a): the next guess of 1/a after x, by multiplications, additions and subtractions alone
    starts(a): the pair (lowest, highest) of the starts between which it converges, for a > 0
    matrix_rule(X, A): the next guess of the inverse of the matrix A after the matrix X, by the same rule
    """
    cases = [(0.1, 7.0), (0.2, 7.0), (0.5, 3.0), (3.0, 0.5), (-1.0, 2.0)]
    slips = {
        "h′ is −1/x², so the step is added: x + x² h(x)": lambda x, a: 2 * x - root_step(x, a),
        "this is the step; the next guess is x plus the step": lambda x, a: root_step(x, a) - x,
        "this is 1/a itself, which is what cannot be computed without a division": lambda x, a: 1 / a,
    }
    agree(next_guess, root_step, cases, slips, rel=1e-9)
    call(next_guess, Undivided(0.1), Undivided(7.0))

    def arrives(x, a):
        for _ in range(60):
            x = root_step(x, a) if x else x
            if not abs(x) < 1e6:
                return False
        return abs(a * x - 1) < 1e-6

    def ends(a):
        found = []
        for side in (-1, 1):
            inside, outside = 1 / a, 1 / a + side * 5 / a
            for _ in range(22):
                middle = (inside + outside) / 2
                inside, outside = (middle, outside) if arrives(middle, a) else (inside, middle)
            found.append(inside)
        return tuple(found)

    slips = {
        "beyond 1/a it converges too: from there the first step leads below 1/a": lambda a: (0, 1 / a),
        "the relative error 1 − ax may have either sign": lambda a: (1 / a, 2 / a),
        "these are the ends of ax; divide by a": lambda a: (0, 2),
        "the condition |1 − ax| < 1 is met from the other side, too: 0 is the lower end": lambda a: (-2 / a, 2 / a),
    }
    agree(
        starts,
        ends,
        [(7.0,), (0.5,), (3.0,)],
        slips,
        rel=1e-3,
        tol=1e-3,
        hint="The relative error is squared: below which size",
    )

    def squared(X, A):  # what is left of the error, I − AX, is squared
        left = np.eye(len(A)) - A @ X
        return np.linalg.solve(A, np.eye(len(A)) - left @ left)

    rng = np.random.default_rng(0)
    slips = {
        "`*` multiplies entry by entry; the product of matrices is `@`": lambda X, A: X * (2 * np.eye(len(A)) - A * X),
        "2 stands for a matrix of twos here; take 2 np.eye(n)": lambda X, A: X @ (2 - A @ X),
        "with matrices the order counts: A stands between the two X": lambda X, A: (2 * np.eye(len(A)) - A @ X) @ X,
        "this is the rule for an orthogonal matrix, which knows no A": lambda X, A: X @ (3 * np.eye(len(A)) - X.T @ X) / 2,
    }
    cases = [tuple(rng.standard_normal((2, n, n))) for n in (2, 3, 4)]
    agree(matrix_rule, squared, cases, slips, rel=1e-6, tol=1e-9)


def exercise_5(update):
    """Hand in a function.

    update(C, s, y): the BFGS update of the matrix C with the pair s, y, without a product of two matrices
    """

    def opened(C, s, y, inner=1.0, cross=1.0):
        z, rho = C @ y, 1 / (s @ y)
        mixed = np.outer(s, z) + np.outer(z, s)
        return C - cross * rho * mixed + rho * (1 + inner * rho * (y @ z)) * np.outer(s, s)

    slips = {
        "the factor of s sᵀ is ρ (1 + ρ yᵀCy); the second part is missing": lambda *c: opened(*c, inner=0),
        "two terms are mixed, −ρ s (Cy)ᵀ and −ρ (Cy) sᵀ; one of them is missing": lambda *c: opened(*c, cross=0.5),
        "the mixed terms are taken away, not added": lambda *c: opened(*c, cross=-1),
        "this is the update of Davidon, Fletcher and Powell; it satisfies Cy = s too, and it is another matrix": (
            lambda C, s, y: C - np.outer(C @ y, C @ y) / (y @ C @ y) + np.outer(s, s) / (s @ y)
        ),
        "this is SR1, of rank one": (lambda C, s, y: C + np.outer(s - C @ y, s - C @ y) / ((s - C @ y) @ y)),
        "this updates the Hessian; s and y change places for its inverse": lambda C, s, y: bfgs_update(C, y, s),
    }
    rng, cases = np.random.default_rng(0), []
    for n in (2, 4, 5):
        root, s = rng.standard_normal((n, n)), rng.standard_normal(n)
        cases.append((np.eye(n) + root @ root.T, s, (2 * np.eye(n) + root.T @ root) @ s))
    agree(update, bfgs_update, cases, slips, rel=1e-6, tol=1e-9)
    verdict("update", check_update(update))


def exercise_6(after_04, after_02, after_03, survives):
    """Hand in what you expect of the nets that are trained for 500 steps at 0.4 and then for 1500 at 0.2.

    after_04: a number, the sharpness after the part at 0.4
    after_02: a number, the sharpness after the part at 0.2
    after_03: a number, the sharpness of the copy that goes on for 500 steps at 0.3
    survives: a set, the rates out of 0.3 and 0.4 to which the rate can be raised so that the nets do not diverge
    """

    def descend(theta, lr, steps):
        vector, sizes = np.random.default_rng(9).standard_normal(theta.shape), []
        for t in range(steps):
            if t >= steps - 60:
                image = small.hvp(theta, vector, k, wave)
                sizes.append((vector @ image) / (vector @ vector))
                vector = image / np.linalg.norm(image)
            theta = theta - lr * small.grad(theta, k, wave)
        return theta, np.mean(sizes[20:])

    theta, first = descend(small.init(np.random.default_rng(0)), 0.4, 500)
    theta, second = descend(theta, 0.2, 1000)
    ends = {lr: descend(theta, lr, 200) for lr in (0.3, 0.4)}
    slow = "this is 1/η; the edge is at twice that"
    stays = "this is where it was, and 1/η of the new rate; the sharpness rises until it meets the new edge"
    near("after_04", after_04, first, {slow: 2.5}, rel=0.15, hint="Which sharpness does the rate 0.4 bear")
    near("after_02", after_02, second, {stays: first}, rel=0.15, hint="Which sharpness does the rate 0.2 bear")
    back = "the path leaves this ground, as it is too sharp for 0.3"
    near("after_03", after_03, ends[0.3][1], {slow: 1 / 0.3, back: second, "this is the edge of 0.4": first}, rel=0.15)
    alive = {lr for lr, (theta, _) in ends.items() if small.loss(theta, k, wave) < 1}
    why = {
        0.4: "the ground is twice too sharp then, and nothing brings a path back that leaves so fast",
        0.3: "the ground is one and a half times too sharp, and the path is thrown to flatter ground before it has left",
    }
    members("survives", survives, alive, why, among=set(ends))


def steepest_in_modulus(g):
    corners = np.array(np.meshgrid(*[[-1.0, 1.0]] * len(g))).reshape(len(g), -1).T
    return min(corners, key=lambda p: g @ p)


def steepest_in_curvature(g, H):
    L = np.linalg.cholesky(H)
    q = np.linalg.solve(L, g)
    return np.linalg.solve(L.T, -q / np.linalg.norm(q))


def steepest_in_spectrum(G):
    sizes, V = np.linalg.eigh(G.T @ G)
    return -G @ V @ np.diag(sizes**-0.5) @ V.T


def exercise_7(euclidean, largest, curved, spectral, rotates):
    """Hand in the steepest steps, each with the norm 1, and what a rotation does to them.

    euclidean(g): the steepest step for the Euclidean norm
    largest(g): the steepest step for the largest modulus of a coordinate
    curved(g, H): the steepest step for the norm √(pᵀHp), with a positive definite matrix H
    spectral(G): the steepest step for the largest singular value; G has at least as many rows as columns
    rotates: a set, which of the four, "euclidean", "largest", "curved" and "spectral", turn along with every rotation
        (of H, too; for "spectral" of the rows and of the columns)
    """
    rng = np.random.default_rng(0)
    gradients = [rng.standard_normal(n) * 3 for n in (2, 3, 5)]
    roots = [rng.standard_normal((len(g), len(g))) for g in gradients]
    hessians = [np.eye(len(g)) + root @ root.T for g, root in zip(gradients, roots, strict=True)]
    uphill = "this leads uphill"

    def unit(g):
        return -g / np.sqrt(np.sum(g**2))

    slips = {uphill: lambda g: -unit(g), "the step has the norm of g; it has to be 1": lambda g: -g}
    agree(euclidean, unit, [(g,) for g in gradients], slips, rel=1e-6)
    slips = {
        uphill: np.sign,
        "each coordinate may go to its limit on its own; here one of them does": lambda g: -g / np.abs(g).max(),
        "this is steepest in the Euclidean norm": unit,
        "this is steepest if the sum of the moduli is limited": lambda g: -np.sign(g) * (np.abs(g) == np.abs(g).max()),
    }
    agree(largest, steepest_in_modulus, [(g,) for g in gradients], slips, rel=1e-6)
    slips = {
        uphill: lambda g, H: -steepest_in_curvature(g, H),
        "this is Newton's step; divide it by its norm, √(gᵀH⁻¹g)": lambda g, H: -np.linalg.solve(H, g),
        "this is Newton's step with the Euclidean norm 1": lambda g, H: unit(np.linalg.solve(H, g)),
        "this is the gradient, scaled to the norm 1; with q = H^(1/2) p another direction is steeper": (
            lambda g, H: -g / np.sqrt(g @ H @ g)
        ),
        "this is q; the step is p = H^(−1/2) q": lambda g, H: np.linalg.cholesky(H).T @ steepest_in_curvature(g, H),
    }
    agree(curved, steepest_in_curvature, list(zip(gradients, hessians, strict=True)), slips, rel=1e-6)
    slips = {
        uphill: lambda G: -steepest_in_spectrum(G),
        "all singular values may be one; here only the largest is": lambda G: -G / np.linalg.norm(G, 2),
        "this is steepest in the Euclidean norm of all entries": unit,
        "this sets all entries to size one, not all singular values": lambda G: -np.sign(G),
    }
    matrices = [rng.standard_normal(shape) for shape in ((2, 2), (4, 3), (6, 4))]
    agree(spectral, steepest_in_spectrum, [(G,) for G in matrices], slips, rel=1e-6, tol=1e-9)
    g, H, G = gradients[1], hessians[1], matrices[1]
    Q, R = np.linalg.qr(rng.standard_normal((3, 3)))[0], np.linalg.qr(rng.standard_normal((4, 4)))[0]
    pairs = {
        "euclidean": (unit(Q @ g), Q @ unit(g)),
        "largest": (steepest_in_modulus(Q @ g), Q @ steepest_in_modulus(g)),
        "curved": (steepest_in_curvature(Q @ g, Q @ H @ Q.T), Q @ steepest_in_curvature(g, H)),
        "spectral": (steepest_in_spectrum(R @ G @ Q.T), R @ steepest_in_spectrum(G) @ Q.T),
    }
    why = {
        "largest": "the signs of the coordinates depend on the axes",
        "euclidean": "a length does not depend on the axes, so the Euclidean step belongs there",
        "curved": "the norm turns along with H, so the step of the curvature belongs there",
        "spectral": "a rotation changes no singular value, so the step of the spectrum belongs there",
    }
    members("rotates", rotates, {name for name, (a, b) in pairs.items() if np.allclose(a, b)}, why, among=set(pairs))
