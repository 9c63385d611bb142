"""The archive of the site: the same bytes for the same site, and its chapters work when they are opened from a folder."""

import shutil
import sys
import zipfile

import built
import drive
import pytest

sys.path.append(str(built.ROOT / "tools"))
import archive


@pytest.fixture(scope="module")
def copy(site, tmp_path_factory):
    """The site without what is large, but with a JupyterLite that must stay out."""
    copy = tmp_path_factory.mktemp("built") / "html"
    shutil.copytree(site, copy, ignore=shutil.ignore_patterns("lite", "downloads"))
    (copy / "lite").mkdir()
    (copy / "lite" / "index.html").write_text("A kernel.", encoding="utf-8")
    return copy


def test_the_same_site_gives_the_same_archive(copy):
    """Whenever its files were written, and although the first archive lies in the site then."""
    first = archive.pack(copy).read_bytes()
    (copy / "intro.html").touch()
    assert archive.pack(copy).read_bytes() == first
    names = zipfile.ZipFile(copy / archive.ARCHIVE).namelist()
    assert f"{archive.NAME}/index.html" in names
    assert not [name for name in names if "lite/" in name or name.endswith((".zip", ".part")) or ".." in name]


def test_a_chapter_works_from_the_unpacked_archive(copy, browser, tmp_path):
    """Its figures are drawn and move; its links lead to files."""
    zipfile.ZipFile(archive.pack(copy)).extractall(tmp_path)
    site = tmp_path / archive.NAME
    pages = [page for page in built.originals(site) if page.startswith("chapters/") and built.live_figures(page, site)]
    page = min(pages, key=lambda p: (site / p).stat().st_size)
    with drive.Visit(browser, site.as_uri() + "/", "index.html") as visit:
        visit.page.locator(f"article a[href$='{page}'], .bd-sidebar-primary a[href$='{page}']").first.evaluate("e => e.click()")
        visit.page.wait_for_url(f"**/{page}")
        for figure in visit.arrive():
            assert not figure.ask("probe.flaw"), f"{figure.name}: {figure.ask('probe.flaw')}"
        figure = next(f for f in visit.figures() if f.kind != "Predict").begin()
        figure.of("range", "handle")[0].nudge()
        assert figure.ask("probe.changes", figure.initial, 2000) != figure.initial
        visit.quiet()


def test_without_a_site_it_says_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError, match="make book"):
        archive.pack(tmp_path)
