"""The programs that train, how they are run chunk by chunk, and where an unfinished training is kept."""
