"""What spikes cost a tagger: a float BiLSTM on the tokens and the budget of `realsam ner train`.

    python -m benchmarks.ner synth.json --fold 0 --seeds 0,1,2
    python -m benchmarks.ner synth.json --fold 0 --also invented.json --from runs/body
    python -m benchmarks.ner wnut17_train.conll --test wnut17_test.conll --seeds 0,1,2

Both learn from the same copies of the same sentences in the same tokens, see as many of them per
step, and are scored by the same host: words take the mean of their tokens, Viterbi takes the best
valid tags, exact spans count. The BiLSTM reads the whole sentence in both directions before it
says a tag; the spiking tagger is causal and looks `delay` tokens ahead. The last step is what is
scored; no text chooses among steps. With --from the spiking tagger begins with a body that has read
other text, the BiLSTM with the vocabulary of that body alone.
"""
