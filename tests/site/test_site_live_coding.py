"""The chapters as slides in JupyterLab: the order of the decks, with cells that run and figures that live."""

import os
import socket
import subprocess
import sys
import time
import urllib.request

import built
import drive
import nbformat
import pytest

SETTINGS = built.ROOT / "lectures" / "jupyter"  # as `make lab` gives them
CELLS = [
    ("markdown", "# The first slide", "slide"),
    ("code", "from optlib import losses\nfrom optlib.widgets import Landscape", "skip"),
    ("markdown", "## The second slide", "slide"),
    (
        "code",
        'Landscape(losses.Quadratic(kappa=5), {"sgd": {"lr": 0.1}}, start=[-2, 1], steps=9, name="a", caption="A figure.")',
        None,
    ),
    ("code", "print(6 * 7)", "subslide"),
]


@pytest.fixture
def lab(tmp_path):
    """The address of a JupyterLab that shows one small notebook, as a new reader's."""
    notebook = nbformat.v4.new_notebook(
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    )
    for kind, source, slide in CELLS:
        make = nbformat.v4.new_code_cell if kind == "code" else nbformat.v4.new_markdown_cell
        notebook.cells.append(make(source, metadata={"slideshow": {"slide_type": slide}} if slide else {}))
    (tmp_path / "work").mkdir()
    nbformat.write(notebook, tmp_path / "work" / "two.ipynb")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = {name: str(tmp_path / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_SETTINGS_DIR")}
    own |= {
        "JUPYTERLAB_WORKSPACES_DIR": str(tmp_path / "workspaces"),
        "PYTHONPATH": str(built.ROOT),
        "JUPYTER_CONFIG_PATH": str(SETTINGS),
    }
    options = ["--no-browser", "--allow-root", f"--port={port}", "--port-retries=0", "--IdentityProvider.token="]
    options.append(f"--ServerApp.root_dir={tmp_path / 'work'}")
    with (tmp_path / "log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyter", "lab", *options],
            env=os.environ | own,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        address = f"http://127.0.0.1:{port}"
        for _ in range(240):
            assert server.poll() is None, (tmp_path / "log").read_text()
            try:
                urllib.request.urlopen(f"{address}/api", timeout=5).close()
                break
            except OSError:
                time.sleep(0.25)
        yield address
    finally:
        server.terminate()
        server.wait(30)


def test_a_notebook_is_shown_as_slides_whose_figures_live(lab, browser):
    with browser.new_context(viewport={"width": 1280, "height": 720}) as context:
        watch(context.new_page(), lab)


def watch(page, lab):
    page.set_default_timeout(90_000)
    page.goto(f"{lab}/lab/tree/two.ipynb")
    page.locator(".jp-Cell h2").wait_for()
    page.locator('[title="Restart the kernel and run all cells"]').click()
    page.locator(".jp-Dialog .jp-mod-accept").click()
    page.locator(".ol-figure .ol-handle").wait_for()
    page.locator(".jp-OutputArea-output", has_text="42").wait_for()

    page.locator(".jp-Notebook .jp-Cell").first.click()
    page.locator('[title="Toggle Deck"]').first.click()
    first, second, printed = (
        page.locator(".jp-Cell h1"),
        page.locator(".jp-Cell h2"),
        page.locator(".jp-OutputArea-output", has_text="42"),
    )
    second.wait_for(state="hidden")
    assert first.is_visible()
    assert not page.locator(".cm-line", has_text="from optlib import losses").is_visible(), "a skipped cell is shown"
    page.keyboard.press("ArrowRight")
    second.wait_for()
    first.wait_for(state="hidden")

    handle = page.locator(".ol-handle")
    box = handle.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y + 40, steps=4)
    page.mouse.up()

    def follows():
        moved = handle.bounding_box()
        return abs(moved["x"] - box["x"] - 60) < 3 and abs(moved["y"] - box["y"] - 40) < 3

    assert drive.until(page, follows), f"the point is at {handle.bounding_box()}, and was at {box}"
    page.keyboard.press("ArrowRight")  # the point has the focus: it moves, the slide stays
    page.wait_for_timeout(500)
    assert second.is_visible() and not printed.is_visible()
    assert not page.get_by_text("Jupyter news").count(), "a notice stands over the slides"
