"""What extensions keep of the pages: a page that is read again leaves nothing behind, and who shows it is written again."""

from types import SimpleNamespace

import pytest
from docutils import nodes

from store import Store


class place(nodes.General, nodes.Element):
    pass


class other_place(nodes.General, nodes.Element):
    pass


STORE = Store("kept", place)


@pytest.fixture
def env():
    """An environment with two pages, of which each was read."""
    made = SimpleNamespace()
    STORE.of(made).update(one=1, two=2)
    return made


def test_a_page_is_forgotten(env):
    STORE.forget(None, env, "one")
    STORE.forget(None, env, "never read")
    assert STORE.of(env) == {"two": 2}


def test_another_process_gives_the_pages_that_it_read_and_no_others(env):
    read = SimpleNamespace(kept={"one": "stale", "two": "read again", "three": 3})
    STORE.merge(None, env, ["two", "three", "four, which held nothing"], read)
    assert STORE.of(env) == {"one": 1, "two": "read again", "three": 3}


def test_stores_are_apart(env):
    assert Store("another", place).of(env) == {}
    assert STORE.of(env) == {"one": 1, "two": 2}


def test_the_pages_that_show_it_are_written_again(env):
    deep = nodes.section("", nodes.paragraph("", "", place()))
    pages = {"deep": deep, "other": nodes.section("", other_place()), "text": nodes.section("", nodes.paragraph())}
    env.found_docs, env.get_doctree = set(pages), pages.get
    assert STORE.write_again(None, env) == ["deep"]
    assert sorted(Store("kept", place, other_place).write_again(None, env)) == ["deep", "other"]
