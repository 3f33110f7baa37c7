"""CPU models for the stock processes LIF and LIFReset that refuse to wrap their current."""
