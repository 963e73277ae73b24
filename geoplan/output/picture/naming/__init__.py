"""Names and numbers on a picture, where they find room."""
