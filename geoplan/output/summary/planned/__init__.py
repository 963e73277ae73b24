"""What is said of plans: what-if and designed clusters; imports planning and below."""
