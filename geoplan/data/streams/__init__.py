"""Files too large to hold: read a range of rows at a time, from this machine or from afar."""
