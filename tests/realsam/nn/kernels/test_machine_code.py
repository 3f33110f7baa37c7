"""The kernels compile for a GPU that is not here, and a decay is one instruction there."""

import os
import subprocess
import sys

CODE = """
import re
import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource
from realsam.nn.kernels import scan

constants = dict(STEPS=10, ROWS=16, BLOCK=64, RECURRENT=True, DROPOUT=True, NATIVE=True)
types = {"recurrent_ptr": "*bf16", "heard_ptr": "*bf16", "own_ptr": "*bf16", "count_ptr": "*i32"}
names = scan.forward.arg_names
signature = {
    name: "constexpr" if name in constants
    else types.get(name, "*fp32") if name.endswith("_ptr") else "i32"
    for name in names
} | {"key_ptr": "*i64"}
source = ASTSource(
    fn=scan.forward,
    signature=signature,
    constexprs={(names.index(name),): value for name, value in constants.items()},
)
compiled = triton.compile(source, target=GPUTarget("cuda", 90, 32), options={"num_warps": 4})
print(len(re.findall("fma.rz", compiled.asm["ptx"])), ".f64" in compiled.asm["ptx"])
"""


def test_a_decay_is_one_instruction() -> None:
    """Ten steps of 16 x 64 neurons over 128 threads, and no double precision."""
    environment = {k: v for k, v in os.environ.items() if k != "TRITON_INTERPRET"}

    done = subprocess.run(
        [sys.executable, "-c", CODE], env=environment, capture_output=True, text=True, check=False
    )

    assert done.stdout.split() == [str(10 * 16 * 64 // 128), "False"], done.stderr
