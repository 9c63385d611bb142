"""Draws what was run; runs nothing. The one palette of the book: a method has the same colour in every figure.

The only module that imports matplotlib.
"""

import io

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
}
DARK = dict(COLORS.values())  # the dark page's colour for each colour of the light page
