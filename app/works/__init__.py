"""Long work: asked for by a request, done in the background, watched on a page that may be left."""
