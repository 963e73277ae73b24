"""Files too large to hold, from Python."""
