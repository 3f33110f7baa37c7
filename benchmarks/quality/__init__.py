"""What exactness and spikes cost in nats: float baselines on the tokens and the budget of a model.

    python -m benchmarks.quality train.txt --valid dev.txt --test head500.txt --tokenizer FOLDER

Networks are trained as `realsam train` trains, on the same streams of windows, with state carried
from window to window, the same optimizers, schedule and price on firing:

    float      the spiking model itself, nothing rounded or clamped: what do integers cost?
    v1 to v4   what the presets of these names stand for, as it was before it met a chip
    lstm       two layers without spikes, as many parameters: what do spikes cost?

All are scored by the protocol of `realsam.evaluation`: every document starts cold with the
end-of-text token, state is carried inside it, every token is scored, the closing end-of-text
included. The last step is what is scored; no text chooses among steps.

What the baselines lack: teachers, several processes, checkpoints, and export.
"""
