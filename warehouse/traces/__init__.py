"""Cost-estimator traces: JSON lines of nested spans become rows that the rest of the build knows how to handle."""
