#!/usr/bin/env python3
"""Measures somebody else's Verilog with the flow that measures ours, for a line that can be held beside ours.

    python3 synth/peer.py FOLDER --top huffman_decoder --symbols-per-clock 0.5
    python3 synth/peer.py FOLDER --top core --symbols-per-clock 1 --device ecp5-8 --seeds 1,2,3,4,5
    python3 synth/peer.py FOLDER --top core --symbols-per-clock 16 --define SYNTHESIS --json

All *.v and *.sv files of the folder and of the folders in it are read, but for those that --without names; `include`s are looked for in
the folders of these files. MB/s are symbols a clock times bytes of a symbol times MHz; how many symbols the core takes a clock
is what its source says, not measured. Nothing is written.
"""

import argparse
import fnmatch
import json
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from flow import cells, fpga, numbers, tables, tools  # noqa: E402
from flow.devices import DEVICES, VARIANTS  # noqa: E402


def sources(folder, without):
    """The Verilog files of a folder, in order of their paths."""
    folder = Path(folder)
    if not folder.is_dir():
        raise tools.ToolError(f"{folder}: no such folder")
    found = [f for f in sorted(folder.rglob("*")) if f.suffix in (".v", ".sv") and f.is_file()]
    found = [f for f in found if not any(fnmatch.fnmatch(str(f.relative_to(folder)), p) for p in without)]
    if not found:
        raise tools.ToolError(f"{folder}: no *.v and *.sv files in it")
    return found


def joined(files, top, defines):
    """One text of all files, as the flow takes it: Yosys reads and prints them. Memories keep their start values."""
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch)
        # Yosys takes no quotes around paths: they get names without blanks.
        folders = {folder: f"folder{i}" for i, folder in enumerate(sorted({f.parent.absolute() for f in files}))}
        for folder, name in folders.items():
            (scratch / name).symlink_to(folder)
        include, define = [f"-I{name}" for name in folders.values()], [f"-D{d}" for d in defines]
        read = [" ".join(["read_verilog -sv -defer", *include, *define, f'"{folders[f.parent.absolute()]}/{f.name}"']) for f in files]
        tools.yosys([*read, f"hierarchy -check -top {top}", "proc", "flatten", "opt_clean -purge", f"rename -top {top}",
                     "write_verilog -noattr joined.v"], scratch, 600)
        return (scratch / "joined.v").read_text()


def measure(text, top, device, seeds, variant, timeout):
    """The row without rates."""
    if device.family == "cells":
        if not tools.standard_cells():
            raise tools.ToolError("the standard cells are not there")
        return cells.measure(text, top, timeout)
    if variant is None:
        variant = fpga.best_variant(text, top, device, seeds[0], timeout)
    placed = [fpga.place(text, top, device, variant, seed, timeout) for seed in seeds]
    clocks = [p["mhz"] for p in placed]
    if None in clocks:
        raise tools.ToolError(f"{top} has no path from register to register: there is no clock to report")
    middle = statistics.median_low(clocks)
    return {**placed[clocks.index(middle)], "mhz": middle, "mhz_of_seeds": clocks, "mapping": variant}


def row(found, top, device, symbols, symbol_bytes):
    """The row as printed."""
    rate = symbols * symbol_bytes * found["mhz"] if found["mhz"] else None
    area = found.get("lut")
    return {"core": top, "device": device.name, "symbols_per_clock": symbols, "symbol_bytes": symbol_bytes, **found, "mb_per_s": rate,
            "mb_per_s_per_klut": 1000 * rate / area if rate and area else None}


def table(r):
    """The row as Markdown."""
    area = f"{r['nand2']} NAND2" if "nand2" in r else f"{r['lut']} / {r['ff']} / {r['bram']}"
    each = " ".join(tables.number(m) for m in r.get("mhz_of_seeds", []))
    line = [f"`{r['core']}`", r["device"], f"{r['symbols_per_clock']:g}", area, tables.number(r["mhz"]) + (f" ({each})" if each else ""),
            tables.number(r["mb_per_s"]), tables.number(r["mb_per_s_per_klut"]), f"`{r['mapping'] or 'default'}`" if "mapping" in r else ""]
    return tables.markdown(["core", "device", "symbols a clock#", "LUT / FF / BRAM", "MHz#", "MB/s#", "MB/s per kLUT#", "mapping"], [line])


def positive(text):
    try:
        value = float(text)
    except ValueError:
        value = 0
    if not 0 < value < 1e6:
        raise argparse.ArgumentTypeError(f"'{text}': must be a number over 0")
    return value


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", metavar="FOLDER")
    parser.add_argument("--top", required=True, metavar="NAME", help="module to measure")
    parser.add_argument("--symbols-per-clock", type=positive, default=1, metavar="X", help="(%(default)s)")
    parser.add_argument("--symbol-bytes", type=positive, default=1, metavar="B", help="bytes of plain data of a symbol (%(default)s)")
    parser.add_argument("--device", choices=list(DEVICES), default="ecp5-6", help="(%(default)s)")
    parser.add_argument("--seeds", type=numbers, default=[1, 2, 3], metavar="N,N", help="seeds of the placer; the median counts (1,2,3)")
    parser.add_argument("--mapping", metavar="OPTIONS", help="one way of mapping in place of the best: "
                        + ", ".join(f"'{v}'" for v in VARIANTS["ecp5"]))
    parser.add_argument("--define", action="append", default=[], metavar="NAME[=VALUE]", help="repeat for more")
    parser.add_argument("--without", action="append", default=[], metavar="GLOB", help="leave out files, such as 'tb_*'; repeat for more")
    parser.add_argument("--timeout", type=positive, default=3600, metavar="S", help="seconds that one run of a tool may take")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(arguments)
    device = DEVICES[options.device]
    if options.mapping is not None and options.mapping not in VARIANTS.get(device.family, {}):
        parser.error(f"--mapping '{options.mapping}': {device.name} has {', '.join(repr(v) for v in VARIANTS.get(device.family, {}))}")
    files = sources(options.folder, options.without)
    text = joined(files, options.top, options.define)
    found = measure(text, options.top, device, options.seeds, options.mapping, options.timeout)
    found = row(found, options.top, device, options.symbols_per_clock, options.symbol_bytes)
    if options.json:
        return print(json.dumps(found, indent=1))
    print(table(found))
    if found.get("path"):
        print(f"\ncritical path: {found['path']['from']} -> {found['path']['to']}, {found['path']['ns']} ns")


if __name__ == "__main__":
    try:
        main()
    except (tools.ToolError, TimeoutError, fpga.DoesNotFit) as e:
        sys.exit(str(e))
