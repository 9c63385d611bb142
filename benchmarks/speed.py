"""Times optlib against torch, optax, jax and scipy in one run on the same cores, and prints one table of medians and ratios.

    python -m pip install -r requirements.txt -r benchmarks/requirements.txt
    python benchmarks/speed.py

Absolute times depend on the machine and on what else it does; the ratios are the result, and each is the median over rounds
in which the two take turns, so that a load falls on both. A row whose bar is missed says so.

What holds optlib back in two dimensions: a step of Adam is some twenty calls of numpy, each 0.3 to 0.7 µs for two numbers, and
the loop around them is an eighth of the time. Hyperparameters are arrays even where they are single numbers, which costs a
third more than Python's floats would: that is the price of a sweep that equals its single runs to the last bit.
On a million parameters, numpy goes fourteen times over each block where a fused kernel goes once. On two busy cores torch's two
threads wait for each other; its row on one thread is then the one to trust.
"""

import sys
import time
from functools import partial
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
import torch

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "second_order")]

from second_order_evaluations import counts, ratios  # noqa: E402

from optlib import final, losses, rules, run  # noqa: E402
from optlib.blocks import blockwise  # noqa: E402
from optlib.data import digits, split  # noqa: E402
from optlib.nets import MLP  # noqa: E402
from optlib.train import train  # noqa: E402

LOSS = losses.Quadratic(kappa=100)
START = np.array([2.0, 1.0])
LONGEST, LONGEST_OF = 400, {"rules": 200}


def seconds(function):
    begin = time.perf_counter()
    function()
    return time.perf_counter() - begin


def duel(ours, others, rounds=7):
    """Return (our median, their median, median of their time over ours); each is run once before it counts."""
    ours(), others()
    times = np.array([(seconds(ours), seconds(others)) for _ in range(rounds)])
    return *np.median(times, axis=0), np.median(times[:, 1] / times[:, 0])


# 1,000 steps of Adam in two dimensions, the path kept


CURVATURE = np.array([1.0, LOSS.kappa])


def path_ours(steps=1000, by_hand=True):
    """The gradient by hand, as torch and optax get it below, or from the loss, as torch gets it by backward()."""
    return run(rules.adam, (lambda x: CURVATURE * x) if by_hand else LOSS, START, steps, lr=0.01).path


def path_torch(steps=1000, by_hand=False):
    x = torch.tensor(START, requires_grad=True)
    optimizer = torch.optim.Adam([x], lr=0.01)
    curvature, path = torch.tensor([1.0, LOSS.kappa], dtype=torch.float64), [x.detach().clone()]
    for _ in range(steps):
        if by_hand:
            x.grad = curvature * x.detach()
        else:
            optimizer.zero_grad()
            ((curvature * x * x).sum() / 2).backward()
        optimizer.step()
        path.append(x.detach().clone())
    return torch.stack(path).numpy()


def jax_gradient(x):
    return jnp.array([1.0, LOSS.kappa]) * x


def path_optax(steps=1000):
    optimizer = optax.adam(0.01)
    x = jnp.array(START)
    state, path = optimizer.init(x), [x]
    for _ in range(steps):
        updates, state = optimizer.update(jax_gradient(x), state)
        x = optax.apply_updates(x, updates)
        path.append(x)
    return np.array(path)


def adam_jax(lr, beta1, steps=200, keep=False):
    optimizer = optax.adam(lr, b1=beta1)

    def step(carry, _):
        x, state = carry
        updates, state = optimizer.update(jax_gradient(x), state)
        x = optax.apply_updates(x, updates)
        return (x, state), x if keep else None

    x = jnp.array(START)
    (x, _), path = jax.lax.scan(step, (x, optimizer.init(x)), length=steps)
    return path if keep else x


def paths():
    what = "1,000 steps of Adam in 2-D"
    jitted = jax.jit(partial(adam_jax, steps=1000, keep=True))
    np.testing.assert_allclose(path_torch(), path_ours(), atol=1e-9)
    np.testing.assert_allclose(path_optax(), path_ours(), atol=1e-9)
    np.testing.assert_allclose(jitted(0.01, 0.9), path_ours()[1:], atol=1e-9)
    yield what, "torch, backward()", *duel(partial(path_ours, by_hand=False), path_torch), ("≥", 8)
    yield what, "torch, gradient by hand", *duel(path_ours, partial(path_torch, by_hand=True)), ("≥", 8)
    yield what, "optax, no jit, gradient by hand", *duel(path_ours, path_optax, 3), ("≥", 50)
    yield what, "optax, jit, gradient by hand", *duel(path_ours, lambda: jitted(0.01, 0.9).block_until_ready()), None


# A sweep of 200 x 200 learning rates and momenta

LR, BETA1 = np.geomspace(1e-3, 1, 200), np.linspace(0, 0.99, 200)


def sweep_ours():
    return final(rules.adam, LOSS, START[:, None, None], 200, lr=LR[:, None], beta1=BETA1[None, :]).x


def sweep_jax(fresh):
    if fresh:
        jax.clear_caches()
    sweep = jax.jit(jax.vmap(jax.vmap(adam_jax, (None, 0)), (0, None)))
    return sweep(LR, BETA1).block_until_ready()


def sweeps():
    what = "200×200 sweep of Adam, 200 steps"
    compiled = jax.jit(jax.vmap(jax.vmap(adam_jax, (None, 0)), (0, None)))
    ours, theirs, ratio = duel(sweep_ours, partial(sweep_jax, True), 5)
    yield what, "half a second", ours, 0.5, 0.5 / ours, ("≥", 1)
    yield what, "jax vmap + jit, compile included", ours, theirs, ratio, ("≥", 1)
    yield what, "jax vmap + jit, compiled", *duel(sweep_ours, lambda: compiled(LR, BETA1).block_until_ready(), 5), None


def single_cells():
    cells = sweep_ours()
    places = [(i, j) for i in range(0, 200, 40) for j in range(0, 200, 40)]
    equal = [(final(rules.adam, LOSS, START, 200, lr=LR[i], beta1=BETA1[j]).x == cells[:, i, j]).all() for i, j in places]
    return f"{sum(equal)} of {len(equal)} cells of the sweep equal their single run to the last bit"


# One Adam step on a million float32 parameters


def long_steps(n=1_000_000):
    what, rng = "one Adam step on 10⁶ float32", np.random.default_rng(0)
    x, g, m, v = (rng.standard_normal(n).astype(np.float32) for _ in range(4))
    v = v * v
    hyper = {name: float(value) for name, value in rules.adam.__kwdefaults__.items()}
    parameter = torch.tensor(x, requires_grad=True)
    parameter.grad = torch.tensor(g)
    optimizer = torch.optim.Adam([parameter])
    many = torch.get_num_threads()
    for name, rule, threads in (
        ("whole", rules.adam, 1),
        ("in blocks", blockwise(rules.adam), 1),
        (f"in blocks, {many} threads", blockwise(rules.adam, threads=many), many),
    ):
        torch.set_num_threads(threads)
        row = duel(lambda rule=rule: rule(x, g, 5, m, v, **hyper), optimizer.step, 41)
        default = ", its default" if threads == many else ""
        yield f"{what}, {name}", f"torch, {threads} thread{'s' * (threads > 1)}{default}", *row, ("≥", 0.5) if default else None
    a, b = np.ones(20 * n, np.float32), np.zeros(20 * n, np.float32)
    bandwidth = 2 * a.nbytes / np.median([seconds(lambda: np.copyto(a, b)) for _ in range(9)])
    limit = 7 * x.nbytes / bandwidth  # x, g, m, v read; x, m, v written
    yield f"{what}, {name}", f"memory: 28 MB at {bandwidth / 1e9:.1f} GB/s", row[0], limit, limit / row[0], None


# Training a net on the digits

TORCH = {  # ours -> torch's of the same name, default hyperparameters of `optlib` on both sides
    "sgd": lambda p: torch.optim.SGD(p, lr=0.01),
    "momentum": lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.9),
    "nesterov": lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.9, nesterov=True),
    "adagrad": lambda p: torch.optim.Adagrad(p, lr=0.01),
    "rmsprop": lambda p: torch.optim.RMSprop(p, lr=0.01),
    "adam": lambda p: torch.optim.Adam(p, lr=0.001),
    "adamw": lambda p: torch.optim.AdamW(p, lr=0.001),
    "amsgrad": lambda p: torch.optim.Adam(p, lr=0.001, amsgrad=True),
}
EPOCHS, BATCH, SIZES = 5, 32, (64, 64, 10)


def train_torch(make, data):
    torch.manual_seed(0)
    x, y = torch.tensor(data.x, dtype=torch.float32), torch.tensor(data.y)
    net = torch.nn.Sequential(torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Linear(64, 10))
    optimizer, loss = make(net.parameters()), torch.nn.CrossEntropyLoss()
    begin = time.perf_counter()
    for _ in range(EPOCHS):
        order = torch.randperm(len(x))
        for i in range(0, len(x), BATCH):
            rows = order[i : i + BATCH]
            optimizer.zero_grad()
            loss(net(x[rows]), y[rows]).backward()
            optimizer.step()
    return time.perf_counter() - begin


def trainings(rounds=5):
    x, y, *_ = digits()
    data = split(x / 16, y, np.random.default_rng(0))
    net, many = MLP(SIZES, "relu", "cross_entropy"), torch.get_num_threads()
    for name, make in TORCH.items():
        if not hasattr(rules, name):
            raise SystemExit(f"optlib.rules has no {name}: mend TORCH")
        ours = partial(train, getattr(rules, name), net, data, epochs=EPOCHS, batch_size=BATCH, init="he", dtype=np.float32)
        rivals = []
        for threads in sorted({1, many}):
            torch.set_num_threads(threads)
            ours(), train_torch(make, data)
            times = np.array([(ours().clock[-1], train_torch(make, data)) for _ in range(rounds)])
            rivals.append((*np.median(times, axis=0), np.median(times[:, 1] / times[:, 0]), threads))
        *row, threads = min(rivals, key=lambda rival: rival[1])
        yield f"digits, {EPOCHS} epochs, {name}", f"torch, on {threads} of {many} threads: faster", *row, ("≥", 1 / 1.3)
    torch.set_num_threads(many)


def lines():
    """Yield (module, its lines, the most it may have) for `rules` and for the longest of the others."""
    count = {p.stem: len(p.read_text(encoding="utf-8").splitlines()) for p in (ROOT / "optlib").rglob("*.py")}
    yield "rules", count.pop("rules"), LONGEST_OF["rules"]
    name = max(count, key=count.get)
    yield name, count[name], LONGEST


def verdict(value, bar):
    return "" if bar is None else f"≥ {bar[1]:.3g} {'met' if value >= bar[1] else 'MISSED'}"


def show(what, against, ours, other, ratio, judged):
    print(f"{what:<46} {against:<34} {ours:>9} {other:>9} {ratio:>7}  {judged}", flush=True)


def main():
    jax.config.update("jax_enable_x64", True)
    print(f"torch {torch.__version__}, jax {jax.__version__}, optax {optax.__version__}, numpy {np.__version__}")
    print(f"{torch.get_num_threads()} threads; a ratio above 1 is in favour of optlib\n")
    show("what", "against", "optlib", "other", "ratio", "bar")
    for rows in (paths, sweeps, long_steps, trainings):
        for what, against, a, b, ratio, bar in rows():
            show(what, against, f"{a * 1e3:.1f} ms", f"{b * 1e3:.1f} ms", f"{ratio:.2f}", verdict(ratio, bar))
    for tol in (1e-5, 1e-8):
        rows = counts(tol)
        ours, theirs = sum(r.calls["value"] for _, r, _ in rows), sum(r.nfev for *_, r in rows)
        share = np.median(ratios(rows))
        met = f"≤ 1 {'met' if share <= 1 else 'MISSED'} (ours over theirs)"
        show(
            f"L-BFGS, values until |gradient| ≤ {tol:g}", "scipy L-BFGS-B, median of ratios", ours, theirs, f"{share:.2f}", met
        )
    for name, count, most in lines():
        met = f"≤ {most} {'met' if count <= most else 'MISSED'}"
        show(f"lines of {name}.py", "" if name == "rules" else "the longest of the others", count, "", "", met)
    print(f"\n{single_cells()}")


if __name__ == "__main__":
    main()
