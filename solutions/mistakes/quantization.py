"""Plausible wrong answers to the quantization exercise, each with the misconception behind it.

Read as text, never imported: a definition replaces the one of the same name in the solution.
"""
# ruff: noqa: F811, F821

from autograder.mistakes import mistake

# Not in efficientai.quantization: asked for by the exercise alone, or at home in compression.
OWN_NAMES = [
    "affine_parameters", "quantize_weight", "best_limit", "huffman_lengths", "gap_symbols",
    "layer_bytes",
]  # fmt: skip

# ------------------------------------------------------------------ question 1


@mistake("q1", "Divides by the number of integers, 2**bits, instead of the number of steps.")
def affine_parameters(low, high, bits=8):
    if low > high:
        raise ValueError(f"low must not exceed high, got {low} and {high}")
    low, high = min(low, 0.0), max(high, 0.0)
    if low == high:
        return 1.0, 0
    scale = (high - low) / 2**bits
    return scale, round(-low / scale)


@mistake("q1", "Does not widen the range to contain zero.")
def affine_parameters(low, high, bits=8):
    if low > high:
        raise ValueError(f"low must not exceed high, got {low} and {high}")
    if low == high:
        return 1.0, 0
    scale = (high - low) / (2**bits - 1)
    return scale, round(-low / scale)


@mistake("q1", "Cuts the zero point off with int() instead of rounding it.")
def affine_parameters(low, high, bits=8):
    if low > high:
        raise ValueError(f"low must not exceed high, got {low} and {high}")
    low, high = min(low, 0.0), max(high, 0.0)
    if low == high:
        return 1.0, 0
    scale = (high - low) / (2**bits - 1)
    return scale, int(-low / scale)


@mistake("q1", "Returns a scale of zero where there is nothing but zeros.")
def affine_parameters(low, high, bits=8):
    if low > high:
        raise ValueError(f"low must not exceed high, got {low} and {high}")
    low, high = min(low, 0.0), max(high, 0.0)
    scale = (high - low) / (2**bits - 1)
    return scale, round(-low / max(scale, 1e-12))


# ------------------------------------------------------------------ question 2


@mistake("q2", "Cuts off towards zero (the dtype's conversion) instead of rounding.")
def quantize(x, scale, zero_point, low, high):
    return ((x / scale).trunc() + zero_point).clamp(low, high).to(torch.int32)


@mistake("q2", "Rounds halves up with floor(x + 0.5) instead of to the even number.")
def quantize(x, scale, zero_point, low, high):
    return ((x / scale + 0.5).floor() + zero_point).clamp(low, high).to(torch.int32)


@mistake("q2", "Limits before the zero point is added.")
def quantize(x, scale, zero_point, low, high):
    return ((x / scale).round().clamp(low, high) + zero_point).to(torch.int32)


@mistake("q2", "Makes integers first and limits them afterwards, so that huge numbers wrap around.")
def quantize(x, scale, zero_point, low, high):
    return ((x / scale).round().to(torch.int32) + zero_point).clamp(low, high)


@mistake("q2", "Adds the zero point on the way back, too.")
def dequantize(q, scale, zero_point):
    return scale * (q.float() + zero_point)


@mistake("q2", "Subtracts the zero point from bytes, which wrap around.")
def dequantize(q, scale, zero_point):
    return scale * (q - zero_point).float()


# ------------------------------------------------------------------ question 3


@mistake("q3", "Takes one scale for the whole tensor.")
def quantize_weight(weight, bits=8):
    highest = 2 ** (bits - 1) - 1
    scale = weight.abs().max() / highest
    integers = (weight / scale).round().clamp(-highest, highest).to(torch.int8)
    return integers, scale.expand(len(weight)).clone()


@mistake("q3", "Uses the largest signed weight of each output, not the largest magnitude.")
def quantize_weight(weight, bits=8):
    highest = 2 ** (bits - 1) - 1
    scale = weight.flatten(1).amax(1) / highest
    scale = torch.where(scale == 0, torch.ones_like(scale), scale)
    wide = scale.view(-1, *[1] * (weight.dim() - 1))
    return (weight / wide).round().clamp(-highest, highest).to(torch.int8), scale


@mistake("q3", "Takes a scale for each input (column) instead of each output (row).")
def quantize_weight(weight, bits=8):
    highest = 2 ** (bits - 1) - 1
    columns = weight.transpose(0, 1)
    scale = columns.flatten(1).abs().amax(1) / highest
    scale = torch.where(scale == 0, torch.ones_like(scale), scale)
    wide = scale.view(1, -1, *[1] * (weight.dim() - 2))
    return (weight / wide).round().clamp(-highest, highest).to(torch.int8), scale


@mistake("q3", "Divides by zero for an output whose weights are all zero.")
def quantize_weight(weight, bits=8):
    highest = 2 ** (bits - 1) - 1
    scale = weight.flatten(1).abs().amax(1) / highest
    wide = scale.view(-1, *[1] * (weight.dim() - 1))
    return (weight / wide).round().clamp(-highest, highest).to(torch.int8), scale


# ------------------------------------------------------------------ question 4


@mistake("q4", "Takes the largest magnitude: nothing is cut off.")
def best_limit(x, bits, candidates=100):
    return x.abs().max().item()


@mistake("q4", "Forgets to cut off, so that the finest steps always win.")
def best_limit(x, bits, candidates=100):
    largest, highest = x.abs().max().item(), 2 ** (bits - 1) - 1
    best, least = largest, float("inf")
    for k in range(1, candidates + 1):
        limit = k / candidates * largest
        scale = limit / highest
        error = ((x / scale).round() * scale - x).square().mean().item()
        if error < least:
            best, least = limit, error
    return best


@mistake("q4", "Measures the mean absolute error instead of the squared one.")
def best_limit(x, bits, candidates=100):
    largest, highest = x.abs().max().item(), 2 ** (bits - 1) - 1
    best, least = largest, float("inf")
    for k in range(1, candidates + 1):
        limit = k / candidates * largest
        scale = limit / highest
        restored = (x / scale).round().clamp(-highest, highest) * scale
        error = (restored - x).abs().mean().item()
        if error < least:
            best, least = limit, error
    return best


@mistake("q4", "Leaves the last candidate out: range() ends before its end.")
def best_limit(x, bits, candidates=100):
    largest, highest = x.abs().max().item(), 2 ** (bits - 1) - 1
    best, least = 0.0, float("inf")
    for k in range(1, candidates):
        limit = k / candidates * largest
        scale = limit / highest
        restored = (x / scale).round().clamp(-highest, highest) * scale
        error = (restored - x).square().mean().item()
        if error < least:
            best, least = limit, error
    return best


# ------------------------------------------------------------------ question 5


@mistake("q5", "Leaves the gradient to autograd; that of rounding is zero everywhere.")
def fake_quantize(x, scale, zero_point, low, high):
    q = ((x / scale).round() + zero_point).clamp(low, high)
    return scale * (q - zero_point)


@mistake("q5", "Lets the gradient pass everywhere, also where the value was cut off.")
def fake_quantize(x, scale, zero_point, low, high):
    q = ((x / scale).round() + zero_point).clamp(low, high)
    return x + (scale * (q - zero_point) - x).detach()


@mistake("q5", "Detaches the whole result.")
def fake_quantize(x, scale, zero_point, low, high):
    with torch.no_grad():
        q = ((x / scale).round() + zero_point).clamp(low, high)
        return scale * (q - zero_point)


@mistake("q5", "Asks whether x itself is in the range, and not the integer it is rounded to.")
def fake_quantize(x, scale, zero_point, low, high):
    first, last = scale * (low - zero_point), scale * (high - zero_point)
    q = ((x / scale).round() + zero_point).clamp(low, high)
    passing = torch.where((x >= first) & (x <= last), x, torch.zeros_like(x))
    return passing + (scale * (q - zero_point) - passing).detach()


# ------------------------------------------------------------------ question 6


@mistake("q6", "Does not subtract the zero point of the input.")
def integer_linear(x, weight, bias, multiplier, shift, zero_in, zero_out):
    total = x.long() @ weight.long().T + bias.long()
    scaled = (total * multiplier + (1 << (shift - 1))) >> shift
    return (scaled + zero_out).clamp(0, 255).to(torch.int32)


@mistake("q6", "Shifts without adding a half, which rounds down.")
def integer_linear(x, weight, bias, multiplier, shift, zero_in, zero_out):
    total = (x.long() - zero_in) @ weight.long().T + bias.long()
    return (((total * multiplier) >> shift) + zero_out).clamp(0, 255).to(torch.int32)


@mistake("q6", "Computes the factor as a float: the result is nearly always the same.")
def integer_linear(x, weight, bias, multiplier, shift, zero_in, zero_out):
    total = (x.long() - zero_in) @ weight.long().T + bias.long()
    factor = multiplier.double() / 2.0**shift
    return ((total * factor).round() + zero_out).clamp(0, 255).to(torch.int32)


@mistake("q6", "Limits to 0…255 before the zero point of the output is added.")
def integer_linear(x, weight, bias, multiplier, shift, zero_in, zero_out):
    total = (x.long() - zero_in) @ weight.long().T + bias.long()
    scaled = (total * multiplier + (1 << (shift - 1))) >> shift
    return (scaled.clamp(0, 255) + zero_out).to(torch.int32)


# ------------------------------------------------------------------ question 7


@mistake("q7", "Starts from the first k numbers instead of evenly spread values.")
def kmeans_codebook(values, k, iterations=50):
    flat = values.flatten()
    codebook = flat[:k].clone()
    for _ in range(iterations):
        indices = (flat[:, None] - codebook).abs().argmin(1)
        for i in range(k):
            if (indices == i).any():
                codebook[i] = flat[indices == i].mean()
    indices = (flat[:, None] - codebook).abs().argmin(1)
    return codebook, indices.view(values.shape)


@mistake("q7", "Takes the mean of no numbers: the value becomes nan.")
def kmeans_codebook(values, k, iterations=50):
    flat = values.flatten()
    codebook = torch.linspace(flat.min().item(), flat.max().item(), k)
    for _ in range(iterations):
        indices = (flat[:, None] - codebook).abs().nan_to_num(torch.inf).argmin(1)
        for i in range(k):
            codebook[i] = flat[indices == i].mean()
    indices = (flat[:, None] - codebook).abs().nan_to_num(torch.inf).argmin(1)
    return codebook, indices.view(values.shape)


@mistake("q7", "Stops at the evenly spread values: no iteration moves them.")
def kmeans_codebook(values, k, iterations=50):
    flat = values.flatten()
    codebook = torch.linspace(flat.min().item(), flat.max().item(), k)
    return codebook, (flat[:, None] - codebook).abs().argmin(1).view(values.shape)


@mistake("q7", "Takes the mean of the gradients instead of their sum.")
def codebook_gradient(gradient, indices, k):
    sums = torch.zeros(k).index_add_(0, indices.flatten(), gradient.flatten())
    return sums / indices.flatten().bincount(minlength=k).clamp(min=1)


@mistake("q7", "Writes `sums[indices] += gradient`: repeated indices count once.")
def codebook_gradient(gradient, indices, k):
    sums = torch.zeros(k)
    sums[indices.flatten()] += gradient.flatten()
    return sums


# ------------------------------------------------------------------ question 8


@mistake("q8", "Gives every symbol the same number of bits.")
def huffman_lengths(counts):
    return dict.fromkeys(counts, max(1, (len(counts) - 1).bit_length()))


@mistake("q8", "Joins the two most frequent groups instead of the two rarest.")
def huffman_lengths(counts):
    if len(counts) == 1:
        return dict.fromkeys(counts, 1)
    lengths = dict.fromkeys(counts, 0)
    groups = [(count, [symbol]) for symbol, count in counts.items()]
    while len(groups) > 1:
        groups.sort(key=lambda group: -group[0])
        (a, left), (b, right), *rest = groups
        for symbol in left + right:
            lengths[symbol] += 1
        groups = [*rest, (a + b, left + right)]
    return lengths


@mistake("q8", "Gives a single symbol no bit at all.")
def huffman_lengths(counts):
    lengths = dict.fromkeys(counts, 0)
    groups = [(count, [symbol]) for symbol, count in counts.items()]
    while len(groups) > 1:
        groups.sort(key=lambda group: group[0])
        (a, left), (b, right), *rest = groups
        for symbol in left + right:
            lengths[symbol] += 1
        groups = [*rest, (a + b, left + right)]
    return lengths


@mistake("q8", "Sorts once and lets every joined group be the next to join: a comb, not a tree.")
def huffman_lengths(counts):
    if len(counts) == 1:
        return dict.fromkeys(counts, 1)
    order = sorted(counts, key=counts.get, reverse=True)
    return {symbol: min(rank + 1, len(order) - 1) for rank, symbol in enumerate(order)}


@mistake("q8", "Takes the information content of each symbol, rounded up.")
def huffman_lengths(counts):
    import math

    total = sum(counts.values())
    return {s: max(1, math.ceil(math.log2(total / count))) for s, count in counts.items()}


# ------------------------------------------------------------------ question 9


@mistake("q9", "Writes the distance between two weights instead of the zeros between them.")
def gap_symbols(weight, index_bits):
    filler, symbols, before = 2**index_bits - 1, [], 0
    for position in weight.flatten().nonzero().flatten().tolist():
        often, rest = divmod(position - before, filler)
        symbols += [filler] * often + [rest]
        before = position
    return symbols


@mistake("q9", "Uses the highest symbol for a gap of that size as well.")
def gap_symbols(weight, index_bits):
    filler, symbols, expected = 2**index_bits - 1, [], 0
    for position in weight.flatten().nonzero().flatten().tolist():
        gap = position - expected
        while gap > filler:
            symbols.append(filler)
            gap -= filler
        symbols.append(gap)
        expected = position + 1
    return symbols


@mistake("q9", "Writes the zeros behind the last weight, too.")
def gap_symbols(weight, index_bits):
    filler, symbols, expected = 2**index_bits - 1, [], 0
    for position in weight.flatten().nonzero().flatten().tolist():
        often, rest = divmod(position - expected, filler)
        symbols += [filler] * often + [rest]
        expected = position + 1
    often, rest = divmod(weight.numel() - expected, filler)
    return symbols + [filler] * often + [rest] * (rest > 0)


@mistake("q9", "Leaves the codebook out.")
def layer_bytes(weight, index_bits, code_lengths):
    kept = weight[weight != 0]
    bits = 0
    for symbols in (gap_symbols(weight, index_bits), kept.tolist()):
        counts = dict(Counter(symbols))
        lengths = code_lengths(counts)
        bits += sum(counts[symbol] * lengths[symbol] for symbol in counts)
    return -(-bits // 8)


@mistake("q9", "Leaves the positions out: how the file says where a weight stands is forgotten.")
def layer_bytes(weight, index_bits, code_lengths):
    codebook, indices = torch.unique(weight[weight != 0], return_inverse=True)
    counts = dict(Counter(indices.tolist()))
    lengths = code_lengths(counts)
    bits = 16 * len(codebook) + sum(counts[symbol] * lengths[symbol] for symbol in counts)
    return -(-bits // 8)


@mistake("q9", "Makes one code for gaps and values together.")
def layer_bytes(weight, index_bits, code_lengths):
    codebook, indices = torch.unique(weight[weight != 0], return_inverse=True)
    counts = dict(Counter(gap_symbols(weight, index_bits) + indices.tolist()))
    lengths = code_lengths(counts)
    bits = 16 * len(codebook) + sum(counts[symbol] * lengths[symbol] for symbol in counts)
    return -(-bits // 8)
