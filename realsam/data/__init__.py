"""Training text: from raw files to prepared folders of tokens.

source: plain, rows, schemas, trees, conll   files to entries; what is unusable is counted
conversation, labels, encoding               what an entry is written as
sides, duplicates, sample                    what validates, what came before, what is learned
prepare, part, prepared                      the folder: written whole, read memory-mapped
download, toy                                public sets, and one from a grammar
"""
