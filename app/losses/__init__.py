"""When paper goes wrong: oppositions, reprints, replacements, destructions."""
