# Made from solutions/hardware.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q2"
points = None


@test_case(name='the example', points=0.5, hidden=False)
def test_q2_the_example(network_time):
    from efficientai.checking import expect_number

    found = network_time([(200, 10), (50, 60)], 100.0, 10.0)
    assert isinstance(found, tuple) and len(found) == 2, f"`network_time` must return a tuple (seconds, memory_share), yours returned {found!r}."
    seconds, share = (expect_number(value, "network_time") for value in found)
    assert abs(seconds - 10) < 1e-9, (
        f"The two layers of the example take 4 s and 6 s, together 10 s; yours says {seconds:g} s. "
        "Take the slower of arithmetic and traffic for each layer by itself, and two FLOPs for a MAC."
    )
    assert abs(share - 0.6) < 1e-9, f"Of the 10 s, 6 are spent in the layer that waits for memory: 0.6 of the time. Yours says {share:g}."


@test_case(name='one layer each way', points=0.5, hidden=False)
def test_q2_one_layer_each_way(network_time):
    from efficientai.checking import expect_number

    for layer, expected in (((1000, 10), (20.0, 0.0)), ((5, 400), (40.0, 1.0))):
        found = network_time([layer], 100.0, 10.0)
        assert isinstance(found, tuple) and len(found) == 2, f"`network_time` must return a tuple (seconds, memory_share), yours returned {found!r}."
        seconds, share = (expect_number(value, "network_time") for value in found)
        assert abs(seconds - expected[0]) < 1e-9 and abs(share - expected[1]) < 1e-9, (
            f"A single layer with {layer[0]} MACs and {layer[1]} bytes at 100 FLOPs and 10 bytes a second gives {expected}; yours gives ({seconds}, {share}). "
            f"Arithmetic takes {2 * layer[0] / 100:g} s, traffic {layer[1] / 10:g} s."
        )
