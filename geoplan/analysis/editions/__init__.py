"""Two editions of a layer compared: which area became which, and what it gained and lost."""
