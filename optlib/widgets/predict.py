"""A question that is answered before looking: options, and what choosing each of them reveals."""

import html
import re

import traitlets

from ..naming import nearest
from . import _bundle
from ._figure import Figure


class Predict(Figure):
    """Ask `question`; `options` maps each answer to what choosing it reveals, `answer` is the right one.

    Texts may hold `code` and *emphasis*; anything else is shown as it is written. The trait `chosen` is the option that
    the reader has committed to, "" before. Without JavaScript the options stand in a list and the answer is folded away.
    """

    _esm = _bundle.esm("predict.js")
    changes = ("chosen",)
    question = traitlets.Unicode().tag(sync=True)
    options = traitlets.List().tag(sync=True)  # pairs, because the order counts
    answer = traitlets.Unicode().tag(sync=True)
    chosen = traitlets.Unicode("").tag(sync=True)

    def __init__(self, question, options, *, answer, name=""):
        if not isinstance(question, str) or not question.strip():
            raise ValueError(f"question is {question!r}; expected a sentence")
        if not isinstance(options, dict) or len(options) < 2:
            raise ValueError("options: give at least two, as {option: what choosing it reveals}")
        for option, text in options.items():
            if not (isinstance(option, str) and option.strip() and isinstance(text, str) and text.strip()):
                raise ValueError(f"options[{option!r}] is {text!r}; expected text for the option and for what it reveals")
        if answer not in options:
            known = ", ".join(map(repr, options))
            raise ValueError(f"answer {answer!r} is none of the options; {nearest(answer, options)}options: {known}")
        pairs = [list(pair) for pair in options.items()]
        super().__init__(name=name, question=question, options=pairs, answer=answer)

    @traitlets.validate("chosen")
    def _check_chosen(self, proposal):
        known = ["", *(option for option, _ in self.options)]
        if proposal["value"] not in known:
            raise ValueError(f"chosen is {proposal['value']!r}; expected one of {known}")
        return proposal["value"]

    def fallback(self):
        """Return the question as HTML that needs no JavaScript, for print and for readers that do not run it."""
        items = "".join(f"<li>{_inline(option)}</li>" for option, _ in self.options)
        reveal = "".join(
            f"<p><strong>{_inline(option)}</strong>{' (right)' if option == self.answer else ''}: {_inline(text)}</p>"
            for option, text in self.options
        )
        question = f"<p><strong>Predict.</strong> {_inline(self.question)}</p><ul>{items}</ul>"
        answer = f"<details><summary>Answer</summary>{reveal}</details>"
        return {"text/html": f'<div class="ol-predict-still">{question}{answer}</div>'}


def _inline(text):
    """Return `text` as HTML, with `code` and *emphasis*.

    >>> _inline("is `lr < 2` *enough*?")
    'is <code>lr &lt; 2</code> <em>enough</em>?'
    """
    text = re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text, quote=False))
    return re.sub(r"\*([^*]+)\*(?![^<]*</code>)", r"<em>\1</em>", text)
