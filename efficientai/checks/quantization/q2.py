# Made from solutions/quantization.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q2"
points = None


@test_case(name='the example', points=0.5, hidden=False)
def test_q2_the_example(quantize):
    import torch
    from efficientai.checking import expect_tensor

    x = torch.tensor([-9.0, 0.26, 0.25, 0.75, 99.0])
    q = expect_tensor(quantize(x, 0.5, 3, 0, 7), "quantize", (5,), torch.int32)
    assert q.tolist() == [0, 4, 3, 5, 7], (
        f"For the example your integers are {q.tolist()}; expected [0, 4, 3, 5, 7]. Divide, round (halves to even), add the zero "
        "point, then limit."
    )
    assert x.tolist() == torch.tensor([-9.0, 0.26, 0.25, 0.75, 99.0]).tolist(), "`quantize` changed the tensor that it was given."
    q = expect_tensor(quantize(x.view(5, 1), 0.5, 0, -2, 1), "quantize", (5, 1), torch.int32)
    assert q.flatten().tolist() == [-2, 1, 0, 1, 1], (
        f"With zero point 0 and the limits -2 and 1 the example's numbers become [-2, 1, 0, 1, 1]; yours are {q.flatten().tolist()}."
    )


@test_case(name='back', points=0.5, hidden=False)
def test_q2_back(dequantize):
    import torch
    from efficientai.checking import expect_tensor

    x = expect_tensor(dequantize(torch.tensor([0, 3, 7], dtype=torch.int32), 0.5, 3), "dequantize", (3,), torch.float32)
    assert x.tolist() == [-1.5, 0.0, 2.0], (
        f"With scale 0.5 and zero point 3, the integers 0, 3, 7 stand for -1.5, 0, 2; you say {x.tolist()}."
    )
