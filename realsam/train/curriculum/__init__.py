"""A curriculum: runs that begin where the one before ended, on ever longer pieces of text."""
