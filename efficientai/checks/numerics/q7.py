# Made from solutions/numerics.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q7"
points = None


@test_case(name='pack the example', points=0.5, hidden=False)
def test_q7_pack_the_example(pack_signs):
    import torch
    from efficientai.checking import expect_tensor

    packed = expect_tensor(pack_signs(torch.tensor([1.0, 1.0, -1.0, 1.0])), "pack_signs", (1,), torch.uint8)
    assert packed.tolist() == [11], f"The signs + + - + are the bits 1011, the byte 11; yours is {packed.tolist()}."
    x = torch.tensor([0.0, -0.5, 2.0, -3.0, -1.0, -0.1, -7.0, 0.3, -2.0, 5.0])
    packed = expect_tensor(pack_signs(x), "pack_signs", (2,), torch.uint8)
    assert packed.tolist() == [0b10000101, 0b10], (
        f"The signs of {[round(v, 1) for v in x.tolist()]} are the bytes 10000101 and 00000010, that is 133 and 2; yours are {packed.tolist()}. "
        "The first number is in the lowest bit, and 0 counts as positive."
    )


@test_case(name='dot of the example', points=1, hidden=False)
def test_q7_dot_of_the_example(xnor_dot):
    import torch
    from efficientai.checking import expect_number

    byte = lambda *values: torch.tensor(values, dtype=torch.uint8)
    cases = (
        (byte(11), byte(3), 4, 2, "The dot product of the example is 2"),
        (byte(9), byte(9), 4, 4, "Four equal signs have the dot product 4"),
        (byte(9), byte(6), 4, -4, "Four opposite signs have the dot product -4"),
        (byte(11 + 160), byte(3 + 64), 4, 2, "The example with other unused bits has the dot product 2"),
        (byte(255, 1), byte(255, 0), 9, 7, "Eight equal signs and an unequal one have the dot product 7"),
    )
    for a, b, n, expected, said in cases:
        found = expect_number(xnor_dot(a.clone(), b.clone(), n), "xnor_dot")
        assert abs(found) <= n, (
            f"{said}; yours is {found:g}. The sum of {n} signs cannot be larger than {n}: the unused bits of the last byte were counted."
        )
        assert found == expected, (
            f"{said}; yours is {found:g}. The XNOR of {a.tolist()} and {b.tolist()} is {[255 - v for v in (a ^ b).tolist()]}; of its bits {n} count."
        )
