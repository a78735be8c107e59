"""Energy of arithmetic and of memory, in picojoules.

Source of every number: M. Horowitz, "Computing's energy problem (and what we can do about it)",
ISSCC 2014, figure 1.1.9, for a 45 nm process at 0.9 V. Newer chips spend less on everything; the
ratios are what lasts. Control (about 70 pJ an instruction on the same chip) comes on top.
"""

from __future__ import annotations

# picojoules of one addition and of one multiplication
ADD_PJ = {"int8": 0.03, "int16": 0.05, "int32": 0.1, "fp16": 0.4, "fp32": 0.9}
MULTIPLY_PJ = {"int8": 0.2, "int32": 3.1, "fp16": 1.1, "fp32": 3.7}

# What a product of two such numbers is added to: integers need a wider sum.
ACCUMULATOR = {"int8": "int32", "int32": "int32", "fp16": "fp16", "fp32": "fp32"}

# The paper gives accesses of 64 bits: caches of 8 KB 10 pJ, 32 KB 20 pJ, 1 MB 100 pJ, DRAM 1.3 to
# 2.6 nJ, of which the lower end stands here.
ACCESS_BYTES = 8
MEMORY_PJ_PER_BYTE = {
    "8KB": 10 / ACCESS_BYTES,
    "32KB": 20 / ACCESS_BYTES,
    "1MB": 100 / ACCESS_BYTES,
    "dram": 1300 / ACCESS_BYTES,
}
PJ_PER_MJ = 1e9


def mac_pj(precision: str) -> float:
    """Picojoules of one multiply-accumulate: "fp32", "fp16", "int32" or "int8".

    Raises ValueError for another precision.

    >>> mac_pj("fp32"), round(mac_pj("int8"), 3)  # 3.7 + 0.9 and 0.2 + 0.1
    (4.6000000000000005, 0.3)
    """
    if precision not in MULTIPLY_PJ:
        raise ValueError(f"no energy known for {precision!r}; choose one of {list(MULTIPLY_PJ)}")
    return MULTIPLY_PJ[precision] + ADD_PJ[ACCUMULATOR[precision]]


def access_pj(size_bytes: float, memory: str) -> float:
    """Picojoules to read or write `size_bytes` in a memory: "8KB", "32KB", "1MB" or "dram".

    >>> access_pj(8, "dram")
    1300.0
    """
    if memory not in MEMORY_PJ_PER_BYTE:
        raise ValueError(f"no memory {memory!r}; choose one of {list(MEMORY_PJ_PER_BYTE)}")
    return size_bytes * MEMORY_PJ_PER_BYTE[memory]


def inference_mj(
    macs: float, weight_bytes: float, activation_bytes: float, precision: str = "fp32"
) -> float:
    """Estimated millijoules of one inference.

    The model: every MAC once; every weight read once from DRAM; every activation written to and
    read from a memory of 1 MB once. Caches that miss and control are not in it.

    >>> round(inference_mj(macs=1e6, weight_bytes=4e4, activation_bytes=1e4), 5)
    0.01135
    """
    arithmetic = macs * mac_pj(precision)
    memory = access_pj(weight_bytes, "dram") + 2 * access_pj(activation_bytes, "1MB")
    return (arithmetic + memory) / PJ_PER_MJ
