"""What changes would do, and what would align layers; imports auditing and below."""
