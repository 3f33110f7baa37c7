"""Long comparisons: backends on thousands of random networks, and on the shipped model.

    python -m benchmarks.campaign fuzz     simulator and reference on random networks
    python -m benchmarks.campaign lava     simulator and Lava's CPU models on random networks
    python -m benchmarks.campaign exact    simulator, reference and Lava on the shipped model
    python -m benchmarks.campaign planted  wrong simulators, which the first command must find
    python -m benchmarks.campaign totals   write what they found into docs/exactness.md

They stand outside the tests because they take minutes; the tests run all of them, shorter.
"""
