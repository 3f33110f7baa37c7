"""Quantization-aware layers in PyTorch whose forward is the chip's arithmetic."""
