"""Layers set against each other, frames in and frames out; imports data and below."""
