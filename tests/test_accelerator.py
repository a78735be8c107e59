"""Training uses an accelerator where there is one, with the same result.

Where there is none, a pretended one (`pretend.py`) shows that nothing is left behind on the CPU: it
computes with the same numbers, so the oracle is training on the CPU, bit by bit.
"""

import ast
import functools
from pathlib import Path

import pytest
import torch
from pretend import AWAY, HOME, MixedDevices, pretend_accelerator
from torch import nn
from torch.nn import functional as F

from efficientai import DEVICE_VARIABLE, compression, distillation, pruning, quantization, training
from efficientai.architectures import small_net
from efficientai.data import digits
from efficientai.training import accuracy, fit, placed, predict, seed_everything

X = torch.rand(48, 1, 8, 8, generator=torch.Generator().manual_seed(0))
Y = (X.flatten(1).argmax(1) % 10).long()
SHORT = {"epochs": 2, "batch_size": 20, "lr": 0.01}
BOOK = Path(__file__).resolve().parents[1] / "book"


@pytest.fixture
def away(monkeypatch):
    """An accelerator that is pretended and that training finds; `.count` operators ran on it."""
    monkeypatch.setenv(DEVICE_VARIABLE, "cuda")
    with pretend_accelerator() as operators:
        yield operators


def network():
    """With a batch norm, for its buffers."""
    seed_everything(0)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(144, 10)
    )


# ---------------------------------------------------------------- the pretended accelerator itself


def test_pretended_accelerator_refuses_what_cuda_refuses(away):
    here, there = torch.ones(3), torch.ones(3, device="cuda")
    assert (here.device, there.device, there.to("cpu").device) == (HOME, AWAY, HOME)
    assert (there * 2).device == there[:2].device == there.to(torch.float64).device == AWAY
    for mixed in (
        lambda: here + there,
        lambda: torch.cat([here, there]),
        lambda: torch.cat([here.sum()[None], there]),
        lambda: here @ there,
        lambda: here.sum().add_(there.sum()),
        lambda: there.copy_(here).add_(here),
        lambda: here[there.long()],
        lambda: torch.where(there > 0, there, here),
        lambda: F.cross_entropy(there[None], torch.tensor([0])),
    ):
        with pytest.raises(MixedDevices):
            mixed()
    with pytest.raises(TypeError, match=r"Tensor\.cpu"):
        there.numpy()


def test_pretended_accelerator_allows_what_cuda_allows(away):
    here, there = torch.arange(3), torch.ones(3, device="cuda")
    for allowed in (
        there * torch.tensor(2.0),
        there[here],
        there.copy_(here),
        torch.where(there > 0, there, torch.tensor(0.0)),
        here.to(there),
    ):
        assert allowed.device == AWAY
    assert here.clone().copy_(there).device == HOME
    assert there.tolist() == [0.0, 1.0, 2.0]


def test_a_tensor_that_was_forgotten_is_found(away):
    """The fault that the tests below would miss if the pretence were too kind."""
    kept = torch.ones(10)
    with pytest.raises(MixedDevices):
        fit(network(), X, Y, loss=lambda z, y: F.cross_entropy(z * kept, y), **SHORT)
    with pytest.raises(MixedDevices):
        fit(network(), X, torch.arange(48), loss=lambda z, y: F.cross_entropy(z, Y[y]), **SHORT)


# ---------------------------------------------------------------- which device


def test_training_takes_the_gpu_that_torch_finds(monkeypatch):
    monkeypatch.delenv(DEVICE_VARIABLE, raising=False)
    for found, name in ((True, "cuda"), (False, "cpu")):
        monkeypatch.setattr(torch.cuda, "is_available", lambda found=found: found)
        assert training.training_device() == torch.device(name)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setenv(DEVICE_VARIABLE, "cpu")
    assert training.training_device() == torch.device("cpu")


def test_the_argument_and_a_model_already_away_come_before_the_variable(away, monkeypatch):
    fit(network(), X, Y, device="cpu", **SHORT)
    assert away.count == 0
    away_already = network().to("cuda")
    monkeypatch.setenv(DEVICE_VARIABLE, "cpu")
    fit(away_already, X, Y, **SHORT)
    assert {t.device for t in away_already.state_dict().values()} == {AWAY}
    assert accuracy(away_already, X, Y) > 0  # asks the model where it is
    assert predict(away_already, X).device == HOME


# ---------------------------------------------------------------- what training does


def plain(model):
    return fit(model, X, Y, **SHORT)


def with_masks_that_change(model):
    masks = {"4.weight": torch.ones(10, 144, dtype=torch.bool)}

    def tighten(step):
        masks["4.weight"][step] = False
        weights = pruning.prunable_weights(model)
        chosen = pruning.global_magnitude_masks(weights, 0.1 * step)
        pruning.apply_masks(model, {name: mask.cpu() for name, mask in chosen.items()})

    losses = fit(model, X, Y, masks=masks, after_step=tighten, decay=True, **SHORT)
    assert not model[4].weight[:5].any()
    return losses


def with_two_targets(model):
    def loss(logits, targets):
        labels, answers = targets
        return F.cross_entropy(logits, labels) + F.mse_loss(logits, answers)

    return fit(model, X, (Y, X.flatten(1)[:, :10]), loss=loss, **SHORT)


def distilled(model):
    return distillation.distill(model, small_net("mobilenet_v1"), X, Y, **SHORT)


def distilled_without_labels(model):
    return distillation.distill(model, network(), X, **SHORT)


def pruned_gradually(model):
    compression.prune_gradually(model, X, Y, sparsity=0.8, **SHORT)
    assert pruning.sparsity_of(model) == pytest.approx(0.8, abs=0.001)


def with_trained_codebooks(model):
    shared = compression.share_weights(model, bits=2)
    losses = fit(shared, X, Y, **SHORT)
    shared.write_back()
    model.load_state_dict(shared.model.state_dict())
    return losses


def deeply_compressed(model):
    folded = quantization.fold_batch_norm(model)
    return compression.deep_compress(folded, X, Y, sparsity=0.8, bits=2, **SHORT).data


def with_the_rounding_in_place(model):
    ranges = quantization.calibrate(model, X)
    trained = quantization.quantize_model(model, weight_bits=3, inputs=ranges)
    return fit(trained, X, Y, **SHORT), predict(trained, X).tolist()


def with_a_scale_for_each_input(model):
    ranges = quantization.affine_qparams(torch.zeros(144), torch.ones(144), axis=1)
    model[4] = quantization.FakeQuantized(model[4], 4, ranges)
    return fit(model, X, Y, **SHORT)


TRAININGS = [
    plain, with_masks_that_change, with_two_targets, distilled, distilled_without_labels,
    pruned_gradually, with_trained_codebooks, deeply_compressed, with_the_rounding_in_place,
    with_a_scale_for_each_input,
]  # fmt: skip


def ran(train, **options):
    """What a training returns, and the model after it."""
    model = network()
    seed_everything(1)
    result = train(model, **options)
    return result, [(n, t.tolist()) for n, t in model.state_dict().items()], model


@pytest.mark.parametrize("train", TRAININGS, ids=lambda train: train.__name__)
def test_training_away_gives_what_it_gives_here(train, monkeypatch):
    result, state, _ = ran(train)
    monkeypatch.setenv(DEVICE_VARIABLE, "cuda")
    with pretend_accelerator() as operators:
        away_result, away_state, model = ran(train)
        assert {t.device for t in model.state_dict().values()} == {HOME}
    assert away_result == result
    assert away_state == state
    assert operators.count > 100


# ---------------------------------------------------------------- what the caller holds


def test_tensors_and_their_memory_stay_the_callers(away):
    model = network()
    held = [*model.parameters(), *model.buffers()]
    views = [t.detach().view(-1) for t in held]
    before = [view.clone() for view in views]
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1)
    fit(model, X, Y, **SHORT)
    after = [*model.parameters(), *model.buffers()]
    assert all(a is b for a, b in zip(held, after, strict=True))
    assert all(torch.equal(v, t.flatten()) for v, t in zip(views, after, strict=True))
    assert not any(torch.equal(a, b) for a, b in zip(views, before, strict=True))
    F.cross_entropy(model(X), Y).backward()  # no gradient of elsewhere is in the way
    optimiser.step()


def test_what_fails_away_comes_home_too(away):
    model = network()
    model(X).sum().backward()  # leaves gradients that must not be met there
    with pytest.raises(KeyError), placed(model, "cuda"):
        model(X.to("cuda")).sum().backward()
        assert {t.device for t in model.state_dict().values()} == {AWAY}
        model[1].running_mean = model[1].running_mean + 1  # a new tensor in the buffer's place
        raise KeyError
    assert {t.device for t in model.state_dict().values()} == {HOME}
    assert model[1].running_mean.tolist() != [0.0] * 4
    model(X).sum().backward()


# ---------------------------------------------------------------- the chapters' own training


def definitions(chapter, **names):
    """The functions and classes of a chapter's cells, without what the cells do."""
    cells = (BOOK / f"{chapter}.md").read_text().split("```{code-cell} ipython3\n")[1:]
    code = [
        "".join(line for line in cell.split("\n```")[0].splitlines(True) if line[0] != ":")
        for cell in cells
    ]
    kinds = ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef
    kept = [node for cell in code for node in ast.parse(cell).body if isinstance(node, kinds)]
    exec(compile(ast.Module(kept, []), chapter, "exec"), names)
    return names


def numbers(model):
    return [t.tolist() for t in model.state_dict().values()]


def of_architectures():
    """Without batch norm: torch's rule for a stack of them sees where the numbers really are."""
    names = definitions("architectures", SEEDS=range(2))
    nets = names["seeded"](lambda: nn.Sequential(nn.Flatten(), nn.Linear(64, 10)), range(2))
    yield names["brief"](nets)
    yield [numbers(net) for net in nets]


def of_distillation():
    names = definitions("distillation", SEEDS=2)
    x, labels = torch.stack([X, X.flip(0)], 1), torch.stack([Y, Y.flip(0)], 1)
    answers, hidden = torch.rand(48, 2, 10), torch.rand(48, 2, 100)
    soft = functools.partial(names["soft_loss"], temperature=2)
    yield numbers(names["train"](x, labels, names["smoothed"], steps=4))
    yield numbers(names["train"](x, (answers, labels), names["both"], steps=4))
    yield numbers(names["train_hinted"](x, answers, soft, hidden, steps=4))


def of_numerics():
    generator = torch.Generator().manual_seed(0)
    cells = {"splits": [digits()], "five": [digits(0), digits(1)], "SEEDS": range(2)}
    names = definitions("numerics", generator=generator, dense=None, **cells)
    for rounding in (names["nearest"], names["by_chance"]):
        yield names["train_stored"](rounding, seed=0, epochs=1)
    yield names["train_in"](torch.float16, torch.float16, 2.0**10, True, epochs=1)
    noisy = names["uniform"]
    yield names["memorise"](lambda w: w + noisy(w), lambda w: w, 0.4, dropout=0.5, steps=10)
    for method in (names["ternary"], names["binary"]):
        model = nn.Sequential(nn.Flatten(), names["Rounded"](nn.Linear(64, 10), method))
        model.append(names["Sign"]())
        yield fit(model, X, Y, **SHORT)


def of_pruning():
    class Few:
        train_x, train_y = X, Y

    seen = []
    names = definitions("pruning", data=Few)
    for way in (names["one_shot"], names["gradual"]):
        yield numbers(way(network(), 0.7, epochs=12, watch=lambda step, _: seen.append(step)))
    assert seen == [*range(12)] * 2


@pytest.mark.parametrize("train", [of_architectures, of_distillation, of_numerics, of_pruning])
def test_chapters_train_away_as_they_train_here(train, monkeypatch):
    seed_everything(0)
    expected = list(train())
    monkeypatch.setenv(DEVICE_VARIABLE, "cuda")
    with pretend_accelerator() as operators:
        seed_everything(0)
        assert list(train()) == expected
    assert operators.count > 100


# ---------------------------------------------------------------- a real one


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here: run it where torch has one")
@pytest.mark.parametrize("train", TRAININGS, ids=lambda train: train.__name__)
def test_training_on_a_real_gpu(train, monkeypatch):
    monkeypatch.setenv(DEVICE_VARIABLE, "cpu")
    expected = ran(train)[0]
    monkeypatch.delenv(DEVICE_VARIABLE)
    torch.cuda.reset_peak_memory_stats()
    result, _, model = ran(train)
    assert torch.cuda.max_memory_allocated() > torch.cuda.memory_allocated()
    assert {t.device for t in model.state_dict().values()} == {HOME}
    if train is plain:  # the others choose weights, and may choose others after other roundings
        assert result == pytest.approx(expected, rel=0.01)
