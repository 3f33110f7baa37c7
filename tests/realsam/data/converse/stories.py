"""Small stories that the tests draw conversations from; they are our own."""

from realsam.data.converse.story import Story, read_story

BALL = (
    "Once upon a time, there was a little girl named Nora. Nora liked to play in the garden. "
    "One day, Nora found a red ball under a tree. The ball was big and round.\n"
    '"Hello, Nora! Can I play with your ball?" asked Otto. "Yes, but be careful with it," said '
    'Nora.\n"Can we throw it over the house?" Otto asked.\n"No, Otto. We would lose it," Nora '
    "said.\nThey played with the ball until it was dark. Nora was very happy."
)
FISH = (
    "A little fish lived in a pond. The fish was sad. It wanted to see the sea.\n"
    'A frog came to the pond and said, "Why are you so sad?" The fish said, "I want to see the '
    'sea." "The sea is far away!" said the frog. "I can carry you in a bucket." The frog took a '
    "bucket and put the fish in it. They went to the sea. The fish saw the big waves. The fish and "
    "the frog were friends from that day on."
)
TOLD = (BALL, FISH)


def story(text: str) -> Story:
    """A text that is a story."""
    found = read_story(text)
    assert found is not None
    return found
