#!/usr/bin/env python3
"""Times a training step of depthscope and of PyTorch in turns, on the same cores, and prints the ratio.

    python3 benches/peers/pytorch.py [--threads N] [--rounds R] [--program target/release/depthscope]

Each round times both, one after the other; PyTorch runs contiguous and channels_last and the faster counts. The ratio is
the median of the rounds' ratios: below 1, depthscope is faster. Memory is what the process holds after training. Needs the packages torch and numpy.
"""
import argparse
import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time

import torch
import torch.nn.functional as F
from torch import nn

# depthscope's text form, images a step, and the same net as (block, depth, width, input).
CASES = [
    ("resnet-20", 128, ("basic", True, 20, 16, (3, 32, 32))),
    ("plain-20", 128, ("basic", False, 20, 16, (3, 32, 32))),
    ("resnet-56", 128, ("basic", True, 56, 16, (3, 32, 32))),
    ("plain-56", 128, ("basic", False, 56, 16, (3, 32, 32))),
    ("resnext-29:cardinality=8,group_width=4,width=16", 64, ("split", True, 29, 16, (3, 32, 32))),
    ("plain-20:width=8,input=1x8x8", 32, ("basic", False, 20, 8, (1, 8, 8))),
    ("resnet-56:width=8,input=1x8x8", 32, ("basic", True, 56, 8, (1, 8, 8))),
]


def conv(read, channels, kernel, stride=1, groups=1):
    return nn.Conv2d(read, channels, kernel, stride, kernel // 2, groups=groups, bias=False)


class Block(nn.Module):
    """Two 3x3 convolutions, or 1x1, grouped 3x3, 1x1; option A for the former's shortcut, a projection for the latter's."""

    def __init__(self, kind, residual, read, channels, inner, stride):
        super().__init__()
        if kind == "basic":
            layers = [conv(read, channels, 3, stride), conv(channels, channels, 3)]
        else:
            layers = [conv(read, inner, 1), conv(inner, inner, 3, stride, 8), conv(inner, channels, 1)]
        self.convs = nn.ModuleList(layers)
        self.norms = nn.ModuleList(nn.BatchNorm2d(layer.out_channels) for layer in layers)
        self.residual, self.stride, self.surplus = residual, stride, channels - read
        changes = stride > 1 or self.surplus > 0
        self.project = None
        if kind != "basic" and changes:
            self.project = nn.Sequential(conv(read, channels, 1, stride), nn.BatchNorm2d(channels))

    def forward(self, x):
        y = x
        for i, (layer, norm) in enumerate(zip(self.convs, self.norms)):
            y = norm(layer(y))
            if i + 1 < len(self.convs):
                y = F.relu(y, inplace=True)
        if self.residual:
            if self.project is not None:
                x = self.project(x)
            elif self.stride > 1 or self.surplus:
                x = F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.surplus))
            y = y + x
        return F.relu(y, inplace=True)


def build(kind, residual, depth, width, shape):
    layers = [conv(shape[0], width, 3), nn.BatchNorm2d(width), nn.ReLU(inplace=True)]
    per_block, expansion = (2, 1) if kind == "basic" else (3, 4)
    read = width
    for stage in range(3):
        for i in range((depth - 2) // (3 * per_block)):
            channels = (width * expansion) << stage
            stride = 2 if stage > 0 and i == 0 else 1
            layers.append(Block(kind, residual, read, channels, 32 << stage, stride))
            read = channels
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(read, 10))


def time_pytorch(net, batch, steps, layout):
    model, shape = build(*net), net[-1]
    model = model.to(memory_format=layout)
    x = torch.randn(batch, *shape).to(memory_format=layout)
    y = torch.arange(batch) % 10
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)
    times = []
    for step in range(steps + 2):
        start = time.perf_counter()
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()
        if step >= 2:
            times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e3


def resident_mib():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmRSS:"))


def memory_of(case, threads):
    """Resident memory of a process of its own that has trained the case."""
    command = [sys.executable, __file__, "--threads", str(threads), "--memory-of", case]
    return float(subprocess.run(command, check=True, capture_output=True).stdout)


def train_quick(nets):
    """One of PyTorch's two processes: two nets of the QUICK recipe, 400 steps of 32 digits each."""
    torch.set_num_threads(1)
    for net in nets:
        model = build(*net)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9, weight_decay=1e-4)
        x, y = torch.randn(1437, *net[-1]), torch.randint(10, (1437,))
        for _ in range(400):
            at = torch.randint(1437, (32,))
            optimizer.zero_grad()
            F.cross_entropy(model(x[at]), y[at]).backward()
            optimizer.step()


def time_quick(program, rounds):
    """`depthscope train quick` from start to figures against PyTorch's training alone, two processes of one thread."""
    twins = [[("basic", residual, depth, 8, (1, 8, 8)) for residual in (False, True)] for depth in (20, 56)]
    # Each process gets one deep and one shallow net.
    shares = [[twins[0][0], twins[1][1]], [twins[0][1], twins[1][0]]]
    ours, theirs = [], []
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        pool.map(train_quick, [[], []])
        for _ in range(rounds):
            start = time.perf_counter()
            with tempfile.TemporaryDirectory() as folder:
                command = [os.path.abspath(program), "train", "quick"]
                subprocess.run(command, check=True, capture_output=True, cwd=folder)
            ours.append(time.perf_counter() - start)
            start = time.perf_counter()
            pool.map(train_quick, shares, chunksize=1)
            theirs.append(time.perf_counter() - start)
    ratio = statistics.median(a / b for a, b in zip(ours, theirs))
    print(f"QUICK, four nets: depthscope {statistics.median(ours):.2f} s, PyTorch {statistics.median(theirs):.2f} s, ratio {ratio:.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--only", default="", help="cases whose name contains this")
    parser.add_argument("--engine", default="cpu")
    parser.add_argument("--quick", action="store_true", help="time the whole QUICK recipe instead")
    parser.add_argument("--memory-of", help=argparse.SUPPRESS)
    parser.add_argument("--program", default="target/release/depthscope")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    if args.memory_of:
        batch, net = next((batch, net) for name, batch, net in CASES if name == args.memory_of)
        time_pytorch(net, batch, 3, torch.contiguous_format)
        print(resident_mib())
        return
    if args.quick:
        time_quick(args.program, args.rounds)
        return
    print(f"{'net':<50} {'batch':>5} {'depthscope ms':>14} {'PyTorch ms':>11} {'ratio':>6} {'MiB':>5} {'PyTorch':>8} {'ratio':>6}")
    for name, batch, net in CASES:
        if args.only not in name:
            continue
        ours, theirs = [], []
        steps = args.steps * (1 if net[-1][1] > 8 else 20)
        for _ in range(args.rounds):
            options = ["--engine", args.engine, "--threads", str(args.threads), "--batch", str(batch)]
            command = [args.program, "bench", name, *options, "--steps", str(steps), "--json"]
            result = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
            ours.append(result[0]["step_ms_median"])
            layouts = (torch.channels_last, torch.contiguous_format)
            theirs.append(min(time_pytorch(net, batch, steps, layout) for layout in layouts))
        ratio = statistics.median(a / b for a, b in zip(ours, theirs))
        mib, their_mib = result[0]["memory_bytes"] / 2**20, memory_of(name, args.threads)
        print(
            f"{name:<50} {batch:>5} {statistics.median(ours):>14.2f} {statistics.median(theirs):>11.2f} {ratio:>6.2f}"
            f" {mib:>5.0f} {their_mib:>8.0f} {mib / their_mib:>6.2f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
