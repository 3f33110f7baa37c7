"""The process Generator with its two models, fused and graph."""
