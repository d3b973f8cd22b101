"""Which cores are measured, and their export. Every fact about them is read back from the exported Verilog."""

import os
import subprocess
import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from . import tools, verilog

SIDES = ("encoder", "decoder")
# Books for the rows with one book: made from the project's own tensors.
PACK = "data/tensors.safetensors"


@dataclass(frozen=True)
class Configuration:
    """A pair of cores."""
    name: str
    lanes: int
    #: What is measured, in words.
    title: str
    #: Arguments of `huffwire calibrate` for a bank of its own; None for a bank that comes with the program.
    calibrate: tuple = None
    #: Arguments of `huffwire export`.
    export: tuple = ()
    #: Turns in which the lanes of a step are served: of 4 lanes of the format one goes through the core in a clock.
    turns: int = 1
    #: Bytes that a lane takes a clock: an element, or with map `bytes` a byte of it.
    lane_bytes: int = 2
    tracker: bool = False
    book_mode: str = "packet"
    #: Its blocks have rows of their own.
    blocks: bool = False
    #: It is small enough for the smaller devices.
    small: bool = False

    @property
    def wide(self):
        """Placement takes so long that one seed and one mapping have to do."""
        return self.lanes // self.turns >= 16


def _turns(more):
    return "-in-turn" if more.get("turns", 1) > 1 else ""


def _one_book(lanes, map_name="fields", decidable=None, **more):
    bytes_map = map_name == "bytes"
    return Configuration(
        name=f"{map_name}-{lanes}{'-decidable' if decidable else ''}{_turns(more)}", lanes=lanes,
        title=f"{map_name}, one book" + (f", lengths in {decidable} bits" if decidable else ""),
        calibrate=("--tensors", "smollm2.ffn1_out*.bf16", "--map", map_name, "--name", "one",
                   *(("--decidable", decidable) if decidable else ())),
        lane_bytes=1 if bytes_map else 2, **more)


def _everything(lanes, **more):
    return Configuration(
        name=f"all-{lanes}{_turns(more)}", lanes=lanes, title="tracked bias, best of 15 books a block",
        export=("--bank", "universal"), tracker=True, book_mode="block", **more)


CONFIGURATIONS = [
    _one_book(1, blocks=True, small=True),
    _one_book(1, "bytes", small=True),
    # The length of every codeword follows from its first six bits.
    _one_book(1, decidable=6, small=True),
    _one_book(2),
    _one_book(4),
    _one_book(8),
    _one_book(16),
    # A beat of the link has 128 bytes at most: with more lanes than 32 there is no room for raw bits beside the worst codewords.
    _one_book(64, "bytes"),
    _everything(1),
    _everything(8, blocks=True),
    _everything(16),
    _everything(32),
    _one_book(4, turns=4, blocks=True, small=True),
    _one_book(32, turns=4),
    _everything(32, turns=4),
    _everything(64, turns=4),
]


def by_name(name):
    found = [c for c in CONFIGURATIONS if c.name == name]
    if not found:
        raise KeyError(f"no configuration {name}: there are {', '.join(c.name for c in CONFIGURATIONS)}")
    return found[0]


@lru_cache(maxsize=None)
def huffwire():
    """The project's own program, built."""
    given = os.environ.get("HUFFWIRE")
    if given:
        return given
    done = subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=tools.ROOT, capture_output=True, text=True)
    if done.returncode:
        raise tools.ToolError("cargo build --release failed:\n" + "\n".join(done.stderr.splitlines()[-15:]))
    return str(target() / "release" / "huffwire")


def target():
    return (tools.ROOT / os.environ.get("CARGO_TARGET_DIR", "target")).absolute()


def call(*arguments):
    done = subprocess.run([huffwire(), *map(str, arguments)], cwd=tools.ROOT, capture_output=True, text=True)
    if done.returncode:
        raise tools.ToolError(f"huffwire {arguments[0]}: {done.stderr.strip()}")


_lock, _exported = threading.Lock(), {}


def exported(configuration, boards=False):
    """The folder of a configuration's export, made afresh once a process."""
    with _lock:
        key = (configuration.name, boards)
        if key not in _exported:
            folder = target() / "synth" / "export" / (configuration.name + ("-boards" if boards else ""))
            folder.parent.mkdir(parents=True, exist_ok=True)
            arguments = list(configuration.export)
            if configuration.calibrate:
                bank = folder.with_suffix(".json")
                bank.unlink(missing_ok=True)
                call("calibrate", PACK, *configuration.calibrate, "-o", bank)
                arguments += ["--bank", bank]
            call("export", *arguments, "--lanes", configuration.lanes, "--turns", configuration.turns, "-o", folder, "--force",
                 *(["--boards"] if boards else []))
            _exported[key] = folder
        return _exported[key]


@dataclass(frozen=True)
class Source:
    """Verilog of a core."""
    text: str
    top: str
    facts: dict


@lru_cache(maxsize=None)
def core(name, side):
    """A core's Verilog."""
    top = f"huffwire_{side}"
    text = (exported(by_name(name)) / f"{top}.v").read_text()
    return Source(text, top, verilog.facts(text))
