"""From a pointer event on a live figure to the frame that shows it, as Chromium itself traces it.

    python benchmarks/latency.py [--events 150] [--chromium /usr/bin/chromium]

The figure is the landscape explorer with three rules over 200 steps. Its start is dragged, then its sliders for the
condition number and the rotation, which redraw the contours too; plain, and with the processor throttled fourfold.
A row for the built site is added when `_build/html` holds a landscape. Bars: p95 at most 33 ms, throttled 100 ms.
"""

import argparse
import json
import shutil
import sys
import tempfile
from collections import deque
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from optlib import losses  # noqa: E402
from optlib.widgets import Landscape, _bundle  # noqa: E402

BARS = {1: 33, 4: 100}  # milliseconds, by throttling
MODEL = """
class Model {
  constructor(state) { this.state = state; this.watchers = []; }
  get(key) { return this.state[key]; }
  set(key, value) { this.state[key] = value; for (const [name, fn] of this.watchers) if (name === "change:" + key) fn(); }
  save_changes() {}
  on(name, fn) { this.watchers.push([name, fn]); }
  off(name, fn) { this.watchers = this.watchers.filter((w) => w[0] !== name || w[1] !== fn); }
}
const el = document.querySelector("main");
for (const state of STATES) optlibFigures[state._anywidget_id].render({ model: new Model(state), el });
"""


def static_page(folder):
    """Write a page with the explorer alone and return its address."""
    figure = Landscape(
        losses.Quadratic(kappa=30, angle=0.3),
        {"sgd": {"lr": 0.05}, "momentum": {"lr": 0.02, "beta": 0.8}, "adam": {"lr": 0.1}},
        start=[-1.8, 0.9], steps=200, sliders=["lr", "beta", "kappa", "angle"], name="figure",
    )  # fmt: skip
    state = {k: v for k, v in figure.get_state().items() if k not in ("_esm", "_css", "layout")}
    path = Path(folder) / "figure.html"
    path.write_text(
        f"<!doctype html><meta charset=utf-8><style>{_bundle.css()}</style><main style='max-width:46rem;margin:auto'></main>"
        f"<script>{_bundle.site()}</script><script>const STATES = [{json.dumps(state)}];{MODEL}</script>",
        encoding="utf-8",
    )
    return path.as_uri()


def scenes(folder):
    """Yield (name, address, label of what is dragged)."""
    page = static_page(folder)
    yield "drag the start", page, "Start"
    yield "slide κ", page, "condition number κ"
    yield "slide the rotation", page, "rotation"
    for path in sorted((ROOT / "_build/html").glob("**/*.html")):
        if "widgets.landscape.Landscape" in path.read_text(encoding="utf-8"):
            yield f"site, {path.stem}: drag the start", path.as_uri(), "Start"
            return


def measure(browser, address, label, throttle, events):
    """Drag what has `label` about; return the milliseconds from each event to its frame on the screen."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(address)
    # On the site a figure begins when it comes near the window.
    page.evaluate("document.querySelector('.live-figure[data-kind=Landscape]')?.scrollIntoView()")
    figure = page.locator(".ol-figure:has(.ol-landscape)").first
    figure.scroll_into_view_if_needed()
    grip, said = figure.get_by_label(label, exact=True), figure.locator(".ol-say")
    box = grip.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    wide, high = (60, 30) if label == "Start" else (box["width"] / 3, 0)
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": throttle})
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + wide / 2, y)
    page.wait_for_timeout(300)
    before = said.text_content()
    browser.start_tracing(page=page, categories=["input", "benchmark", "cc", "input.scrolling"])
    for i in range(events):
        page.mouse.move(x + wide * np.sin(i / 9), y + high * np.sin(i / 7))
        page.wait_for_timeout(23 + 7 * (i % 3))  # out of step with the screen, so that events fall anywhere in a frame
    trace = json.loads(browser.stop_tracing())["traceEvents"]
    if said.text_content() == before:
        raise SystemExit(f"{label}: dragging it changed nothing, so there is nothing to measure")
    page.close()
    # An event that was merged into the next one or changed no pixel has no frame of its own, and no display_trace_id.
    begun, times = deque(), []
    for event in sorted((e for e in trace if e["name"] == "EventLatency"), key=lambda e: e["ts"]):
        if event["ph"] == "b":
            begun.append(event)
        else:
            begin = begun.popleft()
            what = begin["args"]["event_latency"]
            if what["event_type"] == "MOUSE_DRAGGED" and "display_trace_id" in what:
                times.append((event["ts"] - begin["ts"]) / 1000)
    if len(times) < events / 3:
        raise SystemExit(f"{label}: only {len(times)} of {events} events reached the screen")
    return np.array(times)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=150, help="pointer moves in each row")
    parser.add_argument("--chromium", default=shutil.which("chromium"), help="where Chromium is, if not Playwright's own")
    options = parser.parse_args()
    print(f"{'milliseconds from event to frame':<42}{'processor':>10}{'events':>8}{'p50':>7}{'p95':>7}{'max':>7}{'bar':>6}")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        switches = ["--no-sandbox", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=options.chromium, args=switches)
        for name, address, label in scenes(folder):
            for throttle, bar in BARS.items():
                times = measure(browser, address, label, throttle, options.events)
                p50, p95 = np.percentile(times, [50, 95])
                row = f"{name:<42}{'full' if throttle == 1 else f'1/{throttle}':>10}{len(times):>8}"
                row += f"{p50:>7.1f}{p95:>7.1f}{times.max():>7.1f}{bar:>6}"
                print(row, "met" if p95 <= bar else "MISSED", flush=True)
        browser.close()


if __name__ == "__main__":
    main()
