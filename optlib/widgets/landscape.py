"""A loss as a map, with the paths of one or several rules from a start that the reader drags, and the loss along each path."""

import inspect
import math
from collections.abc import Mapping

import numpy as np
import traitlets

from .. import plotting, translate
from ..catalogue import BROKEN_ADAMS, LOSSES
from ..catalogue import RULES as RIGHT
from ..losses import Loss
from ..naming import find, nearest
from ..run import iterate, run
from . import _bundle
from ._figure import Figure
from ._knobs import knob

RULES = RIGHT | BROKEN_ADAMS  # a broken one is given as a function: its name alone is not offered


class Landscape(Figure):
    """Show `loss` with the paths of `rules`; `path` and `paths` are what the reader sees, as arrays.

    loss: a loss such as Quadratic(kappa=10), or its name. rules: one rule, a list of rules, or {rule: {name: number}};
    a rule is a function of optlib.rules or its name, or a function of optlib.broken_adams. sliders: the names of the
    hyperparameters and loss parameters that the reader gets, or {name: (low, high)}; by default lr and the loss's
    parameters. steps: how many are taken.
    predicted: a function f(t, *, lr, …) of plain arithmetic that gives loss_t / loss_0 by theory, drawn dashed with the
    first line of its docstring; its names are hyperparameters of the first rule and parameters of the loss.
    window: (left, right, bottom, top), by default the loss's own.

    >>> figure = Landscape("Quadratic", {"sgd": {"lr": 0.1}}, start=[2, 1], steps=2)
    >>> figure.path.round(3)
    array([[2.  , 1.  ],
           [1.8 , 0.  ],
           [1.62, 0.  ]])
    """

    _esm = _bundle.esm("landscape.js")
    changes = ("start", "hyper", "params", "shown", "hidden")

    loss = traitlets.Unicode(read_only=True).tag(sync=True)
    rules = traitlets.List(traitlets.Unicode(), read_only=True).tag(sync=True)
    steps = traitlets.Int(read_only=True).tag(sync=True)
    knobs = traitlets.List(read_only=True).tag(sync=True)
    axes = traitlets.List(read_only=True).tag(sync=True)
    window = traitlets.List(read_only=True).tag(sync=True)
    log = traitlets.Bool(read_only=True, help="whether the loss is shown on a logarithmic axis").tag(sync=True)
    predicted = traitlets.Dict(read_only=True).tag(sync=True)
    params = traitlets.Dict(help="the loss's parameters").tag(sync=True)
    hyper = traitlets.Dict(help="rule -> its hyperparameters").tag(sync=True)
    start = traitlets.List(help="the point from which every path begins").tag(sync=True)
    shown = traitlets.Int(help="up to which step the paths are shown").tag(sync=True)
    hidden = traitlets.List(help="the rules that are switched off").tag(sync=True)

    def __init__(self, loss, rules, *, start=None, steps=50, sliders=None, predicted=None, window=None, name="", caption=""):
        loss = _loss(loss)
        rules = _rules(rules)
        if isinstance(steps, bool) or not isinstance(steps, (int, np.integer)) or steps < 1:
            raise ValueError(f"steps is {steps!r}: give a whole number, 1 or more")
        self._theory = predicted
        self.set_trait("loss", type(loss).__name__)
        self.set_trait("rules", list(rules))
        self.set_trait("steps", int(steps))
        self.set_trait("axes", list(getattr(loss, "axes", ("x₁", "x₂"))))
        self.set_trait("log", all(loss(minimum) > -1e-12 for minimum in loss.minima) and len(loss.minima) > 0)
        self.set_trait("window", [] if window is None else _window(window))
        params = {key: float(value) for key, value in vars(loss).items()}
        view = self.window or [float(v) for v in loss.window]
        if start is not None:
            start = _start(start)
        else:  # on the upper left, where a path has room to show what it does
            start = [float(f"{a + u * (b - a):.3g}") for a, b, u in ((*view[:2], 0.12), (*view[2:], 0.8))]
        hyper = {rule: _hyper(rule, given) for rule, given in rules.items()}
        self.set_trait("knobs", _knobs(sliders, hyper, params))
        self.set_trait("predicted", {} if predicted is None else _predicted(predicted, hyper, params))
        super().__init__(name=name, caption=caption, params=params, hyper=hyper, start=start, shown=int(steps), hidden=[])

    @property
    def function(self):
        """The loss with its present parameters."""
        return LOSSES[self.loss](**self.params)

    def runs(self):
        """Return {rule: its Run} for what the figure shows now, hidden rules included."""
        return {rule: run(RULES[rule], self.function, self.start, self.steps, **self.hyper[rule]) for rule in self.rules}

    @property
    def paths(self):
        """The path of each rule by name: arrays of shape (steps + 1, 2)."""
        return {rule: record.path for rule, record in self.runs().items()}

    @property
    def path(self):
        """The path of the first rule: an array of shape (steps + 1, 2)."""
        return self.paths[self.rules[0]]

    def still(self):
        """Return the figure as it stands as the text of an SVG file."""
        paths = {rule: record.path[: self.shown + 1] for rule, record in self.runs().items() if rule not in self.hidden}
        theory = None
        if self.predicted:
            names = {**self.hyper[self.rules[0]], **self.params}
            theory = [self._theory(t, **{n: names[n] for n in self.predicted["names"]}) for t in range(self.steps + 1)]
        options = {"window": self.window or None, "axes": self.axes, "log": self.log, "predicted": theory}
        return plotting.landscape(self.function, paths, steps=self.steps, title=self.caption or self.loss, **options)

    @traitlets.validate("start")
    def _check_start(self, proposal):
        return _start(proposal["value"])

    @traitlets.validate("hyper")
    def _check_hyper(self, proposal):
        given = proposal["value"]
        if list(given) != self.rules:
            raise ValueError(f"hyper has the rules {list(given)}; expected {self.rules}, each with its hyperparameters")
        return {rule: _hyper(rule, values) for rule, values in given.items()}

    @traitlets.validate("params")
    def _check_params(self, proposal):
        known, given = inspect.signature(LOSSES[self.loss]).parameters, proposal["value"]
        for key in given:
            find(f"{self.loss}'s parameter", key, dict.fromkeys(known))
        return {key: _number(key, given.get(key, parameter.default)) for key, parameter in known.items()}

    @traitlets.validate("shown")
    def _check_shown(self, proposal):
        if not 0 <= proposal["value"] <= self.steps:
            raise ValueError(f"shown is {proposal['value']!r}: give a step from 0 to {self.steps}")
        return proposal["value"]

    @traitlets.validate("hidden")
    def _check_hidden(self, proposal):
        for rule in proposal["value"]:
            find("hidden rule", rule, dict.fromkeys(self.rules))
        return proposal["value"]


def _loss(loss):
    """Return the loss itself; a name gives the loss with its default parameters."""
    if isinstance(loss, str):
        return find("loss", loss, LOSSES)()
    if not isinstance(loss, Loss) or LOSSES.get(type(loss).__name__) is not type(loss):
        raise TypeError(f"loss is {loss!r}: give a loss of optlib.losses such as Quadratic(kappa=10), or its name")
    return loss


def _rules(rules):
    """Return {name of a rule: its given hyperparameters}, in order."""
    if not isinstance(rules, Mapping):
        rules = dict.fromkeys(rules if isinstance(rules, (list, tuple)) else [rules], {})
    if not rules:
        raise ValueError("rules is empty: give at least one, such as 'sgd'")
    named = {}
    for rule, hyper in rules.items():
        name = getattr(rule, "__name__", rule)
        known = BROKEN_ADAMS.get(name) if rule in BROKEN_ADAMS.values() else find("rule", name, RIGHT)
        if callable(rule) and rule is not known:
            raise ValueError(f"rule {name!r} is not the one of optlib.rules: the live figure runs the library's rules only")
        named[name] = hyper
    return named


def _number(name, value):
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)) or not math.isfinite(value):
        raise ValueError(f"{name} is {value!r}: a live figure takes one finite number")
    return float(value)


def _hyper(rule, given):
    """Return every hyperparameter of `rule`, the given ones checked by the loop's own rules."""
    if not isinstance(given, Mapping):
        raise TypeError(f"rules[{rule!r}] is {given!r}: give its hyperparameters as {{'lr': 0.1}}")
    next(iterate(RULES[rule], lambda x: x, 0.0, **given))
    known = [p for p in inspect.signature(RULES[rule]).parameters.values() if p.kind is p.KEYWORD_ONLY]
    return {p.name: _number(p.name, given.get(p.name, p.default)) for p in known}


def _start(start):
    point = np.asarray(start)
    if point.shape != (2,) or point.dtype.kind not in "fiu":
        raise ValueError(f"start is {start!r}: give two numbers, such as [-1.5, 1.0]")
    if not np.isfinite(point).all():
        raise ValueError(f"start is {start!r}: both coordinates must be finite")
    return [float(v) for v in point]


def _window(window):
    edges = np.asarray(window)
    usable = edges.shape == (4,) and edges.dtype.kind in "fiu" and np.isfinite(edges).all()
    if not usable or edges[0] >= edges[1] or edges[2] >= edges[3]:
        raise ValueError(f"window is {window!r}: give (left, right, bottom, top), finite, left < right and bottom < top")
    return [float(v) for v in edges]


def _knobs(sliders, hyper, params):
    """Return the sliders as the page takes them: those of each rule (`of` names it), then those of the loss (`of` is "")."""
    known = {name for values in hyper.values() for name in values} | params.keys()
    if sliders is None:
        sliders = [*(["lr"] if "lr" in known else []), *params]
    sliders = [sliders] if isinstance(sliders, str) else sliders
    ranges = dict(sliders) if isinstance(sliders, Mapping) else dict.fromkeys(sliders)
    for name in ranges:
        if name not in known:
            raise ValueError(
                f"sliders: neither a rule nor the loss has {name!r}; {nearest(name, known)}known: {', '.join(sorted(known))}"
            )
    groups = [*hyper.items(), ("", params)]
    return [{"of": of, **knob(name, bounds)} for of, values in groups for name, bounds in ranges.items() if name in values]


def _predicted(function, hyper, params):
    """Return the prediction as the page takes it, after it was called once here."""
    known = {**next(iter(hyper.values())), **params}
    parameters = list(inspect.signature(function).parameters.values())
    names = [p.name for p in parameters[1:]]
    if not parameters or any(p.kind is not p.KEYWORD_ONLY for p in parameters[1:]):
        raise ValueError(f"predicted: {function.__name__} must be f(t, *, …), with names of rule or loss after the star")
    for name in names:
        if name not in known:
            raise ValueError(
                f"predicted: {name!r} is no hyperparameter of the first rule and no parameter of the loss; "
                f"{nearest(name, known)}known: {', '.join(known)}"
            )
    _number(f"predicted({parameters[0].name}=0)", function(0, **{name: known[name] for name in names}))
    label = (inspect.getdoc(function) or "theory").splitlines()[0].rstrip(".")
    return {"js": translate.to_js(function), "names": names, "label": label}
