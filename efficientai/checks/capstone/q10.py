# Made from solutions/capstone.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q10"
points = None


@test_case(name='files for the task', points=1, hidden=False)
def test_q10_files_for_the_task(front):
    from efficientai import spotting

    files = front()
    assert isinstance(files, list) and 1 <= len(files) <= 4, "`front` must return a list of 1 to 4 model files."
    people, found = spotting.validation(), []
    for i, file in enumerate(files):
        assert isinstance(file, bytes), f"File {i} of your list is an object of type {type(file).__name__}; the bytes of a model file were expected."
        try:
            found.append(spotting.measure(file, people.x, people.y))
        except ValueError as error:
            raise AssertionError(f"File {i} is no model file for the task: {error}.") from None
        assert found[-1].fullest <= 1, f"File {i} is above the full budget: {found[-1].flash_bytes:,} bytes, {found[-1].ram_bytes:,} bytes of RAM, {found[-1].macs:,} MACs."
    score = spotting.front_score(found)
    assert score >= 10, f"On the validation speakers your files score {score:.1f}; 10 is the least."
