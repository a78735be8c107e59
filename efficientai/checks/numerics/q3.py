# Made from solutions/numerics.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q3"
points = None


@test_case(name='pack the example', points=0.5, hidden=False)
def test_q3_pack_the_example(pack_int4):
    import torch
    from efficientai.checking import expect_tensor

    packed = expect_tensor(pack_int4(torch.tensor([1, -1, 7])), "pack_int4", (2,), torch.uint8)
    nothing = expect_tensor(pack_int4(torch.zeros(0, dtype=torch.int64)), "pack_int4", (0,), torch.uint8)
    assert nothing.numel() == 0, "No integers make no bytes, and no error either."
    assert packed.tolist() == [241, 7], (
        f"For [1, -1, 7] your bytes are {packed.tolist()}; expected [241, 7], in bits 1111_0001 and 0000_0111. The first number is in the low half."
    )


@test_case(name='unpack the example', points=0.5, hidden=False)
def test_q3_unpack_the_example(unpack_int4):
    import torch
    from efficientai.checking import expect_tensor

    packed = torch.tensor([241, 7, 0x8A], dtype=torch.uint8)
    integers = expect_tensor(unpack_int4(packed, 6), "unpack_int4", (6,), torch.int8)
    assert integers.tolist() == [1, -1, 7, 0, -6, -8], (
        f"The bytes 241, 7 and 0x8A hold 1, -1, 7, 0, -6, -8; you read {integers.tolist()}. A half of 8 or more is negative."
    )
