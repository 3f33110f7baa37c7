"""How training speed grows with the number of processes, in one run on one machine.

    python -m benchmarks.scaling [--processes 1,2] [--batch 1024] [--window 128] [--device cuda]

Every process gets as many streams (`--batch`), and does whole steps of `realsam train` on text of
its own: copy of the data, forward, backward, sum of the gradients over all processes, clipping,
optimizer. The command starts `torchrun` with `worker.py` for each number of processes.
"""
