"""Networks on Lava: the graph of stock processes and the fused process."""
