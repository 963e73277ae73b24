"""What lies under a picture: towns, water and relief, and the bar that tells its scale."""
