#!/usr/bin/env bash
# Make the shipped weights from the data that the model card names.
#
# usage: tools/train_shipped.sh DATA TEACHERS RUNS
#
# DATA holds one folder a data set, TEACHERS those of PP-TinyPose and PicoDet in OpenVINO's format
# with teacher.py, which refines labels and needs openvino (pip install . openvino). The weights are
# left in RUNS; 2 cores take about three hours. EPOCHS_FINDER, EPOCHS_TUNING and EPOCHS_JOINTS can be
# made smaller to try it out. A run that was broken off goes on by `pedpose train --resume`.
set -euo pipefail
data=$(realpath "$1")
teachers=$(realpath "$2")
mkdir -p "$3"
runs=$(realpath "$3")
tools=$(realpath "$(dirname "$0")")
val="$data/coco/dev.json"
cd "$runs"
mkdir -p found seen refined

# What the teachers see in the pictures: people that nobody labelled, and the joints of those labelled.
for set in coco coco_small; do
  python "$teachers/teacher.py" images "$data/$set/images" --min-score 0.35 --out "found/$set.json"
done
for set in coco coco_small lspet fashion pelota; do
  python "$teachers/teacher.py" images "$data/$set" --boxes "$data/$set/train.json" --flip \
    --out "seen/$set.json"
done
python "$tools/prepare_data.py" "$data" data --found found
for set in coco coco_small; do
  python "$tools/refine_labels.py" "data/$set.json" "seen/$set.json" "refined/$set.json"
done
for set in lspet pelota; do
  python "$tools/refine_labels.py" "data/$set.json" "seen/$set.json" "refined/$set.json" --distrust
done
python "$tools/tinypose_weights.py" "$teachers"/tinypose_256x192/model.xml tinypose.safetensors
python "$tools/picodet_weights.py" "$teachers"/picodet_s_320_pedestrian/*.xml picodet.safetensors
