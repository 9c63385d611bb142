r"""The equations against the rules: written out as the papers have them, and read back and computed.

The reader of LaTeX below knows nothing of `optlib.translate`; it reads the page as a student does.
"""

import inspect
import math
import random
import re

import numpy as np
import pytest

from optlib import catalogue, translate

EQUATIONS = {
    # x ← x − η g
    "sgd": [r"x_{t} &= x_{t-1} - \eta\, g_{t}"],
    # Polyak (1964), eq. 9, as a velocity
    "momentum": [r"v_{t} &= \beta\, v_{t-1} + g_{t}", r"x_{t} &= x_{t-1} - \eta\, v_{t}"],
    "ema_momentum": [
        r"m_{t} &= \beta\, m_{t-1} + \left(1 - \beta\right)\, g_{t}",
        r"x_{t} &= x_{t-1} - \eta\, m_{t}",
    ],
    "nesterov": [
        r"v_{t} &= \beta\, v_{t-1} + g_{t}",
        r"x_{t} &= x_{t-1} - \eta\, \left(g_{t} + \beta\, v_{t}\right)",
    ],
    # Duchi, Hazan & Singer (2011), fig. 1, with the diagonal of G
    "adagrad": [
        r"s_{t} &= s_{t-1} + {g_{t}}^{2}",
        r"x_{t} &= x_{t-1} - \frac{\eta\, g_{t}}{\sqrt{s_{t}} + \epsilon}",
    ],
    # Tieleman & Hinton (2012), lecture 6.5
    "rmsprop": [
        r"v_{t} &= \rho\, v_{t-1} + \left(1 - \rho\right)\, {g_{t}}^{2}",
        r"x_{t} &= x_{t-1} - \frac{\eta\, g_{t}}{\sqrt{v_{t}} + \epsilon}",
    ],
    # Kingma & Ba (2015), algorithm 1
    "adam": [
        r"m_{t} &= \beta_{1}\, m_{t-1} + \left(1 - \beta_{1}\right)\, g_{t}",
        r"v_{t} &= \beta_{2}\, v_{t-1} + \left(1 - \beta_{2}\right)\, {g_{t}}^{2}",
        r"\hat{m}_{t} &= \frac{m_{t}}{1 - {\beta_{1}}^{t}}",
        r"\hat{v}_{t} &= \frac{v_{t}}{1 - {\beta_{2}}^{t}}",
        r"x_{t} &= x_{t-1} - \frac{\eta\, \hat{m}_{t}}{\sqrt{\hat{v}_{t}} + \epsilon}",
    ],
}
ADAM = EQUATIONS["adam"]
EQUATIONS |= {
    # Sutskever et al. (2013), eqs. 3 and 4, with x the point at which they take the gradient
    "nesterov_look_ahead": [
        r"\theta_{t} &= x_{t-1} - \beta\, v_{t-1}",
        r"v_{t} &= \beta\, v_{t-1} - \eta\, g_{t}",
        r"x_{t} &= \theta_{t} + v_{t} + \beta\, v_{t}",
    ],
    # Jacobs (1988), the three cases as two maxima
    "delta_bar_delta": [
        r"a_{t} &= \operatorname{sign}\left(g_{t}\, d_{t-1}\right)",
        r"r_{t} &= r_{t-1} + \mathrm{grow}\, \max\left(a_{t}, 0\right)"
        r" - \mathrm{shrink}\, r_{t-1}\, \max\left(-a_{t}, 0\right)",
        r"d_{t} &= \theta\, d_{t-1} + \left(1 - \theta\right)\, g_{t}",
        r"x_{t} &= x_{t-1} - \eta\, r_{t}\, g_{t}",
    ],
    "adam_uncorrected": [*ADAM[:2], r"x_{t} &= x_{t-1} - \frac{\eta\, m_{t}}{\sqrt{v_{t}} + \epsilon}"],
    # Loshchilov & Hutter (2019), algorithm 2, line 12
    "adamw": [
        *ADAM[:4],
        r"x_{t} &= x_{t-1} - \eta\, \left(\frac{\hat{m}_{t}}{\sqrt{\hat{v}_{t}} + \epsilon} + \mathrm{wd}\, x_{t-1}\right)",
    ],
    # Reddi, Kale & Kumar (2018), algorithm 2, with torch's correction of the maximum
    "amsgrad": [
        *ADAM[:2],
        r"s_{t} &= \max\left(s_{t-1}, v_{t}\right)",
        ADAM[2],
        r"\hat{s}_{t} &= \frac{s_{t}}{1 - {\beta_{2}}^{t}}",
        r"x_{t} &= x_{t-1} - \frac{\eta\, \hat{m}_{t}}{\sqrt{\hat{s}_{t}} + \epsilon}",
    ],
    # Bernstein et al. (2018), algorithm 1
    "sign_descent": [r"x_{t} &= x_{t-1} - \eta\, \operatorname{sign}\left(g_{t}\right)"],
    # Chen et al. (2023), algorithm 2
    "lion": [
        r"c_{t} &= \beta_{1}\, m_{t-1} + \left(1 - \beta_{1}\right)\, g_{t}",
        r"m_{t} &= \beta_{2}\, m_{t-1} + \left(1 - \beta_{2}\right)\, g_{t}",
        r"x_{t} &= x_{t-1} - \eta\, \left(\operatorname{sign}\left(c_{t}\right) + \mathrm{wd}\, x_{t-1}\right)",
    ],
}
WORDS = {word: rf"\mathrm{{{word}}}" for word in ("wd", "grow", "shrink")}
SYMBOLS = WORDS | {"theta": r"\theta"}
SYMBOLS |= {"lr": r"\eta", "beta": r"\beta", "beta1": r"\beta_{1}", "beta2": r"\beta_{2}", "rho": r"\rho", "eps": r"\epsilon"}


# A reader of the LaTeX that stands in the book

TOKEN = re.compile(
    r"\\left\||\\right\||\\left\(|\\right\)|\\operatorname\{\w+\}|\\mathrm\{\w+\}|\\[a-z]+|\\,|\d+(?:\.\d+)?|[a-z]|[-+^_{},|]",
    re.A,
)
CALLS = {r"\cos": math.cos, r"\sin": math.sin, r"\tanh": math.tanh, r"\log": math.log, r"\max": max, r"\min": min}
CALLS |= {r"\operatorname{sign}": lambda a: float(np.sign(a)), r"\log_{10}": math.log10}


class Reader:
    """Computes one formula, its symbols looked up in `values`; it holds to the precedence that mathematics has on paper."""

    def __init__(self, text, values):
        self.tokens, self.values, self.i = [], values, 0
        while text := text.lstrip():
            match = TOKEN.match(text)
            assert match, f"cannot read {text!r}"
            self.tokens.append(match[0])
            text = text[match.end() :]

    def now(self):
        return self.tokens[self.i] if self.i < len(self.tokens) else None

    def take(self, *expected):
        token = self.now()
        assert token is not None and (not expected or token in expected), f"{token!r} where {expected} should stand"
        self.i += 1
        return token

    def formula(self):
        value = self.sum()
        assert self.now() is None, f"{self.tokens[self.i :]} is left over"
        return value

    def sum(self):
        value = self.signed()
        while self.now() in ("+", "-"):
            value = value + self.signed() if self.take() == "+" else value - self.signed()
        return value

    def signed(self):
        if self.now() == "-":
            self.take()
            return -self.signed()
        return self.product()

    def product(self):
        value = self.power()
        while self.now() in (r"\,", r"\cdot"):
            self.take()
            value = value * self.power()
        return value

    def power(self):
        base = self.single()
        while self.now() == "^":
            self.take()
            base = base ** self.group()
        return base

    def group(self):
        self.take("{")
        value = self.sum()
        self.take("}")
        return value

    def single(self):
        token = self.now()
        if token == "{":
            return self.group()
        if token == r"\left(":
            self.take()
            value = self.sum()
            self.take(r"\right)")
            return value
        if token == r"\left|":
            self.take()
            value = abs(self.sum())
            self.take(r"\right|")
            return value
        if token == r"\frac":
            self.take()
            return self.group() / self.group()
        if token == r"\sqrt":
            self.take()
            return math.sqrt(self.group())
        if token[0].isdigit():
            return float(self.take())
        name = self.symbol()
        if name in CALLS:
            self.take(r"\left(")
            arguments = [self.sum()]
            while self.now() == ",":
                self.take()
                arguments.append(self.sum())
            self.take(r"\right)")
            return CALLS[name](*arguments)
        return {"e": math.e, r"\pi": math.pi, **self.values}[name]

    def symbol(self):
        r"""Read a name with its hat and its indices, such as \hat{m}_{t} or \beta_{1}."""
        name = self.take()
        if name == r"\hat":
            self.take("{")
            name = r"\hat{" + self.symbol() + self.take("}")
        while self.now() == "_":
            name += self.take() + self.take("{")
            while self.now() != "}":
                name += self.take()
            name += self.take()
        return name


def compute(latex, values):
    """Compute the lines of an `aligned` environment one after the other; return all values by symbol."""
    lines = latex.removeprefix("\\begin{aligned}\n").removesuffix("\n\\end{aligned}").split(" \\\\\n")
    values = dict(values)
    for line in lines:
        left, right = line.split(" &= ")
        assert left not in values, f"{left} has two values"
        values[left] = Reader(right, values).formula()
    return values


@pytest.mark.parametrize("name", catalogue.RULES)
def test_equation_is_the_one_of_the_papers(name):
    assert translate.to_latex(catalogue.RULES[name]).split("\n")[1:-1] == [
        line + (r" \\" if i < len(EQUATIONS[name]) - 1 else "") for i, line in enumerate(EQUATIONS[name])
    ]


@pytest.mark.parametrize("name", catalogue.RULES)
def test_equation_read_and_computed_is_the_rule(name):
    """The order of the operations is the same, so that only numpy's power can differ, in the last digit."""
    rule, rng = catalogue.RULES[name], np.random.default_rng(0)
    latex = translate.to_latex(rule)
    states = [p.name for p in list(inspect.signature(rule).parameters.values())[3:] if p.kind is p.POSITIONAL_OR_KEYWORD]
    for t in (1, 2, 3, 10, 100):
        x, g, *state = [float(n) for n in rng.uniform(0.1, 2, 2 + len(states))]
        hyper = {key: float(rng.uniform(0.1, 0.9)) for key in rule.__kwdefaults__}
        before = {f"{symbol}_{{t-1}}": value for symbol, value in zip(["x", *states], [x, *state], strict=True)}
        values = before | {"g_{t}": g, "t": t} | {SYMBOLS[key]: value for key, value in hyper.items()}
        after = compute(latex, values)
        theirs = [after[f"{symbol}_{{t}}"] for symbol in ["x", *states]]
        np.testing.assert_allclose(theirs, rule(x, g, t, *state, **hyper), rtol=1e-13)


def test_the_reader_sees_slips():
    """The test above can fail: a sign, a missing root and a missing index each give another number or none."""
    latex = translate.to_latex(catalogue.RULES["adam"])
    values = {"x_{t-1}": 1.0, "m_{t-1}": 0.5, "v_{t-1}": 0.25, "g_{t}": -2.0, "t": 3}
    values |= {r"\eta": 0.1, r"\beta_{1}": 0.9, r"\beta_{2}": 0.99, r"\epsilon": 1e-8}
    right = compute(latex, values)["x_{t}"]
    for good, bad in [(r"x_{t-1} - ", r"x_{t-1} + "), (r"\sqrt{\hat{v}_{t}}", r"\hat{v}_{t}"), (r"^{t}", r"^{2}")]:
        assert good in latex
        assert not math.isclose(compute(latex.replace(good, bad), values)["x_{t}"], right, rel_tol=1e-6)
    with pytest.raises(KeyError):
        compute(latex.replace("m_{t-1}", "m"), values)
    with pytest.raises(AssertionError):
        compute(latex.replace(r"\right)", ""), values)


# Any arithmetic


def expression(rng, depth):
    """Return random Python arithmetic in a, b, c; the parentheses are Python's and must survive where they matter."""
    if depth == 0:
        return rng.choice(["a", "b", "c", "2", "0.5", "1e-3", "2.5e-7", "3", "pi"])
    left, right = expression(rng, depth - 1), expression(rng, rng.randrange(depth))
    forms = ["({}) + ({})", "({}) - ({})", "({}) * ({})", "({}) / ({})", "-({})", "({})**2", "exp(-abs({}))", "sqrt(abs({}))"]
    return rng.choice([*forms, "maximum({}, {})", "-({})**2", "exp(sin({}))**3", "abs({})", "cos({}) * ({})"]).format(
        left, right
    )


def test_any_arithmetic_read_back(tmp_path):
    rng, lines = random.Random(1), ["from numpy import abs, cos, exp, maximum, pi, sin, sqrt", ""]
    for i in range(400):
        lines += [f"def f{i}(a, b, c):", f"    d = {expression(rng, 2)}", f"    return ({expression(rng, 4)}) * d"]
    path = tmp_path / "random_functions.py"
    path.write_text("\n".join(lines))
    scope = {}
    exec(compile(path.read_text(), str(path), "exec"), scope)
    finite = 0
    for i in range(400):
        point = {"a": 0.7, "b": -1.3, "c": 2.9}
        try:
            expected = float(scope[f"f{i}"](**{k: float(v) for k, v in point.items()}))
        except (ZeroDivisionError, OverflowError):
            continue
        latex = translate.to_latex(scope[f"f{i}"]).replace(rf"\mathrm{{f{i}}}", "f").replace(rf"f_{{{i}}}(a, b, c)", "f")
        if math.isfinite(expected):
            finite += 1
            assert math.isclose(compute(latex, point)["f"], expected, rel_tol=1e-9, abs_tol=1e-12), lines[2 + 3 * i :][:3]
    assert finite > 350


def test_names():
    assert [translate.symbol(n) for n in ("m_hat", "beta1", "lam", "rho", "scale", "x2", "v1_hat")] == [
        r"\hat{m}", r"\beta_{1}", r"\lambda", r"\rho", r"\mathrm{scale}", "x_{2}", r"\hat{v_{1}}",
    ]  # fmt: skip


def exotic(a, b):
    return (a > b) + sqrt(a) + abs(b) ** 2 + sign(a) * minimum(a, b) + log(a) - log10(a) + 1e-8 * exp(a) ** 2  # noqa: F821


def test_every_function_has_its_notation():
    assert translate.to_latex(exotic).split("\n")[1] == (
        r"\mathrm{exotic}(a, b) &= \left(a > b\right) + \sqrt{a} + {\left|b\right|}^{2}"
        r" + \operatorname{sign}\left(a\right)\, \min\left(a, b\right)"
        r" + \log\left(a\right) - \log_{10}\left(a\right) + 10^{-8}\, {\left(e^{a}\right)}^{2}"
    )


def test_a_notebook_shows_the_equation():
    shown = translate.Equation(catalogue.RULES["adam"])._repr_latex_()
    assert shown == f"$${translate.to_latex(catalogue.RULES['adam'])}$$" and "Equation(adam)" in repr(
        translate.Equation(catalogue.RULES["adam"])
    )


# A reader's own rule may compute in its return


def in_the_return(x, g, t, v=0, *, lr=0.1, beta=0.9):
    return x - lr * (g + beta * v), beta * v + g


def test_what_the_return_computes_is_shown():
    latex = translate.to_latex(in_the_return)
    assert latex.split("\n")[1:-1] == [
        r"x_{t} &= x_{t-1} - \eta\, \left(g_{t} + \beta\, v_{t-1}\right) \\",
        r"v_{t} &= \beta\, v_{t-1} + g_{t}",
    ]
    after = compute(latex, {"x_{t-1}": 1.0, "v_{t-1}": 0.5, "g_{t}": 2.0, "t": 1, r"\eta": 0.1, r"\beta": 0.9})
    np.testing.assert_allclose([after["x_{t}"], after["v_{t}"]], in_the_return(1.0, 2.0, 1, 0.5), rtol=1e-15)


def twice(x, g, t, *, lr=0.1, decay=0.01):
    x = x - decay * x
    x = x - lr * g
    return (x,)


def changes_the_gradient(x, g, t, *, lr=0.1, decay=0.01):
    g = g + decay * x
    x = x - lr * g
    return (x,)


def returns_x(x, g, t, *, lr=0.1):
    x = x - lr * g
    return x


@pytest.mark.parametrize(("rule", "line"), [(twice, 3), (changes_the_gradient, 2), (returns_x, 3)])
def test_an_equation_that_would_be_false_is_refused(rule, line):
    with pytest.raises(translate.NotArithmetic, match=f"{rule.__name__}, line {line}: "):
        translate.to_latex(rule)
