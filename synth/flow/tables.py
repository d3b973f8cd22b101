"""Markdown tables from results, and where they go: between `<!-- NAME: begin -->` and `<!-- NAME: end -->`."""

from . import configurations, rows
from .devices import DEVICES

SIDES = {"encoder": "encoder", "decoder": "decoder"}


def replace(text, name, table):
    """The text with the table of this name replaced; ValueError where there is no place for it."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    if text.count(begin) != 1 or text.count(end) != 1:
        raise ValueError(f"there must be one {begin} and one {end}")
    before, rest = text.split(begin)
    return f"{before}{begin}\n{table}\n{end}{rest.split(end)[1]}"


def ordered(results):
    """Results in the order of configurations, sides and devices."""
    names = [c.name for c in configurations.CONFIGURATIONS]
    place = lambda r: (names.index(r["configuration"]) if r["configuration"] in names else len(names),
                       list(SIDES).index(r["side"]), list(DEVICES).index(r["device"]))
    return sorted(results, key=place)


def number(value, digits=0):
    return "" if value is None else f"{value:.{digits}f}"


def markdown(head, lines):
    """A table; a column whose name ends in # is aligned to the right."""
    rule = ["---:" if name.endswith("#") else "---" for name in head]
    head = [name.rstrip("#") for name in head]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in [head, rule, *lines])


def _per_thousand(found):
    rate = rows.rate(found)
    return None if rate is None else 1000 * rate / found["lut"]


def lanes(found):
    turns = found.get("turns", 1)
    return f"{found['lanes']}{f' in {turns} turns' if turns > 1 else ''}, {found['format']}"


def cores(results):
    """Whole cores on FPGAs."""
    lines = []
    for r in ordered(results):
        if r["block"] or r["device"] == "osu018":
            continue
        start = [r["title"], lanes(r), r["side"], f"{r['part']}-{r['grade']}"]
        if r["status"] != "ok":
            lines.append(start + [r["status"]] + [""] * 8)
            continue
        each = " ".join(number(m) for m in r["mhz_of_seeds"])
        lines.append(start + [r["lut"], r["ff"], r["bram"], r["carry"], f"**{r['mhz']:.0f}** ({each})", number(rows.rate(r)),
                              number(_per_thousand(r)), f"`{r['mapping'] or 'default'}`"])
    return markdown(["what", "lanes", "core", "device", "LUT#", "FF#", "BRAM#", "carry#", "MHz (each seed)", "MB/s#",
                      "MB/s per kLUT#", "mapping"], lines)


def paths(results):
    """Critical paths of whole cores, by the device that has the slowest."""
    lines = []
    for r in ordered(results):
        if r["block"] or r["status"] != "ok" or r["device"] not in ("ecp5-6", "osu018") or not r.get("path"):
            continue
        p = r["path"]
        wires = f"{p['routing_ns']:.1f} of it wires, {p['levels']} levels of logic" if "routing_ns" in p else ""
        lines.append([f"{r['title']}, {lanes(r)}", r["side"], r["device"], f"`{p['from']}`", f"`{p['to']}`",
                      f"{p['ns']:.1f}", wires])
    return markdown(["what", "core", "device", "from", "to", "ns#", ""], lines)


def blocks(results):
    """Blocks by themselves."""
    lines, cells = [], {(r["configuration"], r["side"], r["block"]): r for r in results if r["device"] == "osu018"}
    for r in ordered(results):
        if r["device"] != "ecp5-6" or r["status"] != "ok":
            continue
        if not r["block"] and not any(o["block"] and o["configuration"] == r["configuration"] for o in results):
            continue
        name = f"`{r['block']}`" if r["block"] else "**whole core**"
        cell = cells.get((r["configuration"], r["side"], r["block"]), {})
        lines.append([f"{r['title']}, {lanes(r)}", r["side"], name, r["instances"], r["lut"], r["ff"], r["bram"], r["carry"],
                      number(r["mhz"]), number(cell.get("nand2")), number(cell.get("mhz"))])
    return markdown(["what", "core", "block", "instances#", "LUT#", "FF#", "BRAM#", "carry#", "MHz#", "NAND2#",
                      "MHz in cells#"], lines)


def cells(results):
    """Whole cores in standard cells."""
    lines = []
    for r in ordered(results):
        if r["block"] or r["device"] != "osu018":
            continue
        start = [r["title"], lanes(r), r["side"]]
        if r["status"] != "ok":
            lines.append(start + [r["status"], "", "", ""])
            continue
        lines.append(start + [r["nand2"], r["ff"], number(r["mhz"]), number(rows.rate(r))])
    return markdown(["what", "lanes", "core", "NAND2 equivalents#", "FF#", "MHz#", "MB/s#"], lines)


def beside(results):
    """Our rows as peers are listed."""
    lines = []
    for r in ordered(results):
        if r["block"] or r["device"] != "ecp5-6" or r["status"] != "ok":
            continue
        lines.append([f"{r['side']}, {r['title']}, {lanes(r)}", rows.lanes_at_once(r), f"{r['lut']} / {r['ff']} / {r['bram']}",
                      number(r["mhz"]), number(rows.rate(r)), number(_per_thousand(r))])
    return markdown(["core", "elements a clock#", "LUT / FF / BRAM", "MHz#", "MB/s#", "MB/s per kLUT#"], lines)


def origin(results):
    """What the figures were made with."""
    each = lambda name: ", ".join(sorted({str(r[name]) for r in results}))
    used = ", ".join(sorted({t for r in results for t in r.get("tools", [])}))
    banks = sorted({(r["title"], r["fingerprint"]) for r in results})
    lines = [f"huffwire {each('crate')}, wire format {each('wire_format')}, measured {each('date')}. Tools: {used}."]
    lines.append("Banks: " + ", ".join(f"{title} `{fingerprint}`" for title, fingerprint in banks) + ".")
    return "\n".join(lines)


TABLES = {"cores": cores, "paths": paths, "blocks": blocks, "cells": cells, "beside": beside, "origin": origin}


def fill(text, results):
    """A document with all of its tables made anew."""
    for name, make in TABLES.items():
        text = replace(text, name, make(results))
    return text
