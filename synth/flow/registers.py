"""Registers behind ECP5 block RAMs moved into them, which Yosys does not do and the vendor's tools do by themselves.

A block RAM gives its word 5.6 ns after the clock at speed grade 6, and 1 ns after it with its own output register. The port's
outputs must each go to one register and nowhere else, all with the same clock and enable and none with a reset.
"""

import collections


def absorb(netlist, top):
    """Changes Yosys' JSON netlist of `top`; returns the ports that got their register."""
    module = netlist["modules"][top]
    cells, readers = module["cells"], _readers(module)
    count = 0
    for cell in [c for c in cells.values() if c["type"] == "DP16KD"]:
        wide = any(int(cell["parameters"][f"DATA_WIDTH_{side}"], 2) == 36 for side in "AB")
        # A port of 36 bits has the outputs of both.
        for sides in (["AB"] if wide else ["A", "B"]):
            outputs = {p: bits[0] for p, bits in cell["connections"].items()
                       if p[:2] == "DO" and p[2] in sides and bits and readers[bits[0]]}
            found = {p: _register(cells, readers[bit], _clock(cell, sides)) for p, bit in outputs.items()}
            if not found or None in found.values():
                continue
            enables = {_enable(cells[name]) for name in found.values()}
            if len(enables) != 1 or None in enables:
                continue
            for side in sides:
                cell["parameters"][f"REGMODE_{side}"] = "OUTREG"
                cell["connections"][f"OCE{side}"] = [enables.copy().pop()]
            for port, name in found.items():
                cell["connections"][port] = cells.pop(name)["connections"]["Q"]
            count += 1
    return count


def _readers(module):
    """Who reads each bit: cell and port, (None, None) for a port of the module."""
    readers = collections.defaultdict(list)
    for name, cell in module["cells"].items():
        for port, bits in cell["connections"].items():
            if cell["port_directions"][port] == "input":
                for bit in bits:
                    readers[bit].append((name, port))
    for port in module["ports"].values():
        if port["direction"] == "output":
            for bit in port["bits"]:
                readers[bit].append((None, None))
    return readers


def _clock(cell, sides):
    """The clock net of a port if it is that of the rising edge."""
    side = sides[-1]
    return cell["connections"][f"CLK{side}"] if cell["parameters"].get(f"CLK{side}MUX", f"CLK{side}") == f"CLK{side}" else None


def _register(cells, readers, clock):
    """The register that alone reads a bit, if it may move."""
    if len(readers) != 1 or readers[0][0] is None:
        return None
    name, port = readers[0]
    cell = cells[name]
    if cell["type"] != "TRELLIS_FF" or port not in ("DI", "M"):
        return None
    plain = cell["connections"].get("LSR", ["0"]) in ([], ["0"]) and cell["parameters"].get("LSRMUX", "LSR").strip() == "LSR"
    rising = cell["parameters"].get("CLKMUX", "CLK").strip() == "CLK"
    return name if plain and rising and cell["connections"]["CLK"] == clock else None


def _enable(register):
    """The net that enables a register, "1" for none; None if it is active low."""
    mux = register["parameters"].get("CEMUX", "CE").strip().strip()
    if mux == "1":
        return "1"
    return (register["connections"].get("CE") or ["1"])[0] if mux == "CE" else None
