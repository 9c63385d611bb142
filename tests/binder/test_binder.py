"""Binder without a container engine: what repo2docker finds and would do, its install steps, the server, and a reader in it.

repo2docker makes a Dockerfile of `binder/`. Its steps for this repository are run here, in a new environment, with the Python
of `runtime.txt` if this machine has it. Then JupyterLab is started as BinderHub starts it, with a prefix and a token.
"""

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import uuid
from pathlib import Path

import drive
import nbformat
import pytest
import requests
import websocket
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from repo2docker.app import Repo2Docker
from repo2docker.buildpacks.conda.supported_python_version import SUPPORTED_PYTHON_VERSION

ROOT = Path(__file__).parents[2]
CHAPTERS = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "chapters").glob("*.ipynb"))
CHAPTER = "chapters/02_conditioning.ipynb"
PREFIX, TOKEN = "/user/reader/", "binder"
LINK = re.compile(r"https://mybinder\.org/[^\"\s)]+")


# The configuration


@pytest.fixture(scope="module")
def buildpack(copied):
    """The way in which repo2docker builds this repository."""
    with contextlib.chdir(copied):
        application = Repo2Docker()
        found = next(pack for pack in (kind(application.base_image) for kind in application.buildpacks) if pack.detect())
        found.platform = "linux/amd64"
        found.dockerfile = found.render()
        return found


def test_repo2docker_sees_a_python_environment(buildpack):
    assert type(buildpack).__name__ == "PythonBuildPack"
    assert buildpack.binder_dir == "binder"
    wanted = (ROOT / "binder" / "runtime.txt").read_text(encoding="utf-8").strip()
    assert wanted == f"python-{buildpack.python_version}" and buildpack.python_version in SUPPORTED_PYTHON_VERSION
    ours = re.search(r"in ([\d.|]+)\) ;;", (ROOT / "Makefile").read_text(encoding="utf-8"))[1].split("|")
    assert buildpack.python_version in ours, f"the lock is made for {ours}"


def steps(dockerfile):
    """Return the commands that come after the repository was copied: those that depend on it."""
    return re.findall(r"^RUN (.+)$", dockerfile.partition("COPY --chown=1000:1000 src/ ${REPO_DIR}/")[2], re.M)


def test_the_steps_are_the_lock_and_the_library(buildpack):
    assert steps(buildpack.dockerfile) == [
        '${KERNEL_PYTHON_PREFIX}/bin/pip install --no-cache-dir -r "binder/requirements.txt"',
        "chmod +x binder/postBuild",
        "./binder/postBuild",
    ]


def test_links_lead_to_chapters():
    """The page's button opens its chapter, the README's link their folder, both in JupyterLab."""
    pages = sorted((ROOT / "_build" / "html" / "chapters").glob("*.html"))
    assert [page.stem for page in pages] == [Path(chapter).stem for chapter in CHAPTERS], "build the book first: make book"
    for page, chapter in zip(pages, CHAPTERS, strict=True):
        links = LINK.findall(page.read_text(encoding="utf-8"))
        assert links and all(link.endswith(f"?urlpath=lab/tree/{chapter}") for link in links)
    assert all(link.endswith("?urlpath=lab/tree/chapters") for link in LINK.findall((ROOT / "README.md").read_text("utf-8")))


# The environment


def python(version):
    """Return the Python of this version by its name, or the one that runs the tests."""
    named = f"python{version}"
    works = shutil.which(named) and subprocess.run([named, "-c", "import ensurepip"], capture_output=True).returncode == 0
    return named if works else sys.executable


class Environment:
    def __init__(self, repository, folder, interpreter):
        self.repository, self.folder = repository, folder
        subprocess.run([interpreter, "-m", "venv", folder / "notebook"], check=True)
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV", "JUPYTER"))}
        self.settings = kept | {
            "KERNEL_PYTHON_PREFIX": str(folder / "notebook"),
            "PATH": f"{folder / 'notebook' / 'bin'}:{kept['PATH']}",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "JUPYTER_CONFIG_DIR": str(folder / "config"),
            "JUPYTER_DATA_DIR": str(folder / "data"),
            "JUPYTER_RUNTIME_DIR": str(folder / "run"),
            "IPYTHONDIR": str(folder / "ipython"),
        }

    def run(self, command):
        done = subprocess.run(["bash", "-c", command], cwd=self.repository, env=self.settings, capture_output=True, text=True)
        assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done.stdout


@pytest.fixture(scope="module")
def environment(copied, buildpack, tmp_path_factory):
    """What repo2docker's steps make of a new environment; only the cache of downloads is shared with this machine."""
    repository = tmp_path_factory.mktemp("binder") / "book"
    shutil.copytree(copied, repository)
    made = Environment(repository, tmp_path_factory.mktemp("conda"), python(buildpack.python_version))
    for step in steps(buildpack.dockerfile):
        made.run(step.replace("--no-cache-dir", "--quiet"))
    return made


def test_what_is_installed_is_the_lock(environment):
    about = "import json; from packaging.markers import default_environment; print(json.dumps(default_environment()))"
    there = json.loads(environment.run(f"python -c '{about}'"))
    lines = re.findall(r"^([\w.-]+==[^\\\n]+)", (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.M)
    wanted = [need for need in map(Requirement, lines) if need.marker is None or need.marker.evaluate(there)]
    listed = json.loads(environment.run("pip list --format json"))
    listed = {canonicalize_name(each["name"]): each["version"] for each in listed}
    assert listed.pop("optlib") and listed.pop("pip")
    assert {canonicalize_name(need.name): str(need.specifier) for need in wanted} == {
        name: f"=={version}" for name, version in listed.items()
    }
    environment.run("pip check")


# The server


@pytest.fixture(scope="module")
def server(environment):
    """JupyterLab, started as BinderHub starts it; returns its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = f"exec jupyter-lab --ip=127.0.0.1 --port={port} --no-browser --NotebookApp.base_url={PREFIX}"
    command += f" --NotebookApp.token={TOKEN} --NotebookApp.trust_xheaders=True" + " --allow-root" * (os.geteuid() == 0)
    log = (environment.folder / "log").open("w+", encoding="utf-8")
    process = subprocess.Popen(["bash", "-c", command], cwd=environment.repository, env=environment.settings, stderr=log)
    address = f"http://127.0.0.1:{port}{PREFIX}"
    try:
        for _ in range(240):
            with contextlib.suppress(requests.ConnectionError):
                if requests.get(address + "api/status", params={"token": TOKEN}, timeout=5).ok:
                    break
            assert process.poll() is None, log.seek(0) or log.read()
            time.sleep(0.25)
        else:
            pytest.fail("JupyterLab does not answer within 60 s")
        yield address
    finally:
        process.terminate()
        process.wait(30)
        log.close()


def ask(server, what, **data):
    method = requests.post if data else requests.get
    answer = method(server + "api/" + what, params={"token": TOKEN}, json=data or None, timeout=30)
    answer.raise_for_status()
    return answer.json()


def execute(server, kernel, code):
    """Run code in a kernel over the server's websocket, and return what it prints."""
    number, said = uuid.uuid4().hex, []
    address = server.replace("http", "ws", 1) + f"api/kernels/{kernel}/channels?token={TOKEN}"
    header = {"msg_id": number, "session": number, "username": "", "date": "", "msg_type": "execute_request", "version": "5.3"}
    content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
    request = {"channel": "shell", "header": header, "parent_header": {}, "metadata": {}, "content": content}
    with contextlib.closing(websocket.create_connection(address, timeout=120)) as channel:
        channel.send(json.dumps(request))
        while True:
            message = json.loads(channel.recv())
            if message["parent_header"].get("msg_id") != number:
                continue
            kind, content = message["msg_type"], message["content"]
            assert kind != "error", "\n".join(content["traceback"])
            if kind == "stream":
                said.append(content["text"])
            if kind == "status" and content["execution_state"] == "idle":
                return "".join(said)


def test_a_stranger_is_not_let_in(server):
    assert requests.get(server + "api/kernels", timeout=30).status_code == 403


def test_a_notebook_runs_through_the_server(server):
    """The kernel stands beside the notebook, and each cell prints what the book prints."""
    session = ask(server, "sessions", path=CHAPTER, name="", type="notebook", kernel={"name": "python3"})
    kernel = session["kernel"]["id"]
    notebook = nbformat.reads(json.dumps(ask(server, f"contents/{CHAPTER}")["content"]), 4)
    compared = 0
    for cell in notebook.cells:
        if cell.cell_type == "code":
            printed = "".join(output.text for output in cell.outputs if output.output_type == "stream")
            assert execute(server, kernel, cell.source) == printed, cell.id
            compared += bool(printed)
    assert compared > 10
    assert "ok" in execute(server, kernel, "from pathlib import Path; print('ok' * (Path.cwd().name == 'chapters'))")
    requests.delete(f"{server}api/sessions/{session['id']}", params={"token": TOKEN}, timeout=30).raise_for_status()


# A reader

SETTING = """
import gc, json
from optlib.widgets import Landscape
figure = next(o for o in gc.get_objects() if isinstance(o, Landscape) and o.name == "valley")
print(json.dumps({"start": figure.start, "hyper": figure.hyper}))
"""


@pytest.fixture(scope="module")
def reader(browser, server):
    """A page of JupyterLab, opened at a chapter by the address to which Binder sends its reader."""
    context = browser.new_context(viewport=drive.WIDE)
    context.set_default_timeout(60_000)
    page, troubles = context.new_page(), []
    page.on("pageerror", lambda error: troubles.append(f"exception: {error}"))
    page.on("console", lambda message: message.type == "error" and troubles.append(f"console error: {message.text}"))
    page.goto(f"{server}lab/tree/{CHAPTER}?token={TOKEN}")
    yield page
    context.close()
    assert not troubles, "\n".join(troubles)


def test_the_clicked_chapter_is_open(reader):
    title = next(cell for cell in nbformat.read(ROOT / CHAPTER, 4).cells).source.partition("\n")[0].removeprefix("# ")
    reader.wait_for_selector(f".jp-NotebookPanel:not(.lm-mod-hidden) h1:has-text('{title}')")
    assert reader.query_selector(".jp-NotebookPanel .jp-KernelStatus, .jp-NotebookPanel .jp-Toolbar-kernelName")


def test_a_live_figure_moves_there_and_in_python(reader, server):
    """Its slider and its dragged point are traits in the kernel: what the reader does, the next cell can read."""
    reader.click(".jp-NotebookPanel h1")
    cells = nbformat.read(ROOT / CHAPTER, 4).cells
    for _ in range(1 + next(number for number, cell in enumerate(cells) if cell.get("id") == "figure-valley")):
        reader.keyboard.press("Shift+Enter")
    figure = reader.locator(".jp-OutputArea-output:has(input[type=range])").first
    figure.wait_for()
    kernel = next(each["kernel"]["id"] for each in ask(server, "sessions") if each["path"] == CHAPTER)

    def comes(key, before):
        for _ in range(60):
            now = json.loads(execute(server, kernel, SETTING))[key]
            if now != before:
                return now
            time.sleep(0.25)
        raise AssertionError(f"{key} stays {before} in Python")

    before = json.loads(execute(server, kernel, SETTING))
    assert before["hyper"] == {"sgd": {"lr": 0.15}}
    figure.get_by_role("slider", name="learning rate").press("End")
    assert comes("hyper", before["hyper"])["sgd"]["lr"] == pytest.approx(0.25)
    handle = figure.get_by_role("slider", name="Start", exact=True)
    handle.scroll_into_view_if_needed()
    box = handle.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    reader.mouse.move(x, y)
    reader.mouse.down()
    reader.mouse.move(x + 60, y + 20, steps=5)
    reader.mouse.up()
    start = comes("start", before["start"])
    assert start[0] > before["start"][0] and start[1] < before["start"][1]
