"""The live figures: the same module runs on the published page, in JupyterLab, Colab and VS Code."""

from ._fields import Basins, Grid
from ._plane import Plane
from ._trails import Arrow, Cloud, Trace, Trail
from .curves import Axis, Curves, Line, Mark, Painted, Panel, Recorded, Say, Sequence
from .landscape import Landscape
from .predict import Predict

__all__ = [
    "Arrow",
    "Axis",
    "Basins",
    "Cloud",
    "Curves",
    "Grid",
    "Landscape",
    "Line",
    "Mark",
    "Painted",
    "Panel",
    "Plane",
    "Predict",
    "Recorded",
    "Say",
    "Sequence",
    "Trace",
    "Trail",
]
