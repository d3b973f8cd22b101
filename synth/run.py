#!/usr/bin/env python3
"""Measures area and clock of the cores, and writes results.json and the tables of docs/hardware.md.

    python3 synth/run.py                           everything; hours on a small machine, goes on where it was cut off
    python3 synth/run.py --lanes 1                 one lane only
    python3 synth/run.py --only 'all-8/*' --device ecp5-6
    python3 synth/run.py --quick                   one-lane cores on ECP5, one seed; prints, writes nothing
    python3 synth/run.py --check                   measures, and fails where a core breaks its budget; writes nothing
    python3 synth/run.py --quick --check           the same for the quick rows: some minutes
    python3 synth/run.py --write-budgets           after a change that is meant: the budgets of what was measured
    python3 synth/run.py --tables                  the tables of docs/hardware.md from results.json, nothing measured
    python3 synth/run.py --list                    names of the rows

Builds the project's program (cargo), exports the cores with it, and installs the pinned tools into .venv/ on first use. A row that
was measured before, with the same Verilog, tools and seeds, is taken from target/synth/store; --fresh measures it again.
"""

import argparse
import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from flow import budget, numbers, rows, store, tables, tools  # noqa: E402
from flow.devices import DEVICES  # noqa: E402

RESULTS = tools.ROOT / "synth" / "results.json"
BUDGETS = tools.ROOT / "synth" / "budgets.json"
DOCUMENT = tools.ROOT / "docs" / "hardware.md"
QUICK_ROWS, QUICK_SEEDS, QUICK_MAPPING = ("fields-1/encoder/ecp5-6", "fields-1/decoder/ecp5-6"), [1], "-nowidelut"


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", default=[], metavar="GLOB", help="rows whose name holds this; repeat for more")
    parser.add_argument("--device", action="append", default=[], choices=list(DEVICES), help="repeat for more")
    parser.add_argument("--lanes", type=numbers, default=[], metavar="N,N", help="lanes that go through a core in a clock")
    parser.add_argument("--seeds", type=numbers, metavar="N,N", help="seeds of the placer, of which the median counts; 1,2,3 unless given, 1 for blocks and from 16 lanes on")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1), metavar="N", help="rows at a time (%(default)s)")
    parser.add_argument("--timeout", type=float, default=3600, metavar="S",
                        help="seconds that one run of a tool may take (%(default)s); the row then says so")
    parser.add_argument("--no-blocks", action="store_true", help="whole cores only")
    parser.add_argument("--quick", action="store_true", help="the two quick rows, one seed, one mapping")
    parser.add_argument("--check", action="store_true", help="fail where a budget is broken; writes nothing")
    parser.add_argument("--write-budgets", action="store_true", help="set the budgets of the rows to what was measured")
    parser.add_argument("--tables", action="store_true", help="make the tables anew from results.json")
    parser.add_argument("--list", action="store_true", help="print the names of the rows")
    parser.add_argument("--fresh", action="store_true", help="measure again what is in the store")
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    given = parser.parse_args(arguments)
    if given.jobs < 1 or given.timeout <= 0:
        parser.error("--jobs and --timeout must be more than 0")
    if given.quick and (given.only or given.device or given.lanes or given.seeds):
        parser.error("--quick has rows and seeds of its own")
    if given.check and given.write_budgets:
        parser.error("--check and --write-budgets exclude each other")
    return given


def read_results():
    return json.loads(RESULTS.read_text())["rows"] if RESULTS.exists() else []


def merged(old, new, known):
    """Old rows with the new ones in their place, in the order of the known names; rows of other names are dropped."""
    found = {r["id"]: r for r in [*old, *new]}
    return [found[name] for name in known if name in found]


def write_results(results):
    text = json.dumps({"rows": tables.ordered(results)}, indent=1) + "\n"
    part = RESULTS.with_suffix(".part")
    part.write_text(text)
    part.rename(RESULTS)


def write_tables(results):
    results = tables.ordered(results)
    DOCUMENT.write_text(tables.fill(DOCUMENT.read_text(), results))


def line(found):
    """A row as a line."""
    if found["status"] != "ok":
        return f"{found['id']:<44} {found['status']}"
    area = f"{found['nand2']:>6} NAND2" if "nand2" in found else f"{found['lut']:>6} LUT"
    path = found["path"] or {"from": "", "to": "", "ns": 0}
    seeds = " ".join(f"{m:.0f}" for m in found.get("mhz_of_seeds", []) if m)
    return (f"{found['id']:<44} {area} {found['ff']:>6} FF {found.get('bram', 0):>3} BRAM {found['mhz'] or 0:>7.1f} MHz"
            f" ({seeds}) {found.get('mapping', '')}  {path['from']} -> {path['to']} {path['ns']} ns")


def measure_all(wanted, options, seeds, variant, done):
    """Measures rows, some at a time, and tells `done` of each as it comes."""
    results, failed, start = [], [], time.monotonic()
    with ThreadPoolExecutor(options.jobs) as pool:
        pending = {pool.submit(rows.measure, row, seeds, options.timeout, variant): row for row in wanted}
        for future in as_completed(pending):
            try:
                results.append(future.result())
            except (tools.ToolError, ValueError, OSError) as e:
                failed.append(f"{pending[future].id}: {e}")
                print(failed[-1], file=sys.stderr)
                continue
            done(results)
            minutes = (time.monotonic() - start) / 60
            print(f"[{len(results) + len(failed)}/{len(wanted)}, {minutes:.0f} min] {line(results[-1])}", file=sys.stderr)
    return results, failed


def main(arguments=None):
    options = parse(arguments)
    store.fresh = options.fresh
    if options.tables:
        return write_tables(read_results())
    known = rows.all_rows()
    wanted = rows.select(known, options.only, options.device, options.lanes, not options.no_blocks)
    section = "quick" if options.quick else "full"
    if options.quick:
        wanted = [row for row in known if row.id in QUICK_ROWS]
    elif options.check:
        wanted = [row for row in wanted if not row.block]
    if options.list:
        return print("\n".join(row.id for row in wanted))
    skipped = set()
    if any(row.device == "osu018" for row in wanted) and not tools.standard_cells():
        skipped = {row.id for row in wanted if row.device == "osu018"}
        wanted = [row for row in wanted if row.id not in skipped]
    if not wanted:
        sys.exit("no row is asked for: see --list")
    keep = not (options.quick or options.check)
    old, names = read_results(), [row.id for row in known]
    seeds, variant = (QUICK_SEEDS, QUICK_MAPPING) if options.quick else (options.seeds, None)

    def save(found):
        """Results and tables after each row, so that a run that is cut off leaves both, and both alike."""
        if keep:
            together = merged(old, found, names)
            write_results(together)
            write_tables(together)

    results, failed = measure_all(wanted, options, seeds, variant, save)
    results = merged([], results, names)
    print(json.dumps(results, indent=1) if options.json else "\n".join(map(line, results)))
    if options.write_budgets:
        BUDGETS.write_text(json.dumps(budget.updated(budget.load(BUDGETS), section, results, names), indent=1) + "\n")
    if options.check:
        limits = budget.load(BUDGETS)
        if options.only or options.device or options.lanes:
            skipped = set(names) - {row.id for row in wanted}
        limits[section] = {row: limit for row, limit in limits[section].items() if row not in skipped}
        failed += budget.breaches(limits, section, results)
    if failed:
        sys.exit("\n".join(["", "FAILED:", *failed]))


if __name__ == "__main__":
    try:
        main()
    except (tools.ToolError, budget.BudgetError) as e:
        sys.exit(str(e))
