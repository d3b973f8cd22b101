"""Yosys and nextpnr: area, clock and critical path on an FPGA."""

import json
import re
import shutil

from . import registers, store, tools
from .devices import CARRY, CELLS, VARIANTS

# Cells get the name of the signal behind them and of the primitive: only the first is of interest.
PRIMITIVE = re.compile(r"(_TRELLIS_|_LUT4|_SB_|_CCU2C|_PFUMX|_L6MUX|_DP16KD|_ff_|\$|_memory\.|_DPR16|_RAMW).*")

# What is kept was measured with registers moved into block RAMs.
REGISTERS_MOVED = "registers in block RAM"


class DoesNotFit(Exception):
    """The device is too small."""


def netlist(text, top, family, variant, timeout):
    """Synthesis: what Yosys counts, and the folder with the netlist."""
    def make(folder):
        (folder / "design.v").write_text(text)
        command = f"{VARIANTS[family][variant]} -top {top} -json netlist.json"
        tools.yosys(["read_verilog -sv design.v", command], folder, timeout)
        made = json.loads((folder / "netlist.json").read_text())
        moved = registers.absorb(made, top) if family == "ecp5" else 0
        (folder / "netlist.json").write_text(json.dumps(made))
        count = {}
        for cell in made["modules"][top]["cells"].values():
            count[cell["type"]] = count.get(cell["type"], 0) + 1
        return {"cells": count, "registers moved": moved}

    inputs = [text, top, family, VARIANTS[family][variant], tools.yosys_version(), REGISTERS_MOVED]
    return store.measured("yosys", inputs, make)


def critical_path(paths, clock_edges=("posedge",)):
    """The path from register to register that limits the clock: from, to, delay in ns, logic levels."""
    def is_clocked(end):
        return end.split(" ")[0] in clock_edges

    clocked = [p for p in paths if is_clocked(p["from"]) and is_clocked(p["to"])]
    if not clocked:
        return None
    path = max(clocked, key=lambda p: sum(s["delay"] for s in p["path"]))["path"]
    part = lambda *kinds: round(sum(s["delay"] for s in path if s["type"] in kinds), 2)
    return {
        "from": signal(path[0]["from"]["cell"]), "to": signal(path[-1]["to"]["cell"]),
        "ns": part("clk-to-q", "logic", "routing", "setup", "source"), "routing_ns": part("routing"),
        "levels": sum(s["type"] == "logic" for s in path),
    }


def signal(cell):
    """Name of the signal that a cell was made for."""
    return PRIMITIVE.sub("", cell) or cell


def place(text, top, device, variant, seed, timeout):
    """Place and route with one seed: area, MHz, critical path. DoesNotFit if the device is too small."""
    counted, made_in = netlist(text, top, device.family, variant, timeout)
    version = tools.nextpnr_version(device.family)

    def make(folder):
        # The WebAssembly tools see the folder that they run in.
        shutil.copy(made_in / "netlist.json", folder / "netlist.json")
        command = [tools.program(f"yowasp-nextpnr-{device.family}"), *device.options, "--json", "netlist.json", "--freq",
                   device.aim, "--seed", seed, "--report", "report.json", "--timing-allow-fail"]
        log = folder / "nextpnr.log"
        done = tools.run(command, log, timeout, cwd=folder)
        (folder / "netlist.json").unlink()
        if not done:
            said = log.read_text(errors="replace")
            if re.search(r"Unable to find legal placement|no more BELs|Unable to place|Too many|placement failed", said, re.I):
                return {"fits": False, "reason": tools.tail(log, 3)}
            raise tools.ToolError(f"nextpnr failed on {top}:\n{tools.tail(log)}")
        report = json.loads((folder / "report.json").read_text())
        used = {name: report["utilization"][cell]["used"] for name, cell in CELLS[device.family].items()}
        clocks = [c["achieved"] for c in report["fmax"].values()]
        return {"fits": True, **used, "mhz": round(min(clocks), 2) if clocks else None,
                "path": critical_path(report["critical_paths"])}

    inputs = [text, top, device.family, VARIANTS[device.family][variant], list(device.options), device.aim, seed, version,
              tools.yosys_version(), REGISTERS_MOVED]
    found, _ = store.measured("nextpnr", inputs, make)
    if not found["fits"]:
        raise DoesNotFit(found["reason"])
    cells = counted["cells"]
    found["carry"] = cells.get(CARRY[device.family], 0)
    if device.family == "ice40":
        found["ff"] = sum(n for cell, n in cells.items() if cell.startswith("SB_DFF"))
    return found


def best_variant(text, top, device, seed, timeout, candidates=None):
    """The way of mapping with the highest clock for its area, placed with one seed: the most MHz, but what is within 3 % of
    that counts as the same, and then the fewest LUTs."""
    found = {}
    for variant in candidates or VARIANTS[device.family]:
        try:
            found[variant] = place(text, top, device, variant, seed, timeout)
        except DoesNotFit:
            continue
    if not found:
        raise DoesNotFit("with no mapping")
    return prefer({v: (f["mhz"] or 0, f["lut"]) for v, f in found.items()})


def prefer(found):
    """Of {variant: (MHz, LUTs)} the one to use."""
    most = max(mhz for mhz, _ in found.values())
    near = [v for v, (mhz, _) in found.items() if mhz >= 0.97 * most]
    return min(near, key=lambda v: (found[v][1], -found[v][0]))
