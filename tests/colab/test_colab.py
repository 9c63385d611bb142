"""Every notebook as a reader in Colab opens it: Colab's versions, outside the checkout, nothing but the notebook at first.

The environment is made of `requirements.txt` beside this file, with the Python that it names if this machine has it, and with
the one that runs the tests otherwise. The repository's address is replaced by that of a copy of this checkout as it stands.
`google.colab` is a stand-in: it notes who enables the manager of third-party widgets, and marks the views that this would show.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import pytest
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpecManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

ROOT = Path(__file__).parents[2]
CHAPTERS = sorted((ROOT / "chapters").glob("*.ipynb"))
REQUIREMENTS = Path(__file__).with_name("requirements.txt")
VIEW, STATE = "application/vnd.jupyter.widget-view+json", "application/vnd.jupyter.widget-state+json"
MANAGER = "https://example.org/manager.js"
FIGURE = re.compile(r"(?<![\w.])(?:Landscape|Curves|Predict)\(")

STAND_IN = f"""
import sys
import IPython


class _widgets:  # where anywidget looks
    _installed_url = None
    enabled_by = []


def enable_custom_widget_manager():
    if _widgets._installed_url is None:
        IPython.get_ipython().display_pub.register_hook(mark)
    _widgets._installed_url = {MANAGER!r}
    _widgets.enabled_by.append(sys._getframe(1).f_globals["__name__"])


def mark(message):
    if {VIEW!r} in message["content"].get("data", ()):
        message["content"].setdefault("metadata", {{}})[{VIEW!r}] = {{"manager": _widgets._installed_url}}
    return message
"""
START = "import google.colab.output, runpy; runpy.run_module('ipykernel_launcher', run_name='__main__')"  # as in Colab


def python():
    """Return Colab's Python, by name or by path, or the one that runs the tests."""
    version = re.search(r"Python (\d+\.\d+)", REQUIREMENTS.read_text(encoding="utf-8"))[1]
    named = f"python{version}"
    if f"{sys.version_info[0]}.{sys.version_info[1]}" == version or not shutil.which(named):
        return sys.executable
    works = subprocess.run([named, "-c", "import ensurepip"], capture_output=True).returncode == 0
    return named if works else sys.executable


class Colab:
    """An environment with Colab's versions, in a folder of its own."""

    def __init__(self, folder):
        self.folder, self.home = folder, folder / "content"
        self.home.mkdir()
        subprocess.run([python(), "-m", "venv", folder / "environment"], check=True)
        self.python = folder / "environment" / "bin" / "python"
        self.pip("install", "--quiet", "--no-deps", "--requirement", REQUIREMENTS)
        site = Path(self.ask("import sysconfig; print(sysconfig.get_path('purelib'))"))
        stand_in, kernel = site / "google" / "colab", folder / "kernels" / "colab"
        stand_in.mkdir(parents=True)
        (stand_in / "output.py").write_text(STAND_IN, encoding="utf-8")
        kernel.mkdir(parents=True)
        argv = [str(self.python), "-c", START, "-f", "{connection_file}"]
        (kernel / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "Colab", "language": "python"}))

    def settings(self, **more):
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV", "MPL"))}
        return kept | {"IPYTHONDIR": str(self.folder / "ipython"), "PYDEVD_DISABLE_FILE_VALIDATION": "1"} | more

    def ask(self, code):
        command = [self.python, "-c", code]
        return subprocess.run(command, env=self.settings(), check=True, capture_output=True, text=True).stdout.strip()

    def pip(self, *arguments):
        command = [self.python, "-m", "pip", "--disable-pip-version-check", *arguments]
        done = subprocess.run(command, env=self.settings(), cwd=self.home, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def run(self, notebook, **settings):
        """Run a notebook from top to bottom, in place; its first error is raised."""
        kernels = KernelSpecManager(kernel_dirs=[str(self.folder / "kernels")])
        manager = AsyncKernelManager(kernel_name="colab", kernel_spec_manager=kernels)
        where = {"metadata": {"path": str(self.home)}}
        client = NotebookClient(notebook, km=manager, timeout=300, resources=where, coalesce_streams=True)
        client.execute(env=self.settings(**settings))
        return notebook

    def say(self, *sources, **settings):
        """Run cells and return what they print."""
        cells = [nbformat.v4.new_code_cell(source) for source in sources]
        done = self.run(nbformat.v4.new_notebook(cells=cells), **settings)
        return "".join(output.get("text", "") for cell in done.cells for output in cell.outputs)


@pytest.fixture(scope="module")
def cell():
    """The bootstrap cell, as the first notebook has it, and the address in it."""
    found = next(cell for cell in nbformat.read(CHAPTERS[0], 4).cells if cell.get("id") == "bootstrap")
    return found.source, re.search(r"git\+(https://[^@\"]+)@([^\"]+)", found.source)


@pytest.fixture(scope="module")
def local(copied, tmp_path_factory, cell):
    """Return a function that replaces the repository's address by that of a repository made of this checkout as it stands."""
    address, repository = cell[1], tmp_path_factory.mktemp("repository") / "book"
    shutil.copytree(copied, repository)
    author = ["-c", "user.name=nobody", "-c", "user.email=nobody@example.org"]
    for command in (["init", "--quiet", "--initial-branch", address[2]], ["add", "--all"], ["commit", "--quiet", "-m", "copy"]):
        subprocess.run(["git", *author, *command], cwd=repository, check=True)

    def replaced(text):
        assert address[1] in text, f"the notebook does not install from {address[1]}"
        return text.replace(address[1], repository.as_uri())

    return replaced


@pytest.fixture(scope="module")
def colab(tmp_path_factory):
    made = Colab(tmp_path_factory.mktemp("colab"))
    print(f"Colab's packages in Python {made.ask('import platform; print(platform.python_version())')}")
    return made


@pytest.fixture(scope="module")
def refused(colab, cell):
    """What the reader sees where nothing can be installed: the error and what stands above it. Comes before `installed`."""
    source, address = cell
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source.replace(address[1], "file:///nowhere/book"))])
    with pytest.raises(CellExecutionError) as error:
        colab.run(notebook)
    return error.value, "".join(output.get("text", "") for output in notebook.cells[0].outputs)


@pytest.fixture(scope="module")
def installed(colab, cell, local, refused):
    """The environment once the cell has installed the library: what it said, and the packages before and after."""
    before = colab.pip("freeze", "--all")
    said = colab.say(local(cell[0]), "print(output._widgets.enabled_by)")
    return said, before, colab.pip("freeze", "--all")


def test_the_library_is_installed_from_the_repository(installed, cell):
    said, _, after = installed
    version = re.search(r'version, source = "([^"]+)"', cell[0])[1]
    assert f"Installed optlib {version} from git+file://" in said
    assert f"@{cell[1][2]}." in said and "another project" not in said
    assert re.search(r"^optlib @ git\+file://", after, re.M)


def test_colabs_own_packages_stay(colab, installed):
    """A package that pip replaces would ask for a restart of the runtime. New beside optlib is jedi, which Colab lacks.

    Colab's jupyter_server asks for overrides where Python is older than Colab's.
    """
    older = colab.ask("import sys; print(sys.version_info < (3, 12))") == "True"
    before, after = (set(packages.splitlines()) for packages in installed[1:])
    assert before <= after, before - after
    assert {re.split("==| @", line)[0] for line in after - before} == {"jedi", "optlib"} | ({"overrides"} if older else set())


def test_third_party_widgets_are_enabled_by_the_cell(installed):
    assert "third-party widgets is on" in installed[0]
    assert "['__main__']" in installed[0]


def test_the_second_time_nothing_is_installed(colab, installed, cell):
    said = colab.say(cell[0])  # with the address on the web: nothing is fetched
    assert "is already there: nothing to install." in said and "pip" not in said
    assert colab.pip("freeze", "--all") == installed[2]


def test_elsewhere_the_cell_leaves_widgets_alone(colab, installed, cell):
    said = colab.say("import sys; del sys.modules['google.colab']", cell[0])
    assert "already there" in said and "widgets" not in said


def test_an_address_that_answers_not(refused):
    error, above = refused
    assert error.ename == "ModuleNotFoundError"
    assert "pip installed no optlib from git+file:///nowhere/book@" in error.evalue and "message above" in error.evalue
    assert "git clone" in above and "/nowhere/book" in above  # pip's own words


def test_a_foreign_optlib_is_refused(colab, installed, cell, tmp_path):
    """The package of that name on the public index has a version too, and nothing else of ours."""
    (tmp_path / "optlib").mkdir()
    (tmp_path / "optlib" / "__init__.py").write_text("__version__ = '0.0.3'", encoding="utf-8")
    with pytest.raises(CellExecutionError) as error:
        colab.say(cell[0], PYTHONPATH=str(tmp_path))
    assert error.value.ename == "ImportError"
    assert "another project of that name" in error.value.evalue and "%pip uninstall --yes optlib" in error.value.evalue


def test_another_version_is_said(colab, installed, cell):
    ours = re.search(r'version, source = "([^"]+)"', cell[0])[1]
    said = colab.say(cell[0].replace(f'"{ours}"', '"99.0"'))
    assert f"optlib {ours} is here, this notebook is of 99.0" in said and "%pip uninstall --yes optlib" in said
    assert "nothing to install" not in said


@pytest.fixture(scope="module")
def runs(request, colab, installed, local):
    """The notebooks that are asked for, run two at a time where the cores are not shared with other tests."""
    wanted = dict.fromkeys(i.callspec.params["path"] for i in request.session.items if "runs" in getattr(i, "fixturenames", ()))

    def run(path):
        notebook = nbformat.read(path, 4)
        for cell in notebook.cells:
            cell.source = local(cell.source) if cell.get("id") == "bootstrap" else cell.source
            if cell.cell_type == "code":
                cell.outputs = []
        return colab.run(notebook)

    with ThreadPoolExecutor(1 if "PYTEST_XDIST_WORKER" in os.environ else 2) as pool:
        yield {path: pool.submit(run, path) for path in wanted}
        pool.shutdown(cancel_futures=True)


def texts(cell):
    """Return what a cell prints, without regard to the pieces in which it arrived."""
    streams = "".join(output.text for output in cell.outputs if output.output_type == "stream")
    return streams, [output.data for output in cell.outputs if output.output_type != "stream"]


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_notebook(path, runs):
    """It runs to its end, prints what the book prints, and shows its figures."""
    committed, notebook = nbformat.read(path, 4), runs[path].result()
    models = notebook.metadata.widgets[STATE]["state"]
    shown = 0
    for before, after in zip(committed.cells, notebook.cells, strict=True):
        if after.cell_type != "code":
            continue
        if after.id == "bootstrap":
            assert "already there" in texts(after)[0]
        elif "nbval-ignore-output" not in before.metadata.get("tags", []):
            assert texts(after) == texts(before), after.id
        for view, output in ((output.data[VIEW], output) for output in after.outputs if VIEW in output.get("data", {})):
            shown += 1
            assert models[view["model_id"]]["state"]["_esm"], after.id
            assert output.metadata[VIEW]["manager"] == MANAGER, after.id
    assert shown == sum(len(FIGURE.findall(cell.source)) for cell in notebook.cells if cell.cell_type == "code") > 0


def test_there_are_notebooks():
    assert CHAPTERS
