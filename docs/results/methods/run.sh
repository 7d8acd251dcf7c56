#!/usr/bin/env bash
# The table of docs/methods/README.md: ten runs of 24 passes over 2,000
# photographs, two to three minutes each on 2 cores. From the clone's root:
#   docs/results/methods/run.sh …/tiny-imagenet-200.zip
# The same command again goes on where it stopped.
set -euo pipefail
data=$1
out=runs/table
run() {
  local name=$1
  shift
  .venv/bin/python -m seal_tf.train \
    --flagfile=configs/seal_tiny_imagenet_small.flags --data_dir="$data" \
    --classes=20 --images_per_class=100 \
    --generations=3 --epochs_per_generation=8 \
    --workdir="$out/$name" --progress=none "$@"
}
run long --method=normal --generations=1 --epochs_per_generation=24
run normal --method=normal
run seal --method=seal+snapshots
run llf --method=llf+snapshots
run llf_seal --method=llf+seal
run annealed_ascent --method=annealed_ascent
run snapshots --method=snapshots
run freezeout --method=freezeout
run snapshots_freezeout --method=snapshots+freezeout
run seal_freezeout --method=seal+freezeout
names="long normal seal llf llf_seal annealed_ascent snapshots freezeout snapshots_freezeout seal_freezeout"
runs=$(printf "$out/%s," $names)
.venv/bin/python -m seal_tf.report --runs="${runs%,}" --out="$out/report"
here=docs/results/methods
for name in $names; do cp "$out/$name/summary.json" "$here/$name.json"; done
cp "$out/report/accuracy_by_generation.png" "$out/report/results.md" "$here/"
cp "$out/snapshots/ensemble.png" "$here/ensemble_snapshots.png"
cp "$out/freezeout/freezing.png" "$here/freezeout_stages.png"
