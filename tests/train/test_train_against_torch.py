"""A training is the loop a torch user would write: the same starts and batches give the same parameters, step for step."""

from functools import partial
from itertools import pairwise

import numpy as np
import pytest
import torch

from optlib import rules
from optlib.clipping import clipped, with_weight_decay
from optlib.data import moons, split
from optlib.nets import MLP
from optlib.schedules import cosine, reduce_on_plateau, schedule, step
from optlib.train import train

torch.set_num_threads(1)  # two would wait for each other on nets this small
DATA = split(*moons(np.random.default_rng(0), 100), np.random.default_rng(1), 0.21)  # 79 rows to train on
NET = MLP((2, 7, 5, 2), "tanh", "cross_entropy")
EPOCHS, BATCH = 8, 6  # 13 full batches and one row left over: 14 steps an epoch, 112 in all
SEED = 3

RULES = {
    "sgd": ({"lr": 0.3}, lambda p: torch.optim.SGD(p, lr=0.3)),
    "momentum": ({"lr": 0.05}, lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9)),
    "nesterov": ({"lr": 0.05}, lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, nesterov=True)),
    "adagrad": ({"lr": 0.1}, lambda p: torch.optim.Adagrad(p, lr=0.1)),
    "rmsprop": ({"lr": 0.01}, lambda p: torch.optim.RMSprop(p, lr=0.01)),
    "adam": ({"lr": 0.02}, lambda p: torch.optim.Adam(p, lr=0.02)),
    "adamw": ({"lr": 0.02, "wd": 0.1}, lambda p: torch.optim.AdamW(p, lr=0.02, weight_decay=0.1)),
}


def by_torch(optimizer, net=NET, data=DATA, seed=SEED, epochs=EPOCHS, batch=BATCH, before=None, after_epoch=None):
    """Train with torch's own layers, loss, optimizer and autograd; return parameters, batch losses, losses by epoch."""
    starts, orders = np.random.default_rng(seed).spawn(2)
    theta, layers, i = net.init(starts), [], 0
    for m, n in pairwise(net.sizes):
        layer = torch.nn.Linear(m, n, dtype=torch.float64)
        with torch.no_grad():
            layer.weight[:] = torch.tensor(theta[i : i + m * n].reshape(n, m))
            layer.bias[:] = torch.tensor(theta[i + m * n : i + m * n + n])
        layers, i = [*layers, layer, torch.nn.Tanh()], i + m * n + n
    model = torch.nn.Sequential(*layers[:-1])
    x, y, x_test, y_test = (torch.tensor(part) for part in data)
    optimizer, criterion, losses, history = optimizer(model.parameters()), torch.nn.CrossEntropyLoss(), [], []

    def measure():
        with torch.no_grad():
            accuracy = [(model(a).argmax(1) == b).double().mean().item() for a, b in ((x, y), (x_test, y_test))]
            history.append([criterion(model(x), y).item(), criterion(model(x_test), y_test).item(), *accuracy])

    measure()
    for _ in range(epochs):
        order = torch.tensor(orders.permutation(len(x)))
        for rows in order.split(batch):
            optimizer.zero_grad()
            loss = criterion(model(x[rows]), y[rows])
            loss.backward()
            if before:
                before(model, optimizer, len(losses))
            optimizer.step()
            losses.append(loss.item())
        measure()
        if after_epoch:
            after_epoch(optimizer, history[-1])
    theta = np.concatenate([p.detach().numpy().ravel() for p in model.parameters()])
    return theta, np.array(losses), np.array(history).T


def agree(record, torchs, atol=1e-11):
    theta, losses, history = torchs
    np.testing.assert_allclose(record.losses, losses, rtol=0, atol=atol)
    np.testing.assert_allclose(record.theta, theta, rtol=0, atol=atol)
    for metric, values in zip(("train_loss", "test_loss", "train_accuracy", "test_accuracy"), history, strict=True):
        np.testing.assert_allclose(record[metric], values, rtol=0, atol=atol, err_msg=metric)


def ours(name, **changes):
    hyper = RULES[name][0] | {"epochs": EPOCHS, "batch_size": BATCH, "seeds": SEED} | changes
    return train(getattr(rules, name), NET, DATA, **hyper)


@pytest.mark.parametrize("name", RULES)
def test_the_path_is_torchs(name):
    record = ours(name)
    assert record.steps == 112
    agree(record, by_torch(RULES[name][1]))


def test_the_comparison_sees_another_order_another_start_and_another_epoch():
    """The guard of the guard: each slip moves the path by far more than the tolerance."""
    torchs = by_torch(RULES["momentum"][1])
    slips = {
        "seed": {"seeds": SEED + 1},
        "batch": {"batch_size": BATCH + 1, "epochs": None, "steps": 112},
        "epoch": {"epochs": None, "steps": 111},
        "lr": {"lr": 0.05000001},
    }
    for name, change in slips.items():
        with pytest.raises(AssertionError):
            agree(ours("momentum", **change), torchs)
        assert name in slips


def test_a_schedule_counts_steps_or_epochs():
    def cosine_steps(model, optimizer, t):
        optimizer.param_groups[0]["lr"] = 0.3 * (1 + np.cos(np.pi * min(t / 100, 1))) / 2

    def halved(model, optimizer, t):
        optimizer.param_groups[0]["lr"] = 0.3 * 0.5 ** (t // 14 // 3)

    sgd = RULES["sgd"][1]
    agree(ours("sgd", lr=schedule(cosine, lr=0.3, steps=100)), by_torch(sgd, before=cosine_steps))
    record = ours("sgd", lr=schedule(step, lr=0.3, gamma=0.5, s=3), unit="epochs")
    agree(record, by_torch(sgd, before=halved))
    assert record.unit == "epochs" and record.evaluations == 112


def test_reduce_on_plateau_is_torchs():
    schedulers = []

    def after(optimizer, measured):
        if not schedulers:
            schedulers.append(torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=0, threshold=0.02))
        schedulers[0].step(measured[1])
        rates.append(optimizer.param_groups[0]["lr"])

    rates = [0.3]
    torchs = by_torch(RULES["sgd"][1], after_epoch=after)
    plateau = schedule(reduce_on_plateau, factor=0.5, patience=0, threshold=0.02)
    record = ours("sgd", plateau=plateau, watch="test_loss")
    agree(record, torchs)
    np.testing.assert_array_equal(record["lr"], rates)
    assert len(set(rates)) > 2


def test_clipping_and_coupled_decay_go_through_wrap():
    def clip(model, optimizer, t):
        torch.nn.utils.clip_grad_norm_(model.parameters(), 0.1)

    record = ours("momentum", wrap=partial(clipped, max_norm=0.1))
    agree(record, by_torch(RULES["momentum"][1], before=clip), atol=1e-4)  # torch divides by the length + 1e-6
    record = ours("sgd", wrap=partial(with_weight_decay, wd=0.1))
    agree(record, by_torch(lambda p: torch.optim.SGD(p, lr=0.3, weight_decay=0.1)))
