# Made from solutions/architectures.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q2"
points = None


@test_case(name='the example', points=0.5, hidden=False)
def test_q2_the_example(conv_macs):
    from efficientai.checking import expect_number

    for stride, expected in ((1, 294_912), (2, 73_728)):
        found = expect_number(conv_macs(16, 32, 3, 8, stride=stride, padding=1), "conv_macs")
        assert found == expected, (
            f"16 to 32 channels, kernel 3, padding 1, stride {stride}, on 8 x 8: {expected:,} MACs; you say {found:,g}. "
            "Work is done at each position of the output; one product with its addition is one MAC."
        )


@test_case(name='depthwise and pointwise', points=0.5, hidden=False)
def test_q2_depthwise_and_pointwise(conv_macs):
    from efficientai.checking import expect_number

    depthwise = expect_number(conv_macs(16, 16, 3, 8, padding=1, groups=16), "conv_macs")
    pointwise = expect_number(conv_macs(16, 32, 1, 8), "conv_macs")
    assert depthwise == 9216, f"A depthwise 3 x 3 on 16 maps of 8 x 8 takes 64 * 16 * 9 = 9216 MACs; you say {depthwise:,g}."
    assert pointwise == 32_768, f"A pointwise 16 to 32 on 8 x 8 takes 64 * 16 * 32 = 32,768 MACs; you say {pointwise:,g}."
