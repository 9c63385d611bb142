"""Times optlib against torch, optax and jax in one run on the same cores, and prints medians and ratios as a table.

    python -m pip install -r benchmarks/requirements.txt
    python benchmarks/speed.py

Absolute times depend on the machine; the ratios are the result. A row whose bar is missed says so.
"""

import time
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
import torch

from optlib import final, losses, rules, run

LOSS = losses.Quadratic(kappa=100)
START = np.array([2.0, 1.0])


def median(function, repeats=7):
    """Return the median time of `function` in seconds, after one warm-up."""
    function()
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        function()
        times.append(time.perf_counter() - begin)
    return float(np.median(times))


def jax_gradient(x):
    return jnp.array([1.0, LOSS.kappa]) * x


def path_torch(steps):
    x = torch.tensor(START, requires_grad=True)
    optimizer = torch.optim.Adam([x], lr=0.01)
    curvature = torch.tensor([1.0, LOSS.kappa], dtype=torch.float64)
    for _ in range(steps):
        x.grad = curvature * x.detach()
        optimizer.step()


def path_optax(steps):
    optimizer = optax.adam(0.01)
    x = jnp.array(START)
    state = optimizer.init(x)
    for _ in range(steps):
        updates, state = optimizer.update(jax_gradient(x), state)
        x = optax.apply_updates(x, updates)
    x.block_until_ready()


def adam_jax(lr, beta1, steps=200):
    optimizer = optax.adam(lr, b1=beta1)

    def step(carry, _):
        x, state = carry
        updates, state = optimizer.update(jax_gradient(x), state)
        return (optax.apply_updates(x, updates), state), None

    x = jnp.array(START)
    (x, _), _ = jax.lax.scan(step, (x, optimizer.init(x)), length=steps)
    return x


LR, BETA1 = np.geomspace(1e-3, 1, 200), np.linspace(0, 0.99, 200)


def sweep_ours():
    return final(rules.adam, LOSS, START[:, None, None], 200, lr=LR[:, None], beta1=BETA1[None, :]).x


def sweep_jax(fresh):
    if fresh:
        jax.clear_caches()
    sweep = jax.jit(jax.vmap(jax.vmap(adam_jax, (None, 0)), (0, None)))
    return sweep(LR, BETA1).block_until_ready()


def main():
    jax.config.update("jax_enable_x64", True)
    jitted = jax.jit(partial(adam_jax, steps=1000))
    ours = median(lambda: run(rules.adam, LOSS, START, 1000, lr=0.01))
    sweep = median(sweep_ours, 5)
    compiled = jax.jit(jax.vmap(jax.vmap(adam_jax, (None, 0)), (0, None)))
    rows = [
        ("1,000 steps of Adam in 2-D", "torch", ours, median(lambda: path_torch(1000), 3), 8),
        ("", "optax, no jit", ours, median(lambda: path_optax(1000), 1), 50),
        ("", "optax, jit", ours, median(lambda: jitted(0.01, 0.9).block_until_ready()), None),
        ("200×200 sweep of Adam, 200 steps", "bar of 0.5 s", sweep, 0.5, 1),
        ("", "jax vmap + jit, compile included", sweep, median(lambda: sweep_jax(True), 3), 1),
        ("", "jax vmap + jit, compiled", sweep, median(lambda: compiled(LR, BETA1).block_until_ready()), None),
    ]
    cells = sweep_ours()
    single = [
        (final(rules.adam, LOSS, START, 200, lr=LR[i], beta1=BETA1[j]).x == cells[:, i, j]).all()
        for i in range(0, 200, 40)
        for j in range(0, 200, 40)
    ]
    print(f"{'what':<34} {'against':<34} {'optlib':>9} {'other':>9} {'ratio':>7}  bar")
    for what, against, a, b, bar in rows:
        verdict = "" if bar is None else f"≥ {bar}: {'met' if b / a >= bar else 'MISSED'}"
        print(f"{what:<34} {against:<34} {a * 1e3:>7.1f}ms {b * 1e3:>7.1f}ms {b / a:>7.2f}  {verdict}")
    print(f"{sum(single)} of {len(single)} cells of the sweep equal their single run to the last bit")


if __name__ == "__main__":
    main()
