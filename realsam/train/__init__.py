"""Training, checkpoints and evaluation (torch)."""
