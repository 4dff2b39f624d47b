"""What to do about a leak: playbook, scoring on past fixes, portfolio, proposals and their impact."""
