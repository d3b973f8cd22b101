"""What the cores are measured on."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Device:
    """A device of a table."""
    name: str
    family: str
    title: str
    grade: str
    #: Options of nextpnr.
    options: tuple = ()
    #: Clock that placement aims at, in MHz.
    aim: int = 400


# Placement for the clock rather than for short wires, and no pins: with 10000 LUT that is 6 to 8 % of the clock, with 1000 nothing.
ECP5 = ("--85k", "--package", "CABGA756", "--out-of-context", "--placer-heap-timingweight", "50")

DEVICES = {d.name: d for d in [
    Device("ecp5-6", "ecp5", "LFE5U-85F", "6", (*ECP5, "--speed", "6")),
    Device("ecp5-8", "ecp5", "LFE5U-85F", "8", (*ECP5, "--speed", "8")),
    # This nextpnr has no --out-of-context: the ports are pins, wherever the placer puts them.
    Device("ice40hx", "ice40", "iCE40HX8K", "hx", ("--hx8k", "--package", "ct256", "--pcf-allow-unconstrained"), 200),
    Device("osu018", "cells", "OSU 0.18 um", "typical, 1.8 V, 25 C"),
]}

# How Yosys may map to a family; which of them is used is measured, row by row.
VARIANTS = {
    "ecp5": {
        "-nowidelut": "synth_ecp5 -nowidelut",
        "-nowidelut -noccu2": "synth_ecp5 -nowidelut -noccu2",
        "": "synth_ecp5",
    },
    "ice40": {"-abc9": "synth_ice40 -abc9 -device hx", "": "synth_ice40 -device hx"},
}

CELLS = {
    "ecp5": {"lut": "TRELLIS_COMB", "ff": "TRELLIS_FF", "bram": "DP16KD"},
    "ice40": {"lut": "ICESTORM_LC", "bram": "ICESTORM_RAM"},
}
CARRY = {"ecp5": "CCU2C", "ice40": "SB_CARRY"}
