"""Teachers: float transformers whose probabilities a spiking model learns from (torch)."""
