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
    "fed_back": ("#b3261e", "#ff9d94"),  # the broken Adams: reds and purples, apart from Adam's green
    "inverted": ("#7a1f6b", "#ec86dd"),
    "stuck_counter": ("#4763b3", "#97a9f5"),
    "counter_from_zero": ("#2a7fa8", "#7cc0ec"),
    "eps_on_the_parameter": ("#8a5a2b", "#d9a878"),
    "eps_in_the_root": ("#a34a00", "#ffb27a"),
    "missing_root": ("#b0478a", "#ea9bca"),
    "half_corrected": ("#d55e00", "#ff8f4a"),
    "factor_omitted": ("#6a3fa0", "#bb8ff5"),
    "average_of_the_weight": ("#5a6172", "#a9adb8"),
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
            {"panel": _panel, "plane": _plane}[panel["kind"]](axes, **{key: v for key, v in panel.items() if key != "kind"})
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


def _plane(axes, x, y, mesh, height, minima, field, kinds, low, high, label, levels, shapes, handles):
    """Draw one plane of `curves` as the live figure draws it: veils of one colour over each other, labels beside lines."""
    ink, window = COLORS["ink"][0], (x.low, x.high, y.low, y.high)
    axes.set(xlabel=x.label, xscale=x.scale, yscale=y.scale, xlim=window[:2], ylim=window[2:])
    axes.minorticks_off()
    axes.set_title(y.label, loc="left", fontsize=9, color=ink)
    axes.grid(visible=False)
    for i, (name, color) in enumerate((kinds or {}).items()):
        if (field == i).any():
            axes.contourf(*mesh, field == i, levels=[0.5, np.inf], colors=COLORS[color][0], alpha=0.3)
        axes.fill([], [], color=COLORS[color][0], alpha=0.3, label=name)  # for the key below
    if kinds:
        axes.legend(**KEY)
    elif field is not None:
        _veils(axes, mesh, np.clip((field - low) / (high - low), 0, 1), np.linspace(0, 1, 14)[1:])
        for text, strength in ((f"{label} {low:.3g}", 0.02), (f"{high:.3g}", 0.84)):
            style = {"facecolor": (COLORS["high"][0], strength), "edgecolor": COLORS["muted"][0], "linewidth": 0.4}
            axes.fill([], [], label=text, **style)
        axes.legend(**KEY)
        for level, text in levels:
            level += 1e-9 * (high - low)  # a field that stays at its level along the border has no line there
            if np.nanmin(field) < level <= np.nanmax(field):
                line = axes.contour(*mesh, field, levels=[level], colors=ink, linewidths=1)
                axes.clabel(line, fmt=lambda _, text=text: text, fontsize=8, colors=ink)
    if height is not None:
        *rough, height = height
        shown = np.sqrt(height - min([np.nanmin(height), *(f for _, _, f in minima)]))
        bands = np.nanmax(shown[np.isfinite(shown)]) * (np.arange(1, 14) / 14) ** 1.6
        if field is None:
            _veils(axes, rough, shown, bands)
        else:
            axes.contour(*rough, shown, levels=bands, colors=COLORS["muted"][0], linewidths=0.4, alpha=0.6)
        axes.plot([a for a, _, _ in minima], [b for _, b, _ in minima], "+", color=ink, markersize=8, zorder=4)
    taken, letter = [], 5.5 / (72 * axes.figure.get_figwidth() * axes.get_position().width)  # of the width
    for px, py, text, color in filter(None, [_shape(axes, window, **shape) for shape in shapes]):
        place = [_fraction(px, x), _fraction(py, y)]
        right = place[0] + len(text) * letter > 1
        while any(abs(place[1] - v) < 0.07 and abs(place[0] - u) < 0.4 for u, v in taken):  # below a label that is there
            place[1] -= 0.075
        taken.append(tuple(place))
        options = {"color": color, "zorder": 6, "ha": "right" if right else "left", "textcoords": "offset points"}
        options["bbox"] = {"facecolor": COLORS["paper"][0], "alpha": 0.6, "linewidth": 0, "pad": 0.5}
        axes.annotate(text, place, (-6 if right else 6, 5 if place[1] < 0.92 else -10), xycoords="axes fraction", **options)
    for a, b, color in handles:
        style = {"s": 34, "facecolors": COLORS["paper"][0], "edgecolors": COLORS[color][0], "linewidths": 1.8}
        axes.scatter(np.clip(a, *window[:2]), np.clip(b, *window[2:]), zorder=5, clip_on=False, **style)


KEY = {  # below a plane
    **{"loc": "upper left", "bbox_to_anchor": (0, -0.2), "ncols": 2, "frameon": False, "fontsize": 8},
    **{"labelcolor": COLORS["ink"][0], "handlelength": 1, "borderaxespad": 0.2, "columnspacing": 1},
}


def _veils(axes, mesh, values, levels):
    """Lay at each level the same thin veil of one colour over those below, so that the palette's dark version fits as well."""
    for level in levels:
        axes.contourf(*mesh, values, levels=[level, np.inf], colors=COLORS["high"][0], alpha=0.13)


def _shape(axes, window, kind, x, y, label, color, line=True, dashed=False, gone=False):
    """Draw a trail, a trace, an arrow or a cloud on a plane; return where its label belongs, or None."""
    color, size = COLORS[color][0], [window[1] - window[0], window[3] - window[2]]
    x, y = (np.clip(v, a - 50 * s, a + 50 * s) for v, a, s in zip((x, y), window[::2], size, strict=True))
    inside = np.flatnonzero((x >= window[0]) & (x <= window[1]) & (y >= window[2]) & (y <= window[3]))
    last = inside[-1] if inside.size else 0
    if kind == "arrow":
        with np.errstate(all="ignore"):  # as far as the border
            ends = [(edge - v[0]) / (v[1] - v[0]) for v, edges in ((x, window[:2]), (y, window[2:])) for edge in edges]
        reach = min([end for end in ends if 0 < end < 1], default=1)
        x, y = (np.array([v[0], v[0] + reach * (v[1] - v[0])]) for v in (x, y))
        style = {"arrowstyle": "-|>", "color": color, "linewidth": 1.4, "shrinkA": 0, "shrinkB": 0}
        axes.annotate("", (x[1], y[1]), (x[0], y[0]), arrowprops=style)
        last = 1
    elif kind == "cloud" or not line:
        axes.plot(x, y, ".", color=color, markersize=3, alpha=0.6)
    elif kind == "trace":
        axes.plot(x, y, "--" if dashed else "-", color=color, linewidth=1.3)
        last = inside[np.argmax(x[inside] / size[0] + y[inside] / size[1])] if inside.size else 0
    else:
        x, y = x[: last + 2], y[: last + 2]
        apart = _apart(np.stack([x / size[0], y / size[1]], axis=1))
        axes.plot(x, y, color=color, marker=".", markersize=4, linewidth=1.3, markevery=apart)
        if last == len(x) - 1:
            axes.plot(x[-1], y[-1], "o", color=color, markersize=5)
    return (x[last], y[last], label, color) if label and inside.size else None


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
