"""The matmul peak of this machine, one thread, measured in a process of its own: `python -m bench.inference.peak`.

Prints JSON: GFLOP/s of float32 (NumPy's BLAS) and of int8 (ONNX Runtime's MatMulInteger, two operations a multiply-add),
each the best of several products of square matrices.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

SIZE, TIMES = 1024, 12
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def measured() -> dict[str, float]:
    """What the child prints."""
    env = {**os.environ, **dict.fromkeys(_ONE_THREAD, "1")}
    command = [sys.executable, "-m", "bench.inference.peak"]
    done = subprocess.run(command, env=env, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def _best(work: Callable[[], object]) -> float:
    """GFLOP/s of one product of two SIZE × SIZE matrices."""
    work()
    taken = []
    for _ in range(TIMES):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return 2 * SIZE**3 / min(taken) / 1e9


def _int8() -> float:
    import numpy as np
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    rng = np.random.default_rng(0)
    weights = numpy_helper.from_array(rng.integers(-60, 60, (SIZE, SIZE), np.int8), "b")
    a = helper.make_tensor_value_info("a", TensorProto.UINT8, [SIZE, SIZE])
    y = helper.make_tensor_value_info("y", TensorProto.INT32, [SIZE, SIZE])
    graph = helper.make_graph([helper.make_node("MatMulInteger", ["a", "b"], ["y"])], "peak", [a], [y], [weights])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    one = rng.integers(0, 127, (SIZE, SIZE), np.uint8)
    return _best(lambda: session.run(None, {"a": one}))


def _float32() -> float:
    import numpy as np

    rng = np.random.default_rng(0)
    one, other = (rng.standard_normal((SIZE, SIZE), np.float32) for _ in range(2))
    return _best(lambda: one @ other)


if __name__ == "__main__":
    print(json.dumps({"float32": _float32(), "int8": _int8()}))
