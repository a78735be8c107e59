"""Who counts right, and how fast: MACs of torchvision's classifiers and of awkward models.

    python benchmarks/macs.py [--models resnet18 vit_b_16 ...] [--rounds 5]

The truth for the zoo is torchvision's own `_ops` (billions of MACs with three decimals, in spite of
their name); for the awkward models the hand-derived counts of tests/test_macs.py. Time is CPU time
of one thread, in interleaved rounds; the ratio is peer / ours, its median and range over models.
Peers that are not installed are left out: ptflops, fvcore and thop are looked for.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import importlib.util
import io
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import torch
import torchvision
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from efficientai.profiling import count_macs, machine

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

ZOO = (
    "alexnet convnext_tiny densenet121 efficientnet_b0 efficientnet_v2_s googlenet inception_v3 "
    "mnasnet1_0 mobilenet_v2 mobilenet_v3_large regnet_y_400mf resnet18 resnet50 resnext50_32x4d "
    "shufflenet_v2_x1_0 squeezenet1_1 swin_t swin_v2_t vgg11 vit_b_16 vit_b_32 wide_resnet50_2"
)
Counter = Callable[[nn.Module, tuple], int]


class Fixed(nn.Module):
    """A model with its inputs in it, for counters that pass one tensor only."""

    def __init__(self, model: nn.Module, inputs: tuple) -> None:
        super().__init__()
        self.model, self.inputs = model, inputs

    def forward(self, _: torch.Tensor) -> object:
        return self.model(*self.inputs)


def torch_counter(model: nn.Module, inputs: tuple) -> int:
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(*inputs)
    return counter.get_total_flops() // 2


def ptflops_counter(backend: str) -> Counter:
    from ptflops import get_model_complexity_info

    def count(model: nn.Module, inputs: tuple) -> int:
        with contextlib.redirect_stdout(io.StringIO()):
            macs, _ = get_model_complexity_info(
                Fixed(model, inputs),
                (1,),
                backend=backend,
                as_strings=False,
                print_per_layer_stat=False,
            )
        return int(macs)

    return count


def fvcore_counter(model: nn.Module, inputs: tuple) -> int:
    from fvcore.nn import FlopCountAnalysis

    analysis = FlopCountAnalysis(model, inputs).unsupported_ops_warnings(False)
    return int(analysis.uncalled_modules_warnings(False).total())


def thop_counter(model: nn.Module, inputs: tuple) -> int:
    from thop import profile

    return int(profile(copy.deepcopy(model), inputs, verbose=False)[0])


def counters() -> dict[str, Counter]:
    found: dict[str, Counter] = {
        "ours": lambda model, inputs: count_macs(model, *inputs),
        "torch FlopCounterMode": torch_counter,
    }
    if importlib.util.find_spec("ptflops"):
        found["ptflops pytorch"] = ptflops_counter("pytorch")
        found["ptflops aten"] = ptflops_counter("aten")
    if importlib.util.find_spec("fvcore"):
        found["fvcore"] = fvcore_counter
    if importlib.util.find_spec("thop"):
        found["thop"] = thop_counter
    return found


def attempt(counter: Counter, model: nn.Module, inputs: tuple) -> tuple[int | None, float]:
    """MACs, or None if the counter fails, and the CPU seconds it took."""
    start = time.process_time()
    try:
        with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            macs = counter(model, inputs)
    except Exception:  # a peer may fail in any way; that is what is being counted
        macs = None
    return macs, time.process_time() - start


def zoo_model(name: str) -> tuple[nn.Module, tuple, float]:
    """Model, input and published billions of MACs."""
    weights = torchvision.models.get_model_weights(name).DEFAULT
    options = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    model = torchvision.models.get_model(name, weights=None, **options).eval()
    # the first weights, if there are several, tell the size that _ops were counted at
    size = (weights.transforms().crop_size or [224])[0]
    return model, (torch.zeros(1, 3, size, size),), weights.meta["_ops"]


def run_zoo(names: list[str], rounds: int) -> None:
    found = counters()
    wrong: dict[str, list[str]] = {name: [] for name in found}
    ratios: dict[str, list[float]] = {name: [] for name in found}
    totals = dict.fromkeys(found, 0.0)
    for name in names:
        model, inputs, published = zoo_model(name)
        times: dict[str, list[float]] = {who: [] for who in found}
        counted = {}
        for turn in range(rounds + 1):  # the first warms up
            for who, counter in found.items():
                counted[who], seconds = attempt(counter, model, inputs)
                if turn:
                    times[who].append(seconds)
        for who, macs in counted.items():
            if macs is None or round(macs / 1e9, 3) != published:
                off = "fails" if macs is None else f"{macs / 1e9 / published - 1:+.1%}"
                wrong[who].append(f"{name} {off}")
            totals[who] += statistics.median(times[who])
            ratios[who].append(statistics.median(times[who]) / statistics.median(times["ours"]))
        print(f"  {name}: ours {1000 * statistics.median(times['ours']):.0f} ms", flush=True)
    print(f"\n{'counter':24} exact   time / ours: median (range), of all together")
    for who in found:
        spread = (
            f"{statistics.median(ratios[who]):5.1f} ({min(ratios[who]):.1f}–{max(ratios[who]):.1f})"
        )
        print(f"{who:24} {len(names) - len(wrong[who]):2}/{len(names)}   {spread}")
    for who, models in wrong.items():
        if models:
            print(f"  {who} differs on: {', '.join(models)}")


def run_awkward() -> None:
    from test_macs import CASES

    print(f"\n{'counter':24} exact with and without grad, of {len(CASES)} awkward models")
    for who, counter in counters().items():
        exact = []
        for grad in (True, False):
            with torch.set_grad_enabled(grad):
                hits = [attempt(counter, m.eval(), tuple(x))[0] == n for m, x, n in CASES.values()]
            exact.append(sum(hits))
        print(f"{who:24} {exact[0]:2} {exact[1]:2}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", nargs="*", default=ZOO.split())
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    torch.set_num_threads(1)
    print(machine())
    run_zoo(options.models, options.rounds)
    run_awkward()


if __name__ == "__main__":
    main()
