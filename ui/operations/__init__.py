"""For whoever runs the server: whether it lives and is ready, its figures, a stop that loses no answer."""
