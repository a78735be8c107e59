"""The decoder against an enemy: for any bytes it gives a value or refuses, and runs nothing."""

from __future__ import annotations

import contextlib
import json
import socket

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn

from autograder.boundary import channel, faults, limits
from autograder.boundary.channel import HEADER, MAGIC, Channel, Lost
from autograder.boundary.limits import Limits
from autograder.boundary.standins import Trusted
from autograder.boundary.wire import CannotCross, Decoder, Encoder, WireError, dumps, loads


@pytest.fixture
def trusted():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield Trusted(Channel(ours), Limits())


def decode(trusted, data, blob=b""):
    return Decoder(trusted, memoryview(blob)).value(data)


def tensor(**claims):
    honest = {
        "dtype": "float32", "shape": [2], "order": None, "data": [0, 8], "requires_grad": False,
        "parameter": False, "grad": None, "graph": None,
    }  # fmt: skip
    return ["new", "tensor", {**honest, **claims}]


def module(**claims):
    honest = {
        "class": "torch.nn.modules.activation.ReLU", "handle": None, "training": True,
        "settings": {"inplace": False}, "parameters": {}, "buffers": {}, "volatile": [],
        "children": {},
    }  # fmt: skip
    return ["new", "module", {**honest, **claims}]


def test_the_honest_forms_are_read(trusted):
    assert decode(trusted, tensor(), bytes(8)).tolist() == [0, 0]
    assert isinstance(decode(trusted, module()), nn.ReLU)


@pytest.mark.parametrize(
    "data",
    [
        tensor(shape=[1 << 40]),
        tensor(shape=[-2, -1]),
        tensor(shape=[2.0]),
        tensor(shape=[True, 2]),
        tensor(shape=[1] * 1000 + [2]),
        tensor(dtype="qint8"),
        tensor(dtype="load"),
        tensor(dtype=["float32"]),
        tensor(data=[0, 9]),
        tensor(data=[-8, 8]),
        tensor(data=[0, 1 << 60]),
        tensor(data=[0.0, 8]),
        tensor(order=[0, 0]),
        tensor(order=[1]),
        tensor(order=["0"]),
        tensor(requires_grad=1),
        tensor(dtype="int64", shape=[1], requires_grad=True),
        tensor(graph="x"),
        tensor(graph=[0, [7]]),
        tensor(graph=[0, "7"]),
        tensor(grad=["new", "list", []]),
        ["new", "tensor", {}],
        ["new", "tensor", None],
        ["new", "array", ["|O8", [1], [0, 8]]],
        ["new", "array", ["f4,O", [1], [0, 8]]],
        ["new", "array", ["<f4", [1 << 50, 1 << 50], [0, 8]]],
        ["new", "array", ["<U99999999999", [1], [0, 8]]],
        ["scalar", "|O8", [0, 8]],
        ["scalar", "<f8", [0, 0]],
        ["new", "sparse", ["torch.sparse_coo", [2, 2], [1, 2]]],
        ["new", "sparse", ["torch.strided", [2, 2], []]],
        ["new", "torch-generator", [0, 8]],
        ["new", "numpy-generator", ["os.system", {}]],
        ["new", "random", [3, [0, 8], None]],
        ["new", "record", ["os.stat_result", {}]],
        ["new", "record", ["efficientai.checking.os", {}]],
        ["new", "dict", ["dict", [[["new", "list", []], 1]]]],
        ["new", "dict", ["defaultdict", []]],
        ["new", "set", [["new", "list", []]]],
        ["new", "deque", ["many", []]],
        ["new", "pickle", "gASVAAAA"],
        ["new", "module", {"class": "os.system"}],
        module(**{"class": "torch.nn.modules.module.Module.__init__"}),
        module(**{"class": "autograder.boundary.standins.RemoteModule"}),
        module(settings={"forward": 1}),
        module(settings={"__class__": 1}),
        module(settings={"_parameters": 1}),
        module(settings={"_forward_hooks": 1}),
        module(settings={"not a name": 1}),
        module(parameters={"weight": 3}),
        module(parameters={"weight": tensor()}),
        module(children={"a.b": None}),
        module(children={"a": ["new", "list", []]}),
        module(training="yes"),
        module(handle="3"),
        ["named", "A", ["x", "x"], [1, 2]],
        ["named", "A", ["__class__"], [1]],
        ["named", "import", ["x"], [1]],
        ["named", "A; import os", ["x"], [1]],
        ["named", "A", ["x"], [1, 2]],
        ["int", "0x" + "f" * 200_000],
        ["int", "12"],
        ["int", 3],
        ["size", [-1]],
        ["size", [1.5]],
        ["range", 0, "a", 1],
        ["slice", 1],
        ["device", "privateuseone:0"],
        ["dtype", "float"],
        ["complex", [], 1],
        ["frozenset", [["new", "list", []]]],
        ["name", "os.system"],
        ["name", "builtins.eval"],
        ["name", ["x"]],
        ["name"],
        ["lent", 5],
        ["lent", -1],
        ["lent"],
        ["handle", 1],
        ["handle", "1", {}],
        ["shared", 3],
        ["shared", None],
        ["again", 0],
        ["again", -1],
        ["again"],
        ["unheard of", 1],
        [],
        [1, 2],
        [["tuple"], []],
        {"a": 1},
    ],
    ids=lambda data: json.dumps(data)[:60],
)
def test_forgeries_are_refused(trusted, data):
    with pytest.raises(WireError):
        decode(trusted, data, bytes(16))


@pytest.mark.parametrize("position", [-1, 625, 1 << 40, "0"])
def test_a_generators_position_is_looked_at(trusted, position):
    """NumPy would read memory at that index."""
    encoder = Encoder(trusted)
    good = encoder.value(np.random.Generator(np.random.MT19937(0)))
    text = json.dumps(good)
    assert '"pos", 623' in text
    bad = json.loads(text.replace('"pos", 623', f'"pos", {json.dumps(position)}'))
    with pytest.raises(WireError):
        decode(trusted, bad, b"".join(encoder.blobs))


def test_nesting_has_an_end(trusted):
    deep = None
    for _ in range(5000):
        deep = ["tuple", [deep]]
    with pytest.raises(WireError):
        decode(trusted, deep)
    with pytest.raises(WireError):
        loads(b"[" * 10**6 + b"]" * 10**6)
    with pytest.raises(WireError):
        loads(b"{'a'")
    with pytest.raises(WireError):
        loads(b"9" * 10**6)


def test_a_list_in_itself_is_written_and_read(trusted):
    loop = [1]
    loop.append(loop)
    encoder = Encoder(trusted)
    found = decode(trusted, json.loads(dumps(encoder.value(loop))))
    assert found[0] == 1 and found[1] is found


def test_what_is_too_large_is_refused_before_it_is_copied(trusted):
    with pytest.raises(CannotCross, match="too large"):
        Encoder(trusted).value(torch.zeros(1).expand(1 << 40))
    deep = []
    for _ in range(100):
        deep = [deep]
    with pytest.raises(CannotCross, match="deeper"):
        Encoder(trusted).value(deep)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text() | st.integers(), inner, max_size=4)
    ),
    max_leaves=20,
)
TAGS = ["new", "tuple", "tensor", "module", "list", "dict", "named", "shared", "int", "handle"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(TAGS),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=30,
)
AT_EASE = settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@AT_EASE
@given(PLAIN)
def test_plain_values_survive_the_journey(trusted, value):
    encoder = Encoder(trusted)
    assert decode(trusted, loads(dumps(encoder.value(value))), b"".join(encoder.blobs)) == value


@AT_EASE
@given(JSON)
def test_any_json_is_a_value_or_refused(trusted, data):
    with contextlib.suppress(WireError):
        decode(trusted, data, bytes(32))


@AT_EASE
@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_garbled(data):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        peer = Trusted(Channel(ours), Limits())
        theirs.sendall(data)
        theirs.shutdown(socket.SHUT_WR)
        with pytest.raises(Lost):
            peer.ask("lookup", "x")


@AT_EASE
@given(JSON, JSON, JSON)
def test_any_answer_is_an_answer_or_garbled(changes, values, ambient):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        peer = Trusted(Channel(ours), Limits())
        text = dumps({"changes": changes, "values": values, "ambient": ambient})
        theirs.sendall(HEADER.pack(MAGIC, len(text), 0) + text)
        theirs.shutdown(socket.SHUT_WR)
        with contextlib.suppress(Lost, faults.RemoteError, IndexError):
            peer.ask("lookup", "x")


def test_a_frame_too_large_is_refused_by_its_header():
    for text, blob in ((limits.TEXT_BYTES + 1, 0), (0, limits.BLOB_BYTES + 1)):
        ours, theirs = socket.socketpair()
        with ours, theirs:
            theirs.sendall(HEADER.pack(MAGIC, text, blob))
            with pytest.raises(Lost, match="garbled"):
                Channel(ours).receive(1)


def test_a_peer_that_never_ends_its_frame_is_late():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(HEADER.pack(MAGIC, 100, 0) + b"{")
        with pytest.raises(Lost, match="late"):
            Channel(ours).receive(0.05)
        with pytest.raises(Lost, match="late"):
            Channel(ours).receive(0)


def test_a_peer_that_does_not_read_is_late():
    ours, theirs = socket.socketpair()
    with ours, theirs, pytest.raises(Lost, match="late"):
        Channel(ours).send(b"x" * 10**7, [], 0.05)


def test_no_exception_can_catch_a_lost_worker():
    assert not issubclass(channel.Lost, Exception)


@pytest.mark.parametrize(
    "data",
    [None, [], {}, {"names": [], "text": ""}, {"names": ["a b"], "text": ""}, {"names": [1]}],
)
def test_a_forged_exception_is_refused(data):
    with pytest.raises(WireError):
        faults.load(data)


def test_exceptions_that_would_end_a_test_run_become_ordinary_ones():
    for name in ("SystemExit", "KeyboardInterrupt", "GeneratorExit", "BaseException", "Exit"):
        error = faults.load({"names": [name], "text": "x"})
        assert isinstance(error, faults.RemoteError) and isinstance(error, Exception)
