"""The audit as a brief of two printed pages."""
