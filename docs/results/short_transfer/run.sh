#!/usr/bin/env bash
# Normal training and SEAL on 20 classes of Tiny-ImageNet, three seeds each;
# what the networks show of those classes, of 30 others, of EuroSAT, of
# Flowers-102 and of CIFAR-100.
#
#   docs/results/short_transfer/run.sh DATA OUT
#
# DATA: folder of tiny-imagenet-50x200.zip, eurosat.zip, flowers102.zip and
# cifar100.zip (see docs/results/short_transfer/README.md). OUT: work directories
# (40 MB) and results. Cut off and called again, it goes on. About 70 minutes
# on 2 cores.
set -euo pipefail
data=$1 out=$2
tiny="--dataset=tiny_imagenet --data_dir=$data/tiny-imagenet-50x200.zip"
networks=""
for seed in 0 1 2; do
  for method in normal seal; do
    scale=""
    [ $method = seal ] && scale="--ascent_scale=0.05"
    run=$out/$method-seed$seed
    networks=${networks:+$networks,}$run
    [ -e "$run/summary.json" ] || python -m seal_tf.train \
      --flagfile=configs/seal_tiny_imagenet_small.flags $tiny --classes=20 \
      --generations=3 --epochs_per_generation=8 --method=$method $scale \
      --seed=$seed --track_learning --workdir="$run"
  done
done
results=$networks
probe() { # NAME PROBE FLAGS…
  local into=$out/$1/$2
  results=$results,$into
  [ -e "$into/$2.json" ] || python -m seal_tf.probe --export="$networks" \
    --probe="$2" --out="$into" "${@:3}"
}
probe own prediction_depth $tiny --classes=20
for what in prediction_depth linear few_shot; do
  probe others $what $tiny --skip_classes=20
  for set in eurosat flowers102 cifar100; do
    probe $set $what --dataset=image_folder --data_dir="$data/$set.zip"
  done
done
probe own sharpness $tiny --classes=20
python -m seal_tf.report --runs="$results" --out="$out/report"
here=docs/results/short_transfer
mkdir -p $here/json
for run in ${networks//,/ }; do
  cp "$run/summary.json" "$here/json/$(basename "$run").json"
done
for file in "$out"/{own,others,eurosat,flowers102,cifar100}/*/*.json; do
  cp "$file" "$here/json/$(basename "$(dirname "$(dirname "$file")")")_$(basename "$file")"
done
cp "$out/report/results.md" "$out"/report/{accuracy_by_generation,curves_1,linear}.png $here/
cp "$out/report/accuracy_per_tap_0.png" $here/accuracy_per_tap.png
cp "$out/report/depth_histogram_0.png" $here/depth_histogram.png
cp "$out/report/metrics_by_depth_0.png" $here/metrics_by_depth.png
cp "$out/report/few_shot_1.png" $here/few_shot_5way_5shot.png
