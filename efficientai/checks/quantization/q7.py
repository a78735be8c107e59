# Made from solutions/quantization.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q7"
points = None


@test_case(name='the codebook of the example', points=0.5, hidden=False)
def test_q7_the_codebook_of_the_example(kmeans_codebook):
    import torch
    from efficientai.checking import expect_tensor

    answer = kmeans_codebook(torch.tensor([0.0, 1.0, 2.0, 9.0]), 2)
    assert isinstance(answer, tuple) and len(answer) == 2, (
        "`kmeans_codebook` must return two things: the codebook and the indices."
    )
    codebook = expect_tensor(answer[0], "kmeans_codebook", (2,), torch.float32)
    indices = expect_tensor(answer[1], "kmeans_codebook", (4,), torch.int64)
    assert torch.allclose(codebook, torch.tensor([1.0, 9.0])) and indices.tolist() == [0, 0, 0, 1], (
        f"For the example you return {codebook.tolist()} and {indices.tolist()}; expected [1, 9] and [0, 0, 0, 1]."
    )


@test_case(name='the gradient of the example', points=0.5, hidden=False)
def test_q7_the_gradient_of_the_example(codebook_gradient):
    import torch
    from efficientai.checking import expect_tensor

    gradient = codebook_gradient(torch.tensor([1.0, 2.0, 4.0, 8.0]), torch.tensor([0, 0, 0, 1]), 2)
    gradient = expect_tensor(gradient, "codebook_gradient", (2,), torch.float32)
    assert gradient.tolist() == [7.0, 8.0], (
        f"For the example your gradient is {gradient.tolist()}; expected [7, 8]: the sum over the weights that share a value."
    )
