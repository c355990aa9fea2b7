"""Places of mediation as France tells them to each other: the national schema, in and out."""
