"""What analysts ask of their own data folder."""
