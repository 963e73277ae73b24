"""Two editions of a layer set against each other, and what is to be said of it."""
