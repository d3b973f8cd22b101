"""What was measured once is not measured again: results are kept under target/synth/ by the hash of everything that they follow
from. A run that was cut off goes on where it was."""

import hashlib
import json
import threading

from .configurations import target

# Raised when the flow itself changes what it measures or how it reports it.
FLOW = 1

_locks, _guard = {}, threading.Lock()
fresh = False
_made = set()


def measured(kind, inputs, make):
    """The result of `make(folder)` for these inputs, a JSON object; from the store if it is there. What fails with TimeoutError
    is not kept."""
    text = json.dumps([FLOW, kind, inputs], sort_keys=True)
    key = f"{kind}-{hashlib.sha256(text.encode()).hexdigest()[:20]}"
    with _guard:
        lock = _locks.setdefault(key, threading.Lock())
    with lock:
        folder = target() / "synth" / "store" / key
        result = folder / "result.json"
        if result.exists() and not (fresh and key not in _made):
            return json.loads(result.read_text()), folder
        folder.mkdir(parents=True, exist_ok=True)
        found = make(folder)
        part = folder / "result.part"
        part.write_text(json.dumps(found, indent=1))
        part.rename(result)
        _made.add(key)
        return found, folder
