"""Plausible wrong answers to the capstone, each with the misconception behind it.

Read as text, never imported: a definition replaces the one of the same name in the solution.
"""
# ruff: noqa: B905, F811, F821

from autograder.mistakes import mistake

# Asked for by the exercise alone; the package has no function of that name.
OWN_NAMES = ["spotter", "front"]

# ------------------------------------------------------------------ question 1


@mistake("q1", "Takes 20 log10 of a power, which is right for amplitudes.")
def spectrogram(signal, filters, window, hop):
    if len(signal) < window:
        raise ValueError("too short")
    shape = torch.hann_window(window, periodic=False)
    power = torch.fft.rfft(signal.unfold(0, window, hop) * shape).abs() ** 2 / shape.sum() ** 2
    return (1 + 20 * torch.log10(power @ filters.T + 1e-12) / 70).clamp(0, 1)


@mistake("q1", "Adds up decibels in a band instead of powers.")
def spectrogram(signal, filters, window, hop):
    if len(signal) < window:
        raise ValueError("too short")
    shape = torch.hann_window(window, periodic=False)
    power = torch.fft.rfft(signal.unfold(0, window, hop) * shape).abs() ** 2 / shape.sum() ** 2
    decibels = (10 * torch.log10(power + 1e-12)) @ filters.T / filters.sum(1)
    return (1 + decibels / 70).clamp(0, 1)


@mistake("q1", "Pads the last frame, so that nothing is left out.")
def spectrogram(signal, filters, window, hop):
    if len(signal) < window:
        raise ValueError("too short")
    signal = F.pad(signal, (0, -(len(signal) - window) % hop))
    shape = torch.hann_window(window, periodic=False)
    power = torch.fft.rfft(signal.unfold(0, window, hop) * shape).abs() ** 2 / shape.sum() ** 2
    return (1 + 10 * torch.log10(power @ filters.T + 1e-12) / 70).clamp(0, 1)


@mistake("q1", "Cuts without a window: the tone leaks into all bands.")
def spectrogram(signal, filters, window, hop):
    if len(signal) < window:
        raise ValueError("too short")
    power = torch.fft.rfft(signal.unfold(0, window, hop)).abs() ** 2 / window**2
    return (1 + 10 * torch.log10(power @ filters.T + 1e-12) / 70).clamp(0, 1)


@mistake("q1", "Forgets to limit what is above 0 dB or below -70 dB.")
def spectrogram(signal, filters, window, hop):
    if len(signal) < window:
        raise ValueError("too short")
    shape = torch.hann_window(window, periodic=False)
    power = torch.fft.rfft(signal.unfold(0, window, hop) * shape).abs() ** 2 / shape.sum() ** 2
    return 1 + 10 * torch.log10(power @ filters.T + 1e-12) / 70


# ------------------------------------------------------------------ question 2


@mistake("q2", "Forgets that power grows with the square of the factor.")
def add_noise(signal, noise, snr_db):
    ours, theirs = signal.pow(2).mean(), noise.pow(2).mean()
    if ours == 0 or theirs == 0:
        raise ValueError("silence")
    return signal + noise * ours / theirs / 10 ** (snr_db / 10)


@mistake("q2", "Believes that 20 dB are a factor of 100 in the samples.")
def add_noise(signal, noise, snr_db):
    ours, theirs = signal.pow(2).mean(), noise.pow(2).mean()
    if ours == 0 or theirs == 0:
        raise ValueError("silence")
    return signal + noise * torch.sqrt(ours / theirs) / 10 ** (snr_db / 10)


@mistake("q2", "Forgets how loud the noise was: scales by the signal's power alone.")
def add_noise(signal, noise, snr_db):
    ours, theirs = signal.pow(2).mean(), noise.pow(2).mean()
    if ours == 0 or theirs == 0:
        raise ValueError("silence")
    return signal + noise * torch.sqrt(ours / 10 ** (snr_db / 10))


@mistake("q2", "Turns the ratio around: more decibels give more noise.")
def add_noise(signal, noise, snr_db):
    ours, theirs = signal.pow(2).mean(), noise.pow(2).mean()
    if ours == 0 or theirs == 0:
        raise ValueError("silence")
    return signal + noise * torch.sqrt(ours / theirs * 10 ** (snr_db / 10))


@mistake("q2", "Takes the variance for the power, which takes the mean off.")
def add_noise(signal, noise, snr_db):
    ours, theirs = signal.var(correction=0), noise.var(correction=0)
    if ours == 0 or theirs == 0:
        raise ValueError("silence")
    return signal + noise * torch.sqrt(ours / theirs / 10 ** (snr_db / 10))


# ------------------------------------------------------------------ question 3


@mistake("q3", "Splits the recordings, so that every speaker is on both sides.")
def held_out(speaker, share, seed):
    people = speaker.unique()
    if len(people) < 2 or not 0 < share < 1:
        raise ValueError("impossible")
    order = torch.randperm(len(speaker), generator=torch.Generator().manual_seed(seed))
    test = torch.zeros(len(speaker), dtype=torch.bool)
    test[order[: round(share * len(speaker))]] = True
    return test


@mistake("q3", "Always takes the speakers with the lowest numbers.")
def held_out(speaker, share, seed):
    people = speaker.unique()
    if len(people) < 2 or not 0 < share < 1:
        raise ValueError("impossible")
    count = min(max(round(share * len(people)), 1), len(people) - 1)
    return torch.isin(speaker, people[:count])


@mistake("q3", "A small share holds nobody out, a large one everybody.")
def held_out(speaker, share, seed):
    people = speaker.unique()
    if len(people) < 2 or not 0 < share < 1:
        raise ValueError("impossible")
    order = torch.randperm(len(people), generator=torch.Generator().manual_seed(seed))
    return torch.isin(speaker, people[order[: round(share * len(people))]])


@mistake("q3", "Takes it for granted that the speakers are numbered from 0.")
def held_out(speaker, share, seed):
    people = speaker.unique()
    if len(people) < 2 or not 0 < share < 1:
        raise ValueError("impossible")
    count = min(max(round(share * len(people)), 1), len(people) - 1)
    order = torch.randperm(len(people), generator=torch.Generator().manual_seed(seed))
    return torch.isin(speaker, order[:count])


# ------------------------------------------------------------------ question 4


@mistake("q4", "Gives the network the whole battery: the base draws power, too.")
def mac_budget(battery_wh, life_hours, base_w, active_w, per_second, macs_per_second):
    share = min(max(battery_wh / life_hours / active_w, 0.0), 1.0)
    return int(share / per_second * macs_per_second + 1e-6)


@mistake("q4", "Forgets that the next run must begin in time.")
def mac_budget(battery_wh, life_hours, base_w, active_w, per_second, macs_per_second):
    share = max((battery_wh / life_hours - base_w) / active_w, 0.0)
    return int(share / per_second * macs_per_second + 1e-6)


@mistake("q4", "Multiplies by the runs in a second instead of dividing.")
def mac_budget(battery_wh, life_hours, base_w, active_w, per_second, macs_per_second):
    share = min(max((battery_wh / life_hours - base_w) / active_w, 0.0), 1.0)
    return int(share * per_second * macs_per_second + 1e-6)


@mistake("q4", "A battery that is too small gives a negative number of MACs.")
def mac_budget(battery_wh, life_hours, base_w, active_w, per_second, macs_per_second):
    share = min((battery_wh / life_hours - base_w) / active_w, 1.0)
    return int(share / per_second * macs_per_second)


# ------------------------------------------------------------------ question 5


@mistake("q5", "Forgets the groups: lets a depthwise filter see all channels.")
def chain_costs(layers, shape):
    macs = ram = 0
    for layer in layers:
        channels, *size = shape
        if layer["kind"] == "mean":
            after = (channels, 1, 1)
        elif layer["kind"] == "linear":
            after = (layer["outputs"], 1, 1)
            macs += layer["outputs"] * math.prod(shape)
        else:
            geometry = zip(size, layer["padding"], layer["kernel"], layer["stride"])
            after = (layer["outputs"], *((n + 2 * p - k) // s + 1 for n, p, k, s in geometry))
            macs += math.prod(after) * channels * math.prod(layer["kernel"])
        ram = max(ram, math.prod(shape) + math.prod(after))
        shape = after
    return {"macs": macs, "ram_bytes": ram}


@mistake("q5", "Adds up the activations of all layers instead of taking the peak.")
def chain_costs(layers, shape):
    macs, ram = 0, math.prod(shape) if layers else 0
    for layer in layers:
        channels, *size = shape
        if layer["kind"] == "mean":
            after = (channels, 1, 1)
        elif layer["kind"] == "linear":
            after = (layer["outputs"], 1, 1)
            macs += layer["outputs"] * math.prod(shape)
        else:
            geometry = zip(size, layer["padding"], layer["kernel"], layer["stride"])
            after = (layer["outputs"], *((n + 2 * p - k) // s + 1 for n, p, k, s in geometry))
            macs += math.prod(after) * channels // layer["groups"] * math.prod(layer["kernel"])
        ram += math.prod(after)
        shape = after
    return {"macs": macs, "ram_bytes": ram}


@mistake("q5", "Counts the largest output alone, not the input beside it.")
def chain_costs(layers, shape):
    macs = ram = 0
    for layer in layers:
        channels, *size = shape
        if layer["kind"] == "mean":
            after = (channels, 1, 1)
        elif layer["kind"] == "linear":
            after = (layer["outputs"], 1, 1)
            macs += layer["outputs"] * math.prod(shape)
        else:
            geometry = zip(size, layer["padding"], layer["kernel"], layer["stride"])
            after = (layer["outputs"], *((n + 2 * p - k) // s + 1 for n, p, k, s in geometry))
            macs += math.prod(after) * channels // layer["groups"] * math.prod(layer["kernel"])
        ram = max(ram, math.prod(shape), math.prod(after))
        shape = after
    return {"macs": macs, "ram_bytes": ram}


@mistake("q5", "Lets the linear layer see only the channels, not all positions.")
def chain_costs(layers, shape):
    macs = ram = 0
    for layer in layers:
        channels, *size = shape
        if layer["kind"] == "mean":
            after = (channels, 1, 1)
        elif layer["kind"] == "linear":
            after = (layer["outputs"], 1, 1)
            macs += layer["outputs"] * channels
        else:
            geometry = zip(size, layer["padding"], layer["kernel"], layer["stride"])
            after = (layer["outputs"], *((n + 2 * p - k) // s + 1 for n, p, k, s in geometry))
            macs += math.prod(after) * channels // layer["groups"] * math.prod(layer["kernel"])
        ram = max(ram, math.prod(shape) + math.prod(after))
        shape = after
    return {"macs": macs, "ram_bytes": ram}


# ------------------------------------------------------------------ question 6


@mistake("q6", "Divides the labels' part by all recordings instead of those with a label.")
def transfer_loss(student, teacher, labels, temperature=2.0, alpha=0.9):
    log_q = F.log_softmax(student / temperature, dim=1)
    log_p = F.log_softmax(teacher.detach() / temperature, dim=1)
    soft = temperature**2 * F.kl_div(log_q, log_p, reduction="batchmean", log_target=True)
    hard = F.cross_entropy(student, labels, ignore_index=-1, reduction="sum") / len(labels)
    return alpha * soft + (1 - alpha) * hard


@mistake("q6", "Takes a mean over no recording when nothing is labelled: NaN.")
def transfer_loss(student, teacher, labels, temperature=2.0, alpha=0.9):
    log_q = F.log_softmax(student / temperature, dim=1)
    log_p = F.log_softmax(teacher.detach() / temperature, dim=1)
    soft = temperature**2 * F.kl_div(log_q, log_p, reduction="batchmean", log_target=True)
    hard = F.cross_entropy(student, labels, ignore_index=-1)
    return alpha * soft + (1 - alpha) * hard


@mistake("q6", "Learns from the teacher only where a label is known.")
def transfer_loss(student, teacher, labels, temperature=2.0, alpha=0.9):
    known = labels >= 0
    if not known.any():
        return student.sum() * 0
    log_q = F.log_softmax(student[known] / temperature, dim=1)
    log_p = F.log_softmax(teacher.detach()[known] / temperature, dim=1)
    soft = temperature**2 * F.kl_div(log_q, log_p, reduction="batchmean", log_target=True)
    return alpha * soft + (1 - alpha) * F.cross_entropy(student[known], labels[known])


@mistake("q6", "Forgets the factor T squared.")
def transfer_loss(student, teacher, labels, temperature=2.0, alpha=0.9):
    log_q = F.log_softmax(student / temperature, dim=1)
    log_p = F.log_softmax(teacher.detach() / temperature, dim=1)
    soft = F.kl_div(log_q, log_p, reduction="batchmean", log_target=True)
    known = labels >= 0
    hard = F.cross_entropy(student[known], labels[known]) if known.any() else 0.0
    return alpha * soft + (1 - alpha) * hard


@mistake("q6", "Trains the teacher along.")
def transfer_loss(student, teacher, labels, temperature=2.0, alpha=0.9):
    log_q = F.log_softmax(student / temperature, dim=1)
    log_p = F.log_softmax(teacher / temperature, dim=1)
    soft = temperature**2 * F.kl_div(log_q, log_p, reduction="batchmean", log_target=True)
    known = labels >= 0
    hard = F.cross_entropy(student[known], labels[known]) if known.any() else 0.0
    return alpha * soft + (1 - alpha) * hard


# ------------------------------------------------------------------ question 7


@mistake("q7", "Believes that zeros cost nothing: leaves out where they are.")
def cheapest_form(integers):
    largest = int(integers.long().abs().max())
    if largest > 127:
        raise ValueError("too large")
    bits = max(2, largest.bit_length() + 1)
    dense = -(-integers.numel() * bits // 8)
    sparse = -(-int((integers != 0).sum()) * bits // 8)
    return ("sparse", bits, sparse) if sparse < dense else ("dense", bits, dense)


@mistake("q7", "Forgets the sign's bit.")
def cheapest_form(integers):
    largest = int(integers.long().abs().max())
    if largest > 127:
        raise ValueError("too large")
    bits = max(2, largest.bit_length())
    count, kept = integers.numel(), int((integers != 0).sum())
    dense = -(-count * bits // 8)
    sparse = -(-count // 8) + -(-kept * bits // 8)
    return ("sparse", bits, sparse) if sparse < dense else ("dense", bits, dense)


@mistake("q7", "Rounds up only once, at the end, though both parts end with a whole byte.")
def cheapest_form(integers):
    largest = int(integers.long().abs().max())
    if largest > 127:
        raise ValueError("too large")
    bits = max(2, largest.bit_length() + 1)
    count, kept = integers.numel(), int((integers != 0).sum())
    dense, sparse = -(-count * bits // 8), -(-(count + kept * bits) // 8)
    return ("sparse", bits, sparse) if sparse < dense else ("dense", bits, dense)


@mistake("q7", "Uses the full range of two's complement, so that -4 seems to fit 3 bits.")
def cheapest_form(integers):
    low, high = int(integers.min()), int(integers.max())
    if max(-low, high) > 127:
        raise ValueError("too large")
    bits = next(b for b in range(2, 9) if -(2 ** (b - 1)) <= low and high < 2 ** (b - 1))
    count, kept = integers.numel(), int((integers != 0).sum())
    dense = -(-count * bits // 8)
    sparse = -(-count // 8) + -(-kept * bits // 8)
    return ("sparse", bits, sparse) if sparse < dense else ("dense", bits, dense)


@mistake("q7", "Takes the magnitude in int8, where that of -128 is -128.")
def cheapest_form(integers):
    largest = int(integers.abs().max())
    if largest > 127:
        raise ValueError("too large")
    bits = max(2, largest.bit_length() + 1)
    count, kept = integers.numel(), int((integers != 0).sum())
    dense = -(-count * bits // 8)
    sparse = -(-count // 8) + -(-kept * bits // 8)
    return ("sparse", bits, sparse) if sparse < dense else ("dense", bits, dense)


# ------------------------------------------------------------------ question 8


@mistake("q8", "Treats all recordings as independent trials.")
def speaker_interval(hits, speaker):
    if len(speaker.unique()) < 2:
        raise ValueError("one speaker")
    rate = hits.double().mean()
    return float(rate), float(1.96 * (rate * (1 - rate) / len(hits)) ** 0.5)


@mistake("q8", "Takes 1.96 for any number of speakers.")
def speaker_interval(hits, speaker):
    each = torch.stack([hits[speaker == who].double().mean() for who in speaker.unique()])
    if len(each) < 2:
        raise ValueError("one speaker")
    return float(each.mean()), float(1.96 * each.std() / len(each) ** 0.5)


@mistake("q8", "Gives the spread of the speakers, not that of their mean.")
def speaker_interval(hits, speaker):
    each = torch.stack([hits[speaker == who].double().mean() for who in speaker.unique()])
    if len(each) < 2:
        raise ValueError("one speaker")
    return float(each.mean()), float(stats.t.ppf(0.975, len(each) - 1) * each.std())


@mistake("q8", "Divides by n instead of n - 1, and takes 95 % on one side.")
def speaker_interval(hits, speaker):
    each = torch.stack([hits[speaker == who].double().mean() for who in speaker.unique()])
    n = len(each)
    if n < 2:
        raise ValueError("one speaker")
    half = stats.t.ppf(0.95, n - 1) * each.std(correction=0) / n**0.5
    return float(each.mean()), float(half)


# ------------------------------------------------------------------ question 9


@mistake("q9", "Hands in the teacher with 8 bits: four times smaller, and still far too large.")
def spotter():
    given = spotting.validation()
    return modelfile.export(spotting.teacher(), given.x[:100], bits=8)


@mistake("q9", "Hands in a network that fits and was never trained.")
def spotter():
    seed_everything(0)
    return modelfile.export(spotting.temporal_net((12, 16, 20)), spotting.validation().x[:100])


@mistake("q9", "Saves the weights with torch.save: that is no model file.")
def spotter():
    import io

    stream = io.BytesIO()
    torch.save(spotting.temporal_net((4, 4, 4)).state_dict(), stream)
    return stream.getvalue()


@mistake("q9", "Returns the text instead of the bytes.")
def spotter():
    seed_everything(0)
    file = modelfile.export(spotting.temporal_net((4, 4, 4)), spotting.validation().x[:100])
    return modelfile.to_text(file)


@mistake("q9", "Trains on the labels of twelve speakers alone, which do not tell about others.")
def spotter():
    return modelfile.from_text("""
RUFJMQExCsDUXTsABQEIDAAFCgIBAgABAABzsBj4y///it8YNbr//9KUGOvb/v8s3Rn1Tv//JIQYpyf//+qdGcscAQBVlxh/m///
4o8YwN3//7efGAWD//93sxldiP7/MrgXw67///rzGNzN//9bfrqm2Q8dYB9/Mj23stP6KjXaNkdZy/zf8jSv5j4Cc7OzrZi5KhJS
Tf0IjJ26IyTWI6T1Fl4yl+jR2hSjCP9ZGZvJDDlynyFNax3z898pLopvUOP0q9IFSCfjYy8Jg4H+JvQjeFTq+c0o+wQkKiNL4xgL
2AgoFSV3QLLht+z4DBTxP0qiyfbxEiIfJn8uD9mq3iQa89zDmrgMIuUPpNGoDNaxwx1I4/20xG7POy31bAXiO5tg81wWSG4U/eIE
fz4cOAoyBiv+8g5juaqxD+giEhjrBu/P9tjoxiTuCGslGs8Cx7XqIR4zI1IxtBq99z1Ff09OYdIsov8g4Y0ByuTc0wTM0xLM9BkU
4vb+HP/pgZPdtOg01wIeJ5WEHCJNBzkmNk3NuPID9VgHRSPJvaIH4u62zeOt394a9xFlsdIM2xT52T4bf/3ySOIF30YUumwhQmY6
JQo6Gqty9x0ZDAAU1+XxAtPppcz+ys7z6BMLqKO20hUCvZ/GFxANCk0LZx7nJ0BIE0cpFWDtwRNDOSh/fRQHUDblLSH2DTf2PU8P
6+Xp6f1M2C9yVNrvz+v+5tYTGu75/MsKzseB8zjXC+Hq/MkiDCgb1Fbr9rnY2iRcAyc3DMzd39xZfzsZ29H/4BLXE2p6KFMcGPDr
+BZUFx0RvsEnLYE1NhAs+Akg8inGXiHXIR3WAxL17jgfnfADIO3v1Bdq/r35Fuzn2wHUPgbfOEHTCtgn7bwjzOfy68cODfLi3f3G
LPfdLEVHBvfMyBvnryp/HubpEOfb9fM3cVLqAjQJE7X4K08BCBAABQECAQIAAQAA1K0YNzcAADLxGMPi///iwRgYBQAA5LoYhub/
/77gGD0OAACVmxj7PgAATKMX7wYAAKyDFyHt//+JqBjIIAAA0/kYRxIAAP6yGATk//8gkhjt4f//Ut0YBS0AAKzEGCoHAADoohe1
HgAAWqYY5AUAAJ6j2KywzejI3vCuqOO65hf8ADt/6Skk5isEJ9rW20EMNjBEDgrLGPvE8+cQ6zLjOfAkLz/L5bXY/xjr/aCBUv0p
Kwr3CD2z7h8tOfTv+wXo8r/+Hl8iG+f+ARzlE+3N0DX0GbIVFeAoDjwXH/FHrero1zMA9wb1I0D3HR8Eyervz7DhEucb2gSNve4Z
hrPw3Ov9F5jPv/UnU1RaJjtMMxjW3IEfDb/rNhBHA9sVWEOvSOFG7egrIif+r8Ke4w/p/TkNBibb2O8TGxlKHlAlCNTa27eE5e8l
E80BGTDy5gzvJafE2P1LzOQe3ccGGUV/V/bl8c3/GFsQPicZCPLjNqzItfK59+7q/0ru9OjV1P4NzgYKSkwjDd/u3On9JgEE3wtF
4eIQGy/NgbKuvCcbyCT/0+T4IBAEBAwbPNyi4kjx3b7hNBnQ7cj5/ASmyunaIsr57ACdoKCBisnh8SgMq56zyyIT/+r1/pQ6NM2B
IRH0uMPkFlkzpPDdAr8HzN0pKwXy5P7W4g0h24ca/EPal67298gPUjDqxAg77v1KGdDyTyOUKE8rvvPZBhVBD3ckI+zwskMGEBhR
NG8CIh3S1t3GK+wDGlgV+s0UU00BEuHbzOsO2hk7JPUEAsnZgdcUAEDUHNkyJf3RwA8sKg0iI/wfDwXfytD0GR0d7/YbGOapxufE
sNjg6cwSwvD5Aeu6zOa8LTv39cqbwZbWgQirs+U8CjQO8bToo9IQah72AsWiytbgIRftGgnzxxZN++vqK4H3vs9EGRWUn+gTLSTG
hhD7azDfttBNOCFqVeUDnoHMvwfL5Bvj2IO0GSsr4PTxVjsf0CD3yRaZ5rIOkrT704XqDSXuVsu/2xYzGF48zSBWMxwaPpuJB6i1
FOoUOky2BPIhePwx9hlFpd8fP2kTLw/3uUwyDvcZ8DIGT/PZ6Q5PVi/7ERN/zf666fZ2Hg4a2fLk6djN+Mu1prPrwvkJ9Mr6DxRO
9f7rHQXTFsnxCswRFhkA9hL6SjJBTe4z8y0h8NQY0quBrr8oMgcMHH8OAswtYCMWJl8uJxTqAw9EERTQ797d8dDA6MDs1gzp8/ro
HUX6Elbyj6jUnu0IEt+dRh0AqLr+8aul+YHi4foHGOL998sKIwIB/ePt783VFxHx3uTc/P0I8/T6Dfbl9PHNxM8xJA37ETce3/fR
D+nLtscQ/+YA/Cfa3OgFChoL+ukqFQzzIcjDx7DKQDsE+S4EywgZAz7ZCdfAi4GjsoUv9e8IzWEyCN/GK/gtFk8AydDr3wEIFAAF
AQEBAgABAACC/RhFGgAAVvcYef7//xCSF3Xk//8GuRcHBwAAZo4X0xQAAGKDF07r//9Wnhf59v//jqEXTxQAAOquF4MXAAAV0hj4
7v//bIQXa/D//3STF7EfAACw2xiK6f//OsEYjRUAADamF9Lz//+y5BjDBQAAAoEXa+b//1KjFwb4//90tRhDBQAApM4Xo+b//wUS
8O75gZ2biefv3TLqrvwd9A8hDiAOJD4pD0ZDLuD1DSAHYSoqJBeq29rnHThLS0NnUy0ZL/PG19Oz0MbG4wiXyfDu5fTw59Ha54/4
BQD+Ff3l8joo/x0sRe0C6tLAAf7yE+lBGipOVtHoDhQE1+jk2eaxqoGToktZNCIV+RgbAy0D/hD1DmRIZkB438fMwLk/QxYfLiPm
3PT4QSYCDeXe0Oj//OYB7Qj4ORw0NlY+QEM+HK7m4/HE5tHUysQtMUM+Hgj27fnzwxQyLTPh6BsbIMLDssvRJgEaNiJ2XD07fyEY
DAULCw35Bw7zFB8VE568wMGaloWBmr4a/fb9+EM1Ojgg4OT+C+k0IR/eLcTO6OjcJjw2N0PbBBESGTReWlsx8MTa2O4EKxYMH9v7
Ii4Cxurl7/zl9xYqVbzt8AD2+8uzsMrl28nO0jI/RiAcrLfGx7/65dzc1yYeJQRkZ1c9MT5/bH56f5bD6Q0S/fIVOE3Z+AEEA7PB
ztC9CyUEJdC7yu3t0S0ODAVNseC8qr8Q79gbI7WXqrkGBdXbyZ316hYX4uLfDg9EamgsbnjIzOLG2X9XJxY8sMjYG08rTVBMUmlx
O0ZI3M3ux/zd3wIKiqwH3qzTTTHx6+/u7+oZBQno9gUfFxr+/RgW+AcK7h4dGyUkJSsoJ1Daprm8x/4aNTg9hJWRo67yHCNEQ9nX
//0XFu0S9+8tLywdfzMcD//9FCMZMyX5AQcD51IiFC9XAADO4KC/yNfp+PfnxBLLPiH5JhAZRBYXN87Tyb7CHElVU0C83tHxKB3y
5iQwBfQLCDOBl8WslwXy3uUGRFJ8SkJZMCwjBpa9s6i6OCgsLEcF9fTa2yD/CBcHCRoXECzZ5NXMvS3u8OPkGEMQHRm7x8G1vvf8
EAMB2r3cAgmzv8nFs+H1/A8LNzc2HC3Lw9/n+PYBBQcefygPJy0e/d8M/kokLThiRywwECkzNUo0RKO4zc+InrCv0oMYJOcWMFh/
SVY8/Qjw7s/bAxbx7zEVEfXy8/H05CVMJEgq6PLp5SxJSB8eOBjH08ystrwfEv8IQQkd8hHw6tvowypDP0UkK/jk/NEF+tzc0vAD
+vjv0M/GyM8BEBMI7AIDCSYt/tre08nP/hUVASITMx4zLvHrAxDL6ePR739VUC1PFSwNDzQMAQbz3S7y/BkNABQE/yvSzszJziwA
HxAm6e8F8xDS7u8EA+YPCfcLjsfQBwivqYqkm+32+xEIIBEYCg8T7uTt9uAAFfcOf0QvLyD1B+QVBQH21QtEx//mCBTz+dvCmCUa
FhHmy/UJCwLd/PnU4icKFw8Lyr27sqdySFYYE31vf3B9//IH9A8WEEJJQgsJ/yYzP0sh7/TCpbTBwzdNUyw38eXbyMj62dEHE93g
1OfVBQHuEgV/RzhGfvEn6u/J4dzc9wIo59/sLCT87vf58e7n3uoE9wD8DxQH7SRnsuX44K4R4s7X3yQIFhrveSoNIXUADxcvA//t
+PPyKQz3BvAvTxEiFDccKf36Gis2LVKy2gr11dPLvtfcOEULEl72Dho6Fuvb6sqzNCovKDCbua+zwVxOK0F//Ar5CRAM6gDq8fP5
5cLrkJm9uOvt4eT23khSOD0mR0gsV37p5NCWm+r2RU5WMgAEGRgpGicdUxANHTJBy72eu4G/r7L4HLDtDTcVDR4aDAIVBfkECD/6
GTBv3+sR/+/l0O3u1CAR6fP3Zk8/XHvj8t0SFOYgCR824MXW3+kYEQ8f3M7h4dDsIRUtRyl/YTE6OP719hnkJDEkFgfG9dDa5SoM
Q/0LTAEe6QRdIiEzYUAqOzA5wuTty8zd5eTvE+wSER0Ut9P4xLoyWH9wZsvawdTgbSsZ4ehIJSYjQ0QlICY2yerT4REM8LrnBgwg
GzEJ2Nvs8vcVKAkMGBMyLS8h+vLpAJYfDwAd3UxFCkti6uPq39viLQETAJCUl8/AAhouNtyft7mKiaK1wraUXGcyT3UC5QjnsRQC
CxlA0fbD0bd/TldkTD5YFi39YjAYOn9UIgsXJ+giFBoTvrja7uTq+AL/B/wFEwUHNz5IPzjv/ePuziz+HR9G3+rX+hgeKB4VHTYh
Hfb73Ozc9SQL/jggIRYF69K//gEA5+4DAggKAIzH2Rhp/v//ENgYff3//8C5GP/9//93zBjK/f//jPYYsQAAAOm2GEYCAABJ2Bhg
////K7AY2P7//4zLGN////9siRfw/v//Qs/cQ/FXtqi95IGv2rhGo0u6OqQ3HZ8b9WDhFKvIBoEyMh003xjQk7uREIG+zuupNFVb
SqKemMru4lBShzZLwIGJPiXZUdmtTLQbn+RC7DEhqi5BUvKfSdcT2tHktTUq1oGltR2o8rR/D4zWsG2twxaVh7nkVNRUxEuf3J+7
K7EtvBs10SxgIIH2myyn/6nG8RHyrGuxMW+HUoHa4NIwv+OTZEf7uzXJrswfFNuSgdRWqUWT+iWxgaTqLEKi0MvkHTUQMaE8uwM=
    """)


# ------------------------------------------------------------------ question 10


@mistake("q10", "One file at nearly the full budget: a good one, and useless for a smaller chip.")
def front():
    return [
        modelfile.from_text("""
RUFJMQExCsDUXTsABQEIDAAFCgIBAgABAABzsBj4y///it8YNbr//9KUGOvb/v8s3Rn1Tv//JIQYpyf//+qdGcscAQBVlxh/m///
4o8YwN3//7efGAWD//93sxldiP7/MrgXw67///rzGNzN//9bfrqm2Q8dYB9/Mj23stP6KjXaNkdZy/zf8jSv5j4Cc7OzrZi5KhJS
Tf0IjJ26IyTWI6T1Fl4yl+jR2hSjCP9ZGZvJDDlynyFNax3z898pLopvUOP0q9IFSCfjYy8Jg4H+JvQjeFTq+c0o+wQkKiNL4xgL
2AgoFSV3QLLht+z4DBTxP0qiyfbxEiIfJn8uD9mq3iQa89zDmrgMIuUPpNGoDNaxwx1I4/20xG7POy31bAXiO5tg81wWSG4U/eIE
fz4cOAoyBiv+8g5juaqxD+giEhjrBu/P9tjoxiTuCGslGs8Cx7XqIR4zI1IxtBq99z1Ff09OYdIsov8g4Y0ByuTc0wTM0xLM9BkU
4vb+HP/pgZPdtOg01wIeJ5WEHCJNBzkmNk3NuPID9VgHRSPJvaIH4u62zeOt394a9xFlsdIM2xT52T4bf/3ySOIF30YUumwhQmY6
JQo6Gqty9x0ZDAAU1+XxAtPppcz+ys7z6BMLqKO20hUCvZ/GFxANCk0LZx7nJ0BIE0cpFWDtwRNDOSh/fRQHUDblLSH2DTf2PU8P
6+Xp6f1M2C9yVNrvz+v+5tYTGu75/MsKzseB8zjXC+Hq/MkiDCgb1Fbr9rnY2iRcAyc3DMzd39xZfzsZ29H/4BLXE2p6KFMcGPDr
+BZUFx0RvsEnLYE1NhAs+Akg8inGXiHXIR3WAxL17jgfnfADIO3v1Bdq/r35Fuzn2wHUPgbfOEHTCtgn7bwjzOfy68cODfLi3f3G
LPfdLEVHBvfMyBvnryp/HubpEOfb9fM3cVLqAjQJE7X4K08BCBAABQECAQIAAQAA1K0YNzcAADLxGMPi///iwRgYBQAA5LoYhub/
/77gGD0OAACVmxj7PgAATKMX7wYAAKyDFyHt//+JqBjIIAAA0/kYRxIAAP6yGATk//8gkhjt4f//Ut0YBS0AAKzEGCoHAADoohe1
HgAAWqYY5AUAAJ6j2KywzejI3vCuqOO65hf8ADt/6Skk5isEJ9rW20EMNjBEDgrLGPvE8+cQ6zLjOfAkLz/L5bXY/xjr/aCBUv0p
Kwr3CD2z7h8tOfTv+wXo8r/+Hl8iG+f+ARzlE+3N0DX0GbIVFeAoDjwXH/FHrero1zMA9wb1I0D3HR8Eyervz7DhEucb2gSNve4Z
hrPw3Ov9F5jPv/UnU1RaJjtMMxjW3IEfDb/rNhBHA9sVWEOvSOFG7egrIif+r8Ke4w/p/TkNBibb2O8TGxlKHlAlCNTa27eE5e8l
E80BGTDy5gzvJafE2P1LzOQe3ccGGUV/V/bl8c3/GFsQPicZCPLjNqzItfK59+7q/0ru9OjV1P4NzgYKSkwjDd/u3On9JgEE3wtF
4eIQGy/NgbKuvCcbyCT/0+T4IBAEBAwbPNyi4kjx3b7hNBnQ7cj5/ASmyunaIsr57ACdoKCBisnh8SgMq56zyyIT/+r1/pQ6NM2B
IRH0uMPkFlkzpPDdAr8HzN0pKwXy5P7W4g0h24ca/EPal67298gPUjDqxAg77v1KGdDyTyOUKE8rvvPZBhVBD3ckI+zwskMGEBhR
NG8CIh3S1t3GK+wDGlgV+s0UU00BEuHbzOsO2hk7JPUEAsnZgdcUAEDUHNkyJf3RwA8sKg0iI/wfDwXfytD0GR0d7/YbGOapxufE
sNjg6cwSwvD5Aeu6zOa8LTv39cqbwZbWgQirs+U8CjQO8bToo9IQah72AsWiytbgIRftGgnzxxZN++vqK4H3vs9EGRWUn+gTLSTG
hhD7azDfttBNOCFqVeUDnoHMvwfL5Bvj2IO0GSsr4PTxVjsf0CD3yRaZ5rIOkrT704XqDSXuVsu/2xYzGF48zSBWMxwaPpuJB6i1
FOoUOky2BPIhePwx9hlFpd8fP2kTLw/3uUwyDvcZ8DIGT/PZ6Q5PVi/7ERN/zf666fZ2Hg4a2fLk6djN+Mu1prPrwvkJ9Mr6DxRO
9f7rHQXTFsnxCswRFhkA9hL6SjJBTe4z8y0h8NQY0quBrr8oMgcMHH8OAswtYCMWJl8uJxTqAw9EERTQ797d8dDA6MDs1gzp8/ro
HUX6Elbyj6jUnu0IEt+dRh0AqLr+8aul+YHi4foHGOL998sKIwIB/ePt783VFxHx3uTc/P0I8/T6Dfbl9PHNxM8xJA37ETce3/fR
D+nLtscQ/+YA/Cfa3OgFChoL+ukqFQzzIcjDx7DKQDsE+S4EywgZAz7ZCdfAi4GjsoUv9e8IzWEyCN/GK/gtFk8AydDr3wEIFAAF
AQEBAgABAACC/RhFGgAAVvcYef7//xCSF3Xk//8GuRcHBwAAZo4X0xQAAGKDF07r//9Wnhf59v//jqEXTxQAAOquF4MXAAAV0hj4
7v//bIQXa/D//3STF7EfAACw2xiK6f//OsEYjRUAADamF9Lz//+y5BjDBQAAAoEXa+b//1KjFwb4//90tRhDBQAApM4Xo+b//wUS
8O75gZ2biefv3TLqrvwd9A8hDiAOJD4pD0ZDLuD1DSAHYSoqJBeq29rnHThLS0NnUy0ZL/PG19Oz0MbG4wiXyfDu5fTw59Ha54/4
BQD+Ff3l8joo/x0sRe0C6tLAAf7yE+lBGipOVtHoDhQE1+jk2eaxqoGToktZNCIV+RgbAy0D/hD1DmRIZkB438fMwLk/QxYfLiPm
3PT4QSYCDeXe0Oj//OYB7Qj4ORw0NlY+QEM+HK7m4/HE5tHUysQtMUM+Hgj27fnzwxQyLTPh6BsbIMLDssvRJgEaNiJ2XD07fyEY
DAULCw35Bw7zFB8VE568wMGaloWBmr4a/fb9+EM1Ojgg4OT+C+k0IR/eLcTO6OjcJjw2N0PbBBESGTReWlsx8MTa2O4EKxYMH9v7
Ii4Cxurl7/zl9xYqVbzt8AD2+8uzsMrl28nO0jI/RiAcrLfGx7/65dzc1yYeJQRkZ1c9MT5/bH56f5bD6Q0S/fIVOE3Z+AEEA7PB
ztC9CyUEJdC7yu3t0S0ODAVNseC8qr8Q79gbI7WXqrkGBdXbyZ316hYX4uLfDg9EamgsbnjIzOLG2X9XJxY8sMjYG08rTVBMUmlx
O0ZI3M3ux/zd3wIKiqwH3qzTTTHx6+/u7+oZBQno9gUfFxr+/RgW+AcK7h4dGyUkJSsoJ1Daprm8x/4aNTg9hJWRo67yHCNEQ9nX
//0XFu0S9+8tLywdfzMcD//9FCMZMyX5AQcD51IiFC9XAADO4KC/yNfp+PfnxBLLPiH5JhAZRBYXN87Tyb7CHElVU0C83tHxKB3y
5iQwBfQLCDOBl8WslwXy3uUGRFJ8SkJZMCwjBpa9s6i6OCgsLEcF9fTa2yD/CBcHCRoXECzZ5NXMvS3u8OPkGEMQHRm7x8G1vvf8
EAMB2r3cAgmzv8nFs+H1/A8LNzc2HC3Lw9/n+PYBBQcefygPJy0e/d8M/kokLThiRywwECkzNUo0RKO4zc+InrCv0oMYJOcWMFh/
SVY8/Qjw7s/bAxbx7zEVEfXy8/H05CVMJEgq6PLp5SxJSB8eOBjH08ystrwfEv8IQQkd8hHw6tvowypDP0UkK/jk/NEF+tzc0vAD
+vjv0M/GyM8BEBMI7AIDCSYt/tre08nP/hUVASITMx4zLvHrAxDL6ePR739VUC1PFSwNDzQMAQbz3S7y/BkNABQE/yvSzszJziwA
HxAm6e8F8xDS7u8EA+YPCfcLjsfQBwivqYqkm+32+xEIIBEYCg8T7uTt9uAAFfcOf0QvLyD1B+QVBQH21QtEx//mCBTz+dvCmCUa
FhHmy/UJCwLd/PnU4icKFw8Lyr27sqdySFYYE31vf3B9//IH9A8WEEJJQgsJ/yYzP0sh7/TCpbTBwzdNUyw38eXbyMj62dEHE93g
1OfVBQHuEgV/RzhGfvEn6u/J4dzc9wIo59/sLCT87vf58e7n3uoE9wD8DxQH7SRnsuX44K4R4s7X3yQIFhrveSoNIXUADxcvA//t
+PPyKQz3BvAvTxEiFDccKf36Gis2LVKy2gr11dPLvtfcOEULEl72Dho6Fuvb6sqzNCovKDCbua+zwVxOK0F//Ar5CRAM6gDq8fP5
5cLrkJm9uOvt4eT23khSOD0mR0gsV37p5NCWm+r2RU5WMgAEGRgpGicdUxANHTJBy72eu4G/r7L4HLDtDTcVDR4aDAIVBfkECD/6
GTBv3+sR/+/l0O3u1CAR6fP3Zk8/XHvj8t0SFOYgCR824MXW3+kYEQ8f3M7h4dDsIRUtRyl/YTE6OP719hnkJDEkFgfG9dDa5SoM
Q/0LTAEe6QRdIiEzYUAqOzA5wuTty8zd5eTvE+wSER0Ut9P4xLoyWH9wZsvawdTgbSsZ4ehIJSYjQ0QlICY2yerT4REM8LrnBgwg
GzEJ2Nvs8vcVKAkMGBMyLS8h+vLpAJYfDwAd3UxFCkti6uPq39viLQETAJCUl8/AAhouNtyft7mKiaK1wraUXGcyT3UC5QjnsRQC
CxlA0fbD0bd/TldkTD5YFi39YjAYOn9UIgsXJ+giFBoTvrja7uTq+AL/B/wFEwUHNz5IPzjv/ePuziz+HR9G3+rX+hgeKB4VHTYh
Hfb73Ozc9SQL/jggIRYF69K//gEA5+4DAggKAIzH2Rhp/v//ENgYff3//8C5GP/9//93zBjK/f//jPYYsQAAAOm2GEYCAABJ2Bhg
////K7AY2P7//4zLGN////9siRfw/v//Qs/cQ/FXtqi95IGv2rhGo0u6OqQ3HZ8b9WDhFKvIBoEyMh003xjQk7uREIG+zuupNFVb
SqKemMru4lBShzZLwIGJPiXZUdmtTLQbn+RC7DEhqi5BUvKfSdcT2tHktTUq1oGltR2o8rR/D4zWsG2twxaVh7nkVNRUxEuf3J+7
K7EtvBs10SxgIIH2myyn/6nG8RHyrGuxMW+HUoHa4NIwv+OTZEf7uzXJrswfFNuSgdRWqUWT+iWxgaTqLEKi0MvkHTUQMaE8uwM=
    """)
    ]


@mistake("q10", "Returns a single file, not a list of files.")
def front():
    return modelfile.from_text("""
RUFJMQExCsDUXTsABQEIDAAFCgIBAgABAABzsBj4y///it8YNbr//9KUGOvb/v8s3Rn1Tv//JIQYpyf//+qdGcscAQBVlxh/m///
4o8YwN3//7efGAWD//93sxldiP7/MrgXw67///rzGNzN//9bfrqm2Q8dYB9/Mj23stP6KjXaNkdZy/zf8jSv5j4Cc7OzrZi5KhJS
Tf0IjJ26IyTWI6T1Fl4yl+jR2hSjCP9ZGZvJDDlynyFNax3z898pLopvUOP0q9IFSCfjYy8Jg4H+JvQjeFTq+c0o+wQkKiNL4xgL
2AgoFSV3QLLht+z4DBTxP0qiyfbxEiIfJn8uD9mq3iQa89zDmrgMIuUPpNGoDNaxwx1I4/20xG7POy31bAXiO5tg81wWSG4U/eIE
fz4cOAoyBiv+8g5juaqxD+giEhjrBu/P9tjoxiTuCGslGs8Cx7XqIR4zI1IxtBq99z1Ff09OYdIsov8g4Y0ByuTc0wTM0xLM9BkU
4vb+HP/pgZPdtOg01wIeJ5WEHCJNBzkmNk3NuPID9VgHRSPJvaIH4u62zeOt394a9xFlsdIM2xT52T4bf/3ySOIF30YUumwhQmY6
JQo6Gqty9x0ZDAAU1+XxAtPppcz+ys7z6BMLqKO20hUCvZ/GFxANCk0LZx7nJ0BIE0cpFWDtwRNDOSh/fRQHUDblLSH2DTf2PU8P
6+Xp6f1M2C9yVNrvz+v+5tYTGu75/MsKzseB8zjXC+Hq/MkiDCgb1Fbr9rnY2iRcAyc3DMzd39xZfzsZ29H/4BLXE2p6KFMcGPDr
+BZUFx0RvsEnLYE1NhAs+Akg8inGXiHXIR3WAxL17jgfnfADIO3v1Bdq/r35Fuzn2wHUPgbfOEHTCtgn7bwjzOfy68cODfLi3f3G
LPfdLEVHBvfMyBvnryp/HubpEOfb9fM3cVLqAjQJE7X4K08BCBAABQECAQIAAQAA1K0YNzcAADLxGMPi///iwRgYBQAA5LoYhub/
/77gGD0OAACVmxj7PgAATKMX7wYAAKyDFyHt//+JqBjIIAAA0/kYRxIAAP6yGATk//8gkhjt4f//Ut0YBS0AAKzEGCoHAADoohe1
HgAAWqYY5AUAAJ6j2KywzejI3vCuqOO65hf8ADt/6Skk5isEJ9rW20EMNjBEDgrLGPvE8+cQ6zLjOfAkLz/L5bXY/xjr/aCBUv0p
Kwr3CD2z7h8tOfTv+wXo8r/+Hl8iG+f+ARzlE+3N0DX0GbIVFeAoDjwXH/FHrero1zMA9wb1I0D3HR8Eyervz7DhEucb2gSNve4Z
hrPw3Ov9F5jPv/UnU1RaJjtMMxjW3IEfDb/rNhBHA9sVWEOvSOFG7egrIif+r8Ke4w/p/TkNBibb2O8TGxlKHlAlCNTa27eE5e8l
E80BGTDy5gzvJafE2P1LzOQe3ccGGUV/V/bl8c3/GFsQPicZCPLjNqzItfK59+7q/0ru9OjV1P4NzgYKSkwjDd/u3On9JgEE3wtF
4eIQGy/NgbKuvCcbyCT/0+T4IBAEBAwbPNyi4kjx3b7hNBnQ7cj5/ASmyunaIsr57ACdoKCBisnh8SgMq56zyyIT/+r1/pQ6NM2B
IRH0uMPkFlkzpPDdAr8HzN0pKwXy5P7W4g0h24ca/EPal67298gPUjDqxAg77v1KGdDyTyOUKE8rvvPZBhVBD3ckI+zwskMGEBhR
NG8CIh3S1t3GK+wDGlgV+s0UU00BEuHbzOsO2hk7JPUEAsnZgdcUAEDUHNkyJf3RwA8sKg0iI/wfDwXfytD0GR0d7/YbGOapxufE
sNjg6cwSwvD5Aeu6zOa8LTv39cqbwZbWgQirs+U8CjQO8bToo9IQah72AsWiytbgIRftGgnzxxZN++vqK4H3vs9EGRWUn+gTLSTG
hhD7azDfttBNOCFqVeUDnoHMvwfL5Bvj2IO0GSsr4PTxVjsf0CD3yRaZ5rIOkrT704XqDSXuVsu/2xYzGF48zSBWMxwaPpuJB6i1
FOoUOky2BPIhePwx9hlFpd8fP2kTLw/3uUwyDvcZ8DIGT/PZ6Q5PVi/7ERN/zf666fZ2Hg4a2fLk6djN+Mu1prPrwvkJ9Mr6DxRO
9f7rHQXTFsnxCswRFhkA9hL6SjJBTe4z8y0h8NQY0quBrr8oMgcMHH8OAswtYCMWJl8uJxTqAw9EERTQ797d8dDA6MDs1gzp8/ro
HUX6Elbyj6jUnu0IEt+dRh0AqLr+8aul+YHi4foHGOL998sKIwIB/ePt783VFxHx3uTc/P0I8/T6Dfbl9PHNxM8xJA37ETce3/fR
D+nLtscQ/+YA/Cfa3OgFChoL+ukqFQzzIcjDx7DKQDsE+S4EywgZAz7ZCdfAi4GjsoUv9e8IzWEyCN/GK/gtFk8AydDr3wEIFAAF
AQEBAgABAACC/RhFGgAAVvcYef7//xCSF3Xk//8GuRcHBwAAZo4X0xQAAGKDF07r//9Wnhf59v//jqEXTxQAAOquF4MXAAAV0hj4
7v//bIQXa/D//3STF7EfAACw2xiK6f//OsEYjRUAADamF9Lz//+y5BjDBQAAAoEXa+b//1KjFwb4//90tRhDBQAApM4Xo+b//wUS
8O75gZ2biefv3TLqrvwd9A8hDiAOJD4pD0ZDLuD1DSAHYSoqJBeq29rnHThLS0NnUy0ZL/PG19Oz0MbG4wiXyfDu5fTw59Ha54/4
BQD+Ff3l8joo/x0sRe0C6tLAAf7yE+lBGipOVtHoDhQE1+jk2eaxqoGToktZNCIV+RgbAy0D/hD1DmRIZkB438fMwLk/QxYfLiPm
3PT4QSYCDeXe0Oj//OYB7Qj4ORw0NlY+QEM+HK7m4/HE5tHUysQtMUM+Hgj27fnzwxQyLTPh6BsbIMLDssvRJgEaNiJ2XD07fyEY
DAULCw35Bw7zFB8VE568wMGaloWBmr4a/fb9+EM1Ojgg4OT+C+k0IR/eLcTO6OjcJjw2N0PbBBESGTReWlsx8MTa2O4EKxYMH9v7
Ii4Cxurl7/zl9xYqVbzt8AD2+8uzsMrl28nO0jI/RiAcrLfGx7/65dzc1yYeJQRkZ1c9MT5/bH56f5bD6Q0S/fIVOE3Z+AEEA7PB
ztC9CyUEJdC7yu3t0S0ODAVNseC8qr8Q79gbI7WXqrkGBdXbyZ316hYX4uLfDg9EamgsbnjIzOLG2X9XJxY8sMjYG08rTVBMUmlx
O0ZI3M3ux/zd3wIKiqwH3qzTTTHx6+/u7+oZBQno9gUfFxr+/RgW+AcK7h4dGyUkJSsoJ1Daprm8x/4aNTg9hJWRo67yHCNEQ9nX
//0XFu0S9+8tLywdfzMcD//9FCMZMyX5AQcD51IiFC9XAADO4KC/yNfp+PfnxBLLPiH5JhAZRBYXN87Tyb7CHElVU0C83tHxKB3y
5iQwBfQLCDOBl8WslwXy3uUGRFJ8SkJZMCwjBpa9s6i6OCgsLEcF9fTa2yD/CBcHCRoXECzZ5NXMvS3u8OPkGEMQHRm7x8G1vvf8
EAMB2r3cAgmzv8nFs+H1/A8LNzc2HC3Lw9/n+PYBBQcefygPJy0e/d8M/kokLThiRywwECkzNUo0RKO4zc+InrCv0oMYJOcWMFh/
SVY8/Qjw7s/bAxbx7zEVEfXy8/H05CVMJEgq6PLp5SxJSB8eOBjH08ystrwfEv8IQQkd8hHw6tvowypDP0UkK/jk/NEF+tzc0vAD
+vjv0M/GyM8BEBMI7AIDCSYt/tre08nP/hUVASITMx4zLvHrAxDL6ePR739VUC1PFSwNDzQMAQbz3S7y/BkNABQE/yvSzszJziwA
HxAm6e8F8xDS7u8EA+YPCfcLjsfQBwivqYqkm+32+xEIIBEYCg8T7uTt9uAAFfcOf0QvLyD1B+QVBQH21QtEx//mCBTz+dvCmCUa
FhHmy/UJCwLd/PnU4icKFw8Lyr27sqdySFYYE31vf3B9//IH9A8WEEJJQgsJ/yYzP0sh7/TCpbTBwzdNUyw38eXbyMj62dEHE93g
1OfVBQHuEgV/RzhGfvEn6u/J4dzc9wIo59/sLCT87vf58e7n3uoE9wD8DxQH7SRnsuX44K4R4s7X3yQIFhrveSoNIXUADxcvA//t
+PPyKQz3BvAvTxEiFDccKf36Gis2LVKy2gr11dPLvtfcOEULEl72Dho6Fuvb6sqzNCovKDCbua+zwVxOK0F//Ar5CRAM6gDq8fP5
5cLrkJm9uOvt4eT23khSOD0mR0gsV37p5NCWm+r2RU5WMgAEGRgpGicdUxANHTJBy72eu4G/r7L4HLDtDTcVDR4aDAIVBfkECD/6
GTBv3+sR/+/l0O3u1CAR6fP3Zk8/XHvj8t0SFOYgCR824MXW3+kYEQ8f3M7h4dDsIRUtRyl/YTE6OP719hnkJDEkFgfG9dDa5SoM
Q/0LTAEe6QRdIiEzYUAqOzA5wuTty8zd5eTvE+wSER0Ut9P4xLoyWH9wZsvawdTgbSsZ4ehIJSYjQ0QlICY2yerT4REM8LrnBgwg
GzEJ2Nvs8vcVKAkMGBMyLS8h+vLpAJYfDwAd3UxFCkti6uPq39viLQETAJCUl8/AAhouNtyft7mKiaK1wraUXGcyT3UC5QjnsRQC
CxlA0fbD0bd/TldkTD5YFi39YjAYOn9UIgsXJ+giFBoTvrja7uTq+AL/B/wFEwUHNz5IPzjv/ePuziz+HR9G3+rX+hgeKB4VHTYh
Hfb73Ozc9SQL/jggIRYF69K//gEA5+4DAggKAIzH2Rhp/v//ENgYff3//8C5GP/9//93zBjK/f//jPYYsQAAAOm2GEYCAABJ2Bhg
////K7AY2P7//4zLGN////9siRfw/v//Qs/cQ/FXtqi95IGv2rhGo0u6OqQ3HZ8b9WDhFKvIBoEyMh003xjQk7uREIG+zuupNFVb
SqKemMru4lBShzZLwIGJPiXZUdmtTLQbn+RC7DEhqi5BUvKfSdcT2tHktTUq1oGltR2o8rR/D4zWsG2twxaVh7nkVNRUxEuf3J+7
K7EtvBs10SxgIIH2myyn/6nG8RHyrGuxMW+HUoHa4NIwv+OTZEf7uzXJrswfFNuSgdRWqUWT+iWxgaTqLEKi0MvkHTUQMaE8uwM=
    """)


@mistake("q10", "Believes that the teacher counts, because it is the best of all.")
def front():
    given = spotting.validation()
    return [modelfile.export(spotting.teacher(), given.x[:100], bits=8)]
