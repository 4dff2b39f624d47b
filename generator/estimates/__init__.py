"""Cost-estimate requests as OpenTelemetry traces: what members asked for, what the estimator returned."""
