"""Common blocks, partnerships, contiguity and realignment as graphs."""
