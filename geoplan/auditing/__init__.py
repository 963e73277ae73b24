"""The audit: run, narrowed to a place, repeated in batches; imports commuting and below."""
