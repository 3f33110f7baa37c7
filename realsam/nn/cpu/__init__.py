"""Training and evaluation on CPUs: numba kernels and threads, equal to the plain torch modules."""
