"""What is not plain arithmetic is refused, with the function, the line in it, and the code."""

import functools

import numpy as np
import pytest

from optlib import rules, translate
from optlib.translate import NotArithmetic, to_js, to_latex

# ruff: noqa: F841 (these functions are wrong on purpose)

SCALE = 2.0


def branch(x):
    if x > 0:
        x = -x
    return x


def loop(x):
    y = x
    for _ in range(3):
        y = y * y
    return y


def while_loop(x):
    while x > 1:
        x = x / 2
    return x


def conditional(x):
    return x if x > 0 else -x


def equality(x):
    return x * (x == 0)


def chained_comparison(x):
    return x * (0 < x < 1)


def augmented(x):
    x += 1
    return x


def annotated(x):
    y: float = x + 1
    return y


def walrus(x):
    return (y := x + 1) * y


def chained(x):
    y = z = x
    return y * z


def starred_target(x):
    y, *z = x
    return y


def item_target(x):
    x[0] = 1
    return x


def attribute(x):
    return x.real + 1


def method_call(x):
    return x.sum() + 1


def dotted_function(x):
    return np.sqrt(x)


def unknown_function(x):
    return hypot(x, 1)  # noqa: F821


def keyword(x):
    return sqrt(x=x)  # noqa: F821


def text(x):
    return x * "2"


def nothing(x):
    return x * None


def true(x):
    return x * True


def infinite(x):
    return x * 1e999


def imaginary(x):
    return x * 1j


def floor_division(x):
    return x // 2


def remainder(x):
    return x % 2


def matrix_product(x, y):
    return x @ y


def plus_sign(x):
    return +x


def listed(x):
    return [x, x]


def slices(x):
    return x[1:]


def last_item(x):
    return x[-1]


def inner(x):
    def double(y):
        return 2 * y

    return double(x)


def raises(x):
    raise ValueError(x)


def early(x):
    return x
    return x * x  # the first return is not the last line


def statement(x):
    print(x)
    return x


def asserts(x):
    assert x > 0
    return x


def no_return(x):
    y = x * x


def bare_return(x):
    return


def only_words(x):
    """Nothing else."""


def star_arguments(*x):
    return 1


def star_keywords(x, **hyper):
    return x


def module_constant(x):
    return SCALE * x


def not_yet(x):
    y = z * x  # noqa: F821
    z = 2
    return y * z


# name: (function, line of the offence, offending code)
BOTH = {
    "branch": (branch, 2, "if x > 0:"),
    "loop": (loop, 3, "for _ in range(3):"),
    "while_loop": (while_loop, 2, "while x > 1:"),
    "conditional": (conditional, 2, "x if x > 0 else -x"),
    "equality": (equality, 2, "x == 0"),
    "chained_comparison": (chained_comparison, 2, "0 < x < 1"),
    "augmented": (augmented, 2, "x += 1"),
    "annotated": (annotated, 2, "y: float = x + 1"),
    "walrus": (walrus, 2, "y := "),
    "chained": (chained, 2, "y = z = x"),
    "starred_target": (starred_target, 2, "y, *z = x"),
    "item_target": (item_target, 2, "x[0] = 1"),
    "attribute": (attribute, 2, "x.real"),
    "method_call": (method_call, 2, "x.sum()"),
    "dotted_function": (dotted_function, 2, "np.sqrt(x)"),
    "unknown_function": (unknown_function, 2, "hypot(x, 1)"),
    "keyword": (keyword, 2, "sqrt(x=x)"),
    "text": (text, 2, "'2'"),
    "nothing": (nothing, 2, "None"),
    "true": (true, 2, "True"),
    "infinite": (infinite, 2, "1e309"),
    "imaginary": (imaginary, 2, "1j"),
    "floor_division": (floor_division, 2, "x // 2"),
    "remainder": (remainder, 2, "x % 2"),
    "matrix_product": (matrix_product, 2, "x @ y"),
    "plus_sign": (plus_sign, 2, "+x"),
    "listed": (listed, 2, "[x, x]"),
    "slices": (slices, 2, "x[1:]"),
    "last_item": (last_item, 2, "x[-1]"),
    "inner": (inner, 2, "def double(y):"),
    "raises": (raises, 2, "raise ValueError(x)"),
    "early": (early, 2, "return x"),
    "statement": (statement, 2, "print(x)"),
    "asserts": (asserts, 2, "assert x > 0"),
    "no_return": (no_return, 2, "y = x * x"),
    "bare_return": (bare_return, 2, "return"),
    "only_words": (only_words, 2, "Nothing else."),
    "star_arguments": (star_arguments, 1, "x"),
    "star_keywords": (star_keywords, 1, "hyper"),
}


@pytest.mark.parametrize("translation", [to_js, to_latex])
@pytest.mark.parametrize("name", BOTH)
def test_refused_with_its_place(name, translation):
    function, line, code = BOTH[name]
    with pytest.raises(NotArithmetic) as error:
        translation(function)
    message = str(error.value)
    assert message.startswith(f"{name}, line {line}: "), message
    assert code in message.replace("\\'", "'").replace('"', "'"), message


@pytest.mark.parametrize(("function", "line", "code"), [(module_constant, 2, "SCALE"), (not_yet, 2, "z")])
def test_a_name_without_a_value_is_no_javascript(function, line, code):
    """A global of the module would be missing in the browser."""
    with pytest.raises(NotArithmetic, match=f"^{function.__name__}, line {line}: '{code}' is neither an argument nor assigned"):
        to_js(function)


# Names that mean something else in JavaScript, as an argument, as a keyword, assigned

WORDS = (
    "new delete var let default function this typeof void enum static eval arguments interface package public Math p pi".split()
)


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize(
    "source", ["def f({0}):\n    return {0}", "def f(x, *, {0}=1):\n    return x", "def f(x):\n    {0} = x\n    return x"]
)
def test_reserved_names(tmp_path, word, source):
    path = tmp_path / "reserved.py"
    path.write_text(source.format(word))
    scope = {}
    exec(compile(path.read_text(), str(path), "exec"), scope)
    with pytest.raises(NotArithmetic, match=rf"^f, line \d: .*\b{word}\b.* in JavaScript"):
        to_js(scope["f"])


# What is no function of its own


def doubled(function):
    @functools.wraps(function)
    def inside(x):
        return 2 * function(x)

    return inside


@doubled
def decorated(x):
    return x


made = {}
exec("def without_source(x):\n    return x", made)


@pytest.mark.parametrize("translation", [to_js, to_latex])
@pytest.mark.parametrize(
    ("thing", "words"),
    [
        (lambda x: x, "lambda has no source of its own"),
        (functools.partial(rules.sgd, lr=1), "partial.* is not a plain function"),
        (np.sqrt, "sqrt.* is not a plain function"),
        (dict, "dict.* is not a plain function"),
        (decorated, "decorated is not a plain function: define it with def, undecorated"),
        (made["without_source"], "source of without_source cannot be read"),
    ],
)
def test_refused_as_a_whole(thing, words, translation):
    with pytest.raises(NotArithmetic, match=words):
        translation(thing)


def test_the_message_lists_what_is_allowed():
    with pytest.raises(NotArithmetic) as error:
        to_js(unknown_function)
    assert all(name in str(error.value) for name in translate.FUNCTIONS)
