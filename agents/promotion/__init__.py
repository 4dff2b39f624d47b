"""Promotion: a good answer is proposed, reviewed and becomes a verified query of this deployment."""
