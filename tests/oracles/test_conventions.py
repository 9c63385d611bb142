"""The table of defaults in the appendix on notation, against the installed libraries."""

import inspect
import re
from pathlib import Path

import optax
import pytest
import torch

from optlib import rules

PAGE = Path(__file__).parents[2] / "appendices" / "notation.md"


def ours(rule, name):
    return inspect.signature(rule).parameters[name].default


def default(function, name):
    return inspect.signature(function).parameters[name].default


KNOWN = {  # row: what this book, torch and optax have
    "Adam `eps`": (ours(rules.adam, "eps"), default(torch.optim.Adam, "eps"), default(optax.adam, "eps")),
    "RMSProp `rho`": (ours(rules.rmsprop, "rho"), default(torch.optim.RMSprop, "alpha"), default(optax.rmsprop, "decay")),
    "RMSProp `eps`": (ours(rules.rmsprop, "eps"), default(torch.optim.RMSprop, "eps"), default(optax.rmsprop, "eps")),
    "AdaGrad start of the sum": (
        ours(rules.adagrad, "s"),
        default(torch.optim.Adagrad, "initial_accumulator_value"),
        default(optax.adagrad, "initial_accumulator_value"),
    ),
    "AdaGrad `eps`": (ours(rules.adagrad, "eps"), default(torch.optim.Adagrad, "eps"), default(optax.adagrad, "eps")),
    "AdamW `wd`": (ours(rules.adamw, "wd"), default(torch.optim.AdamW, "weight_decay"), default(optax.adamw, "weight_decay")),
    "Lion `wd`": (ours(rules.lion, "wd"), None, default(optax.lion, "weight_decay")),
}


def rows():
    table = re.search(r"^\| default of .*?\n\n", PAGE.read_text(encoding="utf-8"), re.M | re.S)[0].strip().splitlines()[2:]
    for line in table:
        name, *cells = (cell.strip() for cell in line.strip("|").split("|"))
        yield name, [None if cell == "none" else float(cell) for cell in cells]


def test_every_row_is_checked():
    assert [name for name, _ in rows()] == list(KNOWN)


@pytest.mark.parametrize(("name", "cells"), list(rows()))
def test_the_defaults_are_those_of_the_libraries(name, cells):
    assert tuple(cells[:3]) == KNOWN[name]


def test_torch_has_no_lion():
    assert not hasattr(torch.optim, "Lion")
