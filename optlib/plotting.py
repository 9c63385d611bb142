"""Draws what was run; runs nothing. The one palette of the book: a method has the same colour in every figure.

The only module that imports matplotlib.
"""

import io
import re

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

# name: (on a light page, on a dark page). Methods from Okabe & Ito's colour-blind-safe set (2008), shifted where needed to
# keep 3:1 against the page; the figures' style sheet and the dark version of static pictures are made from this table.
COLORS = {
    "ink": ("#1f2430", "#e8e6e1"),
    "muted": ("#5a6172", "#a9adb8"),
    "faint": ("#d5d8df", "#3a404c"),
    "paper": ("#ffffff", "#14181e"),
    "accent": ("#b3261e", "#ff9d94"),
    "low": ("#fbfaf7", "#171c24"),
    "high": ("#b9c3d3", "#46546b"),
    "sgd": ("#0072b2", "#56a8e8"),
    "momentum": ("#d55e00", "#ff8f4a"),
    "ema_momentum": ("#b07d00", "#f2b632"),
    "nesterov": ("#b0478a", "#ea9bca"),
    "adagrad": ("#7a6f00", "#e5db4b"),
    "rmsprop": ("#2b88c4", "#8fd3ff"),
    "adam": ("#00855f", "#3cc79b"),
    "nesterov_look_ahead": ("#8f5aa8", "#cf9fe6"),
    "delta_bar_delta": ("#8a5a2b", "#d9a878"),
    "adam_uncorrected": ("#5a7f00", "#a8d94a"),
    "adamw": ("#00707a", "#4fc7d2"),
    "amsgrad": ("#3d7f3d", "#8fd68f"),
    "sign_descent": ("#6b6b6b", "#c4c4c4"),
    "lion": ("#a34a00", "#ffb27a"),
    "seq1": ("#2f9a8f", "#86ddd0"),  # an ordered scale: eigenvalues, gains, condition numbers
    "seq2": ("#2a7fa8", "#7cc0ec"),
    "seq3": ("#4763b3", "#97a9f5"),
    "seq4": ("#6a3fa0", "#bb8ff5"),
    "seq5": ("#7a1f6b", "#ec86dd"),
}
DARK = dict(COLORS.values())  # the dark page's colour for each colour of the light page


def ramp(i, n):
    """Return the palette's name for the i-th of n ordered things.

    >>> [ramp(i, 3) for i in range(3)]
    ['seq1', 'seq3', 'seq5']
    """
    return f"seq{1 + round(4 * i / (n - 1))}" if n > 1 else "seq4"


def curves(panels, title=""):
    """Return a picture of panels of curves, described as plain data (see `optlib.widgets.curves`), as the text of an SVG file.

    panels: dicts of x, y (axes with label, low, high, scale), curves, dots (what can be dragged) and marks.
    """
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(7.6, 2.9) if len(panels) > 1 else (6.2, 3.2), layout="constrained")
        for axes, panel in zip(np.atleast_1d(figure.subplots(1, len(panels))), panels, strict=True):
            _panel(axes, **panel)
        return _svg(figure, title)


STYLE = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.spines.bottom": False,
    "axes.labelcolor": COLORS["ink"][0],
    "axes.labelsize": 9,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": COLORS["faint"][0],
    "grid.linewidth": 0.6,
    "xtick.color": COLORS["muted"][0],
    "ytick.color": COLORS["muted"][0],
    "xtick.minor.visible": False,
    "ytick.minor.visible": False,
    "lines.linewidth": 1.6,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
}


def _svg(figure, title):
    """Return `figure` as the text of an SVG file, the same on every run, with `title` as its description."""
    with mpl.rc_context({"svg.hashsalt": "optlib", "svg.fonttype": "none"}), io.StringIO() as text:
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None, "Title": title})
        # Hundredths of a point are finer than any screen, and half the weight.
        return re.sub(r' d="[^"]+"', lambda m: re.sub(r"(\.\d\d)\d+", r"\1", m[0]).replace("\n", " "), text.getvalue())


def _panel(axes, x, y, curves, dots, marks):
    """Draw one panel of `curves` as the live figure draws it: labels at the ends of lines, no legend."""
    axes.set(xlabel=x.label, xscale=x.scale, yscale=y.scale, xlim=(x.low, x.high), ylim=(y.low, y.high))
    axes.minorticks_off()
    axes.set_title(y.label, loc="left", fontsize=9, color=COLORS["ink"][0])
    ends, exits = [], []  # direct labels, at the right border or where a line leaves: (place, text, colour)
    for mark in marks:
        at, color, axis = mark["at"], COLORS[mark["color"]][0], x if mark["axis"] == "x" else y
        if not np.isfinite(at):
            continue
        (axes.axvline if mark["axis"] == "x" else axes.axhline)(at, color=color, linewidth=0.8)
        if mark["shade"]:
            span = axes.axvspan if mark["axis"] == "x" else axes.axhspan
            low, high = (axis.low, at) if mark["shade"] in ("below", "left") else (at, axis.high)
            span(low, high, color=color, alpha=0.08, linewidth=0)
        if axis.low <= at <= axis.high and mark["axis"] == "y":
            ends.append((_fraction(at, y), mark["label"], color))
        elif axis.low <= at <= axis.high:
            axes.annotate(mark["label"], (_fraction(at, x), 1), (3, -8), "axes fraction", "offset points", color=color)
    for curve in curves:
        color, at = COLORS[curve["color"]][0], np.asarray(curve["x"])
        shown = np.clip(curve["y"], -1e300, 1e300)  # what leaves the window is drawn to its border
        if curve["low"] is not None:
            axes.fill_between(at, curve["low"], curve["high"], color=color, alpha=0.16, linewidth=0)
        dotted = {"linestyle": "", "marker": "o", "markersize": 4}
        axes.plot(at, shown, color=color, **(dotted if curve["dots"] else {"linestyle": "--" if curve["dashed"] else "-"}))
        inside = np.flatnonzero(~np.isnan(shown) & (at >= x.low) & (at <= x.high))
        seen = inside[(shown[inside] >= y.low) & (shown[inside] <= y.high)] if inside.size else inside
        if seen.size and (seen[-1] == inside[-1]):
            ends.append((_fraction(shown[seen[-1]], y), curve["label"], color))
        elif seen.size:  # it leaves through the top or the bottom
            up = shown[inside[np.searchsorted(inside, seen[-1]) + 1]] > y.high
            exits.append((up, _fraction(at[seen[-1]], x), curve["label"], color))
    for each in dots:
        colors = [COLORS[c][0] for c in each["colors"]]
        style = {"s": 34, "facecolors": COLORS["paper"][0], "edgecolors": colors, "linewidths": 1.8}
        axes.scatter(each["x"], np.clip(each["y"], y.low, y.high), zorder=5, clip_on=False, **style)
    was, level = None, 0
    for up, place, text, color in sorted(exits):
        level = level + 1 if was and was[0] == up and place - was[1] < 0.17 else 0  # a line further than its neighbour
        was, shift = (up, place), -8 - 11 * level if up else 3 + 11 * level
        axes.annotate(text, (place, 1 if up else 0), (3, shift), "axes fraction", "offset points", color=color)
    place = -1.0
    for height, text, color in sorted(end for end in ends if end[1]):
        place = max(height, place + 0.07)
        axes.annotate(text, (1, min(place, 1.02)), (4, 0), "axes fraction", "offset points", color=color, va="center")


def _fraction(value, axis):
    """Where `value` stands on `axis`, from 0 at its low end to 1 at its high end, and no further."""
    if axis.scale == "log":
        place = np.log(max(value, axis.low) / axis.low) / np.log(axis.high / axis.low)
    else:
        place = (value - axis.low) / (axis.high - axis.low)
    return float(np.clip(place, 0, 1))


def landscape(loss, paths, *, steps, window=None, axes=("x₁", "x₂"), log=True, predicted=None, title=""):
    """Return a map of `loss` with `paths` and the loss along each of them beside it, as the text of an SVG file.

    paths: {rule: array of shape (n + 1, 2)}; steps: the length of the step axis; log: whether the loss is at least 0, so
    that its axis is logarithmic; predicted: loss_t / loss_0 for each step, drawn dashed. The map has the contours of the
    live figure: at (k / 14) ** 3.2 of the height.
    """
    left, right, bottom, top = window or loss.window
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(7.6, 3.1), layout="constrained")
        chart, curve = figure.subplots(1, 2, width_ratios=(1.6, 1))
        grid = np.stack(np.meshgrid(np.linspace(left, right, 73), np.linspace(bottom, top, 46)))
        height = loss(grid) - min([loss(grid).min(), *(loss(np.array(m)) for m in loss.minima)])
        # Each band lays the same thin veil of one colour over those below, so the palette's dark version fits as well.
        for k in range(1, 14):
            level = np.sqrt(height.max() * (k / 14) ** 3.2)
            chart.contourf(*grid, np.sqrt(height), levels=[level, np.inf], colors=COLORS["high"][0], alpha=0.13)
        chart.set(xlim=(left, right), ylim=(bottom, top), xlabel=axes[0])
        chart.set_title(axes[1], loc="left", fontsize=9, color=COLORS["ink"][0])
        chart.grid(visible=False)
        chart.locator_params(nbins=5)
        for minimum in loss.minima:
            chart.plot(*minimum, "+", color=COLORS["ink"][0], markersize=8, zorder=4)
        curve.set(xlim=(0, steps), yscale="log" if log else "linear", xlabel="step")
        curve.set_title("loss", loc="left", fontsize=9, color=COLORS["ink"][0])
        curve.minorticks_off()
        highest = 0.0
        for rule, path in paths.items():
            color = COLORS[rule][0]
            place = (path - [left, bottom]) / [right - left, top - bottom]
            with np.errstate(over="ignore", invalid="ignore"):
                along = loss(path.T)
                last = max(np.flatnonzero(((place >= 0) & (place <= 1)).all(axis=1)), default=0)
            seen = path[: last + 2]  # a path that has left for good is drawn to the border
            chart.plot(*seen.T, color=color, marker=".", markersize=4, linewidth=1.3, markevery=_apart(place[: last + 2]))
            if len(seen) == len(path):
                chart.plot(*path[-1], "o", color=color, markersize=5)
            ceiling = 1e4 * along[0] or 1.0  # where a diverging curve leaves the picture
            if log:
                along = np.clip(np.where(along > 0, along, np.nan), 1e-300, 10 * ceiling)
                highest = max(highest, np.nanmax([*along, 1e-16]))
            else:  # as far as the picture goes
                along = np.where(np.abs(along) <= np.abs(loss(grid)).max(), along, np.nan)
            curve.plot(along, color=color, label=rule)
        if paths:
            start = next(iter(paths.values()))[0]
            chart.plot(*start, "o", markersize=8, mfc=COLORS["paper"][0], mec=COLORS["ink"][0], zorder=5)
            if predicted is not None:
                curve.plot(loss(start) * np.array(predicted), "--", color=COLORS["ink"][0], linewidth=1, label="predicted")
            if log:
                curve.set_ylim(max(curve.get_ylim()[0], 1e-16), min(2 * highest, ceiling))
            curve.legend(frameon=False, fontsize=8, labelcolor=COLORS["ink"][0])
        return _svg(figure, title)


def _apart(places, gap=0.018):
    """Return the indices of the points, given in fractions of a picture, that keep `gap` from the one taken before.

    >>> _apart(np.array([[0.0, 0.0], [0.01, 0.0], [0.02, 0.0], [0.9, 0.9]]))
    [0, 2, 3]
    """
    kept = [0]
    for i, place in enumerate(places):
        if np.abs(place - places[kept[-1]]).sum() >= gap:
            kept.append(i)
    return kept
