"""Plausible wrong answers to the hardware exercise, each with the misconception behind it.

Read as text, never imported: a definition replaces the one of the same name in the solution.
"""
# ruff: noqa: F811, F821

from autograder.mistakes import mistake

# Asked for by the exercise alone; the package's module has no function of that name.
OWN_NAMES = [
    "network_time",
    "systolic_step",
    "systolic_cost",
    "layer_energy_nj",
    "accelerated_ms",
    "spiking_layer",
]

# ------------------------------------------------------------------ question 1


@mistake("q1", "Takes a MAC for one operation.")
def arithmetic_intensity(layer, x_shape, bytes_per_value):
    with torch.no_grad():
        outputs = layer(torch.zeros(x_shape)).numel()
    macs = outputs * layer.weight[0].numel()
    values = layer.weight.numel() + math.prod(x_shape) + outputs
    return macs / (values * bytes_per_value)


@mistake("q1", "Reads the weights again for every sample of the batch.")
def arithmetic_intensity(layer, x_shape, bytes_per_value):
    with torch.no_grad():
        outputs = layer(torch.zeros(x_shape)).numel()
    macs = outputs * layer.weight[0].numel()
    values = x_shape[0] * layer.weight.numel() + math.prod(x_shape) + outputs
    return 2 * macs / (values * bytes_per_value)


@mistake("q1", "Counts the bytes of the weights and forgets the activations.")
def arithmetic_intensity(layer, x_shape, bytes_per_value):
    with torch.no_grad():
        outputs = layer(torch.zeros(x_shape)).numel()
    macs = outputs * layer.weight[0].numel()
    return 2 * macs / (layer.weight.numel() * bytes_per_value)


@mistake("q1", "Sums over all input channels, whatever the groups.")
def arithmetic_intensity(layer, x_shape, bytes_per_value):
    with torch.no_grad():
        outputs = layer(torch.zeros(x_shape)).numel()
    products = layer.weight[0].numel() * getattr(layer, "groups", 1)
    values = layer.weight.numel() + math.prod(x_shape) + outputs
    return 2 * outputs * products / (values * bytes_per_value)


@mistake("q1", "Counts the bias as parameters that are read.")
def arithmetic_intensity(layer, x_shape, bytes_per_value):
    with torch.no_grad():
        outputs = layer(torch.zeros(x_shape)).numel()
    macs = outputs * layer.weight[0].numel()
    values = sum(p.numel() for p in layer.parameters()) + math.prod(x_shape) + outputs
    return 2 * macs / (values * bytes_per_value)


# ------------------------------------------------------------------ question 2


@mistake("q2", "Adds all layers up first and draws one roof over the sum.")
def network_time(layers, peak_flops, bandwidth):
    arithmetic = sum(2 * macs / peak_flops for macs, _ in layers)
    traffic = sum(size / bandwidth for _, size in layers)
    total = max(arithmetic, traffic)
    return float(total), float(traffic > arithmetic)


@mistake("q2", "Adds arithmetic and traffic, as if they could not overlap.")
def network_time(layers, peak_flops, bandwidth):
    total = waiting = 0.0
    for macs, size in layers:
        arithmetic, traffic = 2 * macs / peak_flops, size / bandwidth
        total += arithmetic + traffic
        waiting += traffic if traffic > arithmetic else 0.0
    return total, waiting / total if total else 0.0


@mistake("q2", "Gives the share of layers that wait for memory, not of time.")
def network_time(layers, peak_flops, bandwidth):
    times = [(2 * macs / peak_flops, size / bandwidth) for macs, size in layers]
    if not times:
        return 0.0, 0.0
    waiting = sum(traffic > arithmetic for arithmetic, traffic in times)
    return sum(map(max, times)), waiting / len(times)


@mistake("q2", "Takes a MAC for one operation.")
def network_time(layers, peak_flops, bandwidth):
    total = waiting = 0.0
    for macs, size in layers:
        arithmetic, traffic = macs / peak_flops, size / bandwidth
        total += max(arithmetic, traffic)
        waiting += traffic if traffic > arithmetic else 0.0
    return total, waiting / total if total else 0.0


@mistake("q2", "Counts a layer at the ridge as waiting for memory.")
def network_time(layers, peak_flops, bandwidth):
    total = waiting = 0.0
    for macs, size in layers:
        arithmetic, traffic = 2 * macs / peak_flops, size / bandwidth
        total += max(arithmetic, traffic)
        waiting += traffic if traffic >= arithmetic else 0.0
    return total, waiting / total if total else 0.0


# ------------------------------------------------------------------ question 3


@mistake("q3", "Multiplies by the input of the tick before instead of the one just taken over.")
def systolic_step(weights, inputs, sums, entering):
    above = torch.cat([torch.zeros_like(sums[:1]), sums[:-1]], dim=0)
    moved = torch.cat([entering[:, None], inputs[:, :-1]], dim=1)
    return moved, above + weights * inputs


@mistake("q3", "Adds to the cell's own sum, so that the sums stay where they are.")
def systolic_step(weights, inputs, sums, entering):
    inputs = torch.cat([entering[:, None], inputs[:, :-1]], dim=1)
    return inputs, sums + weights * inputs


@mistake("q3", "Lets the sum come up from the cell below.")
def systolic_step(weights, inputs, sums, entering):
    inputs = torch.cat([entering[:, None], inputs[:, :-1]], dim=1)
    below = torch.cat([sums[1:], torch.zeros_like(sums[:1])], dim=0)
    return inputs, below + weights * inputs


@mistake("q3", "Gives the entering inputs to the whole row at once.")
def systolic_step(weights, inputs, sums, entering):
    inputs = entering[:, None].expand_as(weights).clone()
    above = torch.cat([torch.zeros_like(sums[:1]), sums[:-1]], dim=0)
    return inputs, above + weights * inputs


@mistake("q3", "Works in the tensors that it was given.")
def systolic_step(weights, inputs, sums, entering):
    inputs[:, 1:] = inputs[:, :-1].clone()
    inputs[:, 0] = entering
    sums[1:] = sums[:-1].clone()
    sums[0] = 0
    sums += weights * inputs
    return inputs, sums


# ------------------------------------------------------------------ question 4


@mistake("q4", "Forgets to load the weights.")
def systolic_cost(m, k, n, rows, columns, overlap=False):
    tiles = -(-k // rows) * -(-n // columns)
    cycles = tiles * (m + rows + columns - 2)
    return cycles, m * k * n / (cycles * rows * columns)


@mistake("q4", "Counts the cells beside a tile at the edge as useful.")
def systolic_cost(m, k, n, rows, columns, overlap=False):
    tiles = -(-k // rows) * -(-n // columns)
    cycles = (1 if overlap else tiles) * rows + tiles * (m + rows + columns - 2)
    return cycles, tiles * m / cycles


@mistake("q4", "Rounds the number of tiles down.")
def systolic_cost(m, k, n, rows, columns, overlap=False):
    tiles = max(1, k // rows) * max(1, n // columns)
    cycles = (1 if overlap else tiles) * rows + tiles * (m + rows + columns - 2)
    return cycles, min(1.0, m * k * n / (cycles * rows * columns))


@mistake("q4", "Hides even the first load behind a computation that does not exist.")
def systolic_cost(m, k, n, rows, columns, overlap=False):
    tiles = -(-k // rows) * -(-n // columns)
    cycles = (0 if overlap else tiles) * rows + tiles * (m + rows + columns - 2)
    return cycles, m * k * n / (cycles * rows * columns)


@mistake("q4", "Divides all cells into tiles of their number instead of both axes by themselves.")
def systolic_cost(m, k, n, rows, columns, overlap=False):
    tiles = -(-(k * n) // (rows * columns))
    cycles = (1 if overlap else tiles) * rows + tiles * (m + rows + columns - 2)
    return cycles, m * k * n / (cycles * rows * columns)


@mistake("q4", "Divides the rows of w by the columns of the array, and the columns by its rows.")
def systolic_cost(m, k, n, rows, columns, overlap=False):
    tiles = -(-k // columns) * -(-n // rows)
    cycles = (1 if overlap else tiles) * rows + tiles * (m + rows + columns - 2)
    return cycles, m * k * n / (cycles * rows * columns)


# ------------------------------------------------------------------ question 5


@mistake("q5", "Reads the left matrix once for each row of tiles, the right once for each column.")
def tiled_traffic(m, k, n, tile_m, tile_n):
    if min(m, k, n, tile_m, tile_n) < 1:
        raise ValueError("sizes must be at least 1")
    return m * k * -(-m // tile_m) + k * n * -(-n // tile_n) + m * n


@mistake("q5", "Writes the sums to DRAM after every step.")
def tiled_traffic(m, k, n, tile_m, tile_n):
    if min(m, k, n, tile_m, tile_n) < 1:
        raise ValueError("sizes must be at least 1")
    return m * k * -(-n // tile_n) + k * n * -(-m // tile_m) + m * n * k


@mistake("q5", "Pads tiles at the edge to their full size.")
def tiled_traffic(m, k, n, tile_m, tile_n):
    if min(m, k, n, tile_m, tile_n) < 1:
        raise ValueError("sizes must be at least 1")
    tiles = -(-m // tile_m) * -(-n // tile_n)
    return tiles * (k * (tile_m + tile_n) + tile_m * tile_n)


@mistake("q5", "Forgets that the result has to be written.")
def tiled_traffic(m, k, n, tile_m, tile_n):
    if min(m, k, n, tile_m, tile_n) < 1:
        raise ValueError("sizes must be at least 1")
    return m * k * -(-n // tile_n) + k * n * -(-m // tile_m)


@mistake("q5", "Lets a size of zero through.")
def tiled_traffic(m, k, n, tile_m, tile_n):
    across, down = -(-n // tile_n), -(-m // tile_m)
    return m * k * across + k * n * down + m * n


# ------------------------------------------------------------------ question 6


@mistake("q6", "Forgets the room for the pieces of a column and a row.")
def best_tile(m, n, buffer, traffic):
    fitting = [(a, b) for a in range(1, m + 1) for b in range(1, n + 1) if a * b <= buffer]
    return min(fitting, key=lambda tile: (traffic(*tile), tile[0] * tile[1], tile[0]))


@mistake("q6", "Tries square tiles only.")
def best_tile(m, n, buffer, traffic):
    fitting = [(a, a) for a in range(1, min(m, n) + 1) if a * a + 2 * a <= buffer]
    return min(fitting, key=lambda tile: (traffic(*tile), tile[0]))


@mistake("q6", "Takes the largest tile that fits, whatever it moves.")
def best_tile(m, n, buffer, traffic):
    fitting = [(a, b) for a in range(1, m + 1) for b in range(1, n + 1) if a * b + a + b <= buffer]
    return max(fitting, key=lambda tile: (tile[0] * tile[1], -tile[0]))


@mistake("q6", "Leaves out the tile that fills the buffer exactly.")
def best_tile(m, n, buffer, traffic):
    fitting = [(a, b) for a in range(1, m + 1) for b in range(1, n + 1) if a * b + a + b < buffer]
    return min(fitting, key=lambda tile: (traffic(*tile), tile[0] * tile[1], tile[0]))


@mistake("q6", "Takes the first of several tiles with equal traffic.")
def best_tile(m, n, buffer, traffic):
    fitting = [(a, b) for a in range(1, m + 1) for b in range(1, n + 1) if a * b + a + b <= buffer]
    return min(fitting, key=lambda tile: traffic(*tile))


# ------------------------------------------------------------------ question 7


@mistake("q7", "Adds products of 8-bit integers in 8 bits.")
def layer_energy_nj(inputs, outputs, precision, batch=1, on_chip=False):
    arithmetic = inputs * outputs * (MULTIPLY_PJ[precision] + ADD_PJ[precision])
    size, access = BYTES[precision], SRAM_PJ if on_chip else DRAM_PJ
    weights = inputs * outputs * size * access / ACCESS_BYTES / batch
    activations = (inputs + outputs) * size * SRAM_PJ / ACCESS_BYTES
    return (arithmetic + weights + activations) / 1000


@mistake("q7", "Reads the weights anew for every sample.")
def layer_energy_nj(inputs, outputs, precision, batch=1, on_chip=False):
    summed = "int32" if precision == "int8" else precision
    arithmetic = inputs * outputs * (MULTIPLY_PJ[precision] + ADD_PJ[summed])
    size, access = BYTES[precision], SRAM_PJ if on_chip else DRAM_PJ
    weights = inputs * outputs * size * access / ACCESS_BYTES
    activations = (inputs + outputs) * size * SRAM_PJ / ACCESS_BYTES
    return (arithmetic + weights + activations) / 1000


@mistake("q7", "Pays a whole memory access for every number.")
def layer_energy_nj(inputs, outputs, precision, batch=1, on_chip=False):
    summed = "int32" if precision == "int8" else precision
    arithmetic = inputs * outputs * (MULTIPLY_PJ[precision] + ADD_PJ[summed])
    weights = inputs * outputs * (SRAM_PJ if on_chip else DRAM_PJ) / batch
    activations = (inputs + outputs) * SRAM_PJ
    return (arithmetic + weights + activations) / 1000


@mistake("q7", "Shares the whole energy among the batch, arithmetic and activations too.")
def layer_energy_nj(inputs, outputs, precision, batch=1, on_chip=False):
    summed = "int32" if precision == "int8" else precision
    arithmetic = inputs * outputs * (MULTIPLY_PJ[precision] + ADD_PJ[summed])
    size, access = BYTES[precision], SRAM_PJ if on_chip else DRAM_PJ
    weights = inputs * outputs * size * access / ACCESS_BYTES
    activations = (inputs + outputs) * size * SRAM_PJ / ACCESS_BYTES
    return (arithmetic + weights + activations) / 1000 / batch


@mistake("q7", "Gives the energy of the whole batch.")
def layer_energy_nj(inputs, outputs, precision, batch=1, on_chip=False):
    summed = "int32" if precision == "int8" else precision
    arithmetic = inputs * outputs * (MULTIPLY_PJ[precision] + ADD_PJ[summed])
    size, access = BYTES[precision], SRAM_PJ if on_chip else DRAM_PJ
    weights = inputs * outputs * size * access / ACCESS_BYTES
    activations = (inputs + outputs) * size * SRAM_PJ / ACCESS_BYTES
    return (batch * (arithmetic + activations) + weights) / 1000


# ------------------------------------------------------------------ question 8


@mistake("q8", "Forgets the transfers.")
def accelerated_ms(layers, speedup, transfer_ms, split_once):
    total, cut = 0.0, False
    for ms, supported in layers:
        cut = cut or not supported
        total += ms / speedup if supported and not (split_once and cut) else ms
    return total, sum(ms for ms, _ in layers) / total


@mistake("q8", "Goes back to the accelerator although the network may be cut only once.")
def accelerated_ms(layers, speedup, transfer_ms, split_once):
    total, here = 0.0, "cpu"
    for ms, supported in layers:
        there = "accelerator" if supported else "cpu"
        total += transfer_ms if there != here else 0
        total += ms / speedup if supported else ms
        here = there
    total += transfer_ms if here == "accelerator" else 0
    return total, sum(ms for ms, _ in layers) / total


@mistake("q8", "Leaves the result on the accelerator.")
def accelerated_ms(layers, speedup, transfer_ms, split_once):
    total, here, cut = 0.0, "cpu", False
    for ms, supported in layers:
        cut = cut or not supported
        there = "accelerator" if (supported and not (split_once and cut)) else "cpu"
        total += transfer_ms if there != here else 0
        total += ms / speedup if there == "accelerator" else ms
        here = there
    return total, sum(ms for ms, _ in layers) / total


@mistake("q8", "Pays a transfer there and back for every layer on the accelerator.")
def accelerated_ms(layers, speedup, transfer_ms, split_once):
    total, cut = 0.0, False
    for ms, supported in layers:
        cut = cut or not supported
        runs = supported and not (split_once and cut)
        total += ms / speedup + 2 * transfer_ms if runs else ms
    return total, sum(ms for ms, _ in layers) / total


@mistake("q8", "Averages the speed-ups of the layers instead of dividing the times.")
def accelerated_ms(layers, speedup, transfer_ms, split_once):
    total, here, cut, factors = 0.0, "cpu", False, []
    for ms, supported in layers:
        cut = cut or not supported
        there = "accelerator" if (supported and not (split_once and cut)) else "cpu"
        total += transfer_ms if there != here else 0
        total += ms / speedup if there == "accelerator" else ms
        factors.append(speedup if there == "accelerator" else 1)
        here = there
    total += transfer_ms if here == "accelerator" else 0
    return total, sum(factors) / len(factors)


@mistake("q8", "Keeps a supported layer on the CPU where moving it does not pay.")
def accelerated_ms(layers, speedup, transfer_ms, split_once):
    total, here, cut = 0.0, "cpu", False
    for ms, supported in layers:
        cut = cut or not supported
        pays = ms / speedup + 2 * transfer_ms < ms
        there = "accelerator" if supported and pays and not (split_once and cut) else "cpu"
        total += transfer_ms if there != here else 0
        total += ms / speedup if there == "accelerator" else ms
        here = there
    total += transfer_ms if here == "accelerator" else 0
    return total, sum(ms for ms, _ in layers) / total


# ------------------------------------------------------------------ question 9


@mistake("q9", "Sets the voltage to zero after a spike.")
def spiking_layer(spikes, weight, leak, threshold):
    voltage, fired = torch.zeros(len(weight), dtype=weight.dtype), []
    for events in spikes:
        voltage = leak * voltage + weight @ events.to(weight.dtype)
        fired.append(voltage >= threshold)
        voltage = torch.where(fired[-1], 0.0, voltage)
    return torch.stack(fired), int(spikes.sum()) * len(weight)


@mistake("q9", "Fires only above the threshold.")
def spiking_layer(spikes, weight, leak, threshold):
    voltage, fired = torch.zeros(len(weight), dtype=weight.dtype), []
    for events in spikes:
        voltage = leak * voltage + weight @ events.to(weight.dtype)
        fired.append(voltage > threshold)
        voltage = voltage - threshold * fired[-1]
    return torch.stack(fired), int(spikes.sum()) * len(weight)


@mistake("q9", "Lets what has just come in leak as well.")
def spiking_layer(spikes, weight, leak, threshold):
    voltage, fired = torch.zeros(len(weight), dtype=weight.dtype), []
    for events in spikes:
        voltage = leak * (voltage + weight @ events.to(weight.dtype))
        fired.append(voltage >= threshold)
        voltage = voltage - threshold * fired[-1]
    return torch.stack(fired), int(spikes.sum()) * len(weight)


@mistake("q9", "Counts a MAC for every weight in every step, as a dense layer does.")
def spiking_layer(spikes, weight, leak, threshold):
    voltage, fired = torch.zeros(len(weight), dtype=weight.dtype), []
    for events in spikes:
        voltage = leak * voltage + weight @ events.to(weight.dtype)
        fired.append(voltage >= threshold)
        voltage = voltage - threshold * fired[-1]
    return torch.stack(fired), len(spikes) * weight.numel()


@mistake("q9", "Counts the input spikes and forgets that each goes to every neuron.")
def spiking_layer(spikes, weight, leak, threshold):
    voltage, fired = torch.zeros(len(weight), dtype=weight.dtype), []
    for events in spikes:
        voltage = leak * voltage + weight @ events.to(weight.dtype)
        fired.append(voltage >= threshold)
        voltage = voltage - threshold * fired[-1]
    return torch.stack(fired), int(spikes.sum())


@mistake("q9", "Starts every step from zero: no memory.")
def spiking_layer(spikes, weight, leak, threshold):
    fired = [weight @ events.to(weight.dtype) >= threshold for events in spikes]
    return torch.stack(fired), int(spikes.sum()) * len(weight)
