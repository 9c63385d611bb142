"""The landscape explorer: what Python computes, errors for bad input, the still picture, and what the page is given."""

import json
import math
import re
import warnings
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from traitlets import TraitError

from optlib import broken_adams, catalogue, losses, plotting, rules
from optlib.run import run
from optlib.widgets import Landscape, _bundle

SVG = "image/svg+xml"
VIEW = "application/vnd.jupyter.widget-view+json"


def slowest(t, *, lr, kappa):
    """(1 − η)²ᵗ, the slowest direction."""
    return (1 - lr) ** (2 * t) + 0 * kappa


def three(**more):
    given = {"sgd": {"lr": 0.05}, "momentum": {"lr": 0.02, "beta": 0.8}, "adam": {"lr": 0.1}}
    return Landscape(losses.Quadratic(kappa=30, angle=0.3), given, start=[-1.8, 0.9], steps=40, name="race", **more)


def test_path_is_what_the_loop_computes():
    figure = three()
    for rule in figure.rules:
        expected = run(getattr(rules, rule), losses.Quadratic(kappa=30, angle=0.3), [-1.8, 0.9], 40, **figure.hyper[rule]).path
        np.testing.assert_array_equal(figure.paths[rule], expected)
    assert figure.path.shape == (41, 2)
    np.testing.assert_array_equal(figure.path, figure.paths["sgd"])


def test_path_follows_what_the_reader_changed():
    figure = three()
    figure.start = [1.0, 0.5]
    figure.params = {"kappa": 5.0, "angle": 0.0}
    figure.hyper = {**figure.hyper, "sgd": {"lr": 0.1}}
    expected = run(rules.sgd, losses.Quadratic(kappa=5), [1.0, 0.5], 40, lr=0.1).path
    np.testing.assert_array_equal(figure.path, expected)


@pytest.mark.parametrize("given", ["sgd", rules.sgd, ["sgd"], [rules.sgd], {"sgd": {}}, {rules.sgd: {"lr": 0.01}}])
def test_one_rule_in_all_its_forms(given):
    figure = Landscape("Quadratic", given, steps=3)
    assert figure.rules == ["sgd"] and figure.hyper == {"sgd": {"lr": 0.01}}


def test_every_rule_and_every_loss_can_be_shown():
    from optlib.catalogue import LOSSES, RULES

    for name in LOSSES:
        figure = Landscape(name, list(RULES), steps=5)
        assert list(figure.paths) == list(RULES)
        left, right, bottom, top = figure.function.window
        assert left < figure.start[0] < right and bottom < figure.start[1] < top


def test_unlisted_hyperparameters_are_the_rules_own():
    assert three().hyper["adam"] == {"lr": 0.1, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8}


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Landscape("Quadratc", "sgd"), ValueError, "loss 'Quadratc' does not exist; did you mean 'Quadratic'"),
        (lambda: Landscape(abs, "sgd"), TypeError, "give a loss of optlib.losses"),
        (lambda: Landscape("Quadratic", "momentun"), ValueError, "did you mean 'momentum'"),
        (lambda: Landscape("Quadratic", []), ValueError, "rules is empty"),
        (lambda: Landscape("Quadratic", slowest), ValueError, "'slowest' does not exist"),
        (lambda: Landscape("Quadratic", {"sgd": {"lrr": 1}}), TypeError, "sgd has no hyperparameter 'lrr'; did you mean 'lr'"),
        (lambda: Landscape("Quadratic", {"sgd": 0.1}), TypeError, "give its hyperparameters as"),
        (lambda: Landscape("Quadratic", {"sgd": {"lr": -1}}), ValueError, "lr is -1"),
        (lambda: Landscape("Quadratic", {"sgd": {"lr": math.nan}}), ValueError, "lr is nan"),
        (lambda: Landscape("Quadratic", {"sgd": {"lr": lambda t: 0.1}}), ValueError, "one finite number"),
        (lambda: Landscape("Quadratic", "sgd", start=[1, 2, 3]), ValueError, r"start is \[1, 2, 3\]: give two numbers"),
        (lambda: Landscape("Quadratic", "sgd", start="here"), ValueError, "start is 'here': give two numbers"),
        (lambda: Landscape("Quadratic", "sgd", start=[1, math.inf]), ValueError, "both coordinates must be finite"),
        (lambda: Landscape("Quadratic", "sgd", steps=0), ValueError, "steps is 0: give a whole number, 1 or more"),
        (lambda: Landscape("Quadratic", "sgd", steps=2.5), ValueError, "steps is 2.5"),
        (lambda: Landscape("Quadratic", "sgd", steps=True), ValueError, "steps is True"),
        (lambda: Landscape("Quadratic", "sgd", sliders=["kapa"]), ValueError, "did you mean 'kappa'"),
        (lambda: Landscape("Quadratic", "sgd", sliders={"lr": (1, 0.1)}), ValueError, "low < high"),
        (lambda: Landscape("Quadratic", "sgd", window=(0, 1, 2)), ValueError, r"window is \(0, 1, 2\)"),
        (lambda: Landscape("Quadratic", "sgd", window=(1, 0, 0, 1)), ValueError, "left < right"),
        (lambda: Landscape("Quadratic", "sgd", predicted=lambda t, *, beta: 0), ValueError, "'beta' is no hyperparameter"),
        (lambda: Landscape("Quadratic", "sgd", predicted=lambda t, lr: 0), ValueError, "after the star"),
    ],
)
def test_bad_input_names_the_argument_and_the_fix(make, error, message):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize(
    ("trait", "value", "message"),
    [
        ("start", [1.0], "give two numbers"),
        ("start", [math.nan, 0.0], "finite"),
        ("shown", 41, "give a step from 0 to 40"),
        ("shown", -1, "give a step from 0 to 40"),
        ("params", {"kapa": 3}, "did you mean 'kappa'"),
        ("params", {"kappa": math.inf, "angle": 0}, "kappa is inf"),
        ("hyper", {"sgd": {"lr": 0.1}}, "hyper has the rules"),
        ("hidden", ["adamm"], "did you mean 'adam'"),
    ],
)
def test_bad_changes_are_refused_and_change_nothing(trait, value, message):
    figure = three()
    before = getattr(figure, trait)
    with pytest.raises((ValueError, TraitError), match=message):
        setattr(figure, trait, value)
    assert getattr(figure, trait) == before


def test_what_the_figure_is_made_of_cannot_be_reassigned():
    with pytest.raises(TraitError, match="read-only"):
        three().loss = "Rosenbrock"


def test_sliders_by_default_are_lr_and_the_parameters_of_the_loss():
    knobs = [(knob["of"], knob["key"]) for knob in three().knobs]
    assert knobs == [("sgd", "lr"), ("momentum", "lr"), ("adam", "lr"), ("", "kappa"), ("", "angle")]


def test_sliders_as_asked_for_and_with_their_range():
    knobs = three(sliders={"beta": None, "kappa": (1, 50)}).knobs
    assert [(knob["of"], knob["key"]) for knob in knobs] == [("momentum", "beta"), ("", "kappa")]
    assert (knobs[1]["min"], knobs[1]["max"]) == (1, 50)
    assert Landscape("Quadratic", "sgd", sliders=()).knobs == []


def test_state_for_the_page_is_plain_data_and_remembers_where_it_began():
    figure = three(predicted=slowest)
    state = {key: value for key, value in figure.get_state().items() if key not in ("_esm", "_css", "_dom_classes", "layout")}
    assert json.loads(json.dumps(state, allow_nan=False)) == state
    assert figure.initial == {key: getattr(figure, key) for key in Landscape.changes}
    figure.start = [0.0, 0.0]
    assert figure.initial["start"] == [-1.8, 0.9]


def test_the_page_links_and_resets_what_python_calls_changing():
    linked = re.search(r"linkState\(model, f, (\[[^]]*\])", (_bundle.HERE / "landscape.js").read_text(encoding="utf-8"))
    assert tuple(json.loads(linked[1])) == Landscape.changes


def test_the_module_is_whole_and_its_entry_is_on_the_page():
    module = _bundle.esm("landscape.js")
    assert not re.search(r"^import\b", module, re.M) and module.count("export default") == 1
    assert '"optlib.widgets.landscape.Landscape":' in _bundle.site()
    assert three()._anywidget_id == "optlib.widgets.landscape.Landscape"


def test_prediction_is_sent_with_its_names_and_label():
    sent = three(predicted=slowest).predicted
    assert sent["names"] == ["lr", "kappa"] and sent["label"] == "(1 − η)²ᵗ, the slowest direction"
    assert sent["js"].startswith("function slowest(t, { lr, kappa })")


def picture(figure):
    return ET.fromstring(figure._repr_mimebundle_()[0][SVG])


def test_mimebundle_holds_the_widget_and_a_still_with_its_caption_as_title():
    data, _ = three(caption="Three rules from one start.")._repr_mimebundle_()
    assert data[VIEW]["model_id"]
    root = ET.fromstring(data[SVG])
    assert root.find("{http://www.w3.org/2000/svg}title").text == "Three rules from one start."
    assert "<text" in data[SVG]  # letters stay text
    assert len(data[SVG]) < 150_000


def test_still_is_the_same_each_time_and_takes_its_colours_from_the_palette():
    figure = three(predicted=slowest)
    assert figure.still() == figure.still()
    known = {light for light, _ in plotting.COLORS.values()}
    assert set(re.findall(r"#[0-9a-fA-F]{6}\b", figure.still())) <= known
    assert plotting.COLORS["adam"][0] in figure.still()


def test_still_shows_what_is_shown():
    figure = three()
    figure.hidden = ["adam"]
    assert plotting.COLORS["adam"][0] not in figure.still()
    whole = figure.still()
    figure.shown = 3
    assert figure.still() != whole


@pytest.mark.parametrize("lr", [0.21, 5.0, 1e200])
def test_a_diverging_path_can_be_drawn(lr):
    figure = Landscape(losses.Quadratic(kappa=10), {"sgd": {"lr": lr}}, steps=300)
    assert picture(figure) is not None
    assert not np.isfinite(figure.path[-1]).all() or np.abs(figure.path[-1]).max() > 1e6


@pytest.mark.parametrize("loss", [losses.ScaledFeature(scale=1e6), losses.Rosenbrock(b=100.0)])
def test_other_losses_can_be_drawn(loss):
    assert picture(Landscape(loss, ["sgd", "adam"], steps=20)) is not None


@pytest.mark.parametrize("name", catalogue.LOSSES)
def test_every_loss_can_be_shown(name):
    figure = Landscape(name, "sgd", steps=5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "<svg" in figure.still()
    best = [figure.function(minimum) for minimum in figure.function.minima]
    # A logarithmic axis shows no loss below zero; a loss that falls for ever, or whose minimum is negative, has a linear one.
    assert figure.log == (bool(best) and min(best) > -1e-9)


def test_a_broken_adam_is_taken_as_a_function_and_not_by_name():
    pair = {rules.adam: {"lr": 0.05}, broken_adams.inverted: {"lr": 0.05}}
    figure = Landscape(losses.Quadratic(kappa=10), pair, steps=20)
    ours = run(broken_adams.inverted, losses.Quadratic(kappa=10), figure.start, 20, lr=0.05)
    np.testing.assert_array_equal(figure.paths["inverted"], ours.path)
    assert plotting.COLORS["inverted"][0] in figure.still()
    with pytest.raises(ValueError, match="rule 'inverted' does not exist"):
        Landscape(losses.Quadratic(), "inverted")
