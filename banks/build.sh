#!/usr/bin/env bash
# Builds the universal bank from the histograms beside this script, bit for bit the same each time:
#   banks/build.sh [OUTPUT, universal.json unless given]
# HUFFWIRE names a built program; else cargo builds and runs it.
set -euo pipefail
cd "$(dirname "$0")"
if [ -n "${HUFFWIRE:-}" ]; then run=("$HUFFWIRE"); else run=(cargo run --release --quiet --no-default-features --); fi

# Models count alike, and so do the synthetic shapes together; book 1 is made from the models alone.
"${run[@]}" calibrate merge real.histograms.json synthetic.histograms.json \
    --group 'gemma_tiny=gemma_tiny.*' --group 'minilm=minilm.*' --group 'proteinmpnn=proteinmpnn.*' \
    --group 'smollm2=smollm2.*' --group 'whisper_tiny=whisper_tiny.*' --group 'synthetic=synthetic.*' \
    --average '*.bf16' --books 15 --limit 10 --escaped-limit 15 --escape 20 \
    --name universal --force --output "${1:-universal.json}"
