#!/usr/bin/env python3
"""Builds the self-test of a board from the project's RTL to the bitstream, on the board's real pins.

    python3 synth/board.py ulx3s_85f             export, synthesis, placement, bitstream in target/synth/boards/
    python3 synth/board.py hx8k_breakout
    python3 synth/board.py ulx3s_85f --lanes 4 --map bytes
    python3 synth/board.py ulx3s_85f --bank bank.json -o out
    python3 synth/board.py ulx3s_85f --write     and the board's line in boards.json and docs/hardware.md

Fails if the clock of the board's oscillator is not reached with the first seed; the others are for the table. Pins and clock come
from the export (`huffwire export --boards`), the codebook from data/tensors.safetensors unless a bank is given. The pinned
tools are installed into .venv/ on first use.
"""

import argparse
import datetime
import json
import re
import shutil
import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from flow import configurations, fpga, numbers, tables, tools, verilog  # noqa: E402
from flow.devices import CELLS  # noqa: E402

FILE = tools.ROOT / "synth" / "boards.json"
DOCUMENT = tools.ROOT / "docs" / "hardware.md"
TIMEOUT = 3600
# Family, options of nextpnr, synthesis, the part as printed, lanes unless given.
BOARDS = {
    "ulx3s_85f": ("ecp5", ["--85k", "--package", "CABGA381", "--speed", "6"], "synth_ecp5 -nowidelut", "LFE5U-85F-6BG381", 4),
    "hx8k_breakout": ("ice40", ["--hx8k", "--package", "ct256"], "synth_ice40 -abc9 -device hx", "iCE40-HX8K-CT256", 1),
}


def export(bank, map_name, lanes):
    """Exports cores and self-tests; the folder."""
    folder = configurations.target() / "synth" / "export" / f"boards-{map_name}-{lanes}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    if bank is None:
        bank = folder.with_suffix(".json")
        bank.unlink(missing_ok=True)
        configurations.call("calibrate", configurations.PACK, "--tensors", "smollm2.ffn1_out*.bf16", "--map", map_name, "--name",
                            "one", "-o", bank)
    configurations.call("export", "--bank", bank, "--lanes", lanes, "--boards", "--force", "-o", folder)
    return folder / "boards"


def constraint_files(family):
    """Extension of the constraints, extension of the placed design, option for it, packer and its extension."""
    return {"ecp5": ("lpf", "config", "--textcfg", ["yowasp-ecppack", "--compress"], "bit"),
            "ice40": ("pcf", "asc", "--asc", ["yowasp-icepack"], "bin")}[family]


def place(folder, top, family, options, seed):
    """Places with one seed and packs: (what nextpnr reports, the bitstream)."""
    pins, placed, option, packer, packed = constraint_files(family)
    image, report = f"seed{seed}.{placed}", f"seed{seed}.json"
    tools.nextpnr_version(family)
    # The WebAssembly tools see the folder that they run in; a clock that is missed ends nextpnr with an error.
    command = [tools.program(f"yowasp-nextpnr-{family}"), *options, f"--{pins}", f"{top}.{pins}", "--json", "netlist.json", option,
               image, "--seed", seed, "--report", report]
    log = folder / f"seed{seed}.log"
    if not tools.run(command, log, TIMEOUT, cwd=folder):
        raise tools.ToolError(f"{top}, seed {seed}: {reason(log)}")
    bitstream = f"{top}.seed{seed}.{packed}"
    if not tools.run([tools.program(packer[0]), *packer[1:], image, bitstream], log.with_suffix(".pack.log"), TIMEOUT, cwd=folder):
        raise tools.ToolError(f"{top}: {packer[0]} failed:\n{tools.tail(log.with_suffix('.pack.log'))}")
    return json.loads((folder / report).read_text()), folder / bitstream


def reason(log):
    """Why nextpnr failed."""
    errors = [line for line in Path(log).read_text(errors="replace").splitlines() if line.startswith("ERROR")]
    return "\n".join(errors) or tools.tail(log)


def build(board, bank, map_name, lanes, seeds):
    """One board's self-test: its row, and the bitstream of the first seed."""
    family, options, synthesis, part, _ = BOARDS[board]
    exported, top = export(bank, map_name, lanes), f"huffwire_selftest_{board}"
    source = (exported / f"{top}.v").read_text()
    facts = verilog.facts(source)
    if facts["lanes"] != lanes:
        raise tools.ToolError(f"the self-test for {board} has {facts['lanes']} lanes, not {lanes}: see `huffwire export --help`")
    folder = configurations.target() / "synth" / "boards" / board
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "design.v").write_text(source)
    shutil.copy(exported / f"{top}.{constraint_files(family)[0]}", folder)
    tools.yosys(["read_verilog -sv design.v", f"{synthesis} -top {top} -json netlist.json"], folder, TIMEOUT)
    results = [place(folder, top, family, options, seed) for seed in seeds]
    report = results[0][0]
    row = {"board": board, "part": part, "map": facts["map"], "format": facts["format"], "lanes": facts["lanes"],
           "books": facts["books"], "fingerprint": facts["fingerprint"], "crate": facts["crate"],
           "wire_format": facts["wire_format"], "date": datetime.date.today().isoformat(),
           "tools": [tools.yosys_version(), tools.nextpnr_version(family)], "seeds": seeds,
           "mhz_of_seeds": [round(min(c["achieved"] for c in r["fmax"].values()), 2) for r, _ in results],
           "needed_mhz": max(c["constraint"] for c in report["fmax"].values()),
           "bitstream_bytes": results[0][1].stat().st_size, "path": fpga.critical_path(report["critical_paths"])}
    for name, cell in CELLS[family].items():
        row[name], row[f"{name}_of"] = report["utilization"][cell]["used"], report["utilization"][cell]["available"]
    if family == "ice40":
        cells = json.loads((folder / "netlist.json").read_text())["modules"][top]["cells"].values()
        row["ff"] = sum(c["type"].startswith("SB_DFF") for c in cells)
    row["mhz"] = statistics.median_low(row["mhz_of_seeds"])
    return row, results[0][1]


def table(results):
    """The rows as Markdown."""
    lines = [[f"`{r['board']}`", r["part"], f"{r['map']}, {r['lanes']}", f"{r['lut']} of {r['lut_of']}", r["ff"],
              f"{r['bram']} of {r['bram_of']}", f"**{r['mhz']:.0f}** ({' '.join(f'{m:.0f}' for m in r['mhz_of_seeds'])})",
              f"{r['needed_mhz']:.0f}", f"{r['bitstream_bytes']} bytes"] for r in results]
    return tables.markdown(["board", "part", "map, lanes", "LUT#", "FF#", "block RAM#", "MHz (each seed)", "needed#", "bitstream#"],
                           lines)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("board", choices=list(BOARDS))
    parser.add_argument("--lanes", type=int, choices=[1, 4], help="4 on the ULX3S and 1 on the iCE40 unless given")
    parser.add_argument("--map", choices=["bytes", "fields"], default="fields", help="(%(default)s)")
    parser.add_argument("--bank", type=Path, help="bank file; its map must be that of --map")
    parser.add_argument("--seeds", type=numbers, default=[1], metavar="N,N", help="seeds of the placer (1)")
    parser.add_argument("-o", "--output", type=Path, metavar="FOLDER", help="copy the bitstream to this folder")
    parser.add_argument("--write", action="store_true", help="replace the board's line in boards.json and docs/hardware.md")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(arguments)
    bank = options.bank.absolute() if options.bank else None
    lanes = options.lanes or BOARDS[options.board][4]
    row, bitstream = build(options.board, bank, options.map, lanes, options.seeds)
    if options.output:
        options.output.mkdir(parents=True, exist_ok=True)
        bitstream = Path(shutil.copy(bitstream, options.output / re.sub(r"\.seed\d+", "", bitstream.name)))
    print(json.dumps(row, indent=1) if options.json else f"{table([row])}\n\n{bitstream}")
    if options.write:
        old = json.loads(FILE.read_text())["rows"] if FILE.exists() else []
        rows = {r["board"]: r for r in [*old, row] if r["board"] in BOARDS}
        rows = sorted(rows.values(), key=lambda r: list(BOARDS).index(r["board"]))
        FILE.write_text(json.dumps({"rows": rows}, indent=1) + "\n")
        DOCUMENT.write_text(tables.replace(DOCUMENT.read_text(), "boards", table(rows)))


if __name__ == "__main__":
    try:
        main()
    except (tools.ToolError, TimeoutError, ValueError) as e:
        sys.exit(str(e))
