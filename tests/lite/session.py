"""A notebook in JupyterLite, driven in Chromium: what it asks of other hosts fails and is noted."""

import contextlib
import io
import json
import re
import zipfile
from hashlib import sha256

LOCK = "lite/static/pyodide/pyodide-lock.json"
CONFIG = "lite/jupyter-lite.json"
# Of numpy, which only Pyodide's own distribution has for a browser: what the rules and the loop name when they are imported.
STAND_IN = {
    "numpy": "from math import sqrt\nndarray = list\nmaximum = max\nsign = lambda x: float((x > 0) - (x < 0))\n",
}
EXECUTE = """async (code) => {
  const { serviceManager } = window.jupyterapp;
  const [session] = [...serviceManager.sessions.running()];
  const kernel = serviceManager.kernels.connectTo({ model: session.kernel });
  const future = kernel.requestExecute({ code });
  let text = "";
  future.onIOPub = ({ header, content }) => {
    if (header.msg_type === "stream") text += content.text;
    if (header.msg_type === "error") text += content.traceback.join("\\n");
  };
  const late = new Promise((_, reject) => setTimeout(() => reject(Error("no answer from the kernel in 240 s")), 240_000));
  const { content } = await Promise.race([future.done, late]);
  return { status: content.status, text };
}"""

INSERT = """async (code) => {
  const { commands, shell } = window.jupyterapp;
  const notebook = shell.currentWidget.content;
  notebook.activeCellIndex = notebook.widgets.length - 1;
  await commands.execute("notebook:insert-cell-below");
  notebook.activeCell.model.sharedModel.setSource(code);
  notebook.scrollToCell(notebook.activeCell);
  await commands.execute("notebook:run-cell");
}"""


class Session:
    """One chapter's notebook, open in a browser context of its own."""

    def __init__(self, browser, server, notebook):
        self.server, self.outside, self.troubles = server, [], []
        self.context = browser.new_context(viewport={"width": 1280, "height": 900})
        self.context.route(lambda url: not url.startswith(server.origin), self._refuse)
        self.page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.troubles.append(f"exception: {error}"))
        self.page.on("console", lambda message: message.type == "error" and self.troubles.append(message.text))
        self.page.goto(f"{server.address}lite/lab/index.html?path={notebook}")
        self.page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=60_000)

    def _refuse(self, route):
        self.outside.append(route.request.url)
        route.abort()

    def start(self):
        """Wait until the notebook has its kernel and the kernel answers."""
        self.page.wait_for_function(
            "[...(window.jupyterapp?.serviceManager.sessions.running() ?? [])].length > 0", timeout=60_000
        )
        self.run("")

    def idle(self):
        """Wait until the kernel has nothing left to do."""
        self.page.wait_for_selector('.jp-Notebook-ExecutionIndicator[data-status="idle"]', timeout=120_000)

    def run(self, code):
        """Run `code` in the notebook's kernel and return what it printed."""
        done = self.page.evaluate(EXECUTE, code)
        assert done["status"] == "ok", done["text"]
        return done["text"]

    def run_cell(self, position):
        """Run a cell of the notebook as a reader does, with the keyboard, and return its output's text."""
        cell = self.page.locator(".jp-Notebook .jp-CodeCell").nth(position)
        cell.locator(".cm-content").click()
        self.page.keyboard.press("Control+Enter")
        cell.locator(".jp-InputPrompt", has_text=re.compile(r"\[\d+\]")).wait_for(timeout=120_000)
        self.idle()
        return cell.locator(".jp-OutputArea").inner_text() if cell.locator(".jp-OutputArea").count() else ""

    def show(self, code):
        """Run `code` in a new cell below the last one, as the application's commands do."""
        self.page.evaluate(INSERT, code)
        self.idle()
        last = self.page.locator(".jp-OutputArea-output").last
        assert "Traceback" not in last.inner_text(), last.inner_text()


@contextlib.contextmanager
def opened(browser, server, notebook, replaced):
    """A session on a site of which some files are others: {path: bytes}."""
    with server.replacing(replaced):
        session = Session(browser, server, notebook)
        try:
            yield session
        finally:
            session.context.close()


def exposed(lite):
    """Return the application's configuration, with which a test can reach the application from its page."""
    config = json.loads((lite / "jupyter-lite.json").read_text(encoding="utf-8"))
    config["jupyter-config-data"]["exposeAppInBrowser"] = True
    return {CONFIG: json.dumps(config).encode()}


def stand_ins(lite):
    """Return files for the site with which each compiled package is a wheel of the site, empty but for STAND_IN."""
    lock = json.loads((lite / "static" / "pyodide" / "pyodide-lock.json").read_text(encoding="utf-8"))
    files = {}
    for name, entry in lock["packages"].items():
        if entry["file_name"].startswith("https:"):
            path = f"{name}-{entry['version']}-py3-none-any.whl"
            body = wheel(name, entry["version"], entry["imports"], STAND_IN.get(name, ""))
            entry |= {"file_name": path, "sha256": sha256(body).hexdigest()}
            files[f"lite/static/pyodide/{path}"] = body
    return files | {LOCK: json.dumps(lock).encode()}


def wheel(name, version, imports, source):
    """Return a wheel in which each of `imports` is a package with the text `source`."""
    info = f"{name}-{version}.dist-info"
    files = {f"{package}/__init__.py": source for package in imports}
    files[f"{info}/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    files[f"{info}/WHEEL"] = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    files[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in files)
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return body.getvalue()
