"""What a reader who knows the method concludes from changed counts, and what must stay open. Changes nothing."""

from dataclasses import replace

import numpy as np

from anonymization.disclosure.perturbation.noise_table import NoiseTable, noise_table
from anonymization.disclosure.perturbation.perturbation_rules import (
    CellKey,
    ControlledRounding,
    Gate,
    PerturbationRule,
    SmallCountRounding,
)
from anonymization.disclosure.tables.joint_model import JointModel
from anonymization.disclosure.tables.requirements import Requirements
from anonymization.disclosure.tables.shown import Shown


def stated_intervals(model: JointModel, published: np.ndarray, rule: PerturbationRule) -> Shown:
    """The least and the largest true count of every distinct cell, from the shown counts (int64) and the method alone.

    Every shown count must be a possible one (`never_shown`).
    """
    if isinstance(rule, CellKey):
        return shown_with_noise(published, noise_table(rule))
    if isinstance(rule, ControlledRounding):
        return _shown_as_multiples(published, rule)
    return _shown_with_small_counts_rounded(model, published, rule)


def never_shown(published: np.ndarray, rule: PerturbationRule) -> np.ndarray:
    """Mask of the counts that the method never shows, so somebody else made or changed them."""
    if isinstance(rule, ControlledRounding):
        return published % rule.base != 0
    least = rule.never_shown + 1 if isinstance(rule, CellKey) else rule.base
    return (published > 0) & (published < least)


def requirements_of_gate(required: Requirements, gate: Gate) -> Requirements:
    """What the auditor must find open of each small count, now that nothing is hidden."""
    return replace(required, lower=np.zeros_like(required.lower), width=np.full_like(required.width, gate.least_width))


def shown_with_noise(published: np.ndarray, table: NoiseTable) -> Shown:
    """The least and the largest count that each shown count can stand for."""
    shown, place = np.unique(published, return_inverse=True)
    behind = [table.counts_behind(int(count)) for count in shown]
    lower, upper = (np.array([counts[end] for counts in behind], dtype=float) for end in (0, -1))
    return Shown(lower[place], upper[place])


def _shown_as_multiples(published: np.ndarray, rule: ControlledRounding) -> Shown:
    most = rule.most_change
    lower = np.where(published > 0, np.maximum(published - most, 1), 0)
    return Shown(lower.astype(float), (published + most).astype(float))


def _shown_with_small_counts_rounded(model: JointModel, published: np.ndarray, rule: SmallCountRounding) -> Shown:
    """An inner cell that is shown itself is 0, the base, or as it was."""
    base, most = rule.base, rule.most_change
    could_be_small = published % base == 0
    lower = np.maximum(published - most, np.where(could_be_small, 1, base))
    upper = published + most
    itself = _shows_one_inner_cell(model)
    lower = np.where(itself, np.where(published == base, 1, published), lower)
    upper = np.where(itself, published, upper)
    zero = published == 0
    return Shown(np.where(zero, 0, lower).astype(float), np.where(zero, base - 1, upper).astype(float))


def _shows_one_inner_cell(model: JointModel) -> np.ndarray:
    """Mask of the cells that are one atom of a population with one block: nothing finer is rounded there."""
    whole = [np.full(block.size, len(model.base.of(block.population)) == 1) for block in model.base.blocks]
    return (np.diff(model.cells.indptr) == 1) & (model.cells @ np.concatenate(whole).astype(np.int64) == 1)
