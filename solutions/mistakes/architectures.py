"""Plausible wrong answers to the architectures exercise, each with the misconception behind it.

Read as text, never imported: a definition replaces the one of the same name in the solution.
"""
# ruff: noqa: F811, F821

from autograder.mistakes import mistake

# Asked for by the exercise alone; the package has no function of that name.
OWN_NAMES = [
    "conv_params",
    "conv_macs",
    "depthwise_separable",
    "split_transform_merge",
    "grouped_block",
    "choose_multipliers",
    "small_network",
]

# ------------------------------------------------------------------ question 1


@mistake("q1", "Forgets that an output channel sees only the inputs of its own group.")
def conv_params(inputs, outputs, kernel, groups=1, bias=False):
    if inputs % groups or outputs % groups:
        raise ValueError(f"{inputs} and {outputs} channels cannot be split into {groups} groups")
    return outputs * inputs * kernel**2 + (outputs if bias else 0)


@mistake("q1", "Divides inputs and outputs by the groups: counts one group only.")
def conv_params(inputs, outputs, kernel, groups=1, bias=False):
    if inputs % groups or outputs % groups:
        raise ValueError(f"{inputs} and {outputs} channels cannot be split into {groups} groups")
    return (outputs // groups) * (inputs // groups) * kernel**2 + (outputs if bias else 0)


@mistake("q1", "Gives every input channel a bias instead of every output channel.")
def conv_params(inputs, outputs, kernel, groups=1, bias=False):
    if inputs % groups or outputs % groups:
        raise ValueError(f"{inputs} and {outputs} channels cannot be split into {groups} groups")
    return outputs * (inputs // groups) * kernel**2 + (inputs if bias else 0)


@mistake("q1", "Splits any number of channels into groups by rounding down.")
def conv_params(inputs, outputs, kernel, groups=1, bias=False):
    return outputs * (inputs // groups) * kernel**2 + (outputs if bias else 0)


# ------------------------------------------------------------------ question 2


@mistake("q2", "Multiplies by the positions of the input map.")
def conv_macs(inputs, outputs, kernel, size, stride=1, padding=0, groups=1):
    return size**2 * outputs * (inputs // groups) * kernel**2


@mistake("q2", "Takes size / stride for the side of the output, whatever the padding.")
def conv_macs(inputs, outputs, kernel, size, stride=1, padding=0, groups=1):
    return (size // stride) ** 2 * outputs * (inputs // groups) * kernel**2


@mistake("q2", "Counts multiplications and additions apart: FLOPs instead of MACs.")
def conv_macs(inputs, outputs, kernel, size, stride=1, padding=0, groups=1):
    side = (size + 2 * padding - kernel) // stride + 1
    return 2 * side**2 * outputs * (inputs // groups) * kernel**2


@mistake("q2", "Leaves the groups out.")
def conv_macs(inputs, outputs, kernel, size, stride=1, padding=0, groups=1):
    side = (size + 2 * padding - kernel) // stride + 1
    return side**2 * outputs * inputs * kernel**2


# ------------------------------------------------------------------ question 3


@mistake("q3", "Puts the stride into the pointwise convolution: same shape, more work.")
def depthwise_separable(inputs, outputs, stride=1):
    return nn.Sequential(
        nn.Conv2d(inputs, inputs, 3, padding=1, groups=inputs, bias=False),
        nn.BatchNorm2d(inputs),
        nn.ReLU(),
        nn.Conv2d(inputs, outputs, 1, stride, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    )


@mistake("q3", "Leaves groups out, so that the first convolution is a full one.")
def depthwise_separable(inputs, outputs, stride=1):
    return nn.Sequential(
        nn.Conv2d(inputs, inputs, 3, stride, padding=1, bias=False),
        nn.BatchNorm2d(inputs),
        nn.ReLU(),
        nn.Conv2d(inputs, outputs, 1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    )


@mistake("q3", "Has no norm and no activation between the two convolutions.")
def depthwise_separable(inputs, outputs, stride=1):
    return nn.Sequential(
        nn.Conv2d(inputs, inputs, 3, stride, padding=1, groups=inputs, bias=False),
        nn.Conv2d(inputs, outputs, 1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    )


# ------------------------------------------------------------------ question 4


@mistake("q4", "Puts an activation behind the projection: the bottleneck is not linear.")
class InvertedResidual(nn.Module):
    def __init__(self, inputs, outputs, stride=1, expand=6):
        super().__init__()
        hidden = inputs * expand
        layers = []
        if expand != 1:
            layers += [nn.Conv2d(inputs, hidden, 1, bias=False), nn.BatchNorm2d(hidden), nn.ReLU6()]
        layers += [
            nn.Conv2d(hidden, hidden, 3, stride, padding=1, groups=hidden, bias=False),
            nn.BatchNorm2d(hidden),
            nn.ReLU6(),
            nn.Conv2d(hidden, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU6(),
        ]
        self.layers = nn.Sequential(*layers)
        self.adds = stride == 1 and inputs == outputs

    def forward(self, x):
        return x + self.layers(x) if self.adds else self.layers(x)


@mistake("q4", "Adds the input whenever the channels agree, whatever the stride.")
class InvertedResidual(nn.Module):
    def __init__(self, inputs, outputs, stride=1, expand=6):
        super().__init__()
        hidden = inputs * expand
        layers = []
        if expand != 1:
            layers += [nn.Conv2d(inputs, hidden, 1, bias=False), nn.BatchNorm2d(hidden), nn.ReLU6()]
        layers += [
            nn.Conv2d(hidden, hidden, 3, stride, padding=1, groups=hidden, bias=False),
            nn.BatchNorm2d(hidden),
            nn.ReLU6(),
            nn.Conv2d(hidden, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs),
        ]
        self.layers = nn.Sequential(*layers)
        self.adds = inputs == outputs

    def forward(self, x):
        return x + self.layers(x) if self.adds else self.layers(x)


@mistake("q4", "Keeps the expansion with expand=1, a 1x1 convolution for nothing.")
class InvertedResidual(nn.Module):
    def __init__(self, inputs, outputs, stride=1, expand=6):
        super().__init__()
        hidden = inputs * expand
        self.layers = nn.Sequential(
            nn.Conv2d(inputs, hidden, 1, bias=False),
            nn.BatchNorm2d(hidden),
            nn.ReLU6(),
            nn.Conv2d(hidden, hidden, 3, stride, padding=1, groups=hidden, bias=False),
            nn.BatchNorm2d(hidden),
            nn.ReLU6(),
            nn.Conv2d(hidden, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )
        self.adds = stride == 1 and inputs == outputs

    def forward(self, x):
        return x + self.layers(x) if self.adds else self.layers(x)


@mistake("q4", "Applies ReLU to the sum, as ResNet does.")
class InvertedResidual(nn.Module):
    def __init__(self, inputs, outputs, stride=1, expand=6):
        super().__init__()
        hidden = inputs * expand
        layers = []
        if expand != 1:
            layers += [nn.Conv2d(inputs, hidden, 1, bias=False), nn.BatchNorm2d(hidden), nn.ReLU6()]
        layers += [
            nn.Conv2d(hidden, hidden, 3, stride, padding=1, groups=hidden, bias=False),
            nn.BatchNorm2d(hidden),
            nn.ReLU6(),
            nn.Conv2d(hidden, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs),
        ]
        self.layers = nn.Sequential(*layers)
        self.adds = stride == 1 and inputs == outputs

    def forward(self, x):
        return torch.relu(x + self.layers(x)) if self.adds else self.layers(x)


# ------------------------------------------------------------------ question 5


@mistake("q5", "Forgets the ReLU behind the squeeze.")
class Fire(nn.Module):
    def __init__(self, inputs, squeeze, expand1x1, expand3x3):
        super().__init__()
        self.squeeze = nn.Conv2d(inputs, squeeze, 1)
        self.expand1x1 = nn.Conv2d(squeeze, expand1x1, 1)
        self.expand3x3 = nn.Conv2d(squeeze, expand3x3, 3, padding=1)

    def forward(self, x):
        x = self.squeeze(x)
        return torch.relu(torch.cat([self.expand1x1(x), self.expand3x3(x)], dim=1))


@mistake("q5", "Lets the 3x3 see the whole input instead of the squeezed one.")
class Fire(nn.Module):
    def __init__(self, inputs, squeeze, expand1x1, expand3x3):
        super().__init__()
        self.squeeze = nn.Conv2d(inputs, squeeze, 1)
        self.expand1x1 = nn.Conv2d(squeeze, expand1x1, 1)
        self.expand3x3 = nn.Conv2d(inputs, expand3x3, 3, padding=1)

    def forward(self, x):
        small = torch.relu(self.squeeze(x))
        return torch.relu(torch.cat([self.expand1x1(small), self.expand3x3(x)], dim=1))


@mistake("q5", "Concatenates the 3x3 results before the 1x1 results.")
class Fire(nn.Module):
    def __init__(self, inputs, squeeze, expand1x1, expand3x3):
        super().__init__()
        self.squeeze = nn.Conv2d(inputs, squeeze, 1)
        self.expand1x1 = nn.Conv2d(squeeze, expand1x1, 1)
        self.expand3x3 = nn.Conv2d(squeeze, expand3x3, 3, padding=1)

    def forward(self, x):
        x = torch.relu(self.squeeze(x))
        return torch.relu(torch.cat([self.expand3x3(x), self.expand1x1(x)], dim=1))


@mistake("q5", "Adds the two expansions up instead of concatenating them.")
class Fire(nn.Module):
    def __init__(self, inputs, squeeze, expand1x1, expand3x3):
        super().__init__()
        self.squeeze = nn.Conv2d(inputs, squeeze, 1)
        self.expand1x1 = nn.Conv2d(squeeze, expand1x1, 1)
        self.expand3x3 = nn.Conv2d(squeeze, expand3x3, 3, padding=1)

    def forward(self, x):
        x = torch.relu(self.squeeze(x))
        return torch.relu(self.expand1x1(x) + self.expand3x3(x))


# ------------------------------------------------------------------ question 6


@mistake("q6", "Takes the mean over the images of the batch as well.")
class SqueezeExcite(nn.Module):
    def __init__(self, channels, reduction=4):
        super().__init__()
        self.squeeze = nn.Linear(channels, channels // reduction)
        self.excite = nn.Linear(channels // reduction, channels)

    def forward(self, x):
        mean = x.mean((0, 2, 3))[None]
        gate = torch.sigmoid(self.excite(torch.relu(self.squeeze(mean))))
        return x * gate[:, :, None, None]


@mistake("q6", "Uses a softmax over the channels as the gate: they compete and add up to 1.")
class SqueezeExcite(nn.Module):
    def __init__(self, channels, reduction=4):
        super().__init__()
        self.squeeze = nn.Linear(channels, channels // reduction)
        self.excite = nn.Linear(channels // reduction, channels)

    def forward(self, x):
        mean = x.mean((2, 3))
        gate = torch.softmax(self.excite(torch.relu(self.squeeze(mean))), dim=1)
        return x * gate[:, :, None, None]


@mistake("q6", "Returns the gates and does not multiply the input with them.")
class SqueezeExcite(nn.Module):
    def __init__(self, channels, reduction=4):
        super().__init__()
        self.squeeze = nn.Linear(channels, channels // reduction)
        self.excite = nn.Linear(channels // reduction, channels)

    def forward(self, x):
        mean = x.mean((2, 3))
        gate = torch.sigmoid(self.excite(torch.relu(self.squeeze(mean))))
        return gate[:, :, None, None].expand(x.shape)


@mistake("q6", "Has no ReLU between the two layers.")
class SqueezeExcite(nn.Module):
    def __init__(self, channels, reduction=4):
        super().__init__()
        self.squeeze = nn.Linear(channels, channels // reduction)
        self.excite = nn.Linear(channels // reduction, channels)

    def forward(self, x):
        gate = torch.sigmoid(self.excite(self.squeeze(x.mean((2, 3)))))
        return x * gate[:, :, None, None]


# ------------------------------------------------------------------ question 7


@mistake("q7", "Chains the paths: each one works on the sum of those before it.")
def split_transform_merge(x, paths):
    y = x
    for reduce, transform, restore in paths:
        z = F.conv2d(y, reduce).relu()
        z = F.conv2d(z, transform, padding=1).relu()
        y = y + F.conv2d(z, restore)
    return y


@mistake("q7", "Adds x once for every path.")
def split_transform_merge(x, paths):
    y = 0
    for reduce, transform, restore in paths:
        z = F.conv2d(x, reduce).relu()
        z = F.conv2d(z, transform, padding=1).relu()
        y = y + x + F.conv2d(z, restore)
    return y


@mistake("q7", "Adds in place, which changes the x of the caller.")
def split_transform_merge(x, paths):
    y = x
    given = x.clone()
    for reduce, transform, restore in paths:
        z = F.conv2d(given, reduce).relu()
        z = F.conv2d(z, transform, padding=1).relu()
        y += F.conv2d(z, restore)
    return y


@mistake("q7", "Puts a ReLU behind the restoring convolution too.")
def split_transform_merge(x, paths):
    y = x
    for reduce, transform, restore in paths:
        z = F.conv2d(x, reduce).relu()
        z = F.conv2d(z, transform, padding=1).relu()
        y = y + F.conv2d(z, restore).relu()
    return y.relu()


# ------------------------------------------------------------------ question 8


@mistake("q8", "Interleaves the channels of the paths, so that a group mixes several of them.")
def grouped_block(paths):
    reduce, transform, restore = zip(*paths, strict=True)
    weights = torch.stack(reduce, 1).flatten(0, 1), torch.cat(transform), torch.cat(restore, dim=1)
    width, channels = weights[0].shape[:2]
    first = nn.Conv2d(channels, width, 1, bias=False)
    middle = nn.Conv2d(width, width, 3, padding=1, groups=len(paths), bias=False)
    last = nn.Conv2d(width, channels, 1, bias=False)
    for layer, weight in zip((first, middle, last), weights, strict=True):
        layer.weight = nn.Parameter(weight.clone())
    return nn.Sequential(first, nn.ReLU(), middle, nn.ReLU(), last)


@mistake("q8", "Averages the paths: divides the last weight by their number.")
def grouped_block(paths):
    reduce, transform, restore = zip(*paths, strict=True)
    weights = torch.cat(reduce), torch.cat(transform), torch.cat(restore, dim=1) / len(paths)
    width, channels = weights[0].shape[:2]
    first = nn.Conv2d(channels, width, 1, bias=False)
    middle = nn.Conv2d(width, width, 3, padding=1, groups=len(paths), bias=False)
    last = nn.Conv2d(width, channels, 1, bias=False)
    for layer, weight in zip((first, middle, last), weights, strict=True):
        layer.weight = nn.Parameter(weight.clone())
    return nn.Sequential(first, nn.ReLU(), middle, nn.ReLU(), last)


@mistake("q8", "Builds the right layers and leaves their random weights.")
def grouped_block(paths):
    width, channels = sum(p[0].shape[0] for p in paths), paths[0][0].shape[1]
    return nn.Sequential(
        nn.Conv2d(channels, width, 1, bias=False),
        nn.ReLU(),
        nn.Conv2d(width, width, 3, padding=1, groups=len(paths), bias=False),
        nn.ReLU(),
        nn.Conv2d(width, channels, 1, bias=False),
    )


@mistake("q8", "Leaves the convolutions' own random biases in place.")
def grouped_block(paths):
    reduce, transform, restore = zip(*paths, strict=True)
    weights = torch.cat(reduce), torch.cat(transform), torch.cat(restore, dim=1)
    width, channels = weights[0].shape[:2]
    first = nn.Conv2d(channels, width, 1)
    middle = nn.Conv2d(width, width, 3, padding=1, groups=len(paths))
    last = nn.Conv2d(width, channels, 1)
    for layer, weight in zip((first, middle, last), weights, strict=True):
        layer.weight = nn.Parameter(weight.clone())
    return nn.Sequential(first, nn.ReLU(), middle, nn.ReLU(), last)


# ------------------------------------------------------------------ question 9


@mistake("q9", "Trusts the rule of thumb width² · resolution² of the full network's MACs.")
def choose_multipliers(layers, budget, widths, resolutions, classes=1000):
    full_width, full_resolution = max(widths), max(resolutions)
    inputs, size, full = 3, full_resolution, 0
    for kind, channels, stride in layers:
        outputs, size = scaled(channels, full_width), -(-size // stride)
        one = 9 * inputs * outputs if kind == "conv" else 9 * inputs + inputs * outputs
        full += size**2 * one
        inputs = outputs
    full += inputs * classes
    pairs = {
        (w, r): full * (w / full_width) ** 2 * (r / full_resolution) ** 2
        for w in widths
        for r in resolutions
    }
    fitting = [pair for pair, macs in pairs.items() if macs <= budget]
    if not fitting:
        raise ValueError("no pair fits")
    return max(fitting, key=pairs.get)


@mistake("q9", "Forgets the classifier.")
def choose_multipliers(layers, budget, widths, resolutions, classes=1000):
    def network_macs(width, resolution):
        inputs, size, macs = 3, resolution, 0
        for kind, channels, stride in layers:
            outputs, size = scaled(channels, width), -(-size // stride)
            one = 9 * inputs * outputs if kind == "conv" else 9 * inputs + inputs * outputs
            macs += size**2 * one
            inputs = outputs
        return macs

    pairs = {(w, r): network_macs(w, r) for w in widths for r in resolutions}
    fitting = [pair for pair, macs in pairs.items() if macs <= budget]
    if not fitting:
        raise ValueError("no pair fits")
    return max(fitting, key=pairs.get)


@mistake("q9", "Takes the widest network that fits instead of the one that uses most of it.")
def choose_multipliers(layers, budget, widths, resolutions, classes=1000):
    def network_macs(width, resolution):
        inputs, size, macs = 3, resolution, 0
        for kind, channels, stride in layers:
            outputs, size = scaled(channels, width), -(-size // stride)
            one = 9 * inputs * outputs if kind == "conv" else 9 * inputs + inputs * outputs
            macs += size**2 * one
            inputs = outputs
        return macs + inputs * classes

    for width in sorted(widths, reverse=True):
        for resolution in sorted(resolutions, reverse=True):
            if network_macs(width, resolution) <= budget:
                return width, resolution
    raise ValueError("no pair fits")


@mistake("q9", "Rounds the side of a map down at a stride.")
def choose_multipliers(layers, budget, widths, resolutions, classes=1000):
    def network_macs(width, resolution):
        inputs, size, macs = 3, resolution, 0
        for kind, channels, stride in layers:
            outputs, size = scaled(channels, width), size // stride
            one = 9 * inputs * outputs if kind == "conv" else 9 * inputs + inputs * outputs
            macs += size**2 * one
            inputs = outputs
        return macs + inputs * classes

    pairs = {(w, r): network_macs(w, r) for w in widths for r in resolutions}
    fitting = [pair for pair, macs in pairs.items() if macs <= budget]
    if not fitting:
        raise ValueError("no pair fits")
    return max(fitting, key=pairs.get)


# ------------------------------------------------------------------ question 10


@mistake("q10", "Stays with linear layers: few MACs, but every one has a parameter of its own.")
def small_network():
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 100), nn.ReLU(), nn.Linear(100, 10))


@mistake("q10", "Keeps within the MACs without a convolution: a perceptron of two layers.")
def small_network():
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))


@mistake("q10", "Calls a linear layer a convolution: a kernel as large as the image.")
def small_network():
    return nn.Sequential(nn.Conv2d(1, 32, 8), nn.ReLU(), nn.Flatten(), nn.Linear(32, 10))


@mistake("q10", "Keeps the maps large and the convolutions standard: too many MACs.")
def small_network():
    return nn.Sequential(
        nn.Conv2d(1, 12, 3, padding=1, bias=False),
        nn.BatchNorm2d(12),
        nn.ReLU(),
        nn.Conv2d(12, 16, 3, padding=1, bias=False),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(16, 10),
    )


@mistake("q10", "Saves where nobody asked for it: a network too narrow to learn the digits.")
def small_network():
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.Conv2d(4, 8, 3, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(8, 10),
    )
