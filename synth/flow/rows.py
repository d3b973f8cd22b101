"""The measurements of a table, one by one."""

import datetime
import fnmatch
import hashlib
import statistics
from dataclasses import dataclass

from . import cells, configurations, fpga, tools, verilog
from .devices import DEVICES

# Levels of the hierarchy that have rows of their own.
BLOCK_DEPTH = 2
# Blocks and wide cores are placed once, with the mapping that suits most.
USUAL_VARIANT = "-nowidelut"
SEEDS = (1, 2, 3)


@dataclass(frozen=True)
class Row:
    """One measurement."""
    configuration: configurations.Configuration
    side: str
    #: Block, "" for the whole core.
    block: str
    module: str
    #: How often the core holds the block.
    instances: int
    device: str

    @property
    def id(self):
        block = f".{self.block}" if self.block else ""
        return f"{self.configuration.name}/{self.side}{block}/{self.device}"


def all_rows():
    """Every row of the tables, small cores first."""
    found = []
    for c in configurations.CONFIGURATIONS:
        for side in configurations.SIDES:
            for device in DEVICES.values():
                if device.family in ("ice40", "cells") and not c.small:
                    continue
                found.append(Row(c, side, "", f"huffwire_{side}", 1, device.name))
    for c in configurations.CONFIGURATIONS:
        if c.blocks:
            for side in configurations.SIDES:
                core = configurations.core(c.name, side)
                for name, module, count in verilog.blocks(core.text, core.top, BLOCK_DEPTH):
                    for device in ("ecp5-6", "osu018"):
                        found.append(Row(c, side, name, module, count, device))
    return found


def select(rows, only=(), devices=(), lanes=(), blocks=True):
    """Rows that are asked for; a pattern of `only` may stand for any part of the id."""
    def wanted(row):
        return ((not only or any(fnmatch.fnmatch(row.id, f"*{p}*") for p in only))
                and (not devices or row.device in devices)
                and (not lanes or row.configuration.lanes // row.configuration.turns in lanes)
                and (blocks or not row.block))
    return [row for row in rows if wanted(row)]


def measure(row, seeds, timeout, variant=None):
    """Measures a row: what results.json holds of it. Seeds and mapping are those of the table where they are None."""
    core = configurations.core(row.configuration.name, row.side)
    text, c, device = verilog.code(core.text), row.configuration, DEVICES[row.device]
    found = {
        "id": row.id, "configuration": c.name, "title": c.title, "side": row.side, "block": row.block,
        "instances": row.instances, "lanes": core.facts["lanes"], "turns": core.facts["turns"],
        "format": core.facts["format"], "map": core.facts["map"],
        "books": core.facts["books"], "tracker": c.tracker, "book_mode": c.book_mode, "lane_bytes": c.lane_bytes,
        "device": device.name, "part": device.title, "grade": device.grade,
        "crate": core.facts["crate"], "wire_format": core.facts["wire_format"], "fingerprint": core.facts["fingerprint"],
        "verilog_sha256": hashlib.sha256(text.encode()).hexdigest(), "date": datetime.date.today().isoformat(),
    }
    try:
        if device.family == "cells":
            measured = cells.measure(text, row.module, timeout)
            found.update(measured, tools=[tools.yosys_version(), tools.opensta_version()])
        else:
            found.update(_on_fpga(row, text, device, seeds, timeout, variant))
            found["tools"] = [tools.yosys_version(), tools.nextpnr_version(device.family)]
        found["status"] = "ok"
    except fpga.DoesNotFit:
        found["status"] = "does not fit"
    except TimeoutError as late:
        found["status"] = str(late)
    return found


def _on_fpga(row, text, device, seeds, timeout, variant):
    once = row.block or row.configuration.wide
    if seeds is None:
        seeds = SEEDS[:1] if once else SEEDS
    if variant is None and once and device.family == "ecp5":
        variant = USUAL_VARIANT
    if variant is None:
        # The mapping is chosen once for a family, so that speed grades can be compared.
        first = next(d for d in DEVICES.values() if d.family == device.family)
        variant = fpga.best_variant(text, row.module, first, seeds[0], timeout)
    placed = [fpga.place(text, row.module, device, variant, seed, timeout) for seed in seeds]
    clocks = [p["mhz"] for p in placed]
    found = {"seeds": list(seeds), "mapping": variant, "mhz_of_seeds": clocks}
    if None in clocks:
        typical, found["mhz"] = placed[0], None
    else:
        # With an even number of seeds the slower one of the two in the middle.
        middle = statistics.median_low(clocks)
        typical, found["mhz"] = placed[clocks.index(middle)], middle
    found.update({name: typical[name] for name in ("lut", "ff", "bram", "carry", "path")})
    return found


def rate(found):
    """MB/s of plain data of a core: one step a clock, or one turn, as tests/rtl_tops/rate.rs holds it to. None for a block."""
    if found["block"] or not found.get("mhz"):
        return None
    return found["mhz"] * lanes_at_once(found) * found["lane_bytes"]


def lanes_at_once(found):
    """Lanes that go through a core in a clock."""
    return found["lanes"] // found.get("turns", 1)
