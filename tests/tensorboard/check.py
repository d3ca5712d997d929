"""Reads the event log of one run with the `tensorboard` package: python3 tests/tensorboard/check.py OUT/RUN/seed-S"""
import sys

import numpy as np
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util import tensor_util

folder = sys.argv[1]
log = EventAccumulator(folder, size_guidance={"scalars": 0, "tensors": 0})
log.Reload()
tags = log.Tags()

scalars = {"loss/train", "error/train", "lr", "loss/test", "error/test"}
assert set(tags["scalars"]) == scalars, tags["scalars"]
for tag in ("loss/train", "error/train", "lr"):
    steps = [record.step for record in log.Scalars(tag)]
    assert steps == list(range(1, len(steps) + 1)), f"{tag}: steps are not 1, 2, 3, ..."
for tag in ("loss/test", "error/test"):
    steps = [record.step for record in log.Scalars(tag)]
    assert steps == sorted(set(steps)) and steps[-1] == log.Scalars("loss/train")[-1].step, f"{tag}: {steps}"
for tag in ("error/train", "error/test"):
    assert all(0 <= record.value <= 1 for record in log.Scalars(tag)), tag

for tag in ("gradient_norm/activation", "gradient_norm/weight"):
    layers = log.SummaryMetadata(tag).summary_description.split(", ")
    records = log.Tensors(tag)
    steps = [record.step for record in records]
    assert steps[0] == 0 and steps == sorted(set(steps)), f"{tag}: {steps}"
    for record in records:
        norms = tensor_util.make_ndarray(record.tensor_proto)
        assert norms.dtype == np.float32 and norms.shape == (len(layers),), (tag, norms.dtype, norms.shape)
        assert (norms >= 0).all(), tag

engine = tensor_util.make_ndarray(log.Tensors("engine")[-1].tensor_proto).item().decode()
print(f"{folder}: {len(log.Scalars('loss/train'))} steps by {engine}, {len(records)} records of norms")
