"""Finding personal data in text: marked sentences, words and their tags, spans and their score."""
