"""The audit as one interactive page."""
