"""What is made of results, one folder a medium, unwritten yet; imports planning and below."""
