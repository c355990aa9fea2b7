"""What every feature's pages and API share: templates, static files, problems, signed-in agents.

No rule of the scheme lives here, and nothing here imports a feature.
"""
