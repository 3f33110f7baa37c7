"""Sentences that nobody wrote of anybody: templates, filled with invented personal data."""
