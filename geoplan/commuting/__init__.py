"""Commuting: flows, labour market areas, self-containment and leaks; imports analysis and below."""
