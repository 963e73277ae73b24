"""Where layers agree, whether they hang together, and what would align them."""
