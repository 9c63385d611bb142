"""What `make lite` wrote: notebooks, wheel, list of packages, the pages before it. Reads the files, needs no browser."""

import json
import re
import tomllib
import zipfile
from hashlib import sha256
from urllib.parse import parse_qs, urljoin, urlsplit

import build
import built
import pytest
from build import Wheel, packages

ROOT = built.ROOT
CHAPTERS = sorted((ROOT / "chapters").glob("*.ipynb"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def listed(lite):
    return json.loads((lite / "static" / "pyodide" / build.LOCK).read_text(encoding="utf-8"))["packages"]


@pytest.fixture(scope="module")
def wheel(lite):
    (path,) = (lite / "pypi").glob("*.whl")
    return path


def test_the_chapters_are_found():
    assert CHAPTERS


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_notebook_is_the_chapters_own(lite, path):
    assert (lite / "files" / path.name).read_bytes() == path.read_bytes()


def test_notebooks_are_listed(lite):
    contents = json.loads((lite / "api" / "contents" / "all.json").read_text(encoding="utf-8"))["content"]
    assert sorted(entry["name"] for entry in contents) == [path.name for path in CHAPTERS]


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_start_page(lite, path):
    """The page before a notebook leads to it and back, loads nothing but the site's style, and says what starting costs."""
    page = f"lite/start/{path.stem}.html"
    text = built.Document((built.HTML / page).read_text(encoding="utf-8"))
    (target,) = (a["href"] for a, _ in text.all("a") if "lab/" in a["href"])
    assert parse_qs(urlsplit(target).query)["path"] == [path.name]
    for address in text.addresses():
        assert (built.HTML / urlsplit(urljoin("file:///" + page, address)).path.lstrip("/")).is_file(), address
    assert not [a for a, _ in text.all("script") if a.get("src")]
    words = " ".join(text.all("main")[0][1].split())
    assert re.search(r"about \d+ MB", words) and "cdn.jsdelivr.net" in words and "numpy" in words


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_chapter_leads_there_and_loads_nothing_of_it(path):
    text = built.Document((built.HTML / "chapters" / f"{path.stem}.html").read_text(encoding="utf-8"))
    found = [(tag, a) for tag, a, _ in text.elements if any("lite/" in str(value) for value in a.values())]
    assert [(tag, a["href"]) for tag, a in found] == [("a", f"../lite/start/{path.stem}.html")]


# The wheel ------------------------------------------------------------------------------------------------------------


def test_wheel_is_pure(wheel):
    assert wheel.name == f"optlib-{PROJECT['version']}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        (text,) = (archive.read(name).decode() for name in archive.namelist() if name.endswith(".dist-info/WHEEL"))
        names = archive.namelist()
    assert "Root-Is-Purelib: true" in text and "Tag: py3-none-any" in text
    assert not [name for name in names if name.endswith((".so", ".pyd", ".dylib"))]


def test_wheel_is_the_library(wheel):
    """Every file of the library, byte for byte, and nothing else."""
    source = {p.relative_to(ROOT).as_posix(): p for p in (ROOT / "optlib").rglob("*") if p.is_file() and p.suffix != ".pyc"}
    with zipfile.ZipFile(wheel) as archive:
        inside = {name for name in archive.namelist() if ".dist-info/" not in name}
        assert inside == set(source)
        assert not [name for name, path in source.items() if archive.read(name) != path.read_bytes()]
    assert Wheel(wheel, "").version == PROJECT["version"]


# The list of packages -------------------------------------------------------------------------------------------------


def test_every_package_is_there(lite, listed):
    """What the list names on the site is on the site, with the hash that the browser will ask for."""
    folder = lite / "static" / "pyodide"
    for name, entry in listed.items():
        if not entry["file_name"].startswith("https:"):
            assert sha256((folder / entry["file_name"]).read_bytes()).hexdigest() == entry["sha256"], name
        assert set(entry["depends"]) <= set(listed), name


def test_outside_are_only_compiled_packages(listed):
    outside = {name: entry for name, entry in listed.items() if entry["file_name"].startswith("https:")}
    assert {"numpy", "matplotlib"} <= set(outside)
    for name, entry in outside.items():
        assert entry["file_name"].startswith(build.PYODIDE_CDN_URL + "/"), name
        assert entry["file_name"].endswith("_wasm32.whl"), name
        assert re.fullmatch("[0-9a-f]{64}", entry["sha256"]), name


def test_the_library_is_the_books_own(listed, wheel):
    assert listed["optlib"]["file_name"] == f"../../pypi/{wheel.name}"
    assert listed["optlib"]["imports"] == ["optlib"]
    assert {"numpy", "matplotlib", "anywidget"} <= set(listed["optlib"]["depends"])


def test_no_other_index_is_asked(lite):
    config = json.loads((lite / "jupyter-lite.json").read_text(encoding="utf-8"))["jupyter-config-data"]
    kernel = config["litePluginSettings"][build.PYODIDE_KERNEL_PLUGIN_ID]
    assert kernel["disablePyPIFallback"] is True
    assert kernel["pyodideUrl"] == "./static/pyodide/pyodide.mjs"


# What the build refuses -----------------------------------------------------------------------------------------------


def made(folder, name, version="1.0", needs=(), tag="py3-none-any"):
    path = folder / f"{name}-{version}-{tag}.whl"
    text = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n" + "".join(f"Requires-Dist: {need}\n" for need in needs)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}/__init__.py", "")
        archive.writestr(f"{name}-{version}.dist-info/METADATA", text)
    return path


COMPILED = {"name": "fast", "version": "2.0", "file_name": "fast-2.0-cp314-wasm32.whl", "depends": [], "imports": ["fast"]}
PURE = COMPILED | {"name": "slow", "file_name": "slow-2.0-py3-none-any.whl"}
LOCK = {"info": {}, "packages": {"fast": COMPILED, "slow": PURE}}


def test_list_of_packages(tmp_path):
    wheels = [made(tmp_path, "one", needs=["two>=1", "fast", "absent; extra == 'more'", "absent; sys_platform == 'win32'"])]
    wheels += [made(tmp_path, "two")]
    found = packages(LOCK, [Wheel(path, path.name) for path in wheels])["packages"]
    assert {name: entry["depends"] for name, entry in found.items()} == {"fast": [], "one": ["two", "fast"], "two": []}
    assert found["fast"]["file_name"] == f"{build.PYODIDE_CDN_URL}/fast-2.0-cp314-wasm32.whl"
    assert found["two"]["imports"] == ["two"]


@pytest.mark.parametrize(
    ("needs", "complaint"),
    [
        ("absent", "one needs absent, which the site does not serve: add it to lite/requirements.txt"),
        ("slow", "one needs slow, which the site does not serve"),
        ("fast>=3", "one needs fast>=3; in the browser it would find fast 2.0"),
    ],
)
def test_what_cannot_run_is_refused(tmp_path, needs, complaint):
    with pytest.raises(SystemExit, match=re.escape(complaint)):
        packages(LOCK, [Wheel(made(tmp_path, "one", needs=[needs]), "")])


def test_a_compiled_wheel_is_refused(tmp_path):
    with pytest.raises(SystemExit, match="is not pure Python"):
        Wheel(made(tmp_path, "one", tag="cp314-cp314-manylinux_2_28_x86_64"), "")


@pytest.mark.parametrize(
    ("locked", "complaint"),
    [("0.1.0 sha512-x", "locks Pyodide 0.1.0, the kernel asks for"), (None, "has the hash sha512-")],
)
def test_another_pyodide_is_refused(tmp_path, monkeypatch, locked, complaint):
    def pack(*arguments):
        (tmp_path / "pyodide-x.tgz").write_bytes(b"another archive")

    (tmp_path / "pyodide.txt").write_text(locked or (build.HERE / "pyodide.txt").read_text())
    monkeypatch.setattr(build, "HERE", tmp_path)
    monkeypatch.setattr(build, "npm", pack)
    with pytest.raises(SystemExit, match=complaint):
        build.fetch_runtime(tmp_path)
