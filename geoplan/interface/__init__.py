"""What analysts get from import geoplan: frames, graphs and maps; imports writing and below."""
