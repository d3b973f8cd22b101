"""Budgets: what each core may take. A core that grows, or whose clock falls, by more than is allowed fails the check until its
budget is changed too, in the same commit, for all to see."""

import json

AREA = ("lut", "ff", "bram", "nand2")
SECTIONS = {"full": "all whole cores, the seeds of the table", "quick": "one-lane cores, one seed: what .ci/run checks"}


class BudgetError(Exception):
    """The file is not one of budgets."""


def load(path):
    """Reads and checks a file of budgets."""
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError) as e:
        raise BudgetError(f"{path}: {e}") from None
    percent = found.get("allowed_percent")
    if not isinstance(percent, (int, float)) or isinstance(percent, bool) or not 0 <= percent <= 100:
        raise BudgetError(f"{path}: allowed_percent {percent!r}: must be 0 to 100")
    for section in SECTIONS:
        for row, limits in found.setdefault(section, {}).items():
            for name, value in limits.items():
                if name not in (*AREA, "mhz"):
                    raise BudgetError(f"{path}: {section}, {row}: unknown key '{name}'")
                if not isinstance(value, (int, float)) or isinstance(value, bool) or value < 0:
                    raise BudgetError(f"{path}: {section}, {row}, {name}: {value!r} must be a number from 0")
            if not limits:
                raise BudgetError(f"{path}: {section}, {row}: no limit")
    return found


def of(found):
    """The budget that a measurement just fills."""
    return {name: found[name] for name in (*AREA, "mhz") if found.get(name) is not None}


def breaches(budgets, section, results):
    """What breaks the budgets of a section, in words: rows too large or too slow, without a budget, or not measured."""
    part, said = budgets["allowed_percent"] / 100, []
    measured = {r["id"]: r for r in results if not r["block"]}
    for row, limits in budgets[section].items():
        found = measured.get(row)
        if found is None or found["status"] != "ok":
            said.append(f"{row}: has a budget, but was not measured" + (f": {found['status']}" if found else ""))
            continue
        for name, limit in limits.items():
            value = found.get(name)
            if value is None:
                said.append(f"{row}: {name} has a budget, but was not measured")
            elif name == "mhz" and value < limit * (1 - part):
                said.append(f"{row}: {value:.1f} MHz, the budget is {limit:.1f} less {budgets['allowed_percent']} %")
            elif name != "mhz" and value > limit * (1 + part):
                said.append(f"{row}: {name} {value}, the budget is {limit} and {budgets['allowed_percent']} %")
    for row, found in measured.items():
        if row not in budgets[section] and found["status"] == "ok":
            said.append(f"{row}: no budget")
    return said


def updated(budgets, section, results, known):
    """The budgets with those of the measured rows set to what they take, without those of rows that are no longer known."""
    mine = {r["id"]: of(r) for r in results if not r["block"] and r["status"] == "ok"}
    kept = {row: limits for row, limits in {**budgets[section], **mine}.items() if row in known}
    return {**budgets, section: dict(sorted(kept.items()))}
