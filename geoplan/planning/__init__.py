"""What would align layers; imports auditing and below."""
