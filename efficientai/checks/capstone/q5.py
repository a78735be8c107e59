# Made from solutions/capstone.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q5"
points = None


@test_case(name='the example', points=0.5, hidden=False)
def test_q5_the_example(chain_costs):
    from efficientai.checking import expect_dict, expect_number

    layer = {"kind": "conv", "outputs": 2, "kernel": (3, 4), "stride": (1, 1), "padding": (1, 0), "groups": 1}
    found = expect_dict(chain_costs([layer, {"kind": "mean"}], (1, 6, 4)), "chain_costs", ["macs", "ram_bytes"])
    macs, ram = (expect_number(found[key], f"chain_costs(...)['{key}']") for key in ("macs", "ram_bytes"))
    assert macs == 144, f"12 outputs of 12 weights each are 144 MACs; you count {macs:g}."
    assert ram == 36, f"At the peak the input's 24 bytes and the output's 12 are in RAM, 36; you say {ram:g}."


@test_case(name='separable', points=0.5, hidden=False)
def test_q5_separable(chain_costs):
    from efficientai.checking import expect_dict, expect_number

    depthwise = {"kind": "conv", "outputs": 8, "kernel": (3, 3), "stride": (2, 1), "padding": (1, 1), "groups": 8}
    pointwise = {"kind": "conv", "outputs": 5, "kernel": (1, 1), "stride": (1, 1), "padding": (0, 0), "groups": 1}
    layers = [depthwise, pointwise, {"kind": "mean"}, {"kind": "linear", "outputs": 3}]
    found = expect_dict(chain_costs(layers, (8, 10, 4)), "chain_costs", ["macs", "ram_bytes"])
    macs, ram = (expect_number(found[key], f"chain_costs(...)['{key}']") for key in ("macs", "ram_bytes"))
    assert macs == 8 * 20 * 9 + 5 * 20 * 8 + 15, (
        f"A depthwise filter sees one channel: 8·20 outputs of 9 weights; then 5·20 outputs of 8; then 3 of 5: together 2255 MACs; you count {macs:g}."
    )
    assert ram == 320 + 160, f"The peak is at the first layer, 320 bytes in and 160 out; you say {ram:g}."
