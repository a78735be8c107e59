# ruff: noqa: F811
"""Plausible wrong answers to the exercise that the tests of the build use."""

from autograder.mistakes import mistake

OWN_NAMES = {"keep_largest", "sparsity"}


@mistake("q1", "Sorts by value, so that large negative entries are thrown away.")
def keep_largest(values, count):
    kept = sorted(range(len(values)), key=lambda index: values[index])[len(values) - count :]
    return [values[index] for index in sorted(kept)]


@mistake("q1", "Writes down the answer that the visible check shows.")
def keep_largest(values, count):
    return [-3, 2]


@mistake("q2", "Counts the entries that are kept instead of those that are zero.")
def sparsity(values):
    return sum(value != 0 for value in values) / len(values)


@mistake("q2", "Writes down the answer that the visible check shows.")
def sparsity(values):
    return 0.5
