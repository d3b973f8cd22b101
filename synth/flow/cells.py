"""Yosys and OpenSTA: area and clock in the OSU 0.18 um standard cells (Debian package qflow-tech-osu018).

Cells only, no wires: there is no layout, and timing knows of no capacitance but that of the pins. Memories are registers, and ROMs
logic. The clock is that of paths from register to register.
"""

import json
import re

from . import store, tools

CONSTRAINTS = "set_driving_cell INVX2\nset_load 0.02 [all_outputs]\n"


def script(top, library):
    """The commands of Yosys."""
    return [
        "read_verilog -sv design.v",
        f"synth -flatten -top {top} -run begin:fine",
        "async2sync",
        "synth -run fine:check",
        "memory_map",
        "opt -full",
        "techmap",
        "opt -full",
        "dfflegalize -cell $_DFF_P_ 01",
        f"dfflibmap -liberty {library}",
        f"abc -liberty {library} -constr constraints -D 100",
        "setundef -zero",
        "splitnets",
        "opt_clean -purge",
        f"tee -q -o stat.json stat -json -liberty {library}",
        "write_verilog -noattr -noexpr netlist.v",
    ]


def timing_script(top, clock, library):
    """The commands of OpenSTA; every path is held against a period of 1 ns."""
    return f"""read_liberty {library}
read_verilog netlist.v
link_design {top}
create_clock -name clk -period 1 [get_ports {clock}]
set_driving_cell -lib_cell INVX2 [all_inputs]
report_checks -path_delay max -from [all_registers -clock_pins] -to [all_registers -data_pins] -digits 4
"""


def areas(library_text):
    """Area of each cell of a Liberty file."""
    return {name: float(area) for name, area in re.findall(r"^\s*cell \((\w+)\) \{.*?area : ([\d.]+)", library_text, re.M | re.S)}


def parse_timing(said):
    """Period in ns, start and end of the slowest path; None where no register feeds another."""
    start = re.search(r"Startpoint: (\S+)", said)
    end = re.search(r"Endpoint: (\S+)", said)
    slack = re.search(r"(-?[\d.]+)\s+slack", said)
    if not (start and end and slack):
        return None
    return 1.0 - float(slack.group(1)), start.group(1), end.group(1)


def clock_of(netlist):
    """The net that clocks the registers of a netlist; None without registers."""
    found = sorted(set(re.findall(r"\.CLK\(\s*\\?(\S+?)\s*\)", netlist)))
    if len(found) > 1:
        raise tools.ToolError(f"more than one clock: {', '.join(found)}")
    return found[0] if found else None


def measure(text, top, timeout):
    """Area in NAND2 equivalents, registers, MHz and critical path."""
    sta, library = tools.standard_cells()

    def make(folder):
        (folder / "design.v").write_text(text)
        (folder / "constraints").write_text(CONSTRAINTS)
        tools.yosys(script(top, library), folder, timeout)
        cells = json.loads((folder / "stat.json").read_text())["modules"]
        cells = next(iter(cells.values()))["num_cells_by_type"]
        area = areas(library.read_text())
        unknown = [c for c in cells if c not in area]
        if unknown:
            raise tools.ToolError(f"{top} holds cells that the library does not have: {', '.join(unknown)}")
        total = sum(n * area[c] for c, n in cells.items())
        found = {
            "um2": total, "nand2": round(total / area["NAND2X1"]), "ff": sum(n for c, n in cells.items() if c.startswith("DFF")),
            "mhz": None, "path": None,
        }
        # OpenSTA does not read `assign {..} = {..}`, which says no more than that outputs are the same.
        netlist = folder / "netlist.v"
        netlist.write_text(re.sub(r"^ *assign \{.*?;\n", "", netlist.read_text(), flags=re.M | re.S))
        clock = clock_of(netlist.read_text())
        if clock:
            (folder / "timing.tcl").write_text(timing_script(top, clock, library))
            log = folder / "sta.log"
            # It goes on after an error, and ends as if there had been none.
            if not tools.run([sta, "-exit", "timing.tcl"], log, timeout, cwd=folder) or "Error:" in log.read_text():
                raise tools.ToolError(f"OpenSTA failed on {top}:\n{tools.tail(log)}")
            timing = parse_timing(log.read_text())
            if not timing and "No paths found" not in log.read_text():
                raise tools.ToolError(f"OpenSTA says nothing of {top}:\n{tools.tail(log)}")
            if timing:
                period, start, end = timing
                found["mhz"] = round(1000 / period, 1)
                found["path"] = {"from": registers(folder, start), "to": registers(folder, end), "ns": round(period, 2)}
        return found

    inputs = [text, top, script(top, library), timing_script(top, "clk", library), tools.yosys_version(), tools.opensta_version()]
    return store.measured("cells", inputs, make)[0]


def registers(folder, instance):
    """The net that a register of the netlist drives: instances are numbered, nets have the names of the source."""
    text = (folder / "netlist.v").read_text()
    match = re.search(r"\bDFF\w+ " + re.escape(instance) + r" \((.*?)\);", text, re.S)
    net = match and re.search(r"\.Q\(\s*\\?([^)]*?)\s*\)", match.group(1))
    return net.group(1).replace(" ", "") if net else instance
