"""Time and energy per token of a spiking language model, the same tokens everywhere.

    python -m benchmarks.energy [MODEL] [--device cuda] [--batch 64,1024] [--out FILE]

The model writes a text; the streams of a batch are windows of it, one token apart, each from reset.
Every variant plays the same streams and has to give the spikes, readout voltages and likeliest next
tokens of the simulator, or nothing is written. A token is all that generation does for it: its
code, the network, the logits, the choice. Protocol and limits: docs/energy-measurement.md.
"""
