"""Questions that are answered before looking: their state, their text without JavaScript, and their mistakes."""

import re

import pytest
from traitlets import TraitError

from optlib.widgets import Predict

OPTIONS = {"none": "Only the *extremes* count: `|1 − ηλ|`.", "twice as many": "It is not <b>the</b> worst & not `a * b * c`."}


def ask(**given):
    return Predict("How many *more* steps?", OPTIONS, **{"answer": "none", "name": "guess", **given})


def test_the_reader_commits_to_an_option_and_can_start_over():
    figure = ask()
    assert figure.chosen == "" and figure.initial == {"chosen": ""}
    figure.chosen = "twice as many"
    with pytest.raises((TraitError, ValueError), match="chosen is 'three'; expected one of"):
        figure.chosen = "three"
    assert figure.chosen == "twice as many"
    figure.chosen = ""


def test_the_page_gets_the_options_in_their_order():
    state = ask().get_state()
    assert state["options"] == [list(pair) for pair in OPTIONS.items()] and state["answer"] == "none"


def test_without_javascript_the_answer_is_folded_away_and_no_markup_slips_in():
    data, _ = ask()._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data and "image/svg+xml" not in data
    text = data["text/html"]
    shown, hidden = text.split("<details>")
    assert "<em>more</em>" in shown and "none" in shown and "extremes" not in shown
    assert "<em>extremes</em>" in hidden and "<code>|1 − ηλ|</code>" in hidden and "(right)" in hidden
    assert "&lt;b&gt;the&lt;/b&gt; worst &amp; not <code>a * b * c</code>" in hidden
    assert set(re.findall(r"<(\w+)", text)) <= {"div", "p", "strong", "em", "code", "ul", "li", "details", "summary"}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ask(answer="non"), "answer 'non' is none of the options; did you mean 'none'"),
        (lambda: Predict("q", {"one": "r"}, answer="one"), "options: give at least two"),
        (lambda: Predict("q", ["one", "two"], answer="one"), "options: give at least two"),
        (lambda: Predict("q", {"one": "", "two": "r"}, answer="one"), r"options\['one'\] is ''"),
        (lambda: Predict(" ", OPTIONS, answer="none"), "question is ' '; expected a sentence"),
    ],
)
def test_a_mistake_is_named_with_its_fix(make, message):
    with pytest.raises(ValueError, match=message):
        make()
