"""The notebooks that run in the browser, as `make lite` built them."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "lite"))


@pytest.fixture(scope="session")
def lite():
    """The folder of the built application."""
    folder = ROOT / "_build" / "html" / "lite"
    if not (folder / "jupyter-lite.json").is_file():
        pytest.fail("No notebooks for the browser: run `make lite` first.", pytrace=False)
    return folder
