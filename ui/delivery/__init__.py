"""How a briefing or an alert reaches its reader: subscriptions, the outbox, and a file for each channel."""
