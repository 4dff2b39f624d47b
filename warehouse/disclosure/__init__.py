"""What may be shown of a result: small cells withheld, and what would single out a few together with the past."""
