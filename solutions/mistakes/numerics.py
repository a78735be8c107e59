"""Plausible wrong answers to the numerics exercise, each with the misconception behind it.

Read as text, never imported: a definition replaces the one of the same name in the solution.
"""
# ruff: noqa: F811, F821

from autograder.mistakes import mistake

# Not in efficientai.numerics: asked for by the exercise alone.
OWN_NAMES = ["limits", "round_mantissa", "scaled_step"]

# ------------------------------------------------------------------ question 1


@mistake("q1", "Adds the hidden one to subnormal numbers, too.")
def decode(bits, exponent_bits, mantissa_bits):
    sign = -1.0 if bits >> (exponent_bits + mantissa_bits) else 1.0
    exponent = (bits >> mantissa_bits) & (2**exponent_bits - 1)
    fraction = (bits & (2**mantissa_bits - 1)) / 2**mantissa_bits
    bias = 2 ** (exponent_bits - 1) - 1
    if exponent == 2**exponent_bits - 1:
        return float("nan") if fraction else sign * float("inf")
    return sign * 2.0 ** (exponent - bias) * (1 + fraction)


@mistake("q1", "Gives subnormal numbers the power 2^-bias instead of 2^(1 - bias).")
def decode(bits, exponent_bits, mantissa_bits):
    sign = -1.0 if bits >> (exponent_bits + mantissa_bits) else 1.0
    exponent = (bits >> mantissa_bits) & (2**exponent_bits - 1)
    fraction = (bits & (2**mantissa_bits - 1)) / 2**mantissa_bits
    bias = 2 ** (exponent_bits - 1) - 1
    if exponent == 2**exponent_bits - 1:
        return float("nan") if fraction else sign * float("inf")
    if exponent == 0:
        return sign * 2.0 ** (-bias) * fraction
    return sign * 2.0 ** (exponent - bias) * (1 + fraction)


@mistake("q1", "Takes 2^(e-1) as the bias.")
def decode(bits, exponent_bits, mantissa_bits):
    sign = -1.0 if bits >> (exponent_bits + mantissa_bits) else 1.0
    exponent = (bits >> mantissa_bits) & (2**exponent_bits - 1)
    fraction = (bits & (2**mantissa_bits - 1)) / 2**mantissa_bits
    bias = 2 ** (exponent_bits - 1)
    if exponent == 2**exponent_bits - 1:
        return float("nan") if fraction else sign * float("inf")
    if exponent == 0:
        return sign * 2.0 ** (1 - bias) * fraction
    return sign * 2.0 ** (exponent - bias) * (1 + fraction)


@mistake("q1", "Treats the highest exponent like any other: no infinity and no NaN.")
def decode(bits, exponent_bits, mantissa_bits):
    sign = -1.0 if bits >> (exponent_bits + mantissa_bits) else 1.0
    exponent = (bits >> mantissa_bits) & (2**exponent_bits - 1)
    fraction = (bits & (2**mantissa_bits - 1)) / 2**mantissa_bits
    bias = 2 ** (exponent_bits - 1) - 1
    if exponent == 0:
        return sign * 2.0 ** (1 - bias) * fraction
    return sign * 2.0 ** min(exponent - bias, 1023) * (1 + fraction)


@mistake("q1", "Returns 0.0 for both zeros and loses the sign of the negative one.")
def decode(bits, exponent_bits, mantissa_bits):
    sign = -1.0 if bits >> (exponent_bits + mantissa_bits) else 1.0
    exponent = (bits >> mantissa_bits) & (2**exponent_bits - 1)
    fraction = (bits & (2**mantissa_bits - 1)) / 2**mantissa_bits
    bias = 2 ** (exponent_bits - 1) - 1
    if exponent == 2**exponent_bits - 1:
        return float("nan") if fraction else sign * float("inf")
    if exponent == 0 and fraction == 0:
        return 0.0
    if exponent == 0:
        return sign * 2.0 ** (1 - bias) * fraction
    return sign * 2.0 ** (exponent - bias) * (1 + fraction)


# ------------------------------------------------------------------ question 2


@mistake("q2", "Counts the exponent field of infinity as a finite one.")
def limits(exponent_bits, mantissa_bits):
    bias = 2 ** (exponent_bits - 1) - 1
    epsilon = 2.0**-mantissa_bits
    largest = float((2 - epsilon) * 2.0 ** min(bias + 1, 1023))
    return {
        "epsilon": epsilon,
        "largest": largest,
        "smallest_normal": 2.0 ** (1 - bias),
        "smallest": 2.0 ** (1 - bias) * epsilon,
        "counts_to": min(2 ** (mantissa_bits + 1), int(largest)),
    }


@mistake("q2", "Takes a power of two as the largest number: forgets that the mantissa is full.")
def limits(exponent_bits, mantissa_bits):
    bias = 2 ** (exponent_bits - 1) - 1
    epsilon = 2.0**-mantissa_bits
    return {
        "epsilon": epsilon,
        "largest": 2.0**bias,
        "smallest_normal": 2.0 ** (1 - bias),
        "smallest": 2.0 ** (1 - bias) * epsilon,
        "counts_to": min(2 ** (mantissa_bits + 1), int((2 - epsilon) * 2.0**bias)),
    }


@mistake("q2", "Takes half of the distance, the largest rounding error, for epsilon.")
def limits(exponent_bits, mantissa_bits):
    bias = 2 ** (exponent_bits - 1) - 1
    epsilon = 2.0 ** -(mantissa_bits + 1)
    largest = (2 - 2 * epsilon) * 2.0**bias
    return {
        "epsilon": epsilon,
        "largest": largest,
        "smallest_normal": 2.0 ** (1 - bias),
        "smallest": 2.0 ** (1 - bias) * 2 * epsilon,
        "counts_to": min(2 ** (mantissa_bits + 1), int(largest)),
    }


@mistake("q2", "Does not know subnormal numbers: the smallest one is the smallest normal one.")
def limits(exponent_bits, mantissa_bits):
    bias = 2 ** (exponent_bits - 1) - 1
    epsilon = 2.0**-mantissa_bits
    largest = (2 - epsilon) * 2.0**bias
    return {
        "epsilon": epsilon,
        "largest": largest,
        "smallest_normal": 2.0 ** (1 - bias),
        "smallest": 2.0 ** (1 - bias),
        "counts_to": min(2 ** (mantissa_bits + 1), int(largest)),
    }


@mistake("q2", "Lets a format count beyond its largest number.")
def limits(exponent_bits, mantissa_bits):
    bias = 2 ** (exponent_bits - 1) - 1
    epsilon = 2.0**-mantissa_bits
    return {
        "epsilon": epsilon,
        "largest": (2 - epsilon) * 2.0**bias,
        "smallest_normal": 2.0 ** (1 - bias),
        "smallest": 2.0 ** (1 - bias) * epsilon,
        "counts_to": 2 ** (mantissa_bits + 1),
    }


@mistake("q2", "Lets a format count to 2^m and forgets the hidden one.")
def limits(exponent_bits, mantissa_bits):
    bias = 2 ** (exponent_bits - 1) - 1
    epsilon = 2.0**-mantissa_bits
    largest = (2 - epsilon) * 2.0**bias
    return {
        "epsilon": epsilon,
        "largest": largest,
        "smallest_normal": 2.0 ** (1 - bias),
        "smallest": 2.0 ** (1 - bias) * epsilon,
        "counts_to": min(2**mantissa_bits, int(largest)),
    }


# ------------------------------------------------------------------ question 3


@mistake("q3", "Puts the first number into the high half.")
def pack_int4(integers):
    wide = integers.long()
    if bool(((wide < -8) | (wide > 7)).any()):
        raise ValueError("four bits hold -8…7")
    nibbles = torch.zeros(2 * -(-len(wide) // 2), dtype=torch.int64)
    nibbles[: len(wide)] = wide & 15
    return (nibbles[0::2] << 4 | nibbles[1::2]).to(torch.uint8)


@mistake("q3", "Shifts the range by 8 instead of writing two's complement.")
def pack_int4(integers):
    wide = integers.long()
    if bool(((wide < -8) | (wide > 7)).any()):
        raise ValueError("four bits hold -8…7")
    nibbles = torch.zeros(2 * -(-len(wide) // 2), dtype=torch.int64)
    nibbles[: len(wide)] = wide + 8
    return (nibbles[0::2] | nibbles[1::2] << 4).to(torch.uint8)


@mistake("q3", "Packs what does not fit, without the bits that are too many.")
def pack_int4(integers):
    wide = integers.long()
    nibbles = torch.zeros(2 * -(-len(wide) // 2), dtype=torch.int64)
    nibbles[: len(wide)] = wide & 15
    return (nibbles[0::2] | nibbles[1::2] << 4).to(torch.uint8)


@mistake("q3", "Drops the last number where n is odd.")
def pack_int4(integers):
    wide = integers.long()
    if bool(((wide < -8) | (wide > 7)).any()):
        raise ValueError("four bits hold -8…7")
    even = wide[: len(wide) // 2 * 2] & 15
    return (even[0::2] | even[1::2] << 4).to(torch.uint8)


@mistake("q3", "Does not mask the low number, whose sign then fills the high half.")
def pack_int4(integers):
    wide = integers.long()
    if bool(((wide < -8) | (wide > 7)).any()):
        raise ValueError("four bits hold -8…7")
    padded = torch.zeros(2 * -(-len(wide) // 2), dtype=torch.int64)
    padded[: len(wide)] = wide
    return (padded[0::2] | padded[1::2] << 4).to(torch.uint8)


@mistake("q3", "Reads the four bits as a number from 0 to 15.")
def unpack_int4(packed, n):
    wide = packed.long()
    return torch.stack([wide & 15, wide >> 4], dim=1).flatten()[:n].to(torch.int8)


@mistake("q3", "Puts all low halves in front of all high halves.")
def unpack_int4(packed, n):
    wide = packed.long()
    nibbles = torch.cat([wide & 15, wide >> 4])[:n]
    return torch.where(nibbles > 7, nibbles - 16, nibbles).to(torch.int8)


# ------------------------------------------------------------------ question 4


@mistake("q4", "Cuts off the bits: rounds towards zero.")
def round_mantissa(x, mantissa_bits=7):
    bits = x.contiguous().view(torch.int32)
    rounded = bits & -(2 ** (23 - mantissa_bits))
    return torch.where(torch.isfinite(x), rounded.view(torch.float32), x)


@mistake("q4", "Adds a half and cuts off: ties go away from zero, not to the even number.")
def round_mantissa(x, mantissa_bits=7):
    dropped = 23 - mantissa_bits
    bits = x.contiguous().view(torch.int32)
    rounded = (bits + 2 ** (dropped - 1)) & -(2**dropped)
    return torch.where(torch.isfinite(x), rounded.view(torch.float32), x)


@mistake("q4", "Rounds infinity and NaN like numbers: a NaN becomes infinite or zero.")
def round_mantissa(x, mantissa_bits=7):
    dropped = 23 - mantissa_bits
    bits = x.contiguous().view(torch.int32)
    last_kept = (bits >> dropped) & 1
    rounded = (bits + (2 ** (dropped - 1) - 1) + last_kept) & -(2**dropped)
    return rounded.view(torch.float32)


@mistake("q4", "Converts to torch.bfloat16, whatever the width.")
def round_mantissa(x, mantissa_bits=7):
    return x.to(torch.bfloat16).to(torch.float32)


@mistake("q4", "Sends ties down instead of to the even number.")
def round_mantissa(x, mantissa_bits=7):
    dropped = 23 - mantissa_bits
    bits = x.contiguous().view(torch.int32)
    rounded = (bits + (2 ** (dropped - 1) - 1)) & -(2**dropped)
    return torch.where(torch.isfinite(x), rounded.view(torch.float32), x)


@mistake("q4", "Scales with log2 in floats and does not think of zero and subnormal numbers.")
def round_mantissa(x, mantissa_bits=7):
    step = torch.exp2(x.abs().log2().floor() - mantissa_bits)
    return torch.where(torch.isfinite(x), (x / step).round() * step, x)


# ------------------------------------------------------------------ question 5


@mistake("q5", "Goes up or down with equal chances, wherever the number lies.")
def round_stochastically(x, step, generator):
    lower = (x / step).floor()
    inside = (x / step != lower).float()
    up = (torch.rand(x.shape, generator=generator) < 0.5).float() * inside
    return (lower + up) * step


@mistake("q5", "Cuts off towards zero, which is not the lower neighbour of a negative number.")
def round_stochastically(x, step, generator):
    lower = (x / step).trunc()
    share = (x / step - lower).abs()
    up = torch.rand(x.shape, generator=generator) < share
    return (lower + up.float()) * step


@mistake("q5", "Adds noise in float32 and rounds down: large numbers of the grid move.")
def round_stochastically(x, step, generator):
    return (x / step + torch.rand(x.shape, generator=generator)).floor() * step


@mistake("q5", "Draws one random number for the whole tensor.")
def round_stochastically(x, step, generator):
    lower = (x / step).floor()
    up = torch.rand(1, generator=generator) < x / step - lower
    return (lower + up.float()) * step


@mistake("q5", "Draws from the global generator and ignores the one that is given.")
def round_stochastically(x, step, generator):
    lower = (x / step).floor()
    up = torch.rand(x.shape) < x / step - lower
    return (lower + up.float()) * step


@mistake("q5", "Turns the probability round: the nearer neighbour is the rarer one.")
def round_stochastically(x, step, generator):
    lower = (x / step).floor()
    up = torch.rand(x.shape, generator=generator) >= x / step - lower
    inside = (x / step != lower).float()
    return (lower + up.float() * inside) * step


# ------------------------------------------------------------------ question 6


@mistake("q6", "Uses the approximate threshold of 0.7 times the mean magnitude.")
def ternarize(weight):
    kept = weight.abs() > 0.7 * weight.abs().mean()
    values = weight.sign() * kept
    return values, float(weight.abs()[kept].mean())


@mistake("q6", "Keeps all weights: two values, not three.")
def ternarize(weight):
    return weight.sign(), float(weight.abs().mean())


@mistake("q6", "Takes the mean of all magnitudes as the scale, not of those that are kept.")
def ternarize(weight):
    magnitudes = weight.flatten().abs().double()
    order = magnitudes.argsort(descending=True)
    sums = magnitudes[order].cumsum(0)
    best = int((sums.square() / torch.arange(1, len(sums) + 1)).argmax())
    values = torch.zeros(weight.numel())
    values[order[: best + 1]] = weight.flatten()[order[: best + 1]].sign()
    return values.reshape(weight.shape), float(magnitudes.mean())


@mistake("q6", "Keeps one weight too few: takes the index of the best count for the count.")
def ternarize(weight):
    magnitudes = weight.flatten().abs().double()
    order = magnitudes.argsort(descending=True)
    sums = magnitudes[order].cumsum(0)
    best = max(int((sums.square() / torch.arange(1, len(sums) + 1)).argmax()), 1)
    values = torch.zeros(weight.numel())
    values[order[:best]] = weight.flatten()[order[:best]].sign()
    return values.reshape(weight.shape), float(sums[best - 1] / best)


@mistake("q6", "Rounds to -1, 0, 1 times the largest magnitude, as integers of two bits do.")
def ternarize(weight):
    scale = weight.abs().max()
    return (weight / scale).round(), float(scale)


# ------------------------------------------------------------------ question 7


@mistake("q7", "Puts the first number into the highest bit of the byte.")
def pack_signs(x):
    bits = torch.zeros(8 * -(-len(x) // 8), dtype=torch.int64)
    bits[: len(x)] = x >= 0
    return (bits.reshape(-1, 8) << torch.arange(7, -1, -1)).sum(1).to(torch.uint8)


@mistake("q7", "Counts zero as negative.")
def pack_signs(x):
    bits = torch.zeros(8 * -(-len(x) // 8), dtype=torch.int64)
    bits[: len(x)] = x > 0
    return (bits.reshape(-1, 8) << torch.arange(8)).sum(1).to(torch.uint8)


@mistake("q7", "Counts the bits that fill up the last byte.")
def xnor_dot(a, b, n):
    equal = sum((255 - byte).bit_count() for byte in (a ^ b).tolist())
    return 2 * equal - n


@mistake("q7", "Returns the number of equal signs and forgets those that are not.")
def xnor_dot(a, b, n):
    differ = (a ^ b).tolist()
    if n % 8:
        differ[-1] &= 2 ** (n % 8) - 1
    return n - sum(byte.bit_count() for byte in differ)


@mistake("q7", "Multiplies bits with AND: 0 and 0 then count for nothing.")
def xnor_dot(a, b, n):
    both = (a & b).tolist()
    if n % 8:
        both[-1] &= 2 ** (n % 8) - 1
    return 2 * sum(byte.bit_count() for byte in both) - n


@mistake("q7", "Masks the last byte even where it is full.")
def xnor_dot(a, b, n):
    differ = (a ^ b).tolist()
    differ[-1] &= 2 ** (n % 8) - 1
    return n - 2 * sum(byte.bit_count() for byte in differ)


# ------------------------------------------------------------------ question 8


@mistake("q8", "Divides the scale out in FP16, where the gradient underflows after all.")
def scaled_step(weights, gradients, lr, scale, good_steps, patience):
    if not all(bool(torch.isfinite(gradient).all()) for gradient in gradients):
        return scale / 2, 0
    for weight, gradient in zip(weights, gradients, strict=True):
        weight -= lr * (gradient / scale).float()
    if good_steps + 1 >= patience:
        return scale * 2, 0
    return scale, good_steps + 1


@mistake("q8", "Looks at each tensor by itself and steps with those that are finite.")
def scaled_step(weights, gradients, lr, scale, good_steps, patience):
    fine = True
    for weight, gradient in zip(weights, gradients, strict=True):
        if bool(torch.isfinite(gradient).all()):
            weight -= lr * (gradient.float() / scale)
        else:
            fine = False
    if not fine:
        return scale / 2, 0
    if good_steps + 1 >= patience:
        return scale * 2, 0
    return scale, good_steps + 1


@mistake("q8", "Steps with the scaled gradient: the learning rate is multiplied by the scale.")
def scaled_step(weights, gradients, lr, scale, good_steps, patience):
    if not all(bool(torch.isfinite(gradient).all()) for gradient in gradients):
        return scale / 2, 0
    for weight, gradient in zip(weights, gradients, strict=True):
        weight -= lr * gradient.float()
    if good_steps + 1 >= patience:
        return scale * 2, 0
    return scale, good_steps + 1


@mistake("q8", "Looks for infinity and not for NaN.")
def scaled_step(weights, gradients, lr, scale, good_steps, patience):
    if any(bool(torch.isinf(gradient).any()) for gradient in gradients):
        return scale / 2, 0
    for weight, gradient in zip(weights, gradients, strict=True):
        weight -= lr * (gradient.float() / scale)
    if good_steps + 1 >= patience:
        return scale * 2, 0
    return scale, good_steps + 1


@mistake("q8", "Doubles the scale one step too late.")
def scaled_step(weights, gradients, lr, scale, good_steps, patience):
    if not all(bool(torch.isfinite(gradient).all()) for gradient in gradients):
        return scale / 2, 0
    for weight, gradient in zip(weights, gradients, strict=True):
        weight -= lr * (gradient.float() / scale)
    if good_steps >= patience:
        return scale * 2, 0
    return scale, good_steps + 1


@mistake("q8", "Goes on counting good steps after an overflow.")
def scaled_step(weights, gradients, lr, scale, good_steps, patience):
    if not all(bool(torch.isfinite(gradient).all()) for gradient in gradients):
        return scale / 2, good_steps
    for weight, gradient in zip(weights, gradients, strict=True):
        weight -= lr * (gradient.float() / scale)
    if good_steps + 1 >= patience:
        return scale * 2, 0
    return scale, good_steps + 1


@mistake("q8", "Makes new tensors instead of changing the weights in place.")
def scaled_step(weights, gradients, lr, scale, good_steps, patience):
    if not all(bool(torch.isfinite(gradient).all()) for gradient in gradients):
        return scale / 2, 0
    for weight, gradient in zip(weights, gradients, strict=True):
        weight = weight - lr * (gradient.float() / scale)
    if good_steps + 1 >= patience:
        return scale * 2, 0
    return scale, good_steps + 1
