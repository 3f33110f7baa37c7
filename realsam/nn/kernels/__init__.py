"""Triton kernels of the training, equal to the plain torch modules beside this package."""
