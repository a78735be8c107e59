"""Efficient AI: reference compression and profiling utilities of the course.

Import the module of a topic, for instance `from efficientai import pruning, profiling`. Importing
the package alone is quick: neither torch nor otter nor matplotlib is loaded.
"""

__version__ = "0.1.0"

DEVICE_VARIABLE = "EFFICIENTAI_DEVICE"  # of the environment: see `efficientai.training`


def grader(topic: str):
    """The checks of an exercise for its notebook: an `otter.Notebook` (see `efficientai.grading`).

    topic: one word, for instance "pruning".
    """
    from efficientai.grading import grader as make

    return make(topic)
