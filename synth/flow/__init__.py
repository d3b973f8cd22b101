"""The synthesis flows: from an export of the cores to area, clock and critical path.

| module | what it does |
|---|---|
| tools | finds the pinned tools, and installs them into the project's virtual environment |
| verilog | what a generated file says of itself; the blocks that its top is made of |
| configurations | which cores are measured, and their export |
| devices | what they are measured on |
| fpga | Yosys and nextpnr: ECP5 and iCE40 |
| cells | Yosys and OpenSTA: standard cells |
| store | what was measured once is not measured again |
| rows | the measurements of a table, one by one |
| tables | Markdown between markers |
| budget | limits, and what breaks them |
"""

import argparse


def numbers(text):
    """A list such as 1,2,3."""
    try:
        found = [int(part) for part in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}': expected numbers such as 1,2,3") from None
    if min(found) < 1 or len(set(found)) != len(found):
        raise argparse.ArgumentTypeError(f"'{text}': must be different numbers from 1")
    return found
