"""Raw frames of boundary files made sound layers."""
