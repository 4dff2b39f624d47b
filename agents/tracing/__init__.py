"""What happened while a question was answered: a tree of steps with durations, kept under the answer's id."""
