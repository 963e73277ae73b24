"""What callers give in the place of a layer, made a layer; it is never changed."""
