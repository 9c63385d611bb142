"""The live figures: the same module runs on the published page, in JupyterLab, Colab and VS Code."""

from .curves import Axis, Curves, Line, Mark, Panel, Recorded, Say
from .landscape import Landscape
from .predict import Predict

__all__ = ["Axis", "Curves", "Landscape", "Line", "Mark", "Panel", "Predict", "Recorded", "Say"]
