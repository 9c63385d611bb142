"""The instructor's guide: each of its links opens a figure in exactly the state that it names."""

from collections import defaultdict
from urllib.parse import parse_qsl, unquote, urljoin, urlsplit

import built
import drive


def live_links(site):
    """Return {page: [(from which page, anchor with state)]} for all links of the guide into figures."""
    found = defaultdict(list)
    for page in built.originals():
        for tag, attributes, _ in built.document(page).elements:
            if tag == "a" and "live-link" in attributes.get("class", "").split():
                where = urlsplit(urljoin("file:///" + page, attributes["href"]))
                found[where.path.lstrip("/")].append((page, unquote(where.fragment)))
    return found


def settings(fragment):
    """Return the name of a figure and its settings; numbers are numbers, so that 0.10 is 0.1."""

    def plain(text):
        try:
            return tuple(float(part) for part in text.split(","))
        except ValueError:
            return text

    name, _, state = fragment.partition("?")
    return name, {key: plain(value) for key, value in parse_qsl(state)}


def test_every_chapter_is_led_to(site):
    """Each chapter's figures are used by the guide, most of the links with a state."""
    links = live_links(site)
    chapters = {page for page in built.originals() if built.live_figures(page) and page.startswith("chapters/")}
    assert chapters <= set(links), f"no link of the guide leads to {sorted(chapters - set(links))}"
    states = [fragment for page in chapters for _, fragment in links[page] if "?" in fragment]
    assert len(states) >= 5 * len(chapters)


def test_links_open_their_state(browser, server, site, chapter):
    """A figure opened by a link says the settings of the link when it is asked for its own."""
    links = dict.fromkeys(fragment for _, fragment in live_links(site)[chapter] if "?" in fragment)
    with drive.Visit(browser, server.address, chapter, permissions=drive.CLIPBOARD) as visit:
        figures = {figure.name: figure for figure in visit.figures()}
        for link in links:
            name, wanted = settings(link)
            visit.page.evaluate("link => { location.hash = link; }", link)
            figure = visit.figure(figures[name].model)
            note = figure.ask("place => [...place.querySelectorAll('.ol-note')].map(n => n.textContent).join(' ')")
            assert not note.strip(), f"{link}: {note}"
            figure.button("Copy link").click()
            said = settings(unquote(urlsplit(visit.page.url).fragment))
            assert said[0] == name
            wrong = {key: said[1].get(key) for key in wanted if said[1].get(key) != wanted[key]}
            assert not wrong, f"{link} opens {wrong}"
        visit.quiet()
