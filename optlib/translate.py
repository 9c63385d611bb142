"""Translate plain arithmetic Python into JavaScript and LaTeX, from its syntax tree.

What runs in the reader's browser and what stands in the book's equations is thereby the library's own code.
Names and the order of operations are kept, so the JavaScript gives the same numbers as the Python, up to the last digit
of `pow`, `exp` and their like. Whatever is not plain arithmetic is refused with its line.
"""

import ast
import inspect
import json
import math
import textwrap
from functools import cache

from . import catalogue

FUNCTIONS = {  # Python name: (JavaScript, LaTeX)
    "sqrt": ("Math.sqrt", r"\sqrt{%s}"),
    "abs": ("Math.abs", r"\left|%s\right|"),
    "exp": ("Math.exp", r"e^{%s}"),
    "log": ("Math.log", r"\log\left(%s\right)"),
    "log10": ("Math.log10", r"\log_{10}\left(%s\right)"),
    "cos": ("Math.cos", r"\cos\left(%s\right)"),
    "sin": ("Math.sin", r"\sin\left(%s\right)"),
    "tanh": ("Math.tanh", r"\tanh\left(%s\right)"),
    "sign": ("Math.sign", r"\operatorname{sign}\left(%s\right)"),
    "maximum": ("Math.max", r"\max\left(%s\right)"),
    "minimum": ("Math.min", r"\min\left(%s\right)"),
    "floor": ("Math.floor", r"\left\lfloor %s \right\rfloor"),
}
OPERATORS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
COMPARISONS = {ast.Lt: ("<", "<"), ast.LtE: ("<=", r"\le"), ast.Gt: (">", ">"), ast.GtE: (">=", r"\ge")}  # JavaScript, LaTeX
SYMBOLS = {  # names whose symbol is not their spelling; Greek names are their own
    "lr": r"\eta",
    "eps": r"\epsilon",
    "lam": r"\lambda",
    "steps": "T",
}
GREEK = {"alpha", "beta", "gamma", "delta", "epsilon", "eta", "kappa", "lambda", "mu", "nu", "rho", "sigma", "tau", "theta"}
RESERVED = set(
    "break case catch class const continue debugger default delete do else enum export extends false finally for function "
    "if import in instanceof let new null return static super switch this throw true try typeof var void while with yield "
    "await arguments eval implements interface package private protected public Math p pi".split()
)


class NotArithmetic(SyntaxError):
    """Raised for code that cannot be translated: the message names the function, the line and what to write instead."""


@cache
def _tree(function):
    """Return the syntax tree of `function`, which must be a named one written in Python."""
    if not inspect.isfunction(function):
        raise NotArithmetic(f"{function!r} is not a plain function: define it with def")
    if function.__name__ == "<lambda>":
        raise NotArithmetic("a lambda has no source of its own: give the function a name with def")
    try:
        source = textwrap.dedent(inspect.getsource(function))
    except OSError as error:
        where = "define it in a file or a notebook cell"
        raise NotArithmetic(f"the source of {function.__name__} cannot be read: {where}") from error
    node = ast.parse(source).body[0]
    if not isinstance(node, ast.FunctionDef) or inspect.unwrap(function) is not function:
        raise NotArithmetic(f"{function.__name__} is not a plain function: define it with def, undecorated")
    return node


def _refuse(function, node, why=None):
    why = why or f"is not plain arithmetic; use + - * / **, names, numbers, assignments, return, and {', '.join(FUNCTIONS)}"
    raise NotArithmetic(f"{function.__name__}, line {node.lineno}: {ast.unparse(node)!r} {why}")


def _arguments(function):
    """Return the names of the positional and of the keyword-only arguments of `function`."""
    a = _tree(function).args
    for argument in (a.vararg, a.kwarg):
        if argument:
            _refuse(function, argument, "collects arguments with a star; name each argument")
    for argument in a.posonlyargs + a.args + a.kwonlyargs:
        if argument.arg in RESERVED:
            _refuse(function, argument, "has a meaning of its own in JavaScript; choose another name")
    return [n.arg for n in a.posonlyargs + a.args], [n.arg for n in a.kwonlyargs]


def _statements(function):
    """Yield ("let", names, value) for each assignment and ("return", None, value) at the end, as syntax nodes."""
    body = _tree(function).body
    for i, node in enumerate(body):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            continue  # the docstring
        if isinstance(node, ast.Return) and node.value is not None and i == len(body) - 1:
            yield "return", None, node.value
            return
        if not isinstance(node, ast.Assign) or len(node.targets) != 1:
            _refuse(function, node)
        target = node.targets[0]
        targets = target.elts if isinstance(target, ast.Tuple) else [target]
        if not all(isinstance(t, ast.Name) for t in targets):
            _refuse(function, node)
        if any(t.id in RESERVED for t in targets):
            _refuse(function, node, "assigns a name that has a meaning of its own in JavaScript; choose another name")
        yield "let", [t.id for t in targets], node.value
    _refuse(function, body[-1], "is the last line, but a function that can be translated ends with return")


# JavaScript


def _js(function, node, known):
    """Return `node` as JavaScript; `known` are the names that have a value here."""

    def go(n):
        if isinstance(n, ast.BinOp) and type(n.op) in OPERATORS:
            return f"({go(n.left)} {OPERATORS[type(n.op)]} {go(n.right)})"
        if isinstance(n, ast.BinOp) and isinstance(n.op, ast.Pow):
            base, exponent = go(n.left), go(n.right)
            square = exponent == "2" and isinstance(n.left, ast.Name)
            return f"({base} * {base})" if square else f"Math.pow({base}, {exponent})"
        if isinstance(n, ast.UnaryOp) and isinstance(n.op, ast.USub):
            return f"(-{go(n.operand)})"
        if isinstance(n, ast.Compare) and len(n.ops) == 1 and type(n.ops[0]) in COMPARISONS:
            return f"({go(n.left)} {COMPARISONS[type(n.ops[0])][0]} {go(n.comparators[0])})"
        if isinstance(n, ast.Name):
            if n.id not in known | {"pi"}:
                _refuse(function, n, "is neither an argument nor assigned before; make it an argument")
            return "Math.PI" if n.id == "pi" else n.id
        if isinstance(n, ast.Constant) and type(n.value) in (int, float) and math.isfinite(n.value):
            return repr(n.value)
        if isinstance(n, ast.Tuple):
            return "[" + ", ".join(map(go, n.elts)) + "]"
        if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name) and n.value.id == "self":
            return f"p.{n.attr}"
        if isinstance(n, ast.Subscript) and isinstance(n.slice, ast.Constant) and type(n.slice.value) is int:
            return f"{go(n.value)}[{n.slice.value}]"
        if isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id not in known:
            called = function.__globals__.get(n.func.id)
            if inspect.isfunction(called) and catalogue.LIBRARY.get(called.__name__) is called:
                return library_call(n, called)
        if isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and not n.keywords:
            if n.func.id == "where" and len(n.args) == 3:
                return "({} ? {} : {})".format(*map(go, n.args))
            arguments = ", ".join(map(go, n.args))
            if n.func.id in known:  # a function among the arguments: the schedule that `warmup` starts
                return f"{n.func.id}({arguments})"
            if n.func.id == "vector":
                return f"[{arguments}]"
            if n.func.id in FUNCTIONS:
                return f"{FUNCTIONS[n.func.id][0]}({arguments})"
        _refuse(function, n)

    def library_call(n, called):
        """Return a call of a function of the library with every argument, those left out at their defaults."""
        if any(k.arg is None for k in n.keywords) or any(isinstance(a, ast.Starred) for a in n.args):
            _refuse(function, n, "hands over arguments with a star; write each of them")
        try:
            bound = inspect.signature(called).bind(*map(go, n.args), **{k.arg: go(k.value) for k in n.keywords})
        except TypeError as error:
            _refuse(function, n, f"does not fit {called.__name__}{inspect.signature(called)}: {error}")
        bound.arguments |= {
            p.name: json.dumps(p.default)
            for p in inspect.signature(called).parameters.values()
            if p.name not in bound.arguments
        }
        positional, keywords = _arguments(called)
        given = [bound.arguments[name] for name in positional]
        named = ", ".join(f"{name}: {bound.arguments[name]}" for name in keywords)
        return f"LIBRARY.{called.__name__}({', '.join([*given, *([f'{{ {named} }}'] if keywords else [])])})"

    return go(node)


def to_js(function, name=None):
    """Return `function` as a JavaScript function declaration.

    Positional arguments stay positional; keyword-only ones become one object at the end; for a method, `self` becomes an
    object `p` of parameters at the end. A tuple becomes an array; a function of `catalogue.LIBRARY`, such as a rule, is
    called as `LIBRARY.adam(…)`. Raises `NotArithmetic` for anything but arithmetic.

    >>> def contraction(lam, *, lr=0.1):
    ...     return abs(1 - lr * lam)
    >>> print(to_js(contraction))  # doctest: +SKIP
    function contraction(lam, { lr }) {
      return Math.abs((1 - (lr * lam)));
    }
    """
    positional, keywords = _arguments(function)
    arguments = [a for a in positional if a != "self"]
    known = set(arguments + keywords)
    lines = []
    for kind, names, value in _statements(function):
        if kind == "return":
            lines.append(f"  return {_js(function, value, known)};")
            continue
        target = names[0] if len(names) == 1 else f"[{', '.join(names)}]"
        fresh = [n for n in names if n not in known]
        # `var` may name what is there already, beside what is new; `let` may not.
        declare = "" if not fresh else "let " if len(fresh) == len(names) else "var "
        lines.append(f"  {declare}{target} = {_js(function, value, known)};")
        known.update(names)
    parameters = arguments + (["{ " + ", ".join(keywords) + " }"] if keywords else ["p"] if "self" in positional else [])
    return f"function {name or function.__name__}({', '.join(parameters)}) {{\n" + "\n".join(lines) + "\n}"


def js_rule(rule):
    """Return a rule as a JavaScript object: its states and hyperparameters with their defaults, and `step`.

    `step(x, g, t, ...state, hyper)` returns `[x, ...state]` for one coordinate.
    """
    parameters = list(inspect.signature(rule).parameters.values())
    state = {p.name: p.default for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD and p.default is not p.empty}
    hyper = {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}
    return f"{{ state: {json.dumps(state)}, hyper: {json.dumps(hyper)}, step: {to_js(rule, 'step')} }}"


def js_loss(loss):
    """Return a loss class as a JavaScript object: parameters with defaults, `value`, `grad`, `window` and `minima`.

    Points are arrays `[x1, x2]`, parameters an object `p`.
    """
    parameters = {p.name: p.default for p in inspect.signature(loss).parameters.values()}
    parts = [to_js(loss.value, "value"), to_js(loss.gradient, "grad"), to_js(loss.hessian, "hess")]
    for name in ("window", "minima"):  # a property where it depends on the parameters, else a constant
        given = inspect.getattr_static(loss, name)
        parts.append(to_js(given.fget, name) if isinstance(given, property) else f"() => {json.dumps(given)}")
    names = ["value", "grad", "hess", "window", "minima"]
    members = ", ".join(f"{n}: {part}" for n, part in zip(names, parts, strict=True))
    return f"{{ params: {json.dumps(parameters)}, {members} }}"


def js_module():
    """Return the ES module `optlib:generated`: `RULES`, the broken Adams among them, `LOSSES`, and `LIBRARY`.

    `LIBRARY` has what a figure's function may call by name: the steps of the rules, the schedules, and the recursions of
    the noisy quadratic.
    """
    rules = catalogue.RULES | catalogue.BROKEN_ADAMS
    steps = {name: f"RULES.{name}.step" for name in rules}
    others = {name: to_js(f) for name, f in catalogue.LIBRARY.items() if name not in rules}
    tables = {
        "RULES": {name: js_rule(rule) for name, rule in rules.items()},
        "LOSSES": {name: js_loss(loss) for name, loss in catalogue.LOSSES.items()},
        "LIBRARY": steps | others,
    }
    rows = {name: ",\n".join(f"{key}: {js}" for key, js in table.items()) for name, table in tables.items()}
    return "".join(f"export const {name} = {{\n{body}\n}};\n" for name, body in rows.items())


# LaTeX


def symbol(name):
    r"""Return the LaTeX symbol of a Python name: Greek letters, indices, hats.

    >>> print(symbol("beta1"), symbol("m_hat"), symbol("lr"), symbol("x2"), symbol("lr_end"))
    \beta_{1} \hat{m} \eta x_{2} \eta_{\mathrm{end}}
    """
    if name.endswith("_hat"):
        return rf"\hat{{{symbol(name[:-4])}}}"
    if name in SYMBOLS:
        return SYMBOLS[name]
    if name.endswith("_steps"):
        return rf"T_{{\mathrm{{{name[:-6]}}}}}"
    stem, _, index = name.partition("_")
    words, space = r"\mathrm{%s}", r"\ "
    if index and symbol(stem) != words % stem:
        return f"{symbol(stem)}_{{{words % index.replace('_', space)}}}"
    stem = name.rstrip("0123456789")
    if stem != name:
        return f"{symbol(stem)}_{{{name[len(stem) :]}}}"
    return rf"\{name}" if name in GREEK else name if len(name) == 1 else words % name.replace("_", space)


def _latex(function, node, named):
    """Return `node` as LaTeX; `named(name)` gives a name with its time index."""

    def go(n, weight=-1):  # -1 comparison, 0 sum, 1 product, 2 power; what binds less tightly than that gets parentheses
        text, own = parts(n)
        return rf"\left({text}\right)" if own < weight else text

    def parts(n):
        if isinstance(n, ast.BinOp):
            if isinstance(n.op, ast.Add):
                return f"{go(n.left, 0)} + {go(n.right, 0)}", 0
            if isinstance(n.op, ast.Sub):
                return f"{go(n.left, 0)} - {go(n.right, 1)}", 0
            if isinstance(n.op, ast.Mult):
                dot = r" \cdot " if isinstance(n.right, ast.Constant) else r"\, "
                return f"{go(n.left, 1)}{dot}{go(n.right, 1)}", 1
            if isinstance(n.op, ast.Div):
                return rf"\frac{{{go(n.left)}}}{{{go(n.right)}}}", 1
            if isinstance(n.op, ast.Pow):
                return f"{{{go(n.left, 3)}}}^{{{go(n.right)}}}", 2
        if isinstance(n, ast.UnaryOp) and isinstance(n.op, ast.USub):
            return f"-{go(n.operand, 1)}", 0
        if isinstance(n, ast.Compare) and len(n.ops) == 1 and type(n.ops[0]) in COMPARISONS:
            return f"{go(n.left, 0)} {COMPARISONS[type(n.ops[0])][1]} {go(n.comparators[0], 0)}", -1
        if isinstance(n, ast.Name):
            return (r"\pi" if n.id == "pi" else named(n.id)), 3
        if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name) and n.value.id == "self":
            return symbol(n.attr), 3
        if isinstance(n, ast.Constant) and type(n.value) in (int, float) and math.isfinite(n.value):
            digits, _, exponent = repr(n.value).partition("e")
            power = f"10^{{{int(exponent)}}}" if exponent else ""
            return rf"{digits} \cdot {power}" if power and digits != "1" else power or digits, 1 if power else 3
        if isinstance(n, ast.Tuple):
            return ", ".join(go(e) for e in n.elts), 3
        if isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id == "where" and len(n.args) == 3:
            holds, then, otherwise = map(go, n.args)
            return rf"\begin{{cases}} {then} & {holds} \\ {otherwise} & \text{{otherwise}} \end{{cases}}", 3
        if isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id in _arguments(function)[1]:
            return rf"{symbol(n.func.id)}\left({', '.join(map(go, n.args))}\right)", 3
        if isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id in FUNCTIONS and not n.keywords:
            return FUNCTIONS[n.func.id][1] % ", ".join(go(a) for a in n.args), 2 if n.func.id == "exp" else 3
        _refuse(function, n)

    return go(node)


def to_latex(rule):
    r"""Return the lines of a rule, or the formula of a plain function, as a LaTeX `aligned` environment.

    In a rule, the step number indexes what changes: a state or x is written with t − 1 until the rule assigns it. A name
    that a rule assigns twice is refused, since an equation gives it one value a step.

    >>> from optlib import rules
    >>> print(to_latex(rules.momentum))
    \begin{aligned}
    v_{t} &= \beta\, v_{t-1} + g_{t} \\
    x_{t} &= x_{t-1} - \eta\, v_{t}
    \end{aligned}
    """
    positional, _ = _arguments(rule)
    is_rule = positional[:3] == ["x", "g", "t"]
    moving = ["x", *positional[3:]]
    carried, assigned = (set(moving) if is_rule else set()), ({"g"} if is_rule else set())

    def named(name):
        index = "_{t}" if is_rule and name in assigned else "_{t-1}" if name in carried else ""
        return symbol(name) + index

    lines = []
    for kind, names, value in _statements(rule):
        if kind == "let":
            if is_rule and assigned.intersection(names):
                _refuse(rule, value, f"is assigned to {', '.join(names)}, which has a value at this step; choose a new name")
            right = _latex(rule, value, named)
            assigned.update(names)
            lines.append(f"{', '.join(map(named, names))} &= {right}")
        elif not is_rule:
            left = ", ".join(symbol(a) for a in positional if a != "self")
            lines.append(rf"{symbol(rule.__name__)}({left}) &= {_latex(rule, value, named)}")
        elif not isinstance(value, ast.Tuple) or len(value.elts) != len(moving):
            _refuse(rule, value, f"is returned; a rule returns the tuple ({', '.join(moving)},)")
        else:  # what the return itself computes is a line of its own
            for name, part in zip(moving, value.elts, strict=True):
                if not (isinstance(part, ast.Name) and part.id == name):
                    lines.append(f"{symbol(name)}_{{t}} &= {_latex(rule, part, named)}")
    return "\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}"


class Equation:
    """A rule or function that a notebook shows as its equation, made from its code.

    >>> from optlib import rules
    >>> Equation(rules.sgd)._repr_latex_().splitlines()[1]
    'x_{t} &= x_{t-1} - \\\\eta\\\\, g_{t}'
    """

    def __init__(self, rule):
        self.rule = rule

    def __repr__(self):
        return f"Equation({self.rule.__name__})"

    def _repr_latex_(self):
        return f"$${to_latex(self.rule)}$$"
