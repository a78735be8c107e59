"""Plausible wrong answers to the evaluation exercise, each with the misconception behind it.

Read as text, never imported: a definition replaces the one of the same name in the solution.
"""
# ruff: noqa: F811, F821

from autograder.mistakes import mistake

# Asked for by the exercise alone; the package's module has no function of that name.
OWN_NAMES = [
    "latency_report",
    "training_footprint",
    "year_of_use",
    "worst_group",
    "macs_by_layer",
    "peak_bytes",
    "paired_bootstrap",
]

# ------------------------------------------------------------------ question 1


@mistake("q1", "Leaves the warm-up in.")
def latency_report(trace_ms, warmup, deadline_ms):
    if not 0 <= warmup < len(trace_ms):
        raise ValueError("no run is left")
    runs = np.asarray(trace_ms, dtype=float)
    median, p90, p99 = (float(value) for value in np.percentile(runs, [50, 90, 99]))
    missed = float((runs > deadline_ms).mean())
    return {"median": median, "p90": p90, "p99": p99, "missed": missed}


@mistake("q1", "Sorts first and then drops the first runs: the fastest ones.")
def latency_report(trace_ms, warmup, deadline_ms):
    if not 0 <= warmup < len(trace_ms):
        raise ValueError("no run is left")
    runs = np.sort(np.asarray(trace_ms, dtype=float))[warmup:]
    median, p90, p99 = (float(value) for value in np.percentile(runs, [50, 90, 99]))
    missed = float((runs > deadline_ms).mean())
    return {"median": median, "p90": p90, "p99": p99, "missed": missed}


@mistake("q1", "Gives the mean for the median.")
def latency_report(trace_ms, warmup, deadline_ms):
    if not 0 <= warmup < len(trace_ms):
        raise ValueError("no run is left")
    runs = np.asarray(trace_ms, dtype=float)[warmup:]
    p90, p99 = (float(value) for value in np.percentile(runs, [90, 99]))
    missed = float((runs > deadline_ms).mean())
    return {"median": float(runs.mean()), "p90": p90, "p99": p99, "missed": missed}


@mistake("q1", "Counts a run that is exactly in time as late.")
def latency_report(trace_ms, warmup, deadline_ms):
    if not 0 <= warmup < len(trace_ms):
        raise ValueError("no run is left")
    runs = np.asarray(trace_ms, dtype=float)[warmup:]
    median, p90, p99 = (float(value) for value in np.percentile(runs, [50, 90, 99]))
    missed = float((runs >= deadline_ms).mean())
    return {"median": median, "p90": p90, "p99": p99, "missed": missed}


@mistake("q1", "Sorts the caller's trace in place.")
def latency_report(trace_ms, warmup, deadline_ms):
    if not 0 <= warmup < len(trace_ms):
        raise ValueError("no run is left")
    runs = np.array(trace_ms[warmup:], dtype=float)
    trace_ms.sort()
    median, p90, p99 = (float(value) for value in np.percentile(runs, [50, 90, 99]))
    missed = float((runs > deadline_ms).mean())
    return {"median": median, "p90": p90, "p99": p99, "missed": missed}


# ------------------------------------------------------------------ question 2


@mistake("q2", "Counts the forward pass alone.")
def training_footprint(macs_per_sample, samples, epochs, flops_per_joule, pue, grams_per_kwh):
    if pue < 1 or flops_per_joule <= 0:
        raise ValueError("impossible")
    kwh = pue * 2 * macs_per_sample * samples * epochs / flops_per_joule / 3.6e6
    return kwh, kwh * grams_per_kwh / 1000


@mistake("q2", "Takes a MAC for one FLOP.")
def training_footprint(macs_per_sample, samples, epochs, flops_per_joule, pue, grams_per_kwh):
    if pue < 1 or flops_per_joule <= 0:
        raise ValueError("impossible")
    kwh = pue * 3 * macs_per_sample * samples * epochs / flops_per_joule / 3.6e6
    return kwh, kwh * grams_per_kwh / 1000


@mistake("q2", "Forgets the building in the kilowatt-hours and has it in the emissions only.")
def training_footprint(macs_per_sample, samples, epochs, flops_per_joule, pue, grams_per_kwh):
    if pue < 1 or flops_per_joule <= 0:
        raise ValueError("impossible")
    kwh = 6 * macs_per_sample * samples * epochs / flops_per_joule / 3.6e6
    return kwh, pue * kwh * grams_per_kwh / 1000


@mistake("q2", "Leaves the emissions in grams.")
def training_footprint(macs_per_sample, samples, epochs, flops_per_joule, pue, grams_per_kwh):
    if pue < 1 or flops_per_joule <= 0:
        raise ValueError("impossible")
    kwh = pue * 6 * macs_per_sample * samples * epochs / flops_per_joule / 3.6e6
    return kwh, kwh * grams_per_kwh


# ------------------------------------------------------------------ question 3


@mistake("q3", "Adds the building's overhead to the training a second time.")
def year_of_use(training_kwh, inference_j, per_day, pue=1.0):
    daily_kwh = inference_j * per_day * pue / 3.6e6
    days = pue * training_kwh / daily_kwh if daily_kwh > 0 else math.inf
    return 365 * daily_kwh, days


@mistake("q3", "Forgets the overhead of the answers.")
def year_of_use(training_kwh, inference_j, per_day, pue=1.0):
    daily_kwh = inference_j * per_day / 3.6e6
    days = training_kwh / daily_kwh if daily_kwh > 0 else math.inf
    return 365 * daily_kwh, days


@mistake("q3", "Takes a kilowatt-hour for 3600 joules.")
def year_of_use(training_kwh, inference_j, per_day, pue=1.0):
    daily_kwh = inference_j * per_day * pue / 3600
    days = training_kwh / daily_kwh if daily_kwh > 0 else math.inf
    return 365 * daily_kwh, days


@mistake("q3", "Says 0 days where there is no use.")
def year_of_use(training_kwh, inference_j, per_day, pue=1.0):
    daily_kwh = inference_j * per_day * pue / 3.6e6
    days = training_kwh / daily_kwh if daily_kwh > 0 else 0.0
    return 365 * daily_kwh, days


@mistake("q3", "Rounds the break-even up to whole days.")
def year_of_use(training_kwh, inference_j, per_day, pue=1.0):
    daily_kwh = inference_j * per_day * pue / 3.6e6
    days = math.ceil(training_kwh / daily_kwh) if daily_kwh > 0 else math.inf
    return 365 * daily_kwh, days


# ------------------------------------------------------------------ question 4


@mistake("q4", "Takes only one of two equal networks.")
def pareto_front(points):
    front, best = [], -math.inf
    for name, (_cost, accuracy) in sorted(points.items(), key=lambda p: (p[1][0], -p[1][1])):
        if accuracy > best:
            front.append(name)
            best = accuracy
    return front


@mistake("q4", "Throws out only who is worse in both numbers.")
def pareto_front(points):
    front = [
        name
        for name, (cost, accuracy) in points.items()
        if not any(c < cost and a > accuracy for c, a in points.values())
    ]
    return sorted(front, key=lambda name: points[name][0])


@mistake("q4", "Wants high cost.")
def pareto_front(points):
    def beaten(cost, accuracy):
        return any(
            c >= cost and a >= accuracy and (c > cost or a > accuracy) for c, a in points.values()
        )

    front = [name for name, point in points.items() if not beaten(*point)]
    return sorted(front, key=lambda name: points[name][0])


@mistake("q4", "Gives the names in alphabetical order.")
def pareto_front(points):
    def beaten(cost, accuracy):
        return any(
            c <= cost and a >= accuracy and (c < cost or a > accuracy) for c, a in points.values()
        )

    return sorted(name for name, point in points.items() if not beaten(*point))


# ------------------------------------------------------------------ question 5


@mistake("q5", "Measures the gap to the mean over all samples.")
def worst_group(predictions, labels, groups):
    hits = (predictions == labels).double()
    accuracy = {int(g): hits[groups == g].mean().item() for g in groups.unique()}
    worst = min(accuracy, key=accuracy.get)
    return worst, accuracy[worst], hits.mean().item() - accuracy[worst]


@mistake("q5", "Gives the place of the group in the list of groups instead of its number.")
def worst_group(predictions, labels, groups):
    hits = (predictions == labels).double()
    accuracy = [hits[groups == g].mean().item() for g in groups.unique()]
    worst = accuracy.index(min(accuracy))
    return worst, accuracy[worst], max(accuracy) - accuracy[worst]


@mistake("q5", "Divides each group's hits by the number of all samples.")
def worst_group(predictions, labels, groups):
    hits = (predictions == labels).double()
    accuracy = {int(g): hits[groups == g].sum().item() / len(hits) for g in groups.unique()}
    worst = min(accuracy, key=accuracy.get)
    return worst, accuracy[worst], max(accuracy.values()) - accuracy[worst]


@mistake("q5", "Takes the last of equally bad groups.")
def worst_group(predictions, labels, groups):
    hits = (predictions == labels).double()
    accuracy = {int(g): hits[groups == g].mean().item() for g in groups.unique()}
    worst = min(accuracy, key=lambda g: (accuracy[g], -g))
    return worst, accuracy[worst], max(accuracy.values()) - accuracy[worst]


# ------------------------------------------------------------------ question 6


@mistake("q6", "Counts one image, whatever the batch.")
def macs_by_layer(model, x):
    macs, handles = {}, []
    modes = {module: module.training for module in model.modules()}

    def listen(name):
        def hook(layer, inputs, output):
            macs[name] = macs.get(name, 0) + output[0].numel() * layer.weight[0].numel()

        return hook

    try:
        for name, layer in model.named_modules():
            if isinstance(layer, (nn.Conv2d, nn.Linear)):
                handles.append(layer.register_forward_hook(listen(name)))
        model.eval()
        with torch.no_grad():
            model(x)
    finally:
        for handle in handles:
            handle.remove()
        for module, training in modes.items():
            module.training = training
    return macs


@mistake("q6", "Counts the positions of the input, which differ with stride and padding.")
def macs_by_layer(model, x):
    macs, handles = {}, []
    modes = {module: module.training for module in model.modules()}

    def listen(name):
        def hook(layer, inputs, output):
            places = inputs[0].numel() // inputs[0].shape[1 if output.ndim == 4 else -1]
            macs[name] = macs.get(name, 0) + places * layer.weight.numel()

        return hook

    try:
        for name, layer in model.named_modules():
            if isinstance(layer, (nn.Conv2d, nn.Linear)):
                handles.append(layer.register_forward_hook(listen(name)))
        model.eval()
        with torch.no_grad():
            model(x)
    finally:
        for handle in handles:
            handle.remove()
        for module, training in modes.items():
            module.training = training
    return macs


@mistake("q6", "Ignores the groups of a convolution.")
def macs_by_layer(model, x):
    macs, handles = {}, []
    modes = {module: module.training for module in model.modules()}

    def listen(name):
        def hook(layer, inputs, output):
            if isinstance(layer, nn.Conv2d):
                products = layer.in_channels * layer.kernel_size[0] * layer.kernel_size[1]
            else:
                products = layer.in_features
            macs[name] = macs.get(name, 0) + output.numel() * products

        return hook

    try:
        for name, layer in model.named_modules():
            if isinstance(layer, (nn.Conv2d, nn.Linear)):
                handles.append(layer.register_forward_hook(listen(name)))
        model.eval()
        with torch.no_grad():
            model(x)
    finally:
        for handle in handles:
            handle.remove()
        for module, training in modes.items():
            module.training = training
    return macs


@mistake("q6", "Looks at the direct children alone.")
def macs_by_layer(model, x):
    macs, handles = {}, []
    modes = {module: module.training for module in model.modules()}

    def listen(name):
        def hook(layer, inputs, output):
            macs[name] = macs.get(name, 0) + output.numel() * layer.weight[0].numel()

        return hook

    try:
        for name, layer in model.named_children():
            if isinstance(layer, (nn.Conv2d, nn.Linear)):
                handles.append(layer.register_forward_hook(listen(name)))
        model.eval()
        with torch.no_grad():
            model(x)
    finally:
        for handle in handles:
            handle.remove()
        for module, training in modes.items():
            module.training = training
    return macs


@mistake("q6", "Forgets what a layer that runs twice did the first time.")
def macs_by_layer(model, x):
    macs, handles = {}, []
    modes = {module: module.training for module in model.modules()}

    def listen(name):
        def hook(layer, inputs, output):
            macs[name] = output.numel() * layer.weight[0].numel()

        return hook

    try:
        for name, layer in model.named_modules():
            if isinstance(layer, (nn.Conv2d, nn.Linear)):
                handles.append(layer.register_forward_hook(listen(name)))
        model.eval()
        with torch.no_grad():
            model(x)
    finally:
        for handle in handles:
            handle.remove()
        for module, training in modes.items():
            module.training = training
    return macs


@mistake("q6", "Runs the model in the mode in which it came, so that batch norm learns.")
def macs_by_layer(model, x):
    macs, handles = {}, []

    def listen(name):
        def hook(layer, inputs, output):
            macs[name] = macs.get(name, 0) + output.numel() * layer.weight[0].numel()

        return hook

    try:
        for name, layer in model.named_modules():
            if isinstance(layer, (nn.Conv2d, nn.Linear)):
                handles.append(layer.register_forward_hook(listen(name)))
        with torch.no_grad():
            model(x)
    finally:
        for handle in handles:
            handle.remove()
    return macs


@mistake("q6", "Puts every module into the mode of the outermost one.")
def macs_by_layer(model, x):
    macs, handles = {}, []
    training = model.training

    def listen(name):
        def hook(layer, inputs, output):
            macs[name] = macs.get(name, 0) + output.numel() * layer.weight[0].numel()

        return hook

    try:
        for name, layer in model.named_modules():
            if isinstance(layer, (nn.Conv2d, nn.Linear)):
                handles.append(layer.register_forward_hook(listen(name)))
        model.eval()
        with torch.no_grad():
            model(x)
    finally:
        for handle in handles:
            handle.remove()
        model.train(training)
    return macs


@mistake("q6", "Removes the hooks only if all went well.")
def macs_by_layer(model, x):
    macs, handles = {}, []
    modes = {module: module.training for module in model.modules()}

    def listen(name):
        def hook(layer, inputs, output):
            macs[name] = macs.get(name, 0) + output.numel() * layer.weight[0].numel()

        return hook

    for name, layer in model.named_modules():
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            handles.append(layer.register_forward_hook(listen(name)))
    model.eval()
    with torch.no_grad():
        model(x)
    for handle in handles:
        handle.remove()
    for module, training in modes.items():
        module.training = training
    return macs


@mistake("q6", "Leaves the hooks in the model.")
def macs_by_layer(model, x):
    macs = {}
    modes = {module: module.training for module in model.modules()}

    def listen(name):
        def hook(layer, inputs, output):
            macs[name] = macs.get(name, 0) + output.numel() * layer.weight[0].numel()

        return hook

    for name, layer in model.named_modules():
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            layer.register_forward_hook(listen(name))
    model.eval()
    with torch.no_grad():
        model(x)
    for module, training in modes.items():
        module.training = training
    return macs


# ------------------------------------------------------------------ question 7


@mistake("q7", "Looks at each step alone and forgets what waits for a later one.")
def peak_bytes(steps, sizes):
    return max(sizes[out] + sum(sizes[name] for name in set(ins)) for out, ins in steps)


@mistake("q7", "Never lets a tensor go.")
def peak_bytes(steps, sizes):
    return sum(sizes.values())


@mistake("q7", "Lets the inputs of a step go before its output is made.")
def peak_bytes(steps, sizes):
    made = {output: step for step, (output, _) in enumerate(steps)}
    last = {name: step for step, (_, inputs) in enumerate(steps) for name in inputs}
    peak = 0
    for step in range(len(steps)):
        alive = [n for n in made | last if made.get(n, -1) <= step < last.get(n, len(steps))]
        peak = max(peak, sum(sizes[name] for name in alive))
    return peak


@mistake("q7", "Forgets that the network's own inputs are in memory.")
def peak_bytes(steps, sizes):
    made = {output: step for step, (output, _) in enumerate(steps)}
    last = {name: step for step, (_, inputs) in enumerate(steps) for name in inputs}
    peak = 0
    for step in range(len(steps)):
        alive = [n for n in made if made[n] <= step <= last.get(n, len(steps))]
        peak = max(peak, sum(sizes[name] for name in alive))
    return peak


@mistake("q7", "Lets a tensor go after the first step that reads it.")
def peak_bytes(steps, sizes):
    made = {output: step for step, (output, _) in enumerate(steps)}
    first = {}
    for step, (_, inputs) in enumerate(steps):
        for name in inputs:
            first.setdefault(name, step)
    peak = 0
    for step, (_, inputs) in enumerate(steps):
        alive = {n for n in made | first if made.get(n, 0) <= step <= first.get(n, len(steps))}
        peak = max(peak, sum(sizes[name] for name in alive | set(inputs)))
    return peak


@mistake("q7", "Lets results go that no step reads.")
def peak_bytes(steps, sizes):
    made = {output: step for step, (output, _) in enumerate(steps)}
    last = {name: step for step, (_, inputs) in enumerate(steps) for name in inputs}
    peak = 0
    for step in range(len(steps)):
        alive = [n for n in made | last if made.get(n, 0) <= step <= last.get(n, made.get(n))]
        peak = max(peak, sum(sizes[name] for name in alive))
    return peak


@mistake("q7", "Counts a tensor twice that a step names twice, and only what the step reads.")
def peak_bytes(steps, sizes):
    peak = 0
    for place, (output, inputs) in enumerate(steps):
        made = {out for out, _ in steps[:place]}
        later = {name for _, reads in steps[place + 1 :] for name in reads}
        known = made | {n for _, r in steps for n in r if n not in {o for o, _ in steps}}
        read = {name for _, reads in steps for name in reads}
        waiting = [n for n in known if (n in later or n not in read) and n not in inputs]
        size = sum(sizes[name] for name in inputs) + sum(sizes[name] for name in waiting)
        peak = max(peak, size + sizes[output])
    return peak


# ------------------------------------------------------------------ question 8


@mistake("q8", "Draws other images for each of the two networks.")
def paired_bootstrap(hits_a, hits_b, rng, resamples=2000, confidence=0.95):
    if len(hits_a) != len(hits_b) or len(hits_a) == 0:
        raise ValueError("no pairs")
    a, b = np.asarray(hits_a, dtype=float), np.asarray(hits_b, dtype=float)
    size = (resamples, len(a))
    means_a = a[rng.integers(0, len(a), size=size)].mean(axis=1)
    means_b = b[rng.integers(0, len(a), size=size)].mean(axis=1)
    tail = (1 - confidence) / 2
    low, high = np.quantile(means_b - means_a, [tail, 1 - tail])
    return float(b.mean() - a.mean()), float(low), float(high)


@mistake("q8", "Leaves out 5 % on each side.")
def paired_bootstrap(hits_a, hits_b, rng, resamples=2000, confidence=0.95):
    if len(hits_a) != len(hits_b) or len(hits_a) == 0:
        raise ValueError("no pairs")
    gain = np.asarray(hits_b, dtype=float) - np.asarray(hits_a, dtype=float)
    rows = rng.integers(0, len(gain), size=(resamples, len(gain)))
    low, high = np.quantile(gain[rows].mean(axis=1), [1 - confidence, confidence])
    return float(gain.mean()), float(low), float(high)


@mistake("q8", "Subtracts B from A.")
def paired_bootstrap(hits_a, hits_b, rng, resamples=2000, confidence=0.95):
    if len(hits_a) != len(hits_b) or len(hits_a) == 0:
        raise ValueError("no pairs")
    gain = np.asarray(hits_a, dtype=float) - np.asarray(hits_b, dtype=float)
    rows = rng.integers(0, len(gain), size=(resamples, len(gain)))
    tail = (1 - confidence) / 2
    low, high = np.quantile(gain[rows].mean(axis=1), [tail, 1 - tail])
    return float(gain.mean()), float(low), float(high)


@mistake("q8", "Draws without replacement, so that every row is the same test set.")
def paired_bootstrap(hits_a, hits_b, rng, resamples=2000, confidence=0.95):
    if len(hits_a) != len(hits_b) or len(hits_a) == 0:
        raise ValueError("no pairs")
    gain = np.asarray(hits_b, dtype=float) - np.asarray(hits_a, dtype=float)
    rows = np.stack([rng.permutation(len(gain)) for _ in range(resamples)])
    tail = (1 - confidence) / 2
    low, high = np.quantile(gain[rows].mean(axis=1), [tail, 1 - tail])
    return float(gain.mean()), float(low), float(high)


@mistake("q8", "Gives the spread of single images, not that of means over test sets.")
def paired_bootstrap(hits_a, hits_b, rng, resamples=2000, confidence=0.95):
    if len(hits_a) != len(hits_b) or len(hits_a) == 0:
        raise ValueError("no pairs")
    gain = np.asarray(hits_b, dtype=float) - np.asarray(hits_a, dtype=float)
    rows = rng.integers(0, len(gain), size=(resamples, len(gain)))
    tail = (1 - confidence) / 2
    low, high = np.quantile(gain[rows], [tail, 1 - tail])
    return float(gain.mean()), float(low), float(high)


@mistake("q8", "Draws from a generator of its own.")
def paired_bootstrap(hits_a, hits_b, rng, resamples=2000, confidence=0.95):
    if len(hits_a) != len(hits_b) or len(hits_a) == 0:
        raise ValueError("no pairs")
    rng = np.random.default_rng(0)
    gain = np.asarray(hits_b, dtype=float) - np.asarray(hits_a, dtype=float)
    rows = rng.integers(0, len(gain), size=(resamples, len(gain)))
    tail = (1 - confidence) / 2
    low, high = np.quantile(gain[rows].mean(axis=1), [tail, 1 - tail])
    return float(gain.mean()), float(low), float(high)


# ------------------------------------------------------------------ question 9


@mistake("q9", "Looks for the best accuracy among all networks, not among those that are possible.")
def choose(models, at_most, at_least, tolerance, cost):
    best = max((m["accuracy"] for m in models.values()), default=0)
    good = []
    for name, m in models.items():
        possible = all(k in m and m[k] <= v for k, v in at_most.items())
        possible = possible and all(k in m and m[k] >= v for k, v in at_least.items())
        if possible and m["accuracy"] >= best - tolerance:
            good.append(name)
    key = lambda name: (models[name][cost], -models[name]["accuracy"])  # noqa: E731
    return min(good, key=key, default=None)


@mistake("q9", "Takes the most accurate network and forgets the tolerance.")
def choose(models, at_most, at_least, tolerance, cost):
    good = []
    for name, m in models.items():
        possible = all(k in m and m[k] <= v for k, v in at_most.items())
        if possible and all(k in m and m[k] >= v for k, v in at_least.items()):
            good.append(name)
    key = lambda name: (-models[name]["accuracy"], models[name][cost])  # noqa: E731
    return min(good, key=key, default=None)


@mistake("q9", "Trusts a network whose limited measure nobody has measured.")
def choose(models, at_most, at_least, tolerance, cost):
    allowed = {}
    for name, m in models.items():
        possible = all(m.get(k, v) <= v for k, v in at_most.items())
        if possible and all(m.get(k, v) >= v for k, v in at_least.items()):
            allowed[name] = m
    best = max((m["accuracy"] for m in allowed.values()), default=0)
    good = [name for name, m in allowed.items() if m["accuracy"] >= best - tolerance]
    key = lambda name: (allowed[name][cost], -allowed[name]["accuracy"])  # noqa: E731
    return min(good, key=key, default=None)


@mistake("q9", "Of equal costs takes the first one, however accurate.")
def choose(models, at_most, at_least, tolerance, cost):
    allowed = {}
    for name, m in models.items():
        possible = all(k in m and m[k] <= v for k, v in at_most.items())
        if possible and all(k in m and m[k] >= v for k, v in at_least.items()):
            allowed[name] = m
    best = max((m["accuracy"] for m in allowed.values()), default=0)
    good = [name for name, m in allowed.items() if m["accuracy"] >= best - tolerance]
    return min(good, key=lambda name: allowed[name][cost], default=None)


@mistake("q9", "Excludes what meets a limit exactly.")
def choose(models, at_most, at_least, tolerance, cost):
    allowed = {}
    for name, m in models.items():
        possible = all(k in m and m[k] < v for k, v in at_most.items())
        if possible and all(k in m and m[k] > v for k, v in at_least.items()):
            allowed[name] = m
    best = max((m["accuracy"] for m in allowed.values()), default=0)
    good = [name for name, m in allowed.items() if m["accuracy"] >= best - tolerance]
    key = lambda name: (allowed[name][cost], -allowed[name]["accuracy"])  # noqa: E731
    return min(good, key=key, default=None)
