"""Networks to files and back: bundles, netx HDF5 and NIR."""
