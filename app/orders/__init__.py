"""Orders of booklets, their deliveries, and the activation of what is delivered and mandated."""
