"""What MLflow is told of the files that stages wrote, and which experiment is the best of its task."""
