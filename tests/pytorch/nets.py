"""Makes nets.json: what PyTorch computes, in f64, for whole nets on odd shapes, as digests of kernels.py.

    python3 tests/pytorch/nets.py          (PyTorch 2.x on CPU, numpy, safetensors)
"""

import copy
import json
import pathlib
import types

import numpy as np
import torch
import torch.nn.functional as F

import kernels
import make

# Net, images, whether batch statistics are used.
CASES = [
    ("plain-8:width=3,input=1x7x7,classes=5", 1, False),
    ("resnet-8:width=3,input=2x9x9,classes=4", 1, False),
    ("resnet-8:norm=none,width=4,input=1x9x9,classes=5", 1, True),
    ("resnet-8:width=3,input=2x9x9,classes=4", 3, True),
    ("resnext-11:cardinality=3,group_width=2,width=5,input=1x9x9,classes=5", 3, True),
    ("plain-8:width=12,input=3x7x9,classes=3", 3, True),
    ("resnet-8:shortcut=B,scale=0.5,width=3,input=1x7x7,classes=5", 127, True),
    ("resnet-8:order=pre,width=4,input=3x7x7,classes=10", 127, True),
    ("resnet-11:block=bottleneck,width=2,input=1x9x9,classes=4", 127, True),
    ("resnet-8:width=3,input=1x9x7,classes=5", 127, False),
]
STEPS, RATE = 3, 0.02


def initial(net, seed):
    """The state dictionary's values, in f32, one stream each."""
    for at, (name, value) in enumerate(sorted(net.state_dict().items())):
        if name.endswith("num_batches_tracked"):
            continue
        v = kernels.values(value.numel(), seed * 1000 + at).astype(np.float32).reshape(value.shape)
        if value.dim() > 1:
            v = v * np.float32((6 / value[0].numel()) ** 0.5)
        elif name.endswith("running_var"):
            v = np.float32(1) + np.float32(0.5) * v
        elif name.endswith("weight"):
            v = np.float32(1) + np.float32(0.25) * v
        else:
            v = np.float32(0.25) * v
        value.copy_(torch.tensor(v))


def measure(net, images, labels, batch):
    found = {}

    def note(name, value):
        found[name] = kernels.digest(value)

    net.train(batch)
    start = copy.deepcopy(net.state_dict())
    loss = F.cross_entropy(net(images), labels)
    loss.backward()
    note("loss", loss)
    for name, value in net.seen.items():
        note(f"activation/{name}", value.flatten(1) if name == "logits" else value)
        note(f"activation_grad/{name}", value.grad)
    for name, parameter in net.named_parameters():
        note(f"grad/{name}", parameter.grad)
    if batch:
        for name, value in net.state_dict().items():
            if "running" in name:
                note(f"buffer/{name}", value)
        net.load_state_dict(start)
        recipe = {"kind": "sgd", "momentum": 0.9, "nesterov": False, "weight_decay": 1e-4, "decay": "all"}
        optimizer, losses = make.optimizer_of(net, recipe, RATE), []
        for _ in range(STEPS):
            optimizer.zero_grad()
            loss = F.cross_entropy(net(images), labels)
            loss.backward()
            optimizer.step()
            losses.append(loss.detach())
        note("losses", torch.stack(losses))
        for name, value in net.state_dict().items():
            if not name.endswith("num_batches_tracked"):
                note(f"trained/{name}", value)
    return found


def main():
    functions = {name: getattr(F, name) for name in ("pad", "cross_entropy")}
    make.F = types.SimpleNamespace(relu=kernels.relu, **functions)
    made = []
    for number, (text, images, batch) in enumerate(CASES):
        spec = make.parse(text)
        for seed in range(number + 1, 2000, len(CASES)):
            # The net is made in f32, so that its values are.
            net = make.Net(spec)
            with torch.no_grad():
                initial(net, seed)
            shape = tuple(map(int, spec["input"].split("x")))
            x = torch.tensor(kernels.values(images * int(np.prod(shape)), seed * 1000 + 999)).reshape(images, *shape)
            labels = torch.arange(images) ** 2 % int(spec["classes"])
            try:
                digests = measure(net.double(), x, labels, batch)
            except kernels.Near:
                continue
            made.append({"net": text, "images": images, "batch": batch, "seed": seed, "rate": RATE, "steps": STEPS, "digests": digests})
            print(text, images, "seed", seed)
            break
        else:
            raise SystemExit(f"every seed of {text} is too near to a kink")
    lines = ",\n".join(json.dumps(case) for case in made)
    (pathlib.Path(__file__).parent / "nets.json").write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
