"""What whoever runs the server needs: whether it lives and is ready, its figures, and a stop that loses no answer."""
