"""The generated JavaScript against the Python that it is generated from, one step at a time, in Node.

Sums, products, quotients and square roots are rounded alike everywhere (IEEE 754), so that without other functions the two
must agree to the last bit. `pow`, `exp`, `cos` and their like may differ in the last digit between V8 and numpy.
"""

import dataclasses
import inspect
import random
import re

import numpy as np
import pytest

from optlib import catalogue, translate

CASES = 400
RULES = catalogue.RULES | catalogue.BROKEN_ADAMS
EXACT = ("Math.sqrt", "Math.abs", "Math.max", "Math.min", "Math.sign", "Math.floor", "Math.PI")


def exact(javascript):
    """Return whether only arithmetic and functions that are rounded alike everywhere stand in the code."""
    for word in EXACT:
        javascript = javascript.replace(word, "")
    return "Math." not in javascript


def numbers(rng, n):
    """Return n numbers of both signs and sizes from 1e-6 to 1e6, some of them 0."""
    return rng.choice([-1.0, 1.0], n) * 10 ** rng.uniform(-6, 6, n) * (rng.random(n) > 0.05)


def random_steps(rule, rng):
    """Return arguments of a rule for one coordinate: [x, g, t, state, hyper]."""
    states = [p for p in list(inspect.signature(rule).parameters.values())[3:] if p.kind is p.POSITIONAL_OR_KEYWORD]
    columns = [numbers(rng, CASES).tolist() for _ in range(2 + len(states))]
    for i in range(CASES):
        x, g, *state = (column[i] for column in columns)
        if i % 2:
            state = [abs(s) for s in state]  # as sums of squares are
        hyper = {k: d * (1 if i % 4 == 0 else rng.random()) for k, d in rule.__kwdefaults__.items()}
        yield [x, g, int(rng.choice([1, 2, 3, 10, 1000])), [p.default for p in states] if i % 8 == 0 else state, hyper]


def as_the_loop_calls(rule, x, g, t, state, hyper):
    """Return what a rule returns to the loop, where numbers are arrays."""
    with np.errstate(all="ignore"):
        result = rule(np.array([x]), np.array([g]), t, *state, **{k: np.array(v) for k, v in hyper.items()})
    return [float(part[0]) for part in result]


@pytest.fixture(scope="module")
def in_node(node):
    """Everything that is asked of the generated module, answered by one Node."""
    rng = np.random.default_rng(0)
    steps = {name: list(random_steps(rule, rng)) for name, rule in RULES.items()}
    points = {}
    for name, kind in catalogue.LOSSES.items():
        fields = dataclasses.fields(kind)
        points[name] = [
            [
                {f.name: f.default * (1 if i % 4 == 0 else rng.uniform(0.1, 3)) for f in fields},
                rng.uniform(-3, 3, kind.dim).tolist(),
            ]
            for i in range(CASES)
        ]
    answers = node(
        translate.js_module()
        + """
        const answers = { steps: {}, points: {}, rules: {}, losses: {} };
        for (const [name, rule] of Object.entries(RULES)) {
            answers.rules[name] = [rule.state, rule.hyper];
            answers.steps[name] = data.steps[name].map(([x, g, t, state, hyper]) => rule.step(x, g, t, ...state, hyper));
        }
        for (const [name, loss] of Object.entries(LOSSES)) {
            answers.losses[name] = loss.params;
            answers.points[name] = data.points[name].map(([p, x]) =>
                [loss.value(x, p), loss.grad(x, p), loss.hess(x, p), loss.window(p), loss.minima(p)]);
        }
        export default answers;
        """,
        {"steps": steps, "points": points},
    )
    return {"steps": steps, "points": points, "answers": answers}


def test_every_rule_and_loss_is_in_the_module(in_node):
    answers = in_node["answers"]
    assert list(answers["rules"]) == list(RULES) and list(answers["losses"]) == list(catalogue.LOSSES)
    for name, rule in RULES.items():
        state, hyper = answers["rules"][name]
        parameters = list(inspect.signature(rule).parameters.values())
        assert state == {p.name: p.default for p in parameters[3:] if p.kind is p.POSITIONAL_OR_KEYWORD}
        assert hyper == rule.__kwdefaults__ and list(hyper) == list(rule.__kwdefaults__)
    for name, kind in catalogue.LOSSES.items():
        assert answers["losses"][name] == {f.name: f.default for f in dataclasses.fields(kind)}


@pytest.mark.parametrize("name", RULES)
def test_one_step(name, in_node):
    """Bit for bit without `pow`. With it, 1 - 0.999**t loses three digits to cancellation: a last digit of `pow` becomes up to
    500 of them at t = 2, which is 2e-13 of the step; the states, which no power enters, stay exact. One broken Adam feeds
    the power back into its states."""
    rule = RULES[name]
    plain = exact(translate.to_js(rule))
    assert plain == (re.search(r"beta\d ?\*\*", inspect.getsource(rule)) is None)
    for arguments, theirs in zip(in_node["steps"][name], in_node["answers"]["steps"][name], strict=True):
        ours = as_the_loop_calls(rule, *arguments)
        rtol = 2e-13 if name == "fed_back" else 0
        np.testing.assert_allclose(theirs[1:], ours[1:], rtol=rtol, atol=0, err_msg=str(arguments))
        x = arguments[0]
        slack = 0 if plain else 2e-13 * abs(ours[0] - x) + np.spacing(abs(x) + abs(ours[0]))
        np.testing.assert_allclose(theirs[0], ours[0], rtol=0, atol=slack, err_msg=str(arguments))


@pytest.mark.parametrize("name", catalogue.LOSSES)
def test_one_point(name, in_node):
    """Bit for bit without `cos` and its like; with them to a few digits of the largest term, for terms cancel."""
    kind = catalogue.LOSSES[name]
    plain = exact(translate.js_loss(kind))
    assert plain == (name not in {"Quadratic", "Saddle", "Ravine", "XCos", "Rastrigin"})
    for (parameters, x), theirs in zip(in_node["points"][name], in_node["answers"]["points"][name], strict=True):
        loss = kind(**parameters)
        size = np.abs(loss.hess(x)).sum()  # of a quadratic: value and gradient are sums of terms below size * |x|**2
        for part, ours in zip(theirs, [loss(x), loss.grad(x), loss.hess(x), loss.window, loss.minima], strict=True):
            slack = 0 if plain else 8 * np.finfo(float).eps * size * max(1, np.dot(x, x))
            np.testing.assert_allclose(part, ours, rtol=0, atol=slack, err_msg=f"{loss} {x}")


def test_names_and_order_are_kept():
    """What the page shows under "view source" reads as the Python does."""
    code = translate.to_js(catalogue.RULES["adam"], "step")
    assert code.splitlines()[0] == "function step(x, g, t, m, v, { lr, beta1, beta2, eps }) {"
    assert "  let m_hat = (m / (1 - Math.pow(beta1, t)));" in code.splitlines()
    assert code.splitlines()[-2:] == ["  return [x, m, v];", "}"]


# Any arithmetic


def expression(rng, depth):
    """Return random Python arithmetic in a, b, c. Powers are squares of names, which are rounded alike everywhere."""
    if depth == 0:
        return rng.choice(["a", "b", "c", "2", "0.5", "1e-3", "3", "pi", "a**2", "b**2"])
    left, right = expression(rng, depth - 1), expression(rng, rng.randrange(depth))
    forms = ["{} + {}", "{} - {}", "({}) * ({})", "({}) / ({})", "-({})", "({}) - ({})", "sqrt(abs({}))", "abs({})"]
    forms += ["floor({})", "where(({}) < ({}), 2 * a, b)", "where({} >= {}, 1, -1)"]
    return rng.choice([*forms, "maximum({}, {})", "minimum({}, {})", "sign({}) * ({})", "{} * {}", "{} / {}", "-{}"]).format(
        left, right
    )


def random_functions(tmp_path, n):
    """Return n functions of random arithmetic, from a file, since translation reads the source."""
    rng = random.Random(0)
    lines = ["from numpy import abs, floor, maximum, minimum, pi, sign, sqrt, where", ""]
    for i in range(n):
        lines += [f"def f{i}(a, b, c):", f"    d = {expression(rng, 3)}", f"    a, b = b, {expression(rng, 2)}"]
        lines += [f"    return a - ({expression(rng, 4)}) * d"]
    path = tmp_path / "random_functions.py"
    path.write_text("\n".join(lines))
    scope = {}
    exec(compile(path.read_text(), str(path), "exec"), scope)
    return [scope[f"f{i}"] for i in range(n)]


def test_any_arithmetic_to_the_last_bit(node, tmp_path):
    functions = random_functions(tmp_path, 400)
    points = np.random.default_rng(0).normal(size=(10, 3)).tolist()
    code = [translate.to_js(f) for f in functions]
    assert all(map(exact, code))
    theirs = node("export default [" + ",".join(code) + "].map(f => data.map(x => f(...x)));", points)
    with np.errstate(all="ignore"):
        ours = [[float(f(*map(np.float64, x))) for x in points] for f in functions]
    np.testing.assert_array_equal(theirs, ours)
    assert np.isfinite(ours).mean() > 0.9  # else the test says little


def powers(a, b, c):
    return -(a**2) + (a + b) ** 2 - abs(a) ** 0.5 * 2**-1 + abs(b) ** c**2 - 2**-c


def functions_of_one(a, b, c):
    return exp(a) + log(abs(b)) - log10(abs(c)) * cos(a) / sin(b) - tanh(c)  # noqa: F821


@pytest.mark.parametrize("function", [powers, functions_of_one])
def test_other_functions_to_a_few_digits(node, function):
    names = ("exp", "log", "log10", "cos", "sin", "tanh")
    function.__globals__.update({name: getattr(np, name) for name in names})
    points = np.random.default_rng(0).normal(size=(50, 3)).tolist()
    theirs = node(f"const f = {translate.to_js(function)}; export default data.map(x => f(...x));", points)
    np.testing.assert_allclose(theirs, [function(*map(np.float64, x)) for x in points], rtol=1e-13, atol=1e-14)
