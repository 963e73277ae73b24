"""Rules, findings, severities and what is known already."""
