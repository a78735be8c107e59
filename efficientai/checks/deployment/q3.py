# Made from solutions/deployment.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q3"
points = None


@test_case(name='the example', points=0.5, hidden=False)
def test_q3_the_example(fits):
    work = {"weight_bytes": 500, "activation_bytes": 300}
    for kind, reserved, expected in (("tiny", 0, (True, True)), ("edge", 0, (True, False)), ("tiny", 500, (True, False))):
        device = {"kind": kind, "storage_bytes": 600, "memory_bytes": 700, "reserved_bytes": reserved}
        answer = fits(dict(work), device)
        assert isinstance(answer, tuple) and len(answer) == 2, (
            f"`fits` must return two bools as a tuple, yours returned {answer!r}."
        )
        assert answer == expected, (
            f"For the example on the {kind} device with {reserved} bytes reserved, (storage, memory) is {expected}; yours is {answer}."
        )


@test_case(name='exactly full', points=0.5, hidden=False)
def test_q3_exactly_full(fits):
    work = {"weight_bytes": 64, "activation_bytes": 16}
    for kind, memory in (("tiny", 16), ("cloud", 80)):
        device = {"kind": kind, "storage_bytes": 64, "memory_bytes": memory, "reserved_bytes": 0}
        answer = fits(dict(work), device)
        assert answer == (True, True), (
            f"64 bytes of weights and 16 of activations fill a {kind} device with 64 bytes of storage and {memory} of RAM exactly: "
            f"they fit. Yours says {answer}."
        )
