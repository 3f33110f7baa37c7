"""Conversations with a network that is not reset between turns: its state is the context.

talk       the conversation as a driver: tokens in, tokens out, however long
saved      its file: the state of the network and of the talk
session    turns, from lines to answers
commands   lines that begin with a slash
answer     what is said in one turn
lines      what a person types or a program pipes
screen     how a turn is shown: words as they come, or JSON
live       who fires while an answer comes
"""
