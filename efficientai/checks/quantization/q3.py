# Made from solutions/quantization.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q3"
points = None


@test_case(name='the example', points=1, hidden=False)
def test_q3_the_example(quantize_weight):
    import torch
    from efficientai.checking import expect_tensor

    answer = quantize_weight(torch.tensor([[3.0, -1.0], [0.5, 0.3]]), bits=3)
    assert isinstance(answer, tuple) and len(answer) == 2, (
        "`quantize_weight` must return two things: the integers and the scales."
    )
    integers = expect_tensor(answer[0], "quantize_weight", (2, 2), torch.int8)
    scale = expect_tensor(answer[1], "quantize_weight", (2,), torch.float32)
    assert torch.allclose(scale, torch.tensor([1.0, 1 / 6])), (
        f"For the example your scales are {scale.tolist()}; expected 3/3 and 0.5/3: one scale a row, and the highest integer of 3 bits is 3."
    )
    assert integers.tolist() == [[3, -1], [3, 2]], (
        f"For the example your integers are {integers.tolist()}; expected [[3, -1], [3, 2]]."
    )
    kernels = torch.tensor([[3.0, -1.0, 0.0, 2.0], [0.5, 0.3, -0.1, 0.5]]).view(2, 1, 2, 2)
    answer = quantize_weight(kernels, bits=3)
    integers = expect_tensor(answer[0], "quantize_weight", (2, 1, 2, 2), torch.int8)
    scale = expect_tensor(answer[1], "quantize_weight", (2,), torch.float32)
    assert integers.flatten(1).tolist() == [[3, -1, 0, 2], [3, 2, -1, 3]], (
        f"Two kernels of 2 by 2 become {integers.flatten(1).tolist()}; expected [[3, -1, 0, 2], [3, 2, -1, 3]]. Each output has one scale."
    )
