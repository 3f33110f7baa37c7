"""A CPU model for the stock process LIF that refuses to wrap its current."""
