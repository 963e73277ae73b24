"""Scale a matrix to given sums of its rows and columns."""

from __future__ import annotations

import numpy as np
from scipy.sparse.linalg import LinearOperator, cg

from geoplan.commuting.ledger import TINY, Floats

__all__ = ["balanced"]

BALANCED, SWEEPS, STEPS = 1e-10, 50, 60
NEARLY, TURNS, RIDGE = 1e-6, 1000, 1e-12
LONGEST_STEP = 4.0


def balanced(kernel: Floats, leaving: Floats, arriving: Floats) -> tuple[Floats, float, tuple[Floats, Floats]]:
    """Scale rows and columns of a matrix to these sums.

    Parameters
    ----------
    kernel
        What is scaled, above 0, with as good as nothing on the diagonal.
    leaving, arriving
        The sums wanted; where they differ in all, the larger ones are met in proportion.

    Returns
    -------
    matrix : array
        With nothing on the diagonal.
    kept : float
        Its sum.
    lost : tuple of array
        What of the sums of rows and columns is not in it.
    """
    matrix = np.zeros_like(kernel)
    kept = float(min(leaving.sum(), arriving.sum()))
    if kept > 0:
        rows, columns = np.flatnonzero(leaving), np.flatnonzero(arriving)
        row, column = leaving[rows], arriving[columns]
        inner = kernel[np.ix_(rows, columns)]
        scaled = _scaled(inner, row * (kept / row.sum()), column * (kept / column.sum()))
        matrix[np.ix_(rows, columns)] = scaled
        np.fill_diagonal(matrix, 0.0)
        # Where no factors reach the sums, none is exceeded, so that what is missing is all that is lost.
        matrix *= _at_most(leaving, matrix.sum(axis=1))[:, None]
        matrix *= _at_most(arriving, matrix.sum(axis=0))
    lost = leaving - matrix.sum(axis=1), arriving - matrix.sum(axis=0)
    return matrix, kept, (np.maximum(lost[0], 0.0), np.maximum(lost[1], 0.0))


def _at_most(wanted: Floats, found: Floats) -> Floats:
    """Return factors that bring sums down to what is wanted where they are higher."""
    return np.divide(wanted, found, out=np.ones_like(found), where=found > wanted)


def _scaled(kernel: Floats, row: Floats, column: Floats) -> Floats:
    """Return a(i) kernel(i, j) b(j) with these sums of rows and columns, which have the same total."""
    b = np.ones(len(column))
    for _ in range(SWEEPS):
        a = row / (kernel @ b)
        b = column / (a @ kernel)
    u, v = np.log(a), np.log(b)
    matrix = kernel * np.outer(a, b)
    for _ in range(STEPS):
        short, thin = row - matrix.sum(axis=1), column - matrix.sum(axis=0)
        if max(np.abs(short / row).max(), np.abs(thin / column).max()) < BALANCED:
            break
        du, dv = _newton(matrix, short, thin)
        step = _step(matrix, (row, column), (du, dv))
        u, v = u + step * du, v + step * dv
        matrix = kernel * np.exp(u[:, None] + v)
    return matrix


def _newton(matrix: Floats, short: Floats, thin: Floats) -> tuple[Floats, Floats]:
    """Return Newton's direction for the logarithms of the factors, by conjugate gradients."""
    rows, columns = matrix.sum(axis=1), matrix.sum(axis=0)
    size = (len(columns), len(columns))
    # The little more keeps the system definite where groups of zones do not meet at all.
    more = columns * (1 + RIDGE)
    system = LinearOperator(size, dtype=float, matvec=lambda dv: more * dv - matrix.T @ (matrix @ dv / rows))
    scale = LinearOperator(size, dtype=float, matvec=lambda dv: dv / columns)
    dv, _ = cg(system, thin - matrix.T @ (short / rows), rtol=NEARLY, maxiter=TURNS, M=scale)
    return (short - matrix @ dv) / rows, dv


def _step(matrix: Floats, sums: tuple[Floats, Floats], direction: tuple[Floats, Floats]) -> float:
    """Return how far to go for the convex dual to fall."""
    (row, column), (du, dv) = sums, direction
    step = min(1.0, LONGEST_STEP / max(np.abs(du).max(), np.abs(dv).max(), TINY))
    slope, noise = row @ du + column @ dv, TINY * row.sum()
    while step > TINY:
        if (matrix * np.expm1(step * (du[:, None] + dv))).sum() <= step * slope + noise:
            break
        step /= 2
    return float(step)
