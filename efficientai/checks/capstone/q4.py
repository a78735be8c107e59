# Made from solutions/capstone.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q4"
points = None


@test_case(name='the example', points=0.5, hidden=False)
def test_q4_the_example(mac_budget):
    from efficientai.checking import expect_number

    answer = mac_budget(0.5, 5000, 50e-6, 0.01, 5, 1e8)
    found = expect_number(answer, "mac_budget")
    assert isinstance(answer, int), f"Return an int; yours is a {type(answer).__name__}."
    assert abs(found - 100_000) <= 1, f"For the example you return {found:,.0f}; expected 100,000."


@test_case(name='no base and a small battery', points=0.5, hidden=False)
def test_q4_no_base_and_a_small_battery(mac_budget):
    from efficientai.checking import expect_number

    found = expect_number(mac_budget(1.0, 1000, 0.0, 0.1, 2, 3e6), "mac_budget")
    assert abs(found - 15_000) <= 1, (
        f"1 mW of 100 mW is 1 % of the time, 5 ms for each of 2 runs a second, 15,000 MACs at 3 million a second; you return {found:,.0f}."
    )
    found = expect_number(mac_budget(0.1, 8760, 20e-6, 0.01, 1, 1e8), "mac_budget")
    assert found == 0, f"0.1 Wh give 11 µW for a year. A base of 20 µW leaves nothing: the answer is 0; yours is {found:,.0f}."
