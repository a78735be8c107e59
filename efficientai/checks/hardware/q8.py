# Made from solutions/hardware.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q8"
points = None


@test_case(name='the example', points=0.75, hidden=False)
def test_q8_the_example(accelerated_ms):
    from efficientai.checking import expect_number

    for split_once, expected in ((True, 48.0), (False, 23.0)):
        found = accelerated_ms([(60, True), (10, False), (30, True)], 10, 1, split_once)
        assert isinstance(found, tuple) and len(found) == 2, f"`accelerated_ms` must return a tuple (ms, factor), yours returned {found!r}."
        ms, factor = (expect_number(value, "accelerated_ms") for value in found)
        assert abs(ms - expected) < 1e-6, (
            f"With split_once={split_once} the example takes {expected} ms, yours takes {ms:g}. The sum is {'1 + 6 + 1 + 10 + 30' if split_once else '1 + 6 + 1 + 10 + 1 + 3 + 1'}: moves of 1 ms, layers on the accelerator at a tenth of their time."
        )
        assert abs(factor - 100 / expected) < 1e-6, f"With split_once={split_once} the example is {100 / expected:.3f} times faster than 100 ms; yours says {factor:.3f}."


@test_case(name='nothing and everything supported', points=0.75, hidden=False)
def test_q8_nothing_and_everything_supported(accelerated_ms):
    from efficientai.checking import expect_number

    for layers, transfer, split_once, expected, why in (
        ([(10, False), (30, True)], 1, True, 40.0, "What comes behind the first unsupported layer stays on the CPU."),
        ([(10, True), (30, True)], 1, True, 6.0, "Neighbours on the accelerator need one move there and one home."),
        ([(2, True), (50, False)], 3, False, 56.2, "A supported layer moves even where that does not pay."),
    ):
        found = accelerated_ms(list(layers), 10, transfer, split_once)
        assert isinstance(found, tuple) and len(found) == 2, f"`accelerated_ms` must return a tuple (ms, factor), yours returned {found!r}."
        ms = expect_number(found[0], "accelerated_ms")
        assert abs(ms - expected) < 1e-6, (
            f"{layers} with speed-up 10, transfer {transfer} ms and split_once={split_once} take {expected} ms, yours takes {ms:g}. {why}"
        )
