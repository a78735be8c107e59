# Made from solutions/capstone.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q9"
points = None


@test_case(name='is a model file', points=0.5, hidden=False)
def test_q9_is_a_model_file(spotter):
    from efficientai import spotting

    file = spotter()
    assert isinstance(file, bytes), f"`spotter` returned an object of type {type(file).__name__}; the bytes of a model file were expected."
    people = spotting.validation()
    try:
        found = spotting.measure(file, people.x, people.y)
    except ValueError as error:
        raise AssertionError(f"This is no model file for the task: {error}. `modelfile.export` makes one.") from None
    assert found.accuracy > 0.5, f"On the validation speakers your file recognises {found.accuracy:.1%} of the words; guessing has 10 %, and half is the least."


@test_case(name='fits', points=1, hidden=False)
def test_q9_fits(spotter):
    from efficientai import spotting

    file = spotter()
    assert isinstance(file, bytes), f"`spotter` returned an object of type {type(file).__name__}; the bytes of a model file were expected."
    people = spotting.validation()
    try:
        found = spotting.measure(file, people.x, people.y)
    except ValueError as error:
        raise AssertionError(f"This is no model file for the task: {error}.") from None
    budget = spotting.BUDGET
    assert found.flash_bytes <= budget.flash_bytes, f"The file has {found.flash_bytes:,} bytes; the flash has room for {budget.flash_bytes:,}."
    assert found.ram_bytes <= budget.ram_bytes, f"At the peak {found.ram_bytes:,} bytes of activations are alive; the RAM has {budget.ram_bytes:,}."
    assert found.macs <= budget.macs, f"One recording takes {found.macs:,} MACs; the battery pays for {budget.macs:,}."
    assert found.accuracy > 0.5, f"It fits, but recognises only {found.accuracy:.1%} of the validation speakers' words."


@test_case(name='validation speakers', points=0.5, hidden=False)
def test_q9_validation_speakers(spotter):
    from efficientai import spotting

    file = spotter()
    assert isinstance(file, bytes), f"`spotter` returned an object of type {type(file).__name__}; the bytes of a model file were expected."
    people = spotting.validation()
    try:
        found = spotting.measure(file, people.x, people.y)
    except ValueError as error:
        raise AssertionError(f"This is no model file for the task: {error}.") from None
    assert found.fullest <= 1, f"The fullest gauge is at {found.fullest:.0%} of its budget: make the network fit first."
    assert found.accuracy >= 0.85, f"On the validation speakers your file recognises {found.accuracy:.1%}; 85 % are asked for."
