"""Round trips through other libraries' own NIR readers and writers, spikes compared one by one.

    python -m benchmarks.libraries [--steps N] [--tokens N] [--seed N] [--only NAME] [--publish]

out  a network of ours -> our portable NIR file -> the library's reader: the library plays
in   a network of the library -> the NIR file that it writes -> `export.import_file`: we play

Both sides get the same input spikes. The library's spikes are counted against our integers, and
against what the file says (Euler's rule in float64, `export.quantize.simulate`): where only the
first differ, registers rounded; where the second differ, the library does something else than its
file says, and the case names what. Libraries play in float32, as they come.
"""
