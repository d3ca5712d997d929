"""Makes the constants that tests/pytorch.rs compares every engine with.

    python3 tests/pytorch/make.py          (PyTorch 2.x on CPU, safetensors)

Each file holds one small net of `CASES`: its initial weights and a batch, and what PyTorch computes from them in f64: logits,
loss, gradients, running statistics, and the weights after ten steps. The metadata name the net and the optimiser and hold
PyTorch's own f32 error ||f32 - f64|| / ||f64|| of every tensor where it exceeds 2e-5.
"""

import copy
import json
import pathlib
import zipfile

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import nn

SGD = {"kind": "sgd", "momentum": 0.9, "nesterov": False, "weight_decay": 1e-2, "decay": "all", "clip": 0.0}
CASES = [
    ("plain-8", "plain-8:width=3,input=1x8x8,classes=5", SGD, 0.05),
    ("resnet-8-a", "resnet-8:width=3,input=2x9x7,classes=4", SGD | {"nesterov": True}, 0.05),
    ("resnet-8-b", "resnet-8:shortcut=B,width=3,input=1x8x8,classes=5", SGD | {"decay": "weights", "weight_decay": 0.1}, 0.05),
    ("resnet-8-c", "resnet-8:shortcut=C,width=3,input=2x6x9,classes=4", SGD | {"momentum": 0.0}, 0.1),
    ("bottleneck", "resnet-11:block=bottleneck,width=2,input=1x8x8,classes=5", SGD | {"kind": "adam"}, 0.01),
    ("pre-activation", "resnet-8:order=pre,shortcut=B,width=3,input=1x8x8,classes=5", SGD, 0.05),
    ("pre-activation-bottleneck", "resnet-11:block=bottleneck,order=pre,width=2,input=3x9x7,classes=4", SGD, 0.05),
    ("scaled", "resnet-14:scale=0.5,width=2,input=1x8x8,classes=5", SGD, 0.05),
    ("no-norm", "resnet-8:norm=none,shortcut=B,width=3,input=1x7x8,classes=5", SGD | {"clip": 0.5}, 0.05),
    ("resnext", "resnext-11:cardinality=2,group_width=3,width=2,input=1x8x8,classes=5", SGD, 0.05),
]
BATCH = 6
STEPS = 10


def parse(text):
    name, _, options = text.partition(":")
    family, depth = name.split("-")
    spec = {"family": family, "depth": int(depth), "block": "basic", "order": "post", "norm": "batch", "scale": "1", "cardinality": "1"}
    if family == "resnext":
        spec["block"] = "bottleneck"
    spec |= dict(option.split("=") for option in options.split(","))
    spec.setdefault("shortcut", "B" if spec["block"] == "bottleneck" else "A")
    return spec


class Block(nn.Module):
    def __init__(self, spec, inputs, inner, outputs, stride):
        super().__init__()
        self.pre, self.residual, self.scale = spec["order"] == "pre", spec["family"] != "plain", float(spec["scale"])
        self.stride, self.outputs, self.normalised = stride, outputs, spec["norm"] == "batch"
        bias = not self.normalised
        if spec["block"] == "basic":
            layers = [(inputs, outputs, 3, stride, 1), (outputs, outputs, 3, 1, 1)]
        else:
            layers = [(inputs, inner, 1, 1, 1), (inner, inner, 3, stride, int(spec["cardinality"])), (inner, outputs, 1, 1, 1)]
        self.layers = len(layers)
        for i, (c, o, k, s, groups) in enumerate(layers, 1):
            self.add_module(f"conv{i}", nn.Conv2d(c, o, k, s, k // 2, groups=groups, bias=bias))
            if self.normalised:
                self.add_module(f"bn{i}", nn.BatchNorm2d(c if self.pre else o))
        changes = stride != 1 or inputs != outputs
        self.option_a = self.residual and spec["shortcut"] == "A" and changes
        self.downsample = None
        if self.residual and (spec["shortcut"] == "C" or spec["shortcut"] == "B" and changes):
            projection = [nn.Conv2d(inputs, outputs, 1, stride, bias=bias)]
            if self.normalised and not self.pre:
                projection.append(nn.BatchNorm2d(outputs))
            self.downsample = nn.Sequential(*projection)

    def forward(self, x, see):
        shortcut, y = x, x
        for i in range(1, self.layers + 1):
            conv = getattr(self, f"conv{i}")
            if self.pre:
                y = see(f"relu{i}", F.relu(see(f"bn{i}", getattr(self, f"bn{i}")(y))))
                if i == 1 and self.downsample is not None:
                    shortcut = y
                y = see(f"conv{i}", conv(y))
            else:
                y = see(f"conv{i}", conv(y))
                if self.normalised:
                    y = see(f"bn{i}", getattr(self, f"bn{i}")(y))
                if i < self.layers:
                    y = see(f"relu{i}", F.relu(y))
        if self.residual:
            if self.downsample is not None:
                shortcut = see("downsample", self.downsample(shortcut))
            elif self.option_a:
                shortcut = shortcut[:, :, :: self.stride, :: self.stride]
                shortcut = see("downsample", F.pad(shortcut, (0, 0, 0, 0, 0, self.outputs - shortcut.shape[1])))
            y = see("add", y + self.scale * shortcut)
        return see("", y * 1 if self.pre else F.relu(y))


class Net(nn.Module):
    def __init__(self, spec):
        super().__init__()
        width, classes = int(spec["width"]), int(spec["classes"])
        channels = int(spec["input"].split("x")[0])
        self.pre, self.normalised = spec["order"] == "pre", spec["norm"] == "batch"
        self.conv1 = nn.Conv2d(channels, width, 3, 1, 1, bias=not self.normalised)
        if self.normalised and not self.pre:
            self.bn1 = nn.BatchNorm2d(width)
        basic = spec["block"] == "basic"
        blocks = (spec["depth"] - 2) // (6 if basic else 9)
        inputs = width
        for stage in (1, 2, 3):
            outputs = width * (1 if basic else 4) * 2 ** (stage - 1)
            inner = (int(spec["cardinality"]) * int(spec.get("group_width", 0)) or width) * 2 ** (stage - 1)
            layer = nn.Sequential()
            for i in range(blocks):
                layer.append(Block(spec, inputs, inner, outputs, 2 if stage > 1 and i == 0 else 1))
                inputs = outputs
            self.add_module(f"layer{stage}", layer)
        if self.pre:
            self.norm = nn.BatchNorm2d(inputs)
        self.fc = nn.Linear(inputs, classes)

    def forward(self, x):
        self.seen = {}

        def see(name, value):
            if value.requires_grad:
                value.retain_grad()
            self.seen[name] = value
            return value

        x = see("conv1", self.conv1(x))
        if not self.pre:
            x = see("relu", F.relu(see("bn1", self.bn1(x)) if self.normalised else x))
        for stage in (1, 2, 3):
            for i, block in enumerate(getattr(self, f"layer{stage}")):
                name = f"layer{stage}.{i}"
                x = block(x, lambda part, value: see(f"{name}.{part}".rstrip("."), value))
        if self.pre:
            x = F.relu(self.norm(x))
        x = see("avgpool", x.mean((2, 3), keepdim=True))
        return see("logits", self.fc(x.flatten(1)))


def optimizer_of(net, recipe, rate):
    weights = [p for p in net.parameters() if p.dim() > 1]
    others = [p for p in net.parameters() if p.dim() <= 1]
    spared = recipe["decay"] == "weights"
    decay = recipe["weight_decay"]
    groups = [{"params": weights, "weight_decay": decay}, {"params": others, "weight_decay": 0.0 if spared else decay}]
    if recipe["kind"] == "adam":
        return torch.optim.Adam(groups, lr=rate)
    return torch.optim.SGD(groups, lr=rate, momentum=recipe["momentum"], nesterov=recipe["nesterov"])


def measure(net, images, labels, recipe, rate):
    """Everything the tests compare, computed in the net's precision."""
    net, found = copy.deepcopy(net), {}

    def state():
        return {name: value for name, value in net.state_dict().items() if not name.endswith("num_batches_tracked")}

    start = copy.deepcopy(net.state_dict())
    for mode in ("running", "batch"):
        net.train(mode == "batch")
        net.zero_grad()
        loss = F.cross_entropy(net(images), labels)
        loss.backward()
        found[f"{mode}/logits"] = net.seen["logits"]
        found[f"{mode}/loss"] = loss
        for name, parameter in net.named_parameters():
            if mode == "batch" or name in ("conv1.weight", "layer1.0.bn1.weight", "layer2.0.bn1.bias", "fc.bias"):
                found[f"{mode}/grad/{name}"] = parameter.grad
        if mode == "batch":
            for name, value in net.seen.items():
                found[f"activation_norm/{name}"] = value.norm()
                if name in ("conv1", "relu", "layer1.0", "layer2.0.downsample", "layer2.0", "layer3.0.add", "avgpool", "logits"):
                    found[f"activation_grad/{name}"] = value.grad
            for name, value in state().items():
                if "running" in name:
                    found[f"buffer/{name}"] = value.clone()
    net.load_state_dict(start)
    optimizer = optimizer_of(net, recipe, rate)
    losses = []
    for step in range(STEPS):
        optimizer.zero_grad()
        loss = F.cross_entropy(net(images), labels.roll(step // 3))
        loss.backward()
        if recipe["clip"]:
            nn.utils.clip_grad_norm_(net.parameters(), recipe["clip"])
        optimizer.step()
        losses.append(loss.detach())
    found["losses"] = torch.stack(losses)
    for name, value in state().items():
        found[f"trained/{name}"] = value
    return {name: value.detach().clone() for name, value in found.items()}


def make(name, text, recipe, rate, seed):
    torch.manual_seed(seed)
    spec = parse(text)
    net = Net(spec)
    for key, value in net.state_dict().items():
        if key.endswith("running_var"):
            value.uniform_(0.5, 2.0)
        elif key.endswith(("running_mean", "bias")):
            value.normal_(0, 0.2)
        elif value.dim() == 1:
            value.normal_(1, 0.2)
        elif value.dim() > 1:
            value.normal_(0, (2 / value[0].numel()) ** 0.5)
    images = torch.randn(BATCH, *map(int, spec["input"].split("x")))
    labels = torch.randint(int(spec["classes"]), (BATCH,))
    exact = measure(copy.deepcopy(net).double(), images.double(), labels, recipe, rate)
    rounded = measure(net, images, labels, recipe, rate)
    errors = {key: float((rounded[key].double() - exact[key]).norm() / exact[key].norm()) for key in exact}
    assert all(error == error for error in errors.values()), "a gradient is zero: take another seed"
    tensors = {f"initial/{key}": value for key, value in net.state_dict().items() if not key.endswith("num_batches_tracked")}
    tensors |= {"images": images, "labels": labels} | {key: value.float() for key, value in exact.items()}
    largest = max(errors.values())
    # One entry: several would be written in no fixed order.
    errors = {key: error for key, error in sorted(errors.items()) if error > 2e-5}
    metadata = {"case": json.dumps({"net": text, "recipe": recipe, "rate": rate, "errors": errors})}
    save_file({key: value.contiguous() for key, value in tensors.items()}, FOLDER / f"{name}.safetensors", metadata)
    print(f"{name:28} largest own error {largest:.1e}, loss {exact['losses'][0]:.3f} -> {exact['losses'][-1]:.3f}")


FOLDER = pathlib.Path(__file__).parent
if __name__ == "__main__":
    torch.set_num_threads(1)
    for seed, case in enumerate(CASES, 10):
        make(*case, seed)
    torch.manual_seed(99)
    dictionary = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3)).state_dict()
    torch.save({"epoch": 3, "state_dict": dictionary}, FOLDER / "state.pth")
    save_file(dictionary, FOLDER / "state.safetensors")
    # A state dictionary whose tensor is rebuilt from an empty tuple.
    pickle = b"\x80\x02}X\x01\x00\x00\x00wctorch._utils\n_rebuild_tensor_v2\n)Rs."
    with zipfile.ZipFile(FOLDER / "malformed.pth", "w") as archive:
        archive.writestr(zipfile.ZipInfo("state/data.pkl"), pickle)
