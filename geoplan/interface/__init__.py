"""What `import geoplan` gives to analysts: references and frames in, results with frames, graphs and maps out."""
