"""Who holds which money and duties on an area's ground, and which of these bodies must sit at its table."""
