"""Real Sam: spiking language models that run, spike for spike, on Loihi's arithmetic."""

__version__ = "0.1.0"
