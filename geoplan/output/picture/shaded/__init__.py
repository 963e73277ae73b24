"""Ground in the colours of an indicator of the user's own: its classes, and a picture of them."""
