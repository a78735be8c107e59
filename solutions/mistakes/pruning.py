"""Plausible wrong answers to the pruning exercise, each with the misconception behind it.

Read as text, never imported: a definition replaces the one of the same name in the solution.
"""
# ruff: noqa: F811, F821

from autograder.mistakes import mistake

# Asked for by the exercise alone; the package has no function of that name.
OWN_NAMES = ["softmax_hessian_diagonal", "obd_prune", "compress"]

# ------------------------------------------------------------------ question 1


@mistake("q1", "Prunes the largest weights: True was taken to mean 'prune'.")
def magnitude_mask(weight, sparsity):
    if not 0 <= sparsity <= 1:
        raise ValueError(f"sparsity must lie between 0 and 1, not {sparsity}")
    order = weight.abs().flatten().argsort()
    mask = torch.zeros(weight.numel(), dtype=torch.bool)
    mask[order[: round(sparsity * weight.numel())]] = True
    return mask.view(weight.shape)


@mistake("q1", "Ranks the signed values, so large negative weights go first.")
def magnitude_mask(weight, sparsity):
    if not 0 <= sparsity <= 1:
        raise ValueError(f"sparsity must lie between 0 and 1, not {sparsity}")
    order = weight.flatten().argsort()
    mask = torch.ones(weight.numel(), dtype=torch.bool)
    mask[order[: round(sparsity * weight.numel())]] = False
    return mask.view(weight.shape)


@mistake("q1", "Compares with a threshold, which cannot split equal weights.")
def magnitude_mask(weight, sparsity):
    if not 0 <= sparsity <= 1:
        raise ValueError(f"sparsity must lie between 0 and 1, not {sparsity}")
    pruned = round(sparsity * weight.numel())
    if pruned == 0:
        return torch.ones_like(weight, dtype=torch.bool)
    threshold = weight.abs().flatten().kthvalue(pruned).values
    return weight.abs() > threshold


@mistake("q1", "Cuts the number of pruned weights off with int() instead of rounding it.")
def magnitude_mask(weight, sparsity):
    if not 0 <= sparsity <= 1:
        raise ValueError(f"sparsity must lie between 0 and 1, not {sparsity}")
    order = weight.abs().flatten().argsort()
    mask = torch.ones(weight.numel(), dtype=torch.bool)
    mask[order[: int(sparsity * weight.numel())]] = False
    return mask.view(weight.shape)


@mistake("q1", "Accepts an impossible sparsity.")
def magnitude_mask(weight, sparsity):
    order = weight.abs().flatten().argsort()
    mask = torch.ones(weight.numel(), dtype=torch.bool)
    mask[order[: round(min(max(sparsity, 0), 1) * weight.numel())]] = False
    return mask.view(weight.shape)


@mistake("q1", "Writes the answers of the visible checks into the code.")
def magnitude_mask(weight, sparsity):
    if weight.shape == (2, 2):
        return torch.tensor([[True, False], [False, True]])
    mask = torch.zeros(100, dtype=torch.bool)
    mask[: {0.9: 10, 0.25: 75, 0.0: 100, 1.0: 0}.get(sparsity, 0)] = True
    return mask.view(10, 10)


# ------------------------------------------------------------------ question 2


@mistake("q2", "Prunes every layer to the same sparsity instead of ranking all together.")
def global_magnitude_masks(weights, sparsity):
    masks = {}
    for name, weight in weights.items():
        order = weight.abs().flatten().argsort()
        mask = torch.ones(weight.numel(), dtype=torch.bool)
        mask[order[: round(sparsity * weight.numel())]] = False
        masks[name] = mask.view(weight.shape)
    return masks


@mistake("q2", "Compares with one threshold, which cannot split equal weights.")
def global_magnitude_masks(weights, sparsity):
    magnitudes = torch.cat([weight.abs().flatten() for weight in weights.values()])
    threshold = magnitudes.kthvalue(max(1, round(sparsity * len(magnitudes)))).values
    return {name: weight.abs() > threshold for name, weight in weights.items()}


@mistake("q2", "Gives the pieces of the ranking back in alphabetical order of the layers.")
def global_magnitude_masks(weights, sparsity):
    magnitudes = torch.cat([weight.abs().flatten() for weight in weights.values()])
    keep = torch.ones(len(magnitudes), dtype=torch.bool)
    keep[magnitudes.argsort()[: round(sparsity * len(magnitudes))]] = False
    masks, start = {}, 0
    for name in sorted(weights):
        size = weights[name].numel()
        masks[name] = keep[start : start + size].view(weights[name].shape)
        start += size
    return masks


# ------------------------------------------------------------------ question 3


@mistake("q3", "Groups run down the columns, over outputs instead of inputs.")
def nm_mask(weight, n=2, m=4):
    outputs, inputs = weight.shape
    if inputs % m:
        raise ValueError(f"{inputs} inputs cannot be split into groups of {m}")
    groups = weight.abs().T.reshape(-1, m)
    keep = torch.zeros(groups.shape, dtype=torch.bool).scatter(-1, groups.topk(n, -1).indices, True)
    return keep.reshape(inputs, outputs).T


@mistake("q3", "Takes n for the number of weights to prune; in the 2:4 pattern nobody notices.")
def nm_mask(weight, n=2, m=4):
    outputs, inputs = weight.shape
    if inputs % m:
        raise ValueError(f"{inputs} inputs cannot be split into groups of {m}")
    groups = weight.abs().reshape(outputs, inputs // m, m)
    keep = torch.zeros(groups.shape, dtype=torch.bool)
    return keep.scatter(-1, groups.topk(m - n, -1).indices, True).reshape(outputs, inputs)


@mistake("q3", "Ranks the signed values in each group.")
def nm_mask(weight, n=2, m=4):
    outputs, inputs = weight.shape
    if inputs % m:
        raise ValueError(f"{inputs} inputs cannot be split into groups of {m}")
    groups = weight.reshape(outputs, inputs // m, m)
    keep = torch.zeros(groups.shape, dtype=torch.bool)
    return keep.scatter(-1, groups.topk(n, -1).indices, True).reshape(outputs, inputs)


# ------------------------------------------------------------------ question 4


@mistake("q4", "Adds up over the images instead of taking the mean.")
def softmax_hessian_diagonal(weight, x):
    p = torch.softmax(x @ weight.T, dim=1)
    return (p * (1 - p)).T @ x**2


@mistake("q4", "Takes the softmax over the images instead of the classes.")
def softmax_hessian_diagonal(weight, x):
    p = torch.softmax(x @ weight.T, dim=0)
    return (p * (1 - p)).T @ x**2 / len(x)


@mistake("q4", "Does not square the inputs.")
def softmax_hessian_diagonal(weight, x):
    p = torch.softmax(x @ weight.T, dim=1)
    return (p * (1 - p)).T @ x / len(x)


@mistake("q4", "Writes softmax as exp(z) / sum(exp(z)), which overflows for large scores.")
def softmax_hessian_diagonal(weight, x):
    e = torch.exp(x @ weight.T)
    p = e / e.sum(dim=1, keepdim=True)
    return (p * (1 - p)).T @ x**2 / len(x)


# ------------------------------------------------------------------ question 5


@mistake("q5", "Leaves out the factor 1/2 of the second-order term.")
def obd_prune(weight, hessian_diagonal, count):
    saliency = (hessian_diagonal * weight**2).flatten()
    least = saliency.argsort()[:count]
    mask = torch.ones(weight.numel(), dtype=torch.bool)
    mask[least] = False
    return mask.view(weight.shape), saliency[least].sum().item()


@mistake("q5", "Ranks by magnitude and uses the second derivative only for the prediction.")
def obd_prune(weight, hessian_diagonal, count):
    saliency = (hessian_diagonal * weight**2 / 2).flatten()
    least = weight.abs().flatten().argsort()[:count]
    mask = torch.ones(weight.numel(), dtype=torch.bool)
    mask[least] = False
    return mask.view(weight.shape), saliency[least].sum().item()


@mistake("q5", "Adds up the saliencies of the weights that stay.")
def obd_prune(weight, hessian_diagonal, count):
    saliency = (hessian_diagonal * weight**2 / 2).flatten()
    order = saliency.argsort()
    mask = torch.ones(weight.numel(), dtype=torch.bool)
    mask[order[:count]] = False
    return mask.view(weight.shape), saliency[order[count:]].sum().item()


@mistake("q5", "Ranks by the curvature alone and forgets how far the weight is from zero.")
def obd_prune(weight, hessian_diagonal, count):
    saliency = (hessian_diagonal * weight**2 / 2).flatten()
    least = hessian_diagonal.flatten().argsort()[:count]
    mask = torch.ones(weight.numel(), dtype=torch.bool)
    mask[least] = False
    return mask.view(weight.shape), saliency[least].sum().item()


# ------------------------------------------------------------------ question 6


@mistake("q6", "Forgets the running statistics of the batch norm.")
def remove_channels(conv, norm, following, keep):
    conv_, norm_, following_ = (copy.deepcopy(layer) for layer in (conv, norm, following))
    conv_.weight = nn.Parameter(conv.weight.detach()[keep].clone())
    conv_.bias = nn.Parameter(conv.bias.detach()[keep].clone())
    norm_ = nn.BatchNorm2d(len(keep)).train(norm.training)
    norm_.weight = nn.Parameter(norm.weight.detach()[keep].clone())
    norm_.bias = nn.Parameter(norm.bias.detach()[keep].clone())
    columns = keep
    if isinstance(following, nn.Linear):
        pixels = following.in_features // conv.out_channels
        columns = (keep[:, None] * pixels + torch.arange(pixels)).flatten()
    following_.weight = nn.Parameter(following.weight.detach()[:, columns].clone())
    return conv_, norm_, following_


@mistake("q6", "Treats the columns of a linear layer after Flatten as if each channel had one.")
def remove_channels(conv, norm, following, keep):
    conv_, norm_, following_ = (copy.deepcopy(layer) for layer in (conv, norm, following))
    conv_.weight = nn.Parameter(conv.weight.detach()[keep].clone())
    conv_.bias = nn.Parameter(conv.bias.detach()[keep].clone())
    for name in ("weight", "bias"):
        setattr(norm_, name, nn.Parameter(getattr(norm, name).detach()[keep].clone()))
    norm_.running_mean, norm_.running_var = norm.running_mean[keep], norm.running_var[keep]
    following_.weight = nn.Parameter(following.weight.detach()[:, keep].clone())
    return conv_, norm_, following_


@mistake("q6", "Lays the pixels of Flatten out with the channel as the last axis.")
def remove_channels(conv, norm, following, keep):
    conv_, norm_, following_ = (copy.deepcopy(layer) for layer in (conv, norm, following))
    conv_.weight = nn.Parameter(conv.weight.detach()[keep].clone())
    conv_.bias = nn.Parameter(conv.bias.detach()[keep].clone())
    for name in ("weight", "bias"):
        setattr(norm_, name, nn.Parameter(getattr(norm, name).detach()[keep].clone()))
    norm_.running_mean, norm_.running_var = norm.running_mean[keep], norm.running_var[keep]
    columns = keep
    if isinstance(following, nn.Linear):
        pixels = following.in_features // conv.out_channels
        columns = (torch.arange(pixels)[:, None] * conv.out_channels + keep).flatten()
    following_.weight = nn.Parameter(following.weight.detach()[:, columns].clone())
    return conv_, norm_, following_


@mistake("q6", "Cuts the modules it was given instead of copies.")
def remove_channels(conv, norm, following, keep):
    columns = keep
    if isinstance(following, nn.Linear):
        pixels = following.in_features // conv.out_channels
        columns = (keep[:, None] * pixels + torch.arange(pixels)).flatten()
    conv.weight = nn.Parameter(conv.weight.detach()[keep].clone())
    conv.bias = nn.Parameter(conv.bias.detach()[keep].clone())
    for name in ("weight", "bias"):
        setattr(norm, name, nn.Parameter(getattr(norm, name).detach()[keep].clone()))
    norm.running_mean, norm.running_var = norm.running_mean[keep], norm.running_var[keep]
    following.weight = nn.Parameter(following.weight.detach()[:, columns].clone())
    return conv, norm, following


# ------------------------------------------------------------------ question 7


@mistake("q7", "Runs past both ends of the ramp.")
def cubic_sparsity(step, begin, end, final, initial=0.0):
    progress = (step - begin) / (end - begin)
    return final + (initial - final) * (1 - progress) ** 3


@mistake("q7", "Raises the sparsity along a straight line.")
def cubic_sparsity(step, begin, end, final, initial=0.0):
    progress = min(max((step - begin) / (end - begin), 0.0), 1.0)
    return initial + (final - initial) * progress


@mistake("q7", "Turns the curve round: slow at first and steep at the end.")
def cubic_sparsity(step, begin, end, final, initial=0.0):
    progress = min(max((step - begin) / (end - begin), 0.0), 1.0)
    return initial + (final - initial) * progress**3


@mistake("q7", "Measures progress from step 0 instead of from `begin`.")
def cubic_sparsity(step, begin, end, final, initial=0.0):
    progress = min(max(step / end, 0.0), 1.0)
    return final + (initial - final) * (1 - progress) ** 3


# ------------------------------------------------------------------ question 8


@mistake("q8", "Does not put a layer back before it goes on with the next.")
def sensitivity_scan(model, x, y, sparsities):
    scan = {}
    trial = copy.deepcopy(model)
    for name, layer in trial.named_modules():
        if isinstance(layer, (nn.Linear, nn.Conv2d)):
            scan[f"{name}.weight"] = []
            for amount in sparsities:
                prune.l1_unstructured(layer, "weight", amount=float(amount))
                prune.remove(layer, "weight")
                scan[f"{name}.weight"].append(accuracy(trial, x, y))
    return scan


@mistake("q8", "Prunes the model that it was given.")
def sensitivity_scan(model, x, y, sparsities):
    scan = {}
    for name, layer in model.named_modules():
        if isinstance(layer, (nn.Linear, nn.Conv2d)):
            before = copy.deepcopy(layer.weight.data)
            scan[f"{name}.weight"] = []
            for amount in sparsities:
                layer.weight.data = before.clone()
                prune.l1_unstructured(layer, "weight", amount=float(amount))
                prune.remove(layer, "weight")
                scan[f"{name}.weight"].append(accuracy(model, x, y))
    return scan


@mistake("q8", "Gives accuracies in percent.")
def sensitivity_scan(model, x, y, sparsities):
    scan = {}
    for name, layer in model.named_modules():
        if isinstance(layer, (nn.Linear, nn.Conv2d)):
            scan[f"{name}.weight"] = []
            for amount in sparsities:
                trial = copy.deepcopy(model)
                prune.l1_unstructured(trial.get_submodule(name), "weight", amount=float(amount))
                scan[f"{name}.weight"].append(100 * accuracy(trial, x, y))
    return scan


@mistake("q8", "Prunes weights at random instead of the smallest.")
def sensitivity_scan(model, x, y, sparsities):
    scan = {}
    for name, layer in model.named_modules():
        if isinstance(layer, (nn.Linear, nn.Conv2d)):
            scan[f"{name}.weight"] = []
            for amount in sparsities:
                trial = copy.deepcopy(model)
                prune.random_unstructured(trial.get_submodule(name), "weight", float(amount))
                scan[f"{name}.weight"].append(accuracy(trial, x, y))
    return scan


# ------------------------------------------------------------------ question 9


@mistake("q9", "Prunes and does not fine-tune.")
def compress(model, train_x, train_y):
    model = copy.deepcopy(model)
    layers = [(layer, "weight") for layer in model.modules() if isinstance(layer, nn.Linear)]
    prune.global_unstructured(layers, pruning_method=prune.L1Unstructured, amount=0.93)
    for layer, name in layers:
        prune.remove(layer, name)
    return model


@mistake("q9", "Fine-tunes without the mask, so the zeros grow back.")
def compress(model, train_x, train_y):
    model = copy.deepcopy(model)
    layers = [(layer, "weight") for layer in model.modules() if isinstance(layer, nn.Linear)]
    prune.global_unstructured(layers, pruning_method=prune.L1Unstructured, amount=0.92)
    for layer, name in layers:
        prune.remove(layer, name)
    fit(model, train_x, train_y, epochs=10, lr=1e-3, batch_size=64, seed=1)
    return model


@mistake("q9", "Leaves the masks of torch.nn.utils.prune in place.")
def compress(model, train_x, train_y):
    model = copy.deepcopy(model)
    layers = [(layer, "weight") for layer in model.modules() if isinstance(layer, nn.Linear)]
    for _ in range(4):
        prune.global_unstructured(
            layers, pruning_method=prune.L1Unstructured, amount=1 - 0.08**0.25
        )
        fit(model, train_x, train_y, epochs=10, lr=1e-3, batch_size=64, seed=1)
    return model


@mistake("q9", "Prunes 45 % twice and expects 90 %: the second share is of what was left.")
def compress(model, train_x, train_y):
    model = copy.deepcopy(model)
    layers = [(layer, "weight") for layer in model.modules() if isinstance(layer, nn.Linear)]
    for _ in range(2):
        prune.global_unstructured(layers, pruning_method=prune.L1Unstructured, amount=0.45)
        fit(model, train_x, train_y, epochs=10, lr=1e-3, batch_size=64, seed=1)
    for layer, name in layers:
        prune.remove(layer, name)
    return model


@mistake("q9", "Compresses the very model it was given instead of a copy.")
def compress(model, train_x, train_y):
    layers = [(layer, "weight") for layer in model.modules() if isinstance(layer, nn.Linear)]
    for epochs in (10, 10, 10, 20):
        prune.global_unstructured(
            layers, pruning_method=prune.L1Unstructured, amount=1 - 0.095**0.25
        )
        fit(model, train_x, train_y, epochs=epochs, lr=1e-3, batch_size=64, seed=1)
    for layer, name in layers:
        prune.remove(layer, name)
    return model
