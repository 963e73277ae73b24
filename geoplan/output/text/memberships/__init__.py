"""A scheme's members as lines of the screen, and what a correction changes in them."""
