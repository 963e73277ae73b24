"""The sheets about whoever asked: their partners, a chart, and every other sheet narrowed to them."""
