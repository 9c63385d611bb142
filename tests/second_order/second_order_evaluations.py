"""Evaluations until no partial derivative is above a tolerance, beside scipy's; as a script, it prints the table."""

import numpy as np
from scipy.optimize import minimize
from second_order_problems import COLLECTION

from optlib.run import run
from optlib.second_order import bfgs, damped_newton, lbfgs, trust_region


def scipys(f, x0, method, tol):
    """Return scipy's result; its tests of the relative decrease are switched off, so that the gradient alone decides."""
    options = {"gtol": tol, "maxiter": 10_000}
    if method == "L-BFGS-B":
        options |= {"ftol": 0, "maxfun": 100_000, "maxcor": 10}
    hess = {"hess": f.hess} if method == "trust-exact" else {}
    return minimize(f, x0, jac=f.grad, method=method, options=options, **hess)


def counts(tol, rule=lbfgs, method="L-BFGS-B", starts=1, skip=()):
    """Return rows (name, our record, scipy's result), one for each problem of the collection and start."""
    rng, rows = np.random.default_rng(1), []
    for name, f in COLLECTION.items():
        for k in range(0 if name in skip else starts):
            x0 = f.x0 + k * rng.normal(size=len(f.x0)) / max(starts - 1, 1)
            rows.append((name, run(rule, f, x0, 10_000, tol=tol), scipys(f, x0, method, tol)))
    return rows


def ratios(rows):
    return [record.calls["value"] / result.nfev for _, record, result in rows]


if __name__ == "__main__":
    pairs = ((lbfgs, "L-BFGS-B"), (bfgs, "BFGS"), (trust_region, "trust-exact"), (damped_newton, "trust-exact"))
    for tol in (1e-5, 1e-8):
        table = {rule.__name__: counts(tol, rule, method) for rule, method in pairs}
        print(f"\nvalues asked for until no partial derivative is above {tol:g} (scipy's in brackets; * not reached)\n")
        print(f"{'':24}" + "".join(f"{rule.__name__:>19}" for rule, _ in pairs))
        for k, name in enumerate(COLLECTION):
            cells = ""
            for rows in table.values():
                _, record, result = rows[k]
                ours = f"{record.calls['value']}{'' if record.converged else '*'}"
                cells += f"{ours + f' ({result.nfev}' + ('' if np.abs(result.jac).max() <= tol else '*') + ')':>19}"
            print(f"{name:24}{cells}")
        print(f"{'median of the ratios':24}" + "".join(f"{np.median(ratios(rows)):19.2f}" for rows in table.values()))
