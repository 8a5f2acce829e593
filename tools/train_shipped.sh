#!/usr/bin/env bash
# Make the shipped weights from the data that the model card names.
#
# usage: tools/train_shipped.sh DATA TEACHERS RUNS
#
# DATA holds one folder a data set, TEACHERS those of PP-TinyPose and PicoDet in OpenVINO's format
# with teacher.py, which refines labels and needs openvino (pip install . openvino). The weights are
# left in RUNS; 2 cores take about two and a half hours. SHARE, as 0.1, makes all runs shorter, to try it out.
# A run that was broken off goes on by `pedpose train --resume`.
set -euo pipefail
data=$(realpath "$1")
teachers=$(realpath "$2")
mkdir -p "$3"
runs=$(realpath "$3")
tools=$(realpath "$(dirname "$0")")
val="$data/coco/dev.json"
epochs() { python -c "print($1 * ${SHARE:-1})"; }
cd "$runs"
mkdir -p found seen refined

# What the teachers see in the pictures: people that nobody labelled, and the joints of those labelled.
for set in coco coco_small; do
  python "$teachers/teacher.py" images "$data/$set/images" --min-score 0.35 --out "found/$set.json"
done
for set in coco coco_small lspet pelota; do
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

# The person finder: first its new decoder alone, then all of it, twice.
finder=(--task person --data data/coco.json --data data/coco_small.json --data data/people.json
  --data data/synth.json:0.5 --data data/pelota.json --val "$val"
  --augment 0.4 --batch 16 --warmup 100 --ema 0.998 --val-epochs 0.5 --save-steps 100)
pedpose train "${finder[@]}" --init picodet.safetensors --freeze 32 --lr 1e-3 \
  --epochs "$(epochs 4)" --out finder1
pedpose train "${finder[@]}" --init finder1/best.safetensors --lr 1.5e-4 \
  --epochs "$(epochs 4)" --out finder2
pedpose train "${finder[@]}" --init finder2/last.safetensors --lr 1.5e-4 \
  --epochs "$(epochs 4)" --out finder3

# The joint network: gently, or it forgets more than it learns.
joints=(--data refined/coco.json:3 --data refined/coco_small.json:0.8 --data data/people.json:0.2
  --data refined/lspet.json:0.5 --data data/synth.json:0.2 --data refined/pelota.json --val "$val"
  --min-side 70 --augment 0.6 --loss squares --sigma 2 --batch 32 --warmup 50
  --ema 0.998 --val-epochs 0.4 --save-steps 50)
pedpose train "${joints[@]}" --init tinypose.safetensors --lr 6e-5 \
  --epochs "$(epochs 2.5)" --out joints1
pedpose train "${joints[@]}" --init joints1/last.safetensors --lr 1e-4 \
  --epochs "$(epochs 3)" --out joints2

# Half precision, and what scores mean.
python "$tools/ship_weights.py" joints2/last.safetensors joints.safetensors
python "$tools/ship_weights.py" finder3/last.safetensors person.safetensors
weights=(--weights joints.safetensors --person-weights person.safetensors)
pedpose eval --data "$val" --weights joints.safetensors --out seen/true_boxes
python "$tools/calibrate.py" joints.safetensors joints seen/true_boxes/report.json
pedpose eval --data "$val" "${weights[@]}" --boxes detected --conf 0.05 --out seen/found_boxes
python "$tools/calibrate.py" joints.safetensors people seen/found_boxes/report.json
