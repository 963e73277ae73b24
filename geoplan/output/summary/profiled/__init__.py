"""What the profile of an area says, whatever medium shows it: its headline, who holds what, who sits at its table."""
