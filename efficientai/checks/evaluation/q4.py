# Made from solutions/evaluation.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q4"
points = None


@test_case(name='the example', points=0.5, hidden=False)
def test_q4_the_example(pareto_front):
    points = {"a": (1, 0.90), "b": (2, 0.80), "c": (3, 0.95), "d": (3, 0.95), "e": (3, 0.91)}
    front = pareto_front(dict(points))
    assert isinstance(front, list), f"`pareto_front` must return a list of names, yours returned an object of type {type(front).__name__}."
    assert front == ["a", "c", "d"], (
        f"For the example the front is ['a', 'c', 'd'], yours is {front}. Low cost is good, high accuracy is good, and equals stay."
    )


@test_case(name='order and ties', points=0.5, hidden=False)
def test_q4_order_and_ties(pareto_front):
    cases = {
        "the cheapest comes last in the dict": ({"x": (9, 0.9), "y": (5, 0.8), "z": (1, 0.7)}, ["z", "y", "x"]),
        "same accuracy, different cost": ({"x": (2, 0.9), "y": (1, 0.9)}, ["y"]),
        "equals stand in the order of the dict": ({"y": (2, 0.9), "x": (2, 0.9), "w": (1, 0.5)}, ["w", "y", "x"]),
        "a single network": ({"x": (3, 0.1)}, ["x"]),
        "no network": ({}, []),
    }
    for name, (points, expected) in cases.items():
        front = pareto_front(dict(points))
        assert isinstance(front, list), f"`pareto_front` must return a list of names, yours returned an object of type {type(front).__name__}."
        assert front == expected, f"Case '{name}', {points}: the front is {expected}, yours is {front}."
