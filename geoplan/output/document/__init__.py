"""The brief as a document that can be edited."""
