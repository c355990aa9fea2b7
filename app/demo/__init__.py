"""The demonstration: the deployment of the deliberation, with invented people and activity."""
