"""The explorers of the site: a real browser drives them, and `efficientai` says what is right.

The arithmetic of each is compared in bulk (`computed` calls one of its functions with many
arguments at once); a few tests then move the controls and read what the page says.
"""

import math
import random
import re
import struct
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import pairwise

import pytest
import torch
from exploring import PAGES, computed, known, without_formulas
from website import watch

from efficientai import numerics, quantization
from efficientai.deployment import DEVICES
from efficientai.hardware import TPU_V1, Roofline, arithmetic_intensity
from efficientai.numerics import FORMATS, FloatFormat

EVERY = pytest.mark.parametrize("name", PAGES)


# ---------------------------------------------------------------- what all of them promise


@EVERY
def test_without_scripts_the_picture_stands(server, browser, name):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(server.address + PAGES[name])  # until the pictures are there
    figure = page.locator(f"figure:has([data-explorer={name}])")
    still = figure.locator(".explorer-still")
    assert still.evaluate("image => image.naturalWidth") > 300
    assert still.is_visible() and not figure.locator(".explorer-live").is_visible()
    assert len(still.get_attribute("alt")) > 40
    assert "scripts" in figure.inner_text()
    context.close()


@EVERY
def test_in_print_the_picture_stands(explore, name):
    page = explore(name)
    figure = page.locator(f"figure:has([data-explorer={name}])")
    shown = [figure.locator(f".explorer-{part}") for part in ("live", "still")]
    assert [part.is_visible() for part in shown] == [True, False]
    page.emulate_media(media="print")
    assert [part.is_visible() for part in shown] == [False, True]
    page.emulate_media(media="screen")


@EVERY
def test_it_runs_from_a_file(site, page, name):
    noise = watch(without_formulas(page), "file://")
    page.goto((site / PAGES[name]).as_uri(), wait_until="domcontentloaded")
    page.wait_for_selector(f"figure.live [data-explorer={name}]")
    assert not noise, "\n".join(noise)


FOCUSED = """name => {
  const now = document.activeElement;
  const inside = now.closest(`[data-explorer=${name}]`);
  return inside && (now.labels?.[0] ?? now).textContent.trim();
}"""
LABELS = """all => all.filter(one => one.checkVisibility())
  .map(one => one.labels[0]?.textContent.trim() ?? "no label")"""


@EVERY
def test_every_control_is_labelled_and_reached_by_keyboard(explore, name):
    page = explore(name)
    box = page.locator(f"[data-explorer={name}]")
    box.evaluate("box => { box.tabIndex = -1; box.focus(); }")
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        label = page.evaluate(FOCUSED, name)
        if label is None:
            break
        reached.add(label)
    labels = box.locator(":is(input, select):enabled").evaluate_all(LABELS)
    buttons = {text.strip() for text in box.locator("button:not([tabindex])").all_inner_texts()}
    assert "no label" not in labels
    assert {*labels, *buttons} <= reached


@EVERY
def test_targets_are_large_enough_for_a_finger(explore, name):
    page = explore(name)
    page.set_viewport_size({"width": 360, "height": 800})
    controls = page.locator(f"[data-explorer={name}] :is(input, select, button, summary):visible")
    sizes = controls.evaluate_all("all => all.map(e => e.getBoundingClientRect().toJSON())")
    page.set_viewport_size({"width": 1280, "height": 900})
    assert len(sizes) > 4
    assert not [s for s in sizes if min(s["width"], s["height"]) < 24]  # WCAG 2.2, 2.5.8


# ---------------------------------------------------------------- bits: what a code stands for

TITLES = {name.upper().replace("_", " "): form for name, form in FORMATS.items()}
FREE = [FloatFormat(*widths) for widths in ((2, 1), (3, 2), (4, 4), (6, 9), (11, 1), (2, 52))]
FLOATS = [*FORMATS.values(), *FREE]
FORM = pytest.mark.parametrize(
    "form", FLOATS, ids=lambda f: f"e{f.exponent_bits}m{f.mantissa_bits}{f.specials}"
)


def described(form: FloatFormat) -> dict:
    """A format as the script is told of it."""
    return {
        "exponentBits": form.exponent_bits,
        "mantissaBits": form.mantissa_bits,
        "specials": form.specials,
    }


def codes(form: FloatFormat) -> list[int]:
    """All codes of a small format; else the ends of every range and a random few."""
    if form.bits <= 10:
        return list(range(2**form.bits))
    hidden, top = 2**form.mantissa_bits, 2 ** (form.bits - 1)
    ends = [0, 1, 2, hidden - 1, hidden, hidden + 1, top - hidden - 1, top - hidden, top - 1]
    draw = random.Random(form.bits)
    drawn = [draw.randrange(top) for _ in range(300)]
    return [code + sign for code in [*ends, top - hidden // 2, *drawn] for sign in (0, top)]


def tensor(codes: list[int]) -> torch.Tensor:
    """Codes as the package takes them: of 64 bits, the upper half are negative integers."""
    return torch.tensor([code - 2**64 if code >= 2**63 else code for code in codes])


def value(text: str) -> float:
    """What the script says of a number: a fraction, inf or nan."""
    return float(Fraction(text)) if "/" in text else float(text)


def digits(x: float) -> str:
    """A number with all its digits, so that a tie stays one."""
    return str(Decimal(x))


def same(a: float, b: float) -> bool:
    """Equal, or both NaN."""
    return a == b or (math.isnan(a) and math.isnan(b))


def test_bits_offers_every_format_of_the_package(explore):
    data = known(explore("bits"), "bits")
    assert data["floats"] == {name: described(form) for name, form in TITLES.items()}
    for widths in ([data["exponentBits"][i], data["mantissaBits"][j]] for i, j in ((0, 0), (1, 1))):
        FloatFormat(*widths)
    for beyond in ((1, 5), (12, 5), (5, 0), (5, 53)):
        with pytest.raises(ValueError):
            FloatFormat(*beyond)
    assert (data["exponentBits"], data["mantissaBits"]) == ([2, 11], [1, 52])


@FORM
def test_bits_decodes_as_the_package(explore, form):
    page, every = explore("bits"), codes(form)
    found = computed(page, "bits", "decoded", [(described(form), str(code)) for code in every])
    expected = numerics.decode(tensor(every), form).tolist()
    wrong = [
        row for row in zip(every, found, expected, strict=True) if not same(value(row[1]), row[2])
    ]
    assert not wrong


@FORM
def test_bits_rounds_as_the_package(explore, form):
    page, typed = explore("bits"), numbers(form)
    found = computed(page, "bits", "encoded", [(described(form), digits(x)) for x in typed])
    expected = numerics.encode(torch.tensor(typed, dtype=torch.float64), form).tolist()
    pairs = zip(typed, map(int, found), expected, strict=True)
    assert not [row for row in pairs if row[1] != row[2] % 2**64]


def numbers(form: FloatFormat) -> list[float]:
    """Numbers of a format, halves between them and their float64 neighbours, and far too large."""
    values = [x for x in numerics.decode(tensor(codes(form)), form).tolist() if math.isfinite(x)]
    values = sorted(set(values))
    halves = [a / 2 + b / 2 for a, b in pairwise(values)]
    edge = form.largest + form.largest * form.epsilon / 4  # between the largest and what is beyond
    around = [math.nextafter(x, to) for x in [*halves, edge] for to in (-math.inf, math.inf)]
    special = [-0.0, math.inf, -math.inf, math.nan, 5e-324, 1.7e308, form.smallest / 2]
    found = [*values, *halves, edge, *around, *special]
    return random.Random(0).sample(found, min(len(found), 900)) + special


@FORM
def test_bits_kinds_neighbours_and_digits(explore, form):
    page, every = explore("bits"), codes(form)[:512]
    calls = [(described(form), str(code)) for code in every]
    values = numerics.decode(tensor(every), form)
    kinds = computed(page, "bits", "kindOf", calls)
    assert kinds == [kind(x, form) for x in values.tolist()]
    again = map(int, computed(page, "bits", "retyped", calls))  # what the page types for the reader
    assert [c % 2**64 for c in numerics.encode(values, form).tolist()] == list(again)
    plain = [(call, x) for call, x in zip(calls, values.tolist(), strict=True) if math.isfinite(x)]
    texts = computed(page, "bits", "exactly", [call for call, _ in plain])
    assert all(
        Decimal(text) == Decimal(x).copy_abs() for text, (_, x) in zip(texts, plain, strict=True)
    )


def kind(x: float, form: FloatFormat) -> str:
    """What sort of number the page must call it."""
    if not math.isfinite(x):
        return "not a number" if math.isnan(x) else "infinite"
    return "normal" if abs(x) >= form.smallest_normal else "subnormal" if x else "zero"


@pytest.mark.parametrize("form", [form for form in FLOATS if form.bits <= 10], ids=str)
def test_bits_walks_through_all_numbers_in_order(explore, form):
    page, every = explore("bits"), range(2**form.bits)
    values = dict(zip(every, numerics.decode(torch.tensor(every), form).tolist(), strict=True))
    order = sorted({x for x in values.values() if not math.isnan(x)})
    starts = [code for code, x in values.items() if not math.isnan(x)]
    for step in (-1, 1):
        calls = [(described(form), str(code), step) for code in starts]
        for code, found in zip(starts, computed(page, "bits", "stepped", calls), strict=True):
            at = order.index(values[code]) + step
            expected = order[at] if 0 <= at < len(order) else None
            assert (values[int(found)] if found != "null" else None) == expected


def test_bits_reads_fractions_and_powers_exactly(explore):
    with localcontext() as context:
        context.prec = 60
        down, up = (str(1 + odd * Decimal(2) ** -53) for odd in (1, 3))  # ties of fp64
    typed = {
        "1/3": Fraction(1, 3), "2^-149": Fraction(1, 2**149), "3 * 2^-25": Fraction(3, 2**25),
        "−.5e-3": Fraction(-1, 2000), "10^-2/7": Fraction(1, 700), "1e22": Fraction(10**22),
        "1.00048828125000000000001": Fraction("1.00048828125000000000001"),
        down: Fraction(1), up: 1 + Fraction(1, 2**51),
        "pi": Fraction(math.pi), "π/2": Fraction(math.pi) / 2,
    }  # fmt: skip
    calls = [(described(FORMATS["fp64"]), text) for text in typed]
    found = [int(code) for code in computed(explore("bits"), "bits", "encoded", calls)]
    expected = [struct.unpack(">Q", struct.pack(">d", float(x)))[0] for x in typed.values()]
    assert found == expected


@pytest.mark.parametrize("bits", [8, 4, 2])
def test_bits_integers_are_those_of_the_package(explore, bits):
    page = explore("bits")
    given, q = (
        known(page, "bits")["integers"][f"INT{bits}"],
        quantization.symmetric_qparams(4.0, bits),
    )
    every = torch.arange(q.low, q.high + 1)
    reals = quantization.dequantize(every, q)
    halves = (every[:-1] + 0.5) * q.scale.double()
    typed = [*reals.tolist(), *halves.tolist(), 99.0, -99.0, 0.1, math.pi, math.inf]
    found = computed(page, "bits", "encoded", [(given, digits(x)) for x in typed])
    finite = torch.tensor(typed, dtype=torch.float64).clamp(-1e6, 1e6)
    assert [int(c) for c in found] == [
        c % 2**bits for c in quantization.quantize(finite, q).tolist()
    ]
    back = computed(page, "bits", "decoded", [(given, str(int(c) % 2**bits)) for c in every])
    assert [value(text) for text in back] == reals.tolist()


ERROR = re.compile(r"becomes \S+( × 10\S+)?(, \w+)?: (?P<size>.+) too (?P<way>large|small)")
RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")


@pytest.mark.parametrize("name", ["fp32", "bf16", "fp16", "fp8_e4m3"])
def test_bits_names_the_error(explore, name):
    draw, form = random.Random(1), FORMATS[name]
    typed = [draw.uniform(-2, 2) * 2.0 ** draw.randint(-20, 7) for _ in range(100)]
    said = computed(explore("bits"), "bits", "said", [(described(form), repr(x)) for x in typed])
    rounded = numerics.round_to(torch.tensor(typed, dtype=torch.float64), form).tolist()
    for x, text, stored in zip(typed, said, rounded, strict=True):
        found = ERROR.search(text)
        size = found["size"].replace(" × 10", "e").translate(RAISED)
        assert float(size) == pytest.approx(abs(stored - x), rel=6e-3)  # three digits are shown
        assert found["way"] == ("large" if stored > x else "small")


# ---------------------------------------------------------------- bits: the page itself


DRIVE = """([name, settings, answer]) => settings.map((setting) => {
  for (const [control, value, event] of setting) {
    const element = document.querySelector(`#${name}-${control}`);
    element.value = value;
    element.dispatchEvent(new Event(event, { bubbles: true }));
  }
  return document.querySelector(`[data-explorer=${name}] ${answer}`).textContent;
})"""


def driven(page, name: str, answer: str, settings: list) -> list[str]:
    """What stands in `answer` after each setting: controls, their values, and the event of each."""
    return page.evaluate(DRIVE, [name, settings, answer])


def row(page) -> str:
    """The bits that the page shows."""
    return "".join(page.locator(".bits-cells button").all_text_contents())


def test_bits_every_format_in_the_menu_shows_its_number(explore):
    page = explore("bits")
    cases = [(name, form, x) for name, form in TITLES.items() for x in (0.1, -6.5, 1e-6, 1e5)]
    settings = [[("format", name, "change"), ("number", repr(x), "input")] for name, _, x in cases]
    rows = driven(page, "bits", ".bits-all p", settings)
    for (_, form, x), text in zip(cases, rows, strict=True):
        stored = numerics.round_to(torch.tensor(x, dtype=torch.float64), form).item()
        assert not math.isfinite(stored) or Fraction(text.replace("−", "-")) == stored
    for name, form, x in cases[::5]:
        page.select_option("#bits-format", name)
        page.fill("#bits-number", repr(x))
        code = numerics.encode(torch.tensor(x, dtype=torch.float64), form).item()
        assert row(page) == f"{code % 2**64:0{form.bits}b}"


def test_bits_free_widths_are_taken(explore):
    page = explore("bits")
    for name, shown in (("FP16", False), ("free", True)):
        page.select_option("#bits-format", name)
        assert page.is_visible("#bits-exponent") == shown
    page.fill("#bits-exponent", "3")
    page.fill("#bits-mantissa", "2")
    page.fill("#bits-number", "3.3")
    form = FloatFormat(3, 2)
    assert row(page) == f"{numerics.encode(torch.tensor(3.3), form).item():06b}"
    assert "becomes 3.5: 0.2 too large" in page.inner_text("#bits-result")


def test_bits_are_flipped_by_mouse_and_by_keyboard(explore):
    page = explore("bits")
    page.select_option("#bits-format", "FP16")
    page.fill("#bits-number", "1")
    page.locator(".bits-cells button").first.click()
    assert page.input_value("#bits-number") == "-1"
    page.keyboard.press("End")
    page.keyboard.press("1")  # the last bit of the mantissa
    assert Fraction(page.input_value("#bits-number")) == -1 - Fraction(1, 1024)
    page.keyboard.press("Home")
    page.keyboard.press(" ")
    assert page.input_value("#bits-number") == "1.0009765625"
    page.click("[data-step='1']")
    assert page.input_value("#bits-number") == "1.001953125"


def test_bits_says_what_cannot_be_stored(explore):
    page = explore("bits")
    expected = {
        ("FP8 E4M3", "480"): "becomes NaN", ("FP8 E5M2", "1e9"): "becomes ∞",
        ("FP16", "2^-25"): "A tie", ("FP8 E4M3", "inf"): "no infinity",
        ("INT8", "nan"): "no NaN", ("BF16", "one"): "no number", ("FP16", "0.5"): "without error",
    }  # fmt: skip
    for (name, typed), words in expected.items():
        page.select_option("#bits-format", name)
        page.fill("#bits-number", typed)
        assert words in page.inner_text("#bits-result")


# ---------------------------------------------------------------- roofline


def machines() -> dict[str, Roofline]:
    """What the explorer must offer."""
    found = {name: device.roofline for name, device in DEVICES.items()}
    return {n: r for n, r in found.items() if math.isfinite(r.bandwidth)} | {"TPU v1": TPU_V1}


def test_roofline_offers_every_machine_with_its_numbers(explore):
    offered = known(explore("roofline"), "roofline")["machines"]
    assert {m["name"]: Roofline(m["peak"], m["bandwidth"]) for m in offered} == machines()


def test_roofline_layers_cost_what_their_sizes_say(explore):
    offered = {layer["name"]: layer for layer in known(explore("roofline"), "roofline")["layers"]}
    for name, macs, weights, activations in (
        ("linear, 4096 → 4096", 4096**2, 4096**2, 2 * 4096),
        ("convolution 3×3, 64 → 64, 56×56", 56**2 * 64**2 * 9, 64**2 * 9, 2 * 64 * 56**2),
        ("depthwise 3×3, 64 channels of 56×56", 56**2 * 64 * 9, 64 * 9, 2 * 64 * 56**2),
        ("linear, 300 → 100", 300 * 100, 300 * 100, 400),  # LeNet-300-100
        ("convolution 5×5, 6 → 16, 14×14", 10**2 * 150 * 16, 150 * 16, 6 * 14**2 + 1600),  # LeNet-5
    ):
        layer = offered[name]
        assert (layer["macs"], layer["weights"], layer["activations"]) == (
            macs,
            weights,
            activations,
        )


def test_roofline_computes_what_the_package_computes(explore):
    page = explore("roofline")
    intensities = [2 ** (i / 3) for i in range(-18, 49)]
    for machine in known(page, "roofline")["machines"]:
        roof = machines()[machine["name"]]
        assert computed(page, "roofline", "ridge", [(machine,)]) == [roof.ridge]
        rates = computed(page, "roofline", "attainable", [(machine, i) for i in intensities])
        assert rates == [roof.attainable(i) for i in intensities]


def test_roofline_takes_batches_and_widths_as_the_package_does(explore):
    page = explore("roofline")
    data = known(page, "roofline")
    sizes = [(batch, width) for batch in (1, 7, 256) for width in data["bytes"].values()]
    cases = [(layer, *size) for layer in data["layers"] for size in sizes]
    works = computed(page, "roofline", "work", cases)
    found = computed(page, "roofline", "intensityOf", [(work, 2) for work in works])
    tpu = next(machine for machine in data["machines"] if machine["name"] == "TPU v1")
    times = computed(page, "roofline", "seconds", [(tpu, work, 2) for work in works])
    for (layer, batch, width), intensity, seconds in zip(cases, found, times, strict=True):
        size = width * (layer["weights"] + batch * layer["activations"])
        assert intensity == arithmetic_intensity(batch * layer["macs"], size)
        assert seconds == TPU_V1.seconds(batch * layer["macs"], size)


# ---------------------------------------------------------------- roofline: the page itself


def result(page) -> str:
    """What the page says of the point."""
    return page.inner_text("#roofline-result")


def test_roofline_every_machine_with_every_layer_has_the_right_limit(explore):
    page = explore("roofline")
    data = known(page, "roofline")
    cases = [(m, i, layer) for m in data["machines"] for i, layer in enumerate(data["layers"])]
    page.locator("#roofline-batch").fill("0")  # one sample
    settings = [[("machine", m["name"], "change"), ("layer", i, "change")] for m, i, _ in cases]
    said = driven(page, "roofline", "#roofline-result", settings)
    for (machine, _, layer), text in zip(cases, said, strict=True):
        size = data["bytes"][machine["precision"]] * (layer["weights"] + layer["activations"])
        waits = arithmetic_intensity(layer["macs"], size) < machines()[machine["name"]].ridge
        assert ("memory is the limit" in text, "arithmetic is the limit" in text) == (
            waits,
            not waits,
        )


def test_roofline_says_the_rate_and_the_time_of_a_layer(explore):
    page = explore("roofline", fresh=True)  # the large layer in bf16, 4096² MACs for 33.6 MB
    text = result(page)
    assert "3.35 trillion operations/s, 0.338 % of the peak" in text  # 1 × 3.35 TB/s of 989 T
    assert "16.8 million MACs and 33.6 MB take at least 10 µs" in text  # 33.57e6 / 3.35e12
    page.select_option("#roofline-precision", "int8")
    assert "16.8 million MACs and 16.8 MB take at least 5.01 µs" in result(page)


@pytest.mark.parametrize("precision, batch", [("bf16", 512), ("int8", 256)])
def test_roofline_answers_the_question_of_the_chapter(explore, precision, batch):
    page = explore("roofline", fresh=True)
    page.select_option("#roofline-precision", precision)
    slider = page.locator("#roofline-batch")
    slider.focus()
    for _ in range(batch.bit_length() - 1):
        assert "memory is the limit" in result(page)
        page.keyboard.press("ArrowRight")
    assert "arithmetic is the limit" in result(page)
    assert slider.get_attribute("aria-valuetext") == str(batch)


def test_roofline_sliders_move_roof_and_point(explore):
    page = explore("roofline", fresh=True)
    roof = page.get_attribute(".roof", "d")
    page.locator("#roofline-peak").fill("100")
    assert page.get_attribute(".roof", "d") != roof
    assert page.input_value("#roofline-machine") == ""  # no machine of the catalogue any more
    for position in (0, 200, 400):
        page.locator("#roofline-intensity").fill(str(position))
        spoken = page.get_attribute("#roofline-intensity", "aria-valuetext")
        assert spoken == page.inner_text("output[for=roofline-intensity]")
        exact = 2.0 ** (-6 + 22 * position / 400)
        assert float(spoken.split()[0].replace(",", "")) == pytest.approx(exact, rel=6e-3)
    assert page.input_value("#roofline-layer") == "" and page.is_disabled("#roofline-batch")
    assert "arithmetic is the limit" in result(page)
