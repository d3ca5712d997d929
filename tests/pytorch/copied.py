"""Compares the file that "Copy as PyTorch" makes with our own nets.

    python3 tests/pytorch/copied.py [FILE]          (PyTorch 2.x on CPU, safetensors)

FILE is what `depthscope export RUN --as pytorch` prints; the shipped one unless given. Of each net of make.py, which
tests/pytorch.rs compares every engine with: names, shapes and number of parameters, and the logits with running and with
batch statistics, from the weights in the safetensors files. Then the nets of FILE itself take a training step each.
"""

import importlib.util
import json
import pathlib
import sys

import torch
import torch.nn.functional as F
from safetensors import safe_open

HERE = pathlib.Path(__file__).parent
TEXTS = ("family", "block", "shortcut", "order", "norm", "init")


def copied(path):
    spec = importlib.util.spec_from_file_location("copied", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def parse(text):
    name, _, options = text.partition(":")
    family, depth = name.split("-")
    given = dict(option.split("=") for option in options.split(","))
    channels, classes = int(given.pop("input").split("x")[0]), int(given.pop("classes"))
    spec = {key: value if key in TEXTS else float(value) if key == "scale" else int(value) for key, value in given.items()}
    return dict(family=family, depth=int(depth)) | spec, channels, classes


def compare(module, path):
    with safe_open(path, "pt") as file:
        metadata = file.metadata() or {}
        if "case" not in metadata:
            return
        tensors = {key: file.get_tensor(key) for key in file.keys()}
    text = json.loads(metadata["case"])["net"]
    net = module.Net(*parse(text)).double()
    initial = {key.removeprefix("initial/"): value for key, value in tensors.items() if key.startswith("initial/")}
    own = {key: value for key, value in net.state_dict().items() if not key.endswith("num_batches_tracked")}
    shapes = [{key: tuple(value.shape) for key, value in state.items()} for state in (own, initial)]
    assert shapes[0] == shapes[1], f"{text}: {set(shapes[0].items()) ^ set(shapes[1].items())}"
    count = sum(value.numel() for value in net.parameters())
    error = 0.0
    for mode in ("running", "batch"):
        net.load_state_dict(initial, strict=False)
        net.train(mode == "batch")
        with torch.no_grad():
            logits = net(tensors["images"].double())
        right = tensors[f"{mode}/logits"].double()
        error = max(error, float((logits - right).norm() / right.norm()))
    assert error < 1e-6, f"{text}: {error}"
    print(f"{text}: {len(own)} tensors, {count} parameters, largest error {error:.1e}")


def steps(module):
    for name, spec in module.SPECS.items():
        net = module.Net(spec, 1, 10).start(0)
        twin = module.Net(spec, 1, 10).start(0)
        same = all(torch.equal(a, b) for a, b in zip(net.parameters(), twin.parameters()))
        assert same, f"{name}: two starts differ"
        optimizer = module.optimizer_of(net)
        loss = F.cross_entropy(net(torch.randn(8, 1, 8, 8)), torch.arange(8))
        loss.backward()
        optimizer.step()
        print(f"{name}: starts alike, and a step is done")


if __name__ == "__main__":
    torch.set_num_threads(1)
    module = copied(sys.argv[1] if len(sys.argv) > 1 else HERE.parents[1] / "assets/pytorch/experiment.py")
    for path in sorted(HERE.glob("*.safetensors")):
        compare(module, path)
    steps(module)
