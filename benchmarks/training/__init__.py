"""Speed of whole training steps, Real Sam beside other libraries, in one run on one device.

    python -m benchmarks.training [--device cuda] [--batch 128,2048] [--window 128]

Every row trains a language model on the same text, with the same loss, gradient clipping and size.
A step is all that training does once: copy of the data, forward, backward, clipping, optimizer.
A peer is a module with `build(sizes, device, variant)`; `peers.py` names them all.

What differs in favour of Real Sam: as shipped, a neuron hears a block of 64 neurons of its layer;
in the peers it hears all of them, as in `realsam-full`. In favour of the peers: only Real Sam
rounds weights and decays to chip integers, decays exactly, resets state where a document starts,
carries it from window to window, drops spikes out and penalises excess firing; only its matrices
are trained by Muon.
"""
