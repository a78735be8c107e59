"""The bit explorer: every named format of `efficientai.numerics`, free ones, and the integers."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch

from efficientai import plotting
from efficientai.numerics import FORMATS, FloatFormat, decode, encode, round_to
from efficientai.quantization import symmetric_qparams

NUMBER, FORMAT = 0.1, "bf16"  # what is shown at first
INTEGER_BITS, LIMIT = (8, 4, 2), 4.0  # as in the figure of the chapter
COLOURS = {"sign": "C1", "exponent": "C2", "mantissa": "C0"}


def data(networks=None) -> dict:
    """Formats by title; the widths that a free format may have; number and format to begin with."""
    exponents = [e for e in range(16) if allowed(e, 10)]
    mantissas = [m for m in range(64) if allowed(5, m)]
    return {
        "floats": {title(name): floating(form) for name, form in FORMATS.items()},
        "integers": {f"INT{bits}": integer(bits) for bits in INTEGER_BITS},
        "exponentBits": [exponents[0], exponents[-1]],
        "mantissaBits": [mantissas[0], mantissas[-1]],
        "number": str(NUMBER),
        "format": title(FORMAT),
    }


def title(name: str) -> str:
    """As the chapter writes it: `fp8_e4m3` → `FP8 E4M3`."""
    return name.upper().replace("_", " ")


def allowed(exponent_bits: int, mantissa_bits: int) -> bool:
    """Whether the package knows a format of these widths."""
    try:
        return bool(FloatFormat(exponent_bits, mantissa_bits))
    except ValueError:
        return False


def floating(form: FloatFormat) -> dict:
    """What fixes a floating-point format."""
    return {
        "exponentBits": form.exponent_bits,
        "mantissaBits": form.mantissa_bits,
        "specials": form.specials,
    }


def integer(bits: int) -> dict:
    """What fixes an integer with a scale; its range is symmetric."""
    q = symmetric_qparams(LIMIT, bits)
    return {"bits": bits, "scale": q.scale.item(), "low": q.low, "high": q.high}


# ---------------------------------------------------------------- the picture that stands still


def around() -> tuple[int, list[float]]:
    """The bits of the number, and the values two steps to either side."""
    form = FORMATS[FORMAT]
    code = encode(torch.tensor(NUMBER, dtype=torch.float64), form).item()
    return code, decode(torch.arange(code - 2, code + 3), form).tolist()


def draw(data: dict, path: Path) -> None:
    """The bits in their fields, and below them the number between its neighbours."""
    code, values = around()
    with plt.style.context(plotting.STYLE):
        figure, (top, bottom) = plt.subplots(2, figsize=(8, 3.2), height_ratios=[1, 1.2])
        _bits(top, code)
        _line(bottom, values)
        figure.savefig(path, metadata={"Date": None})
        plt.close(figure)


def _bits(ax, code: int) -> None:
    form = FORMATS[FORMAT]
    widths = {"sign": 1, "exponent": form.exponent_bits, "mantissa": form.mantissa_bits}
    names = [name for name, width in widths.items() for _ in range(width)]
    for x, (bit, name) in enumerate(zip(f"{code:0{form.bits}b}", names, strict=True)):
        ax.add_patch(plt.Rectangle((x + 0.05, 0), 0.9, 1, color=COLOURS[name], alpha=0.3))
        ax.text(x + 0.5, 0.47, bit, ha="center", va="center")
    for name, width in widths.items():
        first = names.index(name)
        ax.text(first + width / 2, -0.4, name, ha="center", va="center", color=COLOURS[name])
    ax.set(xlim=(-0.5, form.bits + 0.5), ylim=(-0.8, 1.2))
    ax.set_axis_off()


def _line(ax, values: list[float]) -> None:
    here, (below, above) = values[2], (values[1], values[3])
    ax.axvspan((below + here) / 2, (here + above) / 2, color="C0", alpha=0.15, lw=0)
    ax.axhline(0, color=plotting.GREY, lw=1)
    ax.vlines(values, -0.25, 0.25, color="C0")
    for value in values[1:4]:
        ax.text(value, -0.45, f"{value:.6g}", ha="center", va="top", fontsize=10)
    ax.plot(NUMBER, 0, "o", color="C1", ms=8)
    ax.text(NUMBER, 0.4, f"{NUMBER:g}", ha="center", va="bottom", color="C1")
    ax.set(ylim=(-1, 1))
    ax.set_axis_off()


def alt(data: dict) -> str:
    """What the picture shows."""
    code, values = around()
    form = FORMATS[FORMAT]
    below, here, above = (f"{value:.6g}" for value in values[1:4])
    return (
        f"The {form.bits} bits of {NUMBER:g} in {title(FORMAT)}, {code:0{form.bits}b}, coloured by "
        f"field. Below them a line with the numbers of the format around it: {below}, {here} and "
        f"{above}. The point {NUMBER:g} lies in the coloured stretch around {here}."
    )


def caption(data: dict) -> str:
    """What is shown at first, with its error."""
    form = FORMATS[FORMAT]
    here = round_to(torch.tensor(NUMBER, dtype=torch.float64), form).item()
    error = np.format_float_positional(abs(here - NUMBER), precision=2, fractional=False)
    return (
        f"{NUMBER:g} is no number of {title(FORMAT)}. Stored is the nearest one, {here:.9g}, which "
        f"is {error} too {'large' if here > NUMBER else 'small'}. Whatever lies in the coloured "
        f"stretch becomes the same {form.bits} bits."
    )
