"""One reader and one writer for each kind of file that a stage leaves behind."""
