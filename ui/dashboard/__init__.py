"""The dashboard: views over governed figures, rendered on the server; docs/dashboard.md says how to add one."""
