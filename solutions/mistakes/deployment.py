"""Plausible wrong answers to the deployment exercise, each with the misconception behind it.

Read as text, never imported: a definition replaces the one of the same name in the solution.
"""
# ruff: noqa: F811, F821

from autograder.mistakes import mistake

# Asked for by the exercise alone; the package's module has no function of that name.
OWN_NAMES = [
    "weight_bytes",
    "peak_activation_bytes",
    "inference_seconds",
    "answer_seconds",
    "break_even_mbit",
    "battery_days",
    "send_or_compute",
    "choose",
]

# ------------------------------------------------------------------ question 1


@mistake("q1", "Counts the parameters and forgets the running statistics of batch norms.")
def weight_bytes(model, bits):
    return -(-sum(p.numel() for p in model.parameters()) * bits // 8)


@mistake("q1", "Counts every buffer, integer counters too.")
def weight_bytes(model, bits):
    tensors = [*model.parameters(), *model.buffers()]
    return -(-sum(t.numel() for t in tensors) * bits // 8)


@mistake("q1", "Drops the byte that is begun.")
def weight_bytes(model, bits):
    tensors = [*model.parameters(), *(b for b in model.buffers() if b.is_floating_point())]
    return sum(t.numel() for t in tensors) * bits // 8


@mistake("q1", "Gives bits, not bytes.")
def weight_bytes(model, bits):
    tensors = [*model.parameters(), *(b for b in model.buffers() if b.is_floating_point())]
    return sum(t.numel() for t in tensors) * bits


# ------------------------------------------------------------------ question 2


@mistake("q2", "Takes the largest output alone: the input is alive as well.")
def peak_activation_bytes(model, x, bytes_per_value):
    peak = 0
    with torch.no_grad():
        for layer in model:
            x = layer(x)
            peak = max(peak, x.numel())
    return peak * bytes_per_value


@mistake("q2", "Adds up all activations, as if none were ever freed.")
def peak_activation_bytes(model, x, bytes_per_value):
    total = x.numel()
    with torch.no_grad():
        for layer in model:
            x = layer(x)
            total += x.numel()
    return total * bytes_per_value


@mistake("q2", "Gives Flatten and in-place layers a copy of their own.")
def peak_activation_bytes(model, x, bytes_per_value):
    peak = 0
    with torch.no_grad():
        for layer in model:
            y = layer(x)
            peak = max(peak, x.numel() + y.numel())
            x = y
    return peak * bytes_per_value


@mistake("q2", "Takes the bytes of a value from the tensor: always four.")
def peak_activation_bytes(model, x, bytes_per_value):
    peak = 0
    with torch.no_grad():
        for layer in model:
            values, before = x.nbytes, x.data_ptr()
            x = layer(x)
            peak = max(peak, values + (0 if x.data_ptr() == before else x.nbytes))
    return peak


# ------------------------------------------------------------------ question 3


@mistake("q3", "Copies the weights into RAM on a microcontroller, too.")
def fits(work, device):
    needed = work["activation_bytes"] + work["weight_bytes"] + device["reserved_bytes"]
    return work["weight_bytes"] <= device["storage_bytes"], needed <= device["memory_bytes"]


@mistake("q3", "Leaves the weights out of the RAM everywhere.")
def fits(work, device):
    needed = work["activation_bytes"] + device["reserved_bytes"]
    return work["weight_bytes"] <= device["storage_bytes"], needed <= device["memory_bytes"]


@mistake("q3", "Forgets what is reserved for the program.")
def fits(work, device):
    copied = 0 if device["kind"] == "tiny" else work["weight_bytes"]
    needed = work["activation_bytes"] + copied
    return work["weight_bytes"] <= device["storage_bytes"], needed <= device["memory_bytes"]


@mistake("q3", "Asks for a free byte at the end: exactly full does not fit.")
def fits(work, device):
    copied = 0 if device["kind"] == "tiny" else work["weight_bytes"]
    needed = work["activation_bytes"] + copied + device["reserved_bytes"]
    return work["weight_bytes"] < device["storage_bytes"], needed < device["memory_bytes"]


# ------------------------------------------------------------------ question 4


@mistake("q4", "Counts a MAC as one operation.")
def inference_seconds(macs, bytes_moved, peak_ops, bandwidth, efficiency=1.0):
    if not 0 < efficiency <= 1:
        raise ValueError(f"efficiency must be above 0 and at most 1, not {efficiency}")
    return max(macs / peak_ops, bytes_moved / bandwidth) / efficiency


@mistake("q4", "Adds arithmetic and traffic although they go on side by side.")
def inference_seconds(macs, bytes_moved, peak_ops, bandwidth, efficiency=1.0):
    if not 0 < efficiency <= 1:
        raise ValueError(f"efficiency must be above 0 and at most 1, not {efficiency}")
    return (2 * macs / peak_ops + bytes_moved / bandwidth) / efficiency


@mistake("q4", "Lets the efficiency slow down the arithmetic alone.")
def inference_seconds(macs, bytes_moved, peak_ops, bandwidth, efficiency=1.0):
    if not 0 < efficiency <= 1:
        raise ValueError(f"efficiency must be above 0 and at most 1, not {efficiency}")
    return max(2 * macs / peak_ops / efficiency, bytes_moved / bandwidth)


@mistake("q4", "Multiplies by the efficiency: a poor program would be faster.")
def inference_seconds(macs, bytes_moved, peak_ops, bandwidth, efficiency=1.0):
    if not 0 < efficiency <= 1:
        raise ValueError(f"efficiency must be above 0 and at most 1, not {efficiency}")
    return max(2 * macs / peak_ops, bytes_moved / bandwidth) * efficiency


# ------------------------------------------------------------------ question 5


@mistake("q5", "Divides bytes by bits a second.")
def answer_seconds(payload_bytes, result_bytes, up_mbit, down_mbit, round_trip_ms, compute_s):
    upload = payload_bytes / (up_mbit * 1e6)
    download = result_bytes / (down_mbit * 1e6)
    return upload + round_trip_ms / 1000 + compute_s + download


@mistake("q5", "Counts the round trip twice, once for each way.")
def answer_seconds(payload_bytes, result_bytes, up_mbit, down_mbit, round_trip_ms, compute_s):
    upload = 8 * payload_bytes / (up_mbit * 1e6)
    download = 8 * result_bytes / (down_mbit * 1e6)
    return upload + 2 * round_trip_ms / 1000 + compute_s + download


@mistake("q5", "Uploads at the speed of the download.")
def answer_seconds(payload_bytes, result_bytes, up_mbit, down_mbit, round_trip_ms, compute_s):
    transfer = 8 * (payload_bytes + result_bytes) / (down_mbit * 1e6)
    return transfer + round_trip_ms / 1000 + compute_s


@mistake("q5", "Takes a megabit for 2 to the power of 20 bits.")
def answer_seconds(payload_bytes, result_bytes, up_mbit, down_mbit, round_trip_ms, compute_s):
    upload = 8 * payload_bytes / (up_mbit * 2**20)
    download = 8 * result_bytes / (down_mbit * 2**20)
    return upload + round_trip_ms / 1000 + compute_s + download


# ------------------------------------------------------------------ question 6


@mistake("q6", "Returns a negative bandwidth where none is enough.")
def break_even_mbit(payload_bytes, local_s, remote_s, round_trip_ms):
    left = local_s - remote_s - round_trip_ms / 1000
    return 8 * payload_bytes / left / 1e6 if left != 0 else math.inf


@mistake("q6", "Forgets the round trip.")
def break_even_mbit(payload_bytes, local_s, remote_s, round_trip_ms):
    left = local_s - remote_s
    return 8 * payload_bytes / left / 1e6 if left > 0 else math.inf


@mistake("q6", "Gives megabytes a second.")
def break_even_mbit(payload_bytes, local_s, remote_s, round_trip_ms):
    left = local_s - remote_s - round_trip_ms / 1000
    return payload_bytes / left / 1e6 if left > 0 else math.inf


@mistake("q6", "Divides by zero when exactly nothing is left for the upload.")
def break_even_mbit(payload_bytes, local_s, remote_s, round_trip_ms):
    left = local_s - remote_s - round_trip_ms / 1000
    return 8 * payload_bytes / left / 1e6 if left >= 0 else math.inf


# ------------------------------------------------------------------ question 7


@mistake("q7", "Forgets that sleeping costs something.")
def battery_days(capacity_mah, volts, active_mw, sleep_uw, active_ms, per_hour):
    duty = active_ms * per_hour / 3_600_000
    if duty > 1:
        raise ValueError("too many inferences")
    return capacity_mah * volts / max(duty * active_mw, 1e-12) / 24


@mistake("q7", "Lets the chip sleep and be awake at the same time.")
def battery_days(capacity_mah, volts, active_mw, sleep_uw, active_ms, per_hour):
    duty = active_ms * per_hour / 3_600_000
    if duty > 1:
        raise ValueError("too many inferences")
    return capacity_mah * volts / (duty * active_mw + sleep_uw / 1000) / 24


@mistake("q7", "Takes microwatts for milliwatts.")
def battery_days(capacity_mah, volts, active_mw, sleep_uw, active_ms, per_hour):
    duty = active_ms * per_hour / 3_600_000
    if duty > 1:
        raise ValueError("too many inferences")
    return capacity_mah * volts / (duty * active_mw + (1 - duty) * sleep_uw) / 24


@mistake("q7", "Divides milliampere-hours by milliwatts and forgets the voltage.")
def battery_days(capacity_mah, volts, active_mw, sleep_uw, active_ms, per_hour):
    duty = active_ms * per_hour / 3_600_000
    if duty > 1:
        raise ValueError("too many inferences")
    return capacity_mah / (duty * active_mw + (1 - duty) * sleep_uw / 1000) / 24


@mistake("q7", "Lets an hour have more than an hour's work.")
def battery_days(capacity_mah, volts, active_mw, sleep_uw, active_ms, per_hour):
    duty = min(active_ms * per_hour / 3_600_000, 1)
    return capacity_mah * volts / (duty * active_mw + (1 - duty) * sleep_uw / 1000) / 24


# ------------------------------------------------------------------ question 8


@mistake("q8", "Compares times: the faster way is taken for the thriftier one.")
def send_or_compute(macs, payload_bytes, processor_mw, macs_per_second, radio_mw, radio_kbit):
    compute_s, send_s = macs / macs_per_second, 8 * payload_bytes / (1000 * radio_kbit)
    if send_s < compute_s:
        return "send", radio_mw * send_s
    return "compute", processor_mw * compute_s


@mistake("q8", "Compares powers.")
def send_or_compute(macs, payload_bytes, processor_mw, macs_per_second, radio_mw, radio_kbit):
    compute = processor_mw * macs / macs_per_second
    send = radio_mw * 8 * payload_bytes / (1000 * radio_kbit)
    return ("send", send) if radio_mw < processor_mw else ("compute", compute)


@mistake("q8", "Sends a byte as one bit.")
def send_or_compute(macs, payload_bytes, processor_mw, macs_per_second, radio_mw, radio_kbit):
    compute = processor_mw * macs / macs_per_second
    send = radio_mw * payload_bytes / (1000 * radio_kbit)
    return ("send", send) if send < compute else ("compute", compute)


@mistake("q8", "Sends when both cost the same.")
def send_or_compute(macs, payload_bytes, processor_mw, macs_per_second, radio_mw, radio_kbit):
    compute = processor_mw * macs / macs_per_second
    send = radio_mw * 8 * payload_bytes / (1000 * radio_kbit)
    return ("send", send) if send <= compute else ("compute", compute)


# ------------------------------------------------------------------ question 9


@mistake("q9", "Holds the server's power against it.")
def choose(task, machines, network):
    def possible(machine):
        seconds = task["macs"] / machine["macs_per_second"]
        if machine["remote"]:
            if network is None:
                return False
            seconds += (
                network["round_trip_s"] + 8 * task["payload_bytes"] / network["bandwidth_bps"]
            )
        return (
            task["weight_bytes"] <= machine["storage_bytes"]
            and task["activation_bytes"] <= machine["memory_bytes"]
            and seconds <= task["deadline_s"]
            and machine["power_w"] <= task["power_limit_w"]
        )

    best = min(filter(possible, machines), key=lambda machine: machine["price"], default=None)
    return best["name"] if best else None


@mistake("q9", "Lets the server answer without a network in between.")
def choose(task, machines, network):
    def possible(machine):
        return (
            task["weight_bytes"] <= machine["storage_bytes"]
            and task["activation_bytes"] <= machine["memory_bytes"]
            and task["macs"] / machine["macs_per_second"] <= task["deadline_s"]
            and (machine["remote"] or machine["power_w"] <= task["power_limit_w"])
        )

    best = min(filter(possible, machines), key=lambda machine: machine["price"], default=None)
    return best["name"] if best else None


@mistake("q9", "Takes the fastest machine that is possible, not the cheapest.")
def choose(task, machines, network):
    def possible(machine):
        if task["weight_bytes"] > machine["storage_bytes"]:
            return False
        if task["activation_bytes"] > machine["memory_bytes"]:
            return False
        seconds = task["macs"] / machine["macs_per_second"]
        if not machine["remote"]:
            return seconds <= task["deadline_s"] and machine["power_w"] <= task["power_limit_w"]
        if network is None:
            return False
        seconds += network["round_trip_s"] + 8 * task["payload_bytes"] / network["bandwidth_bps"]
        return seconds <= task["deadline_s"]

    best = max(filter(possible, machines), key=lambda m: m["macs_per_second"], default=None)
    return best["name"] if best else None


@mistake("q9", "Looks at the deadline and never asks whether the network fits.")
def choose(task, machines, network):
    def possible(machine):
        seconds = task["macs"] / machine["macs_per_second"]
        if not machine["remote"]:
            return seconds <= task["deadline_s"] and machine["power_w"] <= task["power_limit_w"]
        if network is None:
            return False
        seconds += network["round_trip_s"] + 8 * task["payload_bytes"] / network["bandwidth_bps"]
        return seconds <= task["deadline_s"]

    best = min(filter(possible, machines), key=lambda machine: machine["price"], default=None)
    return best["name"] if best else None


@mistake("q9", "Takes the last of several machines at the same price.")
def choose(task, machines, network):
    def possible(machine):
        if task["weight_bytes"] > machine["storage_bytes"]:
            return False
        if task["activation_bytes"] > machine["memory_bytes"]:
            return False
        seconds = task["macs"] / machine["macs_per_second"]
        if not machine["remote"]:
            return seconds <= task["deadline_s"] and machine["power_w"] <= task["power_limit_w"]
        if network is None:
            return False
        seconds += network["round_trip_s"] + 8 * task["payload_bytes"] / network["bandwidth_bps"]
        return seconds <= task["deadline_s"]

    cheapest = None
    for machine in machines:
        if possible(machine) and (cheapest is None or machine["price"] <= cheapest["price"]):
            cheapest = machine
    return cheapest["name"] if cheapest else None
