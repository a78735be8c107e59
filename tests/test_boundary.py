"""What crosses the boundary, seen from a test: the same lines would pass without a boundary."""

from __future__ import annotations

import collections
import copy
import inspect
import math
import random

import numpy as np
import pytest
import torch
from engine_room import talk
from torch import nn

from autograder.boundary.faults import RemoteError
from autograder.boundary.kinds import names
from autograder.boundary.standins import Remote, RemoteCallable, RemoteModule
from autograder.boundary.wire import CannotCross
from efficientai import DEVICE_VARIABLE
from efficientai.architectures import lenet_300_100


def test_values_of_every_kind_come_back_as_they_went():
    values = [
        None, True, 7, -(1 << 80), 0.1, -0.0, math.inf, "naïve ☃ \ud800", b"\x00\xff", 1 + 2j,
        (1, (2, 3)), [1, [2.5]], {"a": 1, 2: [3]}, {3, 1}, frozenset({"x"}), slice(1, None, 2),
        range(3), ..., torch.float16, torch.device("cpu"), np.dtype("int8"), torch.Size([2, 3]),
        np.float32(0.1), np.int64(3), np.bool_(True), bytearray(b"ab"),
        collections.OrderedDict(b=1, a=2), collections.Counter("aab"), collections.deque([1, 2], 3),
    ]  # fmt: skip
    with talk("def same(x): return x") as env:
        same = env.get("same")
        for value in values:
            found = same(value)
            assert type(found) is type(value) and found == value, value
        assert math.copysign(1, same(-0.0)) == -1 and math.isnan(same(math.nan))


@pytest.mark.parametrize(
    "tensor",
    [
        torch.randn(2, 3),
        torch.tensor(3.5, dtype=torch.float64),
        torch.zeros(0, 4, dtype=torch.int8),
        torch.randn(4, 3).t(),
        torch.randn(2, 3, 4, 5).contiguous(memory_format=torch.channels_last),
        torch.randn(3).to(torch.bfloat16),
        torch.tensor([True, False]),
        torch.tensor([1 + 2j]),
        torch.randn(3).to(torch.float8_e4m3fn),
    ],
    ids=lambda t: f"{tuple(t.shape)}-{t.dtype}",
)
def test_tensors_keep_values_dtype_shape_and_memory_order(tensor):
    with talk("def facts(x): return x, x.dtype, x.shape, x.stride()") as env:
        found, dtype, shape, stride = env.get("facts")(tensor)
    assert (dtype, shape, stride) == (tensor.dtype, tensor.shape, tensor.stride())
    assert found.dtype == tensor.dtype and found.stride() == tensor.stride()
    assert torch.equal(*(t.flatten().view(torch.uint8) for t in (found, tensor)))


@pytest.mark.filterwarnings("ignore:Sparse")
def test_sparse_tensors_and_arrays_cross():
    dense = torch.tensor([[0.0, 2.0], [3.0, 0.0]])
    with talk("def same(x): return x") as env:
        same = env.get("same")
        for sparse in (dense.to_sparse(), dense.to_sparse_csr(), dense.to_sparse_csc()):
            found = same(sparse)
            assert found.layout is sparse.layout and torch.equal(found.to_dense(), dense)
        array = np.arange(6, dtype=">i2").reshape(2, 3)
        assert same(array).dtype == array.dtype and (same(array) == array).all()
        assert same(np.array(["a", "bc"])).tolist() == ["a", "bc"]


def test_one_object_passed_twice_is_one_object_there():
    with talk("def same(a, b): return a is b[0], [a, a]") as env:
        x = torch.zeros(2)
        one, (left, right) = env.get("same")(x, [x])
    assert one is True and left is x and right is x


def test_what_was_handed_over_comes_back_as_itself():
    with talk("def same(x): return x") as env:
        for thing in (torch.zeros(2), [1], nn.Linear(2, 2), np.zeros(2)):
            assert env.get("same")(thing) is thing


def test_changes_in_place_arrive():
    code = """
def change(tensor, data, array, items, table, names):
    tensor.mul_(2)
    data.data[0] = 7  # autograd's version counter does not see this
    array += 1
    items.append(3)
    table["new"] = items
    names.discard("a")
"""
    tensor, data, array = torch.ones(2), torch.ones(2), np.zeros(2)
    items, table, names_ = [1], {"old": 1}, {"a", "b"}
    with talk(code) as env:
        env.get("change")(tensor, data, array, items, table, names_)
    assert tensor.tolist() == [2, 2] and data.tolist() == [7, 1] and array.tolist() == [1, 1]
    assert items == [1, 3] and table["new"] is items and names_ == {"b"}


def test_nothing_changes_that_the_student_left_alone():
    with talk("def look(x): return x.sum()") as env:
        x = torch.ones(3)
        version = x._version
        env.get("look")(x)
        assert x._version == version


def test_a_model_is_pruned_in_place():
    code = """
@torch.no_grad()
def prune(model):
    for p in model.parameters():
        if p.dim() > 1:
            p.mul_(0)
    return model
"""
    model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
    weight = model[0].weight
    with talk(code) as env:
        assert env.get("prune")(model) is model
    assert model[0].weight is weight and not weight.any() and model[0].bias.any()


def test_layers_can_be_replaced_in_a_model():
    code = """
def shrink(model):
    model[0] = nn.Linear(3, 2)
    model[2] = nn.Linear(2, 1)
    model.eval()
"""
    model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1))
    with talk(code) as env:
        env.get("shrink")(model)
    assert model[0].out_features == 2 and model(torch.ones(1, 3)).shape == (1, 1)
    assert not model.training


def test_gradients_that_the_student_computes_arrive():
    code = "def loss(model, x):\n    model(x).sum().backward()"
    model, x = nn.Linear(2, 1, bias=False), torch.tensor([[3.0, 4.0]])
    with talk(code) as env:
        env.get("loss")(model, x)
        assert model.weight.grad.tolist() == [[3, 4]]
        env.get("loss")(model, x)  # they add up
    assert model.weight.grad.tolist() == [[6, 8]]


def test_an_object_that_keeps_a_model_changes_it_in_a_later_call():
    code = """
class Pruner:
    def __init__(self, model):
        self.model, self.steps = model, 0
    def step(self):
        self.steps += 1
        with torch.no_grad():
            self.model.weight[self.steps - 1] = 0
"""
    model = nn.Linear(2, 3)
    with talk(code) as env:
        pruner = env.get("Pruner")(model)
        pruner.step()
        assert not model.weight[0].any() and model.weight[1].any()
        with torch.no_grad():
            model.weight[0] = 5  # and what the test changes arrives there
        pruner.step()
        assert model.weight[0].tolist() == [5, 5] and not model.weight[1].any()
        assert pruner.model is model and pruner.steps == 2


def test_classes_instances_attributes_items():
    code = """
class Base:
    pass
class Box(Base):
    size = 3
    def __init__(self, *items, name="box"):
        self.items, self.name = list(items), name
    def __len__(self): return len(self.items)
    def __getitem__(self, i): return self.items[i]
    def __setitem__(self, i, x): self.items[i] = x
    def __iter__(self): return iter(self.items)
    def __enter__(self): self.name = "open"; return self
    def __exit__(self, *error): self.name = "shut"
    def __call__(self, x): return x + len(self.items)
    @property
    def first(self): return self.items[0]
"""
    with talk(code) as env:
        Box, Base = env.get("Box"), env.get("Base")
        box = Box(1, 2, name="b")
        assert isinstance(box, Box) and isinstance(box, Base) and not isinstance(3, Box)
        assert issubclass(Box, Base)
        facts = Box.size, Box.__name__, box.name, len(box), box[1], list(box), box.first, box(5)
        assert facts == (
            3, "Box", "b", 2, 2, [1, 2], 1, 7,
        )  # fmt: skip
        box[0], box.name = 9, "new"
        assert box.first == 9 and box.name == "new"
        with box as inside:
            assert inside is box and box.name == "open"
        assert box.name == "shut"
        twin = copy.deepcopy(box)
        twin[0] = 1
        assert box[0] == 9
        with pytest.raises(AttributeError):
            box.nothing  # noqa: B018


def test_functions_show_their_name_and_parameters():
    with talk('def f(a, *, b=1):\n    "Says it."\n    return a') as env:
        f = env.get("f")
        assert callable(f) and f.__name__ == "f" and f.__doc__ == "Says it."
        assert list(inspect.signature(f).parameters) == ["a", "b"]


def test_a_students_module_is_a_module():
    code = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(2, 3)
        self.norm = nn.BatchNorm1d(3)
        self.scale = nn.Parameter(torch.tensor(2.0))
        self.width = 3
    def forward(self, x):
        return self.scale * self.norm(self.fc(x))
    def twice(self): return 2 * self.width
"""
    with talk(code) as env:
        net = env.get("Net")()
        assert isinstance(net, nn.Module) and isinstance(net.fc, nn.Linear)
        assert sum(p.numel() for p in net.parameters()) == 6 + 3 + 3 + 3 + 1
        own = ["scale", "fc.weight", "fc.bias", "norm.weight", "norm.bias"]
        kept = ["norm.running_mean", "norm.running_var", "norm.num_batches_tracked"]
        assert sorted(net.state_dict()) == sorted(own + kept)
        assert (net.width, net.twice()) == (3, 6)
        x = torch.randn(8, 2)
        out = net(x)
        assert net.norm.num_batches_tracked == 1  # its buffers moved over there, and here
        out.square().sum().backward()
        assert net.scale.grad is not None and net.fc.weight.grad.shape == (3, 2)
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        before = net.scale.item()
        optimizer.step()
        net.eval()
        expected = net.scale * net.norm(net.fc(x))  # by the layers' own code, here
        assert net.scale.item() != before
        assert torch.allclose(net(x), expected)
        net.load_state_dict({k: torch.zeros_like(v) for k, v in net.state_dict().items()})
        assert not net(x).any()


def test_a_module_of_known_layers_is_made_anew_from_data():
    code = """
def mlp():
    model = nn.Sequential(nn.Linear(4, 4, bias=False), nn.LSTM(4, 2, batch_first=True))
    tied = nn.Linear(4, 4)
    tied.weight = model[0].weight
    model.append(tied)
    return model
"""
    with talk(code) as env:
        model = env.get("mlp")()
    assert type(model) is nn.Sequential  # and it works when the worker is long gone
    assert model[1](model[0](torch.ones(1, 2, 4)))[0].shape == (1, 2, 2)
    assert model[2].weight is model[0].weight


def test_the_courses_architectures_cross():
    with talk("def count(m): return sum(p.numel() for p in m.parameters()), m") as env:
        model = lenet_300_100()
        number, same = env.get("count")(model)
    assert number == sum(p.numel() for p in model.parameters()) and same is model


def test_a_module_with_hooks_or_an_own_forward_keeps_its_handle():
    code = """
from torch.nn.utils import prune
def masked():
    layer = nn.Linear(2, 2)
    prune.random_unstructured(layer, "weight", 0.5)
    return nn.Sequential(layer)
"""
    with talk(code) as env:
        model = env.get("masked")()
        assert isinstance(model[0], RemoteModule)
        assert "0.weight_mask" in model.state_dict()
        assert model(torch.ones(1, 2)).shape == (1, 2)


def test_gradients_flow_through_a_students_function():
    code = """
class Ste(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x): return x.round()
    @staticmethod
    def backward(ctx, grad): return grad
def fake(x, scale): return {"q": Ste.apply(x / scale) * scale}
"""
    x = torch.tensor([0.26, 0.9], requires_grad=True)
    scale = torch.tensor(0.5, requires_grad=True)
    with talk(code) as env:
        found = env.get("fake")(x * 1, scale)["q"]
        (found * torch.tensor([3.0, 5.0])).sum().backward()
    assert found.tolist() == [0.5, 1.0]
    assert x.grad.tolist() == [3, 5]  # straight through
    # d(scale * round(x / scale)) = round(x / scale) - x / scale: 1 - 0.52 and 2 - 1.8
    assert scale.grad.item() == pytest.approx(3 * 0.48 + 5 * 0.2, abs=1e-5)


def test_gradients_of_one_call_do_not_touch_those_of_another():
    with talk("kept = []\ndef square(x):\n    kept.append(x)\n    return x * x") as env:
        for value in (1.0, 2.0, 3.0):  # the worker keeps all three inputs
            x = torch.tensor([value], requires_grad=True)
            env.get("square")(2 * x).sum().backward()
            assert x.grad.tolist() == [8 * value]


def test_without_gradients_none_are_made():
    with talk("def f(x): return x * 2, torch.is_grad_enabled()") as env:
        x = torch.ones(1, requires_grad=True)
        with torch.no_grad():
            found, enabled = env.get("f")(x)
        assert not found.requires_grad and enabled is False
        assert env.get("f")(x)[0].requires_grad
        assert not env.get("f")(x.detach())[0].requires_grad


def test_generators_go_on_where_they_were():
    code = """
def draw(torch_, numpy_, random_):
    return torch.rand(2, generator=torch_), numpy_.random(2), random_.random()
"""

    def generators():
        return torch.Generator().manual_seed(5), np.random.default_rng(5), random.Random(5)

    ours, theirs = generators(), generators()
    with talk(code) as env:
        for _ in range(2):
            a, b, c = env.get("draw")(*theirs)
            assert torch.equal(a, torch.rand(2, generator=ours[0]))
            assert b.tolist() == ours[1].random(2).tolist() and c == ours[2].random()


def test_global_seeds_hold_across_the_boundary():
    code = """
import numpy, random
def draw():
    return torch.rand(1), numpy.random.rand(), random.random()
"""
    with talk(code) as env:
        for seed in (3, 4):
            torch.manual_seed(seed), np.random.seed(seed), random.seed(seed)
            expected = torch.rand(1), np.random.rand(), random.random()
            torch.manual_seed(seed), np.random.seed(seed), random.seed(seed)
            assert env.get("draw")() == expected


def test_exceptions_arrive_with_type_and_message():
    code = """
class Odd(ValueError): pass
def fail(kind):
    raise {"value": ValueError("no 3"), "odd": Odd("odd one"), "key": KeyError("k"),
           "exit": SystemExit(3), "os": FileNotFoundError(2, "gone"),
           "unicode": UnicodeDecodeError("ascii", b"x", 0, 1, "why"),
           "group": ExceptionGroup("g", [ValueError()]) if "ExceptionGroup" in dir(__builtins__)
                    else ValueError()}[kind]
"""
    with talk(code) as env:
        fail = env.get("fail")
        with pytest.raises(ValueError, match="no 3") as caught:
            fail("value")
        assert isinstance(caught.value, RemoteError) and type(caught.value).__name__ == "ValueError"
        with pytest.raises(ValueError, match="odd one") as caught:
            fail("odd")
        assert type(caught.value).__name__ == "Odd"
        with pytest.raises(KeyError, match="k"):
            fail("key")
        with pytest.raises(FileNotFoundError):
            fail("os")
        with pytest.raises(UnicodeDecodeError):
            fail("unicode")
        with pytest.raises(RemoteError):
            fail("group")
        with pytest.raises(TypeError):
            fail()
        assert fail.__name__ == "fail"  # the conversation goes on


def test_a_students_system_exit_is_an_error_like_others():
    with talk("import sys\ndef leave(): sys.exit(3)") as env:
        with pytest.raises(RemoteError):
            env.get("leave")()
        assert callable(env.get("leave"))


def test_generators_and_closures():
    code = """
def schedule(start):
    def at(step): return start + step
    return at
def count():
    n = 0
    while True:
        yield n
        n += 1
"""
    with talk(code) as env:
        assert env.get("schedule")(10)(5) == 15
        counter = env.get("count")()
        assert [next(counter) for _ in range(3)] == [0, 1, 2]
        assert list(zip(counter, "ab", strict=False)) == [(3, "a"), (4, "b")]


def test_named_tuples_and_dataclasses():
    code = """
from collections import namedtuple
from dataclasses import dataclass
Result = namedtuple("Result", "mask score")
@dataclass
class Config:
    bits: int = 8
    def levels(self): return 2 ** self.bits
"""
    with talk(code) as env:
        result = env.get("Result")([1], score=2)
        assert result == ([1], 2) and result.score == 2 and type(result).__name__ == "Result"
        config = env.get("Config")(bits=3)
        assert config.bits == 3 and config.levels() == 8


def test_functions_of_the_test_are_called_back():
    code = """
def scan(model, evaluate, sparsities):
    scores = []
    for s in sparsities:
        with torch.no_grad():
            model.weight.mul_(s)
        scores.append(evaluate(model))
    return scores
def sort(items, key): return sorted(items, key=key)
"""
    model = nn.Linear(1, 1, bias=False)
    with torch.no_grad():
        model.weight.fill_(8.0)
    seen = []

    def evaluate(net):
        assert net is model
        seen.append(net.weight.item())
        return seen[-1]

    with talk(code) as env:
        assert env.get("scan")(model, evaluate, [0.5, 0.5]) == [4.0, 2.0]
        assert env.get("sort")([3, -4, 1], lambda x: -abs(x)) == [-4, 3, 1]
        with pytest.raises(ZeroDivisionError):
            env.get("sort")([1], lambda x: 1 / 0)


def test_known_functions_and_classes_cross_by_name():
    with talk(
        "def use(f, x): return f(x), f\ndef find(m, kind): return [type(c) is kind for c in m]"
    ) as env:
        found, function = env.get("use")(torch.relu, torch.tensor([-1.0, 2.0]))
        assert found.tolist() == [0, 2] and function is torch.relu
        assert env.get("find")(nn.Sequential(nn.Linear(1, 1), nn.ReLU()), nn.Linear) == [
            True,
            False,
        ]


def test_only_harmless_functions_have_names():
    assert not [name for name in names() if "load" in name or "save" in name or "file" in name]
    assert "builtins.eval" not in names() and "builtins.open" not in names()


@pytest.mark.parametrize(
    ("value", "named"),
    [
        (object(), "object"),
        (torch.ones(1, device="meta"), "meta device"),
        (np.array([object()]), "dtype object"),
        (nn.Sequential(nn.Linear(1, 1)).register_forward_hook, None),
    ],
    ids=["object", "meta", "object-array", "a bound method is lent"],
)
def test_what_cannot_cross_is_named(value, named):
    with talk("def same(x): return 1") as env:
        if named is None:
            assert env.get("same")(value) == 1
        else:
            with pytest.raises(CannotCross, match=named):
                env.get("same")([value])


def test_a_tests_own_module_class_is_refused_by_name():
    class OnlyHere(nn.Module):
        pass

    with talk("def same(x): return x") as env:
        with pytest.raises(CannotCross, match="OnlyHere"):
            env.get("same")(OnlyHere())
        hooked = nn.Linear(1, 1)
        hooked.register_forward_hook(lambda *a: None)
        with pytest.raises(CannotCross, match="forward hooks"):
            env.get("same")(hooked)
        assert env.get("same")(1) == 1


def test_objects_are_never_compared_or_believed():
    code = """
class Yes:
    def __eq__(self, other): return True
    def __lt__(self, other): return True
    def __bool__(self): return True
    def __contains__(self, x): return True
    def __sub__(self, other): return 0
    def __float__(self): return 1.0
    def __array__(self, *a, **k): return __import__("numpy").ones(2)
    def __torch_function__(self, *a, **k): return True
    def plus(self, x): return x + 1
def answer(): return Yes()
"""
    with talk(code) as env:
        yes = env.get("answer")()
        assert type(yes) is Remote
        for operation in (
            lambda: yes == 3, lambda: yes != 3, lambda: yes < 3, lambda: bool(yes),
            lambda: 3 in yes, lambda: yes - 3, lambda: 3 - yes, lambda: float(yes),
            lambda: math.isclose(yes, 1.0), lambda: torch.allclose(yes, torch.ones(2)),
            lambda: np.allclose(yes, np.ones(2)), lambda: torch.ones(2) == yes, lambda: yes in [3],
        ):  # fmt: skip
            with pytest.raises((TypeError, ValueError)):
                assert not operation()
                raise TypeError  # an honest "no" is fine too
        assert yes.plus(2) == 3 and yes == yes


def test_subclasses_of_data_cross_as_that_data():
    code = """
class Any(int):
    def __eq__(self, other): return True
    __hash__ = int.__hash__
class Text(str):
    def __eq__(self, other): return True
    __hash__ = str.__hash__
class Items(list):
    def __eq__(self, other): return True
class Close(torch.Tensor):
    @classmethod
    def __torch_function__(cls, *a, **k): return True
def number(): return Any(3)
def text(): return Text("a")
def items(): return Items([1])
def tensor(): return torch.zeros(2).as_subclass(Close)
"""
    with talk(code) as env:
        assert type(env.get("number")()) is int and env.get("number")() != 4
        assert type(env.get("text")()) is str and env.get("text")() != "b"
        assert type(env.get("items")()) is list and env.get("items")() != [2]
        found = env.get("tensor")()
        assert type(found) is torch.Tensor and not torch.allclose(found, torch.ones(2))


def test_missing_names_are_none_as_in_otter():
    with talk("x = [1, 2]") as env:
        assert env.get("x") == [1, 2] and env.get("y") is None and env.missing == {"y"}
        assert "x" in env and "y" not in env
        assert isinstance(env.get("torch"), Remote) and not isinstance(
            env.get("nn"), RemoteCallable
        )


def test_a_slow_call_is_stopped_and_the_rest_goes_on():
    with talk(
        "import time\ndef spin():\n    while True: pass\n"
        "def nap(): time.sleep(99)\ndef f(): return 1"
    ) as env:
        for name in ("spin", "nap"):
            with pytest.raises(TimeoutError, match="stopped after"):
                env.get(name)()
        assert env.get("f")() == 1


def test_no_answer_sees_a_gpu():
    """A machine with a GPU gives the same grades as one without."""
    code = "import os\ndef seen(name): return os.environ.get(name)"
    with talk(code) as env:
        seen = env.get("seen")
        assert seen("CUDA_VISIBLE_DEVICES") == ""
        assert seen(DEVICE_VARIABLE) == "cpu"
