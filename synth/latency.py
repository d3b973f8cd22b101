#!/usr/bin/env python3
"""Measures the clocks of latency of every configuration in simulation, and writes latency.json and the table of docs/hardware.md.

    python3 synth/latency.py                        every configuration, by rust-hdl's simulation: needs no tools
    python3 synth/latency.py --lanes 1,8            some of them
    python3 synth/latency.py --engine verilator     the Verilog under Verilator, which gives the same
    python3 synth/latency.py --check                fails where latency.json does not say what is measured; writes nothing

Each run sends packets of real tensors through encoder, link and decoder (`huffwire simulate`), which holds every word against the
reference codec. Nothing stalls, and the link takes a beat a clock. Builds the project's program (cargo).
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from flow import configurations, numbers, tables, tools  # noqa: E402

FILE = tools.ROOT / "synth" / "latency.json"
DOCUMENT = tools.ROOT / "docs" / "hardware.md"
# Packets are sent into idle cores, one by one: what a packet waits for another is no latency of the cores.
STEPS = (64, 192, 512)
FORMAT_BYTES = {"bf16": 2, "e4m3": 1}
SIDES = ("encoder", "decoder", "both")


def simulate(configuration, facts, steps, engine):
    """Reports of `huffwire simulate`, one for each tensor: one packet of `steps` steps."""
    # With lanes in turn the core takes as many turns as there are steps otherwise.
    elements = steps * (configuration.lanes // configuration.turns) * configuration.lane_bytes // FORMAT_BYTES[facts["format"]]
    bank = configurations.exported(configuration) / "bank.json"
    command = ["simulate", configurations.PACK, "--tensors", f"smollm2.ffn1_out.*.{facts['format']}", "--bank", bank, "--lanes",
               configuration.lanes, "--turns", configuration.turns, "--map", facts["map"], "--packet", elements, "--max-elements", elements, "--engine", engine,
               "--json"]
    done = subprocess.run([configurations.huffwire(), *map(str, command)], cwd=tools.ROOT, capture_output=True, text=True)
    if done.returncode:
        raise tools.ToolError(f"huffwire simulate, {configuration.name}: {done.stderr.strip()}")
    found = json.loads(done.stdout)["tensors"]
    wrong = [t["name"] for t in found if t["packets"] != 1]
    if wrong or not found:
        raise tools.ToolError(f"{configuration.name}: not one packet of each tensor: {wrong}")
    return found


def measure(configuration, engine):
    """Latencies of a configuration, least and most over packets of all lengths, in clocks."""
    facts = configurations.core(configuration.name, "encoder").facts
    runs = {steps: simulate(configuration, facts, steps, engine) for steps in STEPS}
    everything = [tensor for run in runs.values() for tensor in run]
    found = {"configuration": configuration.name, "title": configuration.title, "lanes": facts["lanes"], "turns": facts["turns"], "format": facts["format"],
             "map": facts["map"], "engine": engine, "steps": list(STEPS), "packets": len(everything),
             "fingerprint": facts["fingerprint"], "crate": facts["crate"], "wire_format": facts["wire_format"]}
    for side in SIDES:
        found[side] = {}
        for end in ("first", "last"):
            clocks = [(t if side == "both" else t[side])[f"{end}_latency"]["min"] for t in everything]
            found[side][end] = [min(clocks), max(clocks)]
    for side in SIDES[:2]:
        # In the longest packets; its ends weigh least there.
        rates = [tensor[side]["steady_symbols_per_clock"] for tensor in runs[STEPS[-1]]]
        found[side]["symbols_per_clock"] = round(min(rates), 3)
    return found


def table(results):
    """The rows as Markdown."""
    span = lambda pair: str(pair[0]) if pair[0] == pair[1] else f"{pair[0]} to {pair[1]}"
    head = ["what", "lanes", "encoder: first", "last", "decoder: first", "last", "both: first", "last",
            "symbols a clock, encoder / decoder"]
    lines = [[r["title"], tables.lanes(r), *(span(r[side][end]) for side in SIDES for end in ("first", "last")),
              f"{r['encoder']['symbols_per_clock']:.2f} / {r['decoder']['symbols_per_clock']:.2f}"] for r in results]
    return tables.markdown(head, lines)


def differences(old, new):
    """Where two measurements disagree, in words."""
    before, said = {r["configuration"]: r for r in old}, []
    for row in new:
        name = row["configuration"]
        if name not in before:
            said.append(f"{name}: not in latency.json")
            continue
        keys = [k for k in row if k != "engine" and row[k] != before[name].get(k)]
        said += [f"{name}: {k} is {row[k]}, latency.json says {before[name].get(k)}" for k in keys]
    return said


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lanes", type=numbers, default=[], metavar="N,N", help="lanes that go through a core in a clock")
    parser.add_argument("--engine", choices=["rust-hdl", "verilator"], default="rust-hdl")
    parser.add_argument("--check", action="store_true", help="compare with latency.json; writes nothing")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(arguments)
    wanted = [c for c in configurations.CONFIGURATIONS if not options.lanes or c.lanes // c.turns in options.lanes]
    if not wanted:
        sys.exit("no configuration has so many lanes")
    results = []
    for configuration in wanted:
        results.append(measure(configuration, options.engine))
        print(f"{configuration.name}: {results[-1]['both']}", file=sys.stderr)
    old = json.loads(FILE.read_text())["rows"] if FILE.exists() else []
    print(json.dumps(results, indent=1) if options.json else table(results))
    if options.check:
        said = differences(old, results)
        if said:
            sys.exit("\n".join(["FAILED:", *said]))
        return
    known = [c.name for c in configurations.CONFIGURATIONS]
    rows = {r["configuration"]: r for r in [*old, *results] if r["configuration"] in known}
    rows = sorted(rows.values(), key=lambda r: known.index(r["configuration"]))
    FILE.write_text(json.dumps({"rows": rows}, indent=1) + "\n")
    DOCUMENT.write_text(tables.replace(DOCUMENT.read_text(), "latency", table(rows)))


if __name__ == "__main__":
    try:
        main()
    except tools.ToolError as e:
        sys.exit(str(e))
