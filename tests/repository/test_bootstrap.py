"""The bootstrap cell has one source, and each notebook holds what it says."""

import sys
import tomllib
from pathlib import Path

import nbformat
import pytest
import yaml

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "tools"))
import bootstrap  # noqa: E402
import clean_notebooks  # noqa: E402
import optlib  # noqa: E402


@pytest.mark.parametrize("path", sorted((ROOT / "chapters").glob("*.ipynb")), ids=lambda path: path.stem)
def test_each_notebook_begins_with_it(path):
    cells = [cell for cell in nbformat.read(path, 4).cells if cell.cell_type == "code"]
    assert cells[0].id == bootstrap.ID
    assert cells[0].source == bootstrap.source()
    assert [output.text for output in cells[0].outputs] == [bootstrap.output()]


def test_the_version_is_that_of_the_project():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert optlib.__version__ == version
    assert f'version, source = "{version}", ' in bootstrap.source()


def test_the_source_is_the_repository_of_the_configuration():
    repository = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["repository"]["url"]
    assert f'"git+{repository}@' in bootstrap.source()


@pytest.mark.parametrize(("heading", "reference"), [("not yet released", "trunk"), ("2031-05-06", "v7.8.9")])
def test_what_is_released_comes_from_its_tag(tmp_path, monkeypatch, heading, reference):
    (tmp_path / "_config.yml").write_text("repository: {url: https://example.org/a/b/, branch: trunk}", encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "7.8.9"', encoding="utf-8")
    (tmp_path / "CHANGES.md").write_text(f"# Changes\n\n## 7.8.9 ({heading})\n\n## 7.8.8 (2030-01-01)\n", encoding="utf-8")
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    assert f'version, source = "7.8.9", "git+https://example.org/a/b@{reference}"' in bootstrap.source()


def test_a_version_without_a_heading_is_refused(tmp_path, monkeypatch):
    (tmp_path / "_config.yml").write_text("repository: {url: https://example.org/a/b, branch: trunk}", encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "7.8.9"', encoding="utf-8")
    (tmp_path / "CHANGES.md").write_text("## 7.8.8 (2030-01-01)\n", encoding="utf-8")
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    with pytest.raises(ValueError, match=r"no heading '## 7\.8\.9"):
        bootstrap.source()


def test_a_changed_cell_is_written_anew_and_a_missing_one_refused():
    cell = nbformat.v4.new_code_cell("print('mine')", id=bootstrap.ID)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# A title"), cell])
    clean_notebooks.clean(notebook)
    assert notebook.cells[1].source == bootstrap.source() and notebook.cells[1].metadata == bootstrap.METADATA
    notebook.cells.pop()
    with pytest.raises(clean_notebooks.Refused, match="no code cell with the id 'bootstrap'"):
        clean_notebooks.clean(notebook)


def test_the_library_and_the_book_ask_for_the_same():
    """What optlib needs stands in pyproject.toml for those who install it, and in requirements.txt for the lock."""
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    asked = (ROOT / "requirements.txt").read_text(encoding="utf-8").partition("# optlib\n")[2].partition("\n\n")[0]
    assert [line.partition("#")[0].strip() for line in asked.splitlines()] == needed
