"""What readers were not content with becomes cases: candidates, redacted and reviewed, landed as YAML."""
