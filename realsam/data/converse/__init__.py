"""Conversations in the language of small stories, drawn from story files by rule.

No model and no other text takes part: what Sam says stands in the story, or in the small talk that
comes with this package. So the conversations are under the licence of their stories.

    story      a story in sentences and speeches
    requests   "Tell me a story about a dog." and the story
    follow     the story a few sentences at a time: "What happened then?"
    speech     what two of its speakers say to each other
    questions  what a strict pattern in it answers
    smalltalk  greetings, thanks, who Sam is
    draw       one story to its conversations
    write      files of stories to a file of conversations
"""
