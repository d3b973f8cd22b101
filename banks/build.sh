#!/usr/bin/env bash
# Builds the banks that ship from the histograms beside this script, bit for bit the same each time:
#   banks/build.sh [FOLDER to write them to, that of this script unless given]
# HUFFWIRE names a built program; else cargo builds and runs it.
set -euo pipefail
folder=$(realpath "${1:-$(dirname "$0")}")
cd "$(dirname "$0")"
if [ -n "${HUFFWIRE:-}" ]; then run=("$HUFFWIRE"); else run=(cargo run --release --quiet --no-default-features --); fi

# Models count alike, and so do the synthetic shapes together. Book 1 is the average of the models, and a quarter of it is for what
# that would serve worst, among models and shapes with few zeros.
groups=()
for model in gemma_tiny minilm proteinmpnn smollm2 whisper_tiny synthetic; do
    groups+=(--group "$model=$model.*")
done
common=("${groups[@]}" --average '*.bf16'
    --cover '{*.bf16,synthetic.*.zeros{0,0.02}.rows{0,1}.columns0}' --cover-share 25 --books 15 --limit 10 --force)

"${run[@]}" calibrate merge real.histograms.json synthetic.histograms.json "${common[@]}" \
    --escaped-limit 15 --escape 20 --name universal --output "$folder/universal.json"
# Exponents of five bits (e5m2 too) and fewer: every symbol has a codeword of its own.
for format in fp16 e4m3 e3m2; do
    "${run[@]}" calibrate merge "$format.histograms.json" "${common[@]}" \
        --escape none --name "universal-$format" --output "$folder/$format.json"
done
