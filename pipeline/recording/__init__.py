"""What is logged to MLflow of the files that stages wrote, and which experiment is the best of its task."""
