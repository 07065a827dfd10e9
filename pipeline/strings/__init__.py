"""What the tasks on strings of the Chomsky hierarchy share: empty cells behind the input, and bracketed arithmetic."""
